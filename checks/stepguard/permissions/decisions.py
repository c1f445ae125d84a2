"""Whether a role has a permission that is needed: yes, no, or not to be known, and why.

The order is IAM's ("Policy evaluation logic"): an explicit Deny decides; then the role's policies
or a resource's policy must allow; and a permissions boundary must allow what policies do.
Policies of the organisation and of sessions are out of sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import Element
from stepguard.deployment.iam.patterns import Symbols, symbols_of
from stepguard.deployment.iam.statements import Statement
from stepguard.permissions.actions import find_action
from stepguard.permissions.conditions import conditions_hold
from stepguard.permissions.grants import Grant, RoleGrants
from stepguard.permissions.identity import expand
from stepguard.permissions.matching import (
    EVERYTHING,
    is_cut_off,
    kind_in,
    kind_of,
    matches_action,
    matches_resource,
    service_in,
)
from stepguard.permissions.names import Names
from stepguard.permissions.needs.need import Need
from stepguard.permissions.resource_policies import ResourceGrant
from stepguard.structs import Struct

_ACTIONS_OF_A_STEP = 10
"""Actions of a statement that are compared in one step."""

MAXIMUM_COMPARISONS = 50_000
"""Statements that are held against the needs of one role; IAM's limits allow fewer."""

_KEYS = "kms"

_Test: TypeAlias = "Callable[[Symbols], bool | None]"


class Decision(Struct, frozen=True):
    """Whether a need is granted; `None`: it cannot be known.

    `by` are the statements that decide: those that allow it, those that forbid it, or those of
    which it is not known whether they do. `reason` says why it is not known, or what forbids it.
    """

    is_granted: bool | None
    by: tuple[Grant, ...] = ()
    reason: str = ""
    is_forbidden: bool = False


class Decider:
    """Decides about the needs of one role.

    With `lenient`, what is not certain for reasons outside the project counts as granted: that a
    literal account or region is the one deployed to, that a boundary elsewhere allows what the
    policies do, and that a permission for some of the resources that a need may be about is
    meant for the right ones.
    """

    def __init__(
        self, grants: RoleGrants, deployment: Deployment, *, lenient: bool = False
    ) -> None:
        self._grants = grants
        self._deployment = deployment
        self._names = Names(deployment)
        self._lenient = lenient
        self._compared = 0
        self._expanded: dict[int, list[Symbols]] = {}

    def decide(self, need: Need) -> Decision:
        """Return whether a need is granted on all of its resources.

        Where the target is chosen at run time, they are what it can be among; leniently, a
        permission for some of that will do.
        """
        if need.is_dynamic and self._lenient:
            return self._decide_any(need)
        granted: dict[int, Grant] = {}
        unknown: Decision | None = None
        for resource in need.resources:
            for symbols in expand(resource, self._deployment) or [EVERYTHING]:
                decision = self._decide(need, symbols)
                if decision.is_granted is False:
                    return decision
                if decision.is_granted is None:
                    unknown = unknown or decision
                granted.update((id(one), one) for one in decision.by)
        return unknown or Decision(True, tuple(granted.values()))

    def _decide_any(self, need: Need) -> Decision:
        best: Decision | None = None
        for resource in need.resources:
            for symbols in expand(resource, self._deployment) or [EVERYTHING]:
                decision = self._decide(need, symbols)
                if decision.is_granted is True:
                    return decision
                if best is None or decision.is_granted is None:
                    best = decision
        return best or Decision(None)

    def _decide(self, need: Need, resource: Symbols) -> Decision:
        own = self._of_statements(self._grants.statements, need, resource, self._grants.unread)
        if own.is_forbidden:
            return own
        if own.is_granted is not True:
            own = self._with_resource_policies(own, need, resource)
        if own.is_granted is False or self._grants.boundary is None:
            return own
        unread = () if self._lenient else self._grants.boundary_unread
        if self._lenient and self._grants.boundary_unread:
            return own
        limit = self._of_statements(self._grants.boundary, need, resource, unread)
        if limit.is_granted is True:
            return own
        if limit.is_granted is None:
            return Decision(None, own.by, f"its permissions boundary: {limit.reason}")
        return Decision(
            False, limit.by, "the permissions boundary of the role does not allow it", True
        )

    def _of_statements(
        self, grants: Sequence[Grant], need: Need, resource: Symbols, unread: Sequence[str]
    ) -> Decision:
        allowing: list[Grant] = []
        perhaps: list[Grant] = []
        perhaps_not: list[Grant] = []
        for grant in grants:
            statement = grant.statement
            answer = self._applies(statement, need, resource)
            if answer is False:
                continue
            if statement.effect == "Deny":
                if answer is True:
                    reason = f"policy '{grant.policy}' forbids it"
                    return Decision(False, (grant,), reason, True)
                perhaps_not.append(grant)
            elif answer is True and statement.effect == "Allow":
                allowing.append(grant)
            else:
                perhaps.append(grant)
        if allowing:
            if perhaps_not and not self._lenient:
                return Decision(None, tuple(perhaps_not), _why(perhaps_not, forbids=True))
            return Decision(True, tuple(allowing))
        if perhaps:
            return Decision(None, tuple(perhaps), _why(perhaps))
        return Decision(None, (), unread[0]) if unread else Decision(False)

    def _with_resource_policies(self, own: Decision, need: Need, resource: Symbols) -> Decision:
        for grant in self._grants.resources:
            answer = self._of_resource(grant, need, resource)
            if answer is True:
                return Decision(True, own.by)
            if answer is None and own.is_granted is False:
                own = Decision(None, (), f"the policy of {grant.address} may allow it")
        if own.is_granted is False and self._is_key_elsewhere(need, resource):
            return Decision(None, (), "the policy of the key is not part of the project")
        return own

    def _of_resource(self, grant: ResourceGrant, need: Need, resource: Symbols) -> bool | None:
        statement = grant.statement
        if statement.effect == "Deny":
            return False
        answer = self._applies(statement, need, resource)
        if answer is False:
            return False
        entries = () if statement.resources is None else statement.resources.entries
        # There `*` is whatever the policy is attached to.
        names_it = bool(entries) and all(one.value != "*" for one in entries)
        is_its_own = any(getattr(one, "target", None) == grant.address for one in resource)
        return True if answer and grant.is_certain and (names_it or is_its_own) else None

    def _is_key_elsewhere(self, need: Need, resource: Symbols) -> bool:
        # A key's own policy decides about it, more than any policy of a role.
        if not need.action.startswith(f"{_KEYS}:"):
            return False
        holes = [one for one in resource if not isinstance(one, str)]
        targets = (getattr(one, "target", None) for one in holes)
        return not any(self._deployment.find(one) for one in targets if isinstance(one, str))

    def _applies(self, statement: Statement, need: Need, resource: Symbols) -> bool | None:
        """Tell whether a statement is about a need."""
        self._compared += 1
        entries = 0 if statement.actions is None else len(statement.actions.entries)
        steps = 1 + entries // _ACTIONS_OF_A_STEP
        if not self._names.take(steps) or self._compared > MAXIMUM_COMPARISONS:
            return None
        action = self._of_action(statement, need)
        if action is False:
            return False
        target = self._of_target(statement, need, resource)
        if target is False:
            return False
        holds = conditions_hold(statement.conditions, need, self._deployment, self._names)
        if holds is False:
            return False
        return None if None in (action, target, holds) else True

    def _of_action(self, statement: Statement, need: Need) -> bool | None:
        action = symbols_of(need.action) or ()

        def one(pattern: Symbols) -> bool | None:
            answer = matches_action(pattern, action, self._names)
            # AWS documents such a need with a wildcard where not all of it is called.
            return True if answer is None and self._lenient and "*" in action else answer

        return self._either(statement.actions, statement.not_actions, statement, one)

    def _of_target(self, statement: Statement, need: Need, resource: Symbols) -> bool | None:
        def one(pattern: Symbols) -> bool | None:
            answer = self._of_resource_pattern(pattern, need, resource)
            is_negated = statement.resources is None
            # What an ARN that is cut off leaves out where it is negated is not documented.
            return None if is_negated and answer is False and is_cut_off(pattern) else answer

        return self._either(statement.resources, statement.not_resources, statement, one)

    def _either(
        self, element: Element | None, negated: Element | None, statement: Statement, one: _Test
    ) -> bool | None:
        if element is not None:
            return self._any(element, one)
        if negated is not None:
            answer = self._any(negated, one)
            return None if answer is None else not answer
        return None if statement.unread else False

    def _any(self, element: Element, one: _Test) -> bool | None:
        answers: list[bool | None] = [None] * bool(element.unread)
        for entry in element.entries:
            found = [one(pattern) for pattern in self._patterns(entry.value)]
            answer = True if True in found else None if None in found or not found else False
            answers.append(None if answer and entry.condition and not self._lenient else answer)
        if True in answers:
            return True
        return None if None in answers else False

    def _patterns(self, value: object) -> list[Symbols]:
        known = self._expanded.get(id(value))
        if known is None:
            known = expand(value, self._deployment)
            self._expanded[id(value)] = known
        return known

    def _of_resource_pattern(self, pattern: Symbols, need: Need, resource: Symbols) -> bool | None:
        answer = matches_resource(pattern, resource, self._names, same_place=self._lenient)
        if answer is not None:
            return answer
        if service_in(resource) is None and not _can_be_meant(pattern, resource, need):
            return False
        return True if self._lenient and "*" in resource else None


def _can_be_meant(pattern: Symbols, resource: Symbols, need: Need) -> bool:
    """Tell whether a pattern may be about a need whose resource does not tell its service."""
    action = find_action(need.action)
    if action is None:
        return True
    if action.types:
        service, kind = service_in(pattern), kind_in(pattern)
        return any(
            service in (None, one.service) and (None in (kind, own) or kind == own)
            for one in action.types
            for own in [kind_of(one.resource)]
        )
    # AWS's pages on logging and tracing say that these actions take no resource but `*`.
    return not (resource == EVERYTHING and need.part == "feature")


def _why(grants: Iterable[Grant], *, forbids: bool = False) -> str:
    first = next(iter(grants))
    unread = [*first.statement.conditions.unread, *first.statement.unread]
    what = "forbids" if forbids else "allows"
    if unread:
        return f"policy '{first.policy}': {unread[0]}"
    name = f"'{first.statement.sid}' " if first.statement.sid else ""
    return f"whether statement {name}of policy '{first.policy}' {what} it is not known"
