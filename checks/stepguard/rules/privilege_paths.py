"""Ways in which a role can get itself more permissions than it was given.

Sources: Service Authorization Reference for the actions; Step Functions Developer Guide,
"TestState" (the state runs with the role that the call names) and "UpdateStateMachine" (the new
definition runs with the role that the state machine has).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.conditions import Condition
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.patterns import Symbols, action_matches, has_wildcard
from stepguard.deployment.iam.principals import STEP_FUNCTIONS, service_of
from stepguard.deployment.iam.statements import Statement
from stepguard.deployment.resources import Role
from stepguard.permissions.actions import find_action
from stepguard.permissions.breadth import covered_types
from stepguard.permissions.grants import grants_of_role
from stepguard.permissions.identity import arns_of, expand
from stepguard.permissions.matching import matches_resource
from stepguard.permissions.memory import remembered
from stepguard.permissions.names import Names
from stepguard.rules.escalation import PASS_ROLE, PASSED_TO, TAKING_OVER
from stepguard.rules.grants import Grant, Grants, read_grants
from stepguard.structs import Struct

MAXIMUM_COMPARISONS = 10_000
"""Actions and resources of one role that are looked at."""

_CREATE = "states:CreateStateMachine"
_UPDATE = "states:UpdateStateMachine"
_STARTS = ("states:StartExecution", "states:StartSyncExecution")
_COMBINED: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (PASS_ROLE, _CREATE, _STARTS[0]),
        "it can run a state machine of its own with any role that Step Functions may assume",
    ),
    (
        (PASS_ROLE, "states:TestState"),
        "it can run a single state with any role that Step Functions may assume",
    ),
    (
        (_UPDATE, _STARTS[0]),
        "it can write a definition of its own into any state machine, and run it with that "
        "one's role",
    ),
)
"""Actions that are enough together, the one that must be wide first."""

_ON_ITSELF = frozenset({"iam:AttachRolePolicy", "iam:PutRolePolicy"})
_ANY_RESOURCE = frozenset({_CREATE, "states:TestState"})
_EVERYTHING = frozenset({"*", "*:*"})
_NARROWING = ("iam:policyarn", "iam:permissionsboundary", "iam:associatedresourcearn")
_TAGS = ("iam:resourcetag/", "aws:resourcetag/")


class Power(Struct, frozen=True):
    """An action that a role is allowed, and the entries that say so."""

    action: str
    grant: Grant
    entry: Entry
    resource: Entry


class Escalation(Struct, frozen=True):
    """A way to more permissions: the actions for it, the first one the most telling."""

    powers: tuple[Power, ...]
    what: str

    @property
    def lead(self) -> Power:
        """The action that a finding is about."""
        return self.powers[0]


class Escalations(Struct, frozen=True):
    """The ways that are open to a role, and why it is not known whether there are more."""

    known: tuple[Escalation, ...] = ()
    open: tuple[tuple[Grant | None, str], ...] = ()


@remembered
def escalations_of(role: Role, deployment: Deployment) -> Escalations:
    """Return the ways in which a role can get itself more permissions."""
    return _Search(role, read_grants(role, deployment), deployment).escalations()


class _Search:
    """Looks for the actions of each way among the statements of a role."""

    def __init__(self, role: Role, grants: Grants, deployment: Deployment) -> None:
        self._deployment = deployment
        self._limits = grants_of_role(role, deployment)
        self._names = Names(deployment)
        self._own = arns_of(role, deployment)
        self._open: dict[str, Grant | None] = {}
        self._relevant = list(_relevant(grants))
        self._compared = 0

    def escalations(self) -> Escalations:
        """Return every way."""
        found: list[Escalation] = []
        for action, what in TAKING_OVER.items():
            power = self._power(action)
            if power is not None:
                found.append(Escalation((power,), what))
        for actions, what in _COMBINED:
            powers = self._together(actions)
            if powers and not _is_every_action(powers[0]):
                found.append(Escalation(powers, what))
        if self._compared > MAXIMUM_COMPARISONS:
            self._open["the role has more actions and resources than are compared"] = None
        return Escalations(tuple(found), tuple((grant, why) for why, grant in self._open.items()))

    def _together(self, actions: Sequence[str]) -> tuple[Power, ...]:
        """Return the powers of a way of several actions; none when one of them is missing."""
        ways = [_STARTS if action in _STARTS else (action,) for action in actions]
        if not all(map(self._may_have, ways)):
            return ()
        powers: list[Power] = []
        for names in ways:
            power = next((one for name in names if (one := self._power(name, powers))), None)
            if power is None:
                return ()
            powers.append(power)
        return tuple(powers)

    def _may_have(self, names: Sequence[str]) -> bool:
        """Tell whether an action is allowed on anything at all; else its limits do not matter."""
        return any(
            _entry_for(grant, name) is not None for name in names for grant in self._relevant
        )

    def _power(self, action: str, before: Sequence[Power] = ()) -> Power | None:
        """Return where an action is allowed widely enough; notes why that is not known.

        `before` are the powers that it goes together with.
        """
        doubt: tuple[str, Grant] | None = None
        for grant in self._relevant:
            entry = _entry_for(grant, action)
            resources = grant.statement.resources
            if entry is None or resources is None:
                continue
            limited = _is_limited(grant.statement, action)
            if limited is True:
                continue
            for resource in resources.entries:
                self._compared += 1
                if self._compared > MAXIMUM_COMPARISONS:
                    return None
                is_wide = self._is_wide(resource, action, before)
                if is_wide is False:
                    continue
                why = limited or ("" if is_wide is True else is_wide) or self._taken_away(action)
                if why is True:
                    return None
                if not why:
                    return Power(action, grant, entry, resource)
                doubt = doubt or (str(why), grant)
            if resources.unread and doubt is None:
                doubt = (f"its resources: {resources.unread[0]}", grant)
        if doubt is not None:
            self._open.setdefault(*doubt)
        return None

    def _is_wide(self, resource: Entry, action: str, before: Sequence[Power]) -> bool | str:
        """Tell whether a resource is all there are, or the role itself; why not known, if so."""
        if action in _ANY_RESOURCE or any(one.action == _UPDATE for one in before):
            return True
        if resource.why_unread:
            return f"its resources: {resource.why_unread}"
        known = find_action(action)
        if known is None or covered_types(resource.value, known):
            return known is not None
        if action in _STARTS:
            # What it creates it can start, if that is among the machines that it may start.
            made = (one.resource.value for one in before if one.action == _CREATE)
            return any(self._covers(resource, expand(one, self._deployment)) for one in made)
        return action in _ON_ITSELF and self._covers(resource, self._own)

    def _covers(self, resource: Entry, texts: Sequence[Symbols]) -> bool:
        patterns = expand(resource.value, self._deployment)
        return any(
            matches_resource(pattern, text, self._names, same_place=True) is True
            for pattern in patterns
            for text in texts
        )

    def _taken_away(self, action: str) -> bool | str:
        """Tell whether a Deny or the permissions boundary forbids it; why not known, if so."""
        why = ""
        for denial in self._limits.statements:
            statement = denial.statement
            if statement.effect == "Deny" and _covers(statement, action):
                on_everything = statement.resources is not None and any(
                    one.value == "*" for one in statement.resources.entries
                )
                if on_everything and not statement.conditions.known:
                    return True
                why = f"policy '{denial.policy}' forbids some of it"
        boundary = self._limits.boundary
        if boundary is None:
            return why
        if any(one.statement.allows and _covers(one.statement, action) for one in boundary):
            return why
        return (
            f"its permissions boundary: {self._limits.boundary_unread[0]}"
            if self._limits.boundary_unread
            else True
        )


def _is_every_action(power: Power) -> bool:
    """Tell whether `states:*` allows an action, which other rules report by itself."""
    value = power.entry.value
    return isinstance(value, str) and action_matches(value, "states:")


def _relevant(grants: Grants) -> Iterator[Grant]:
    """Yield the statements with actions of IAM or Step Functions."""
    for grant in grants.known:
        actions = grant.statement.actions
        entries = () if actions is None else actions.entries
        if any(
            isinstance(one.value, str) and one.value.lower().startswith(("iam:", "states:"))
            for one in entries
        ):
            yield grant


def _entry_for(grant: Grant, action: str) -> Entry | None:
    """Return the entry that allows an action; `*` for everything is left to other rules."""
    actions = grant.statement.actions
    for entry in () if actions is None else actions.entries:
        value = entry.value
        if isinstance(value, str) and value not in _EVERYTHING and action_matches(value, action):
            return entry
    return None


def _covers(statement: Statement, action: str) -> bool:
    """Tell whether a statement is about an action, by its `Action` or by its `NotAction`."""

    def named(entries: Sequence[Entry]) -> bool:
        return any(
            isinstance(one.value, str) and action_matches(one.value, action) for one in entries
        )

    if statement.actions is not None:
        return named(statement.actions.entries)
    return statement.not_actions is not None and not named(statement.not_actions.entries)


def _is_limited(statement: Statement, action: str) -> bool | str:
    """Tell whether a condition takes the danger out of an action; why not known, if so."""
    open_reason = ""
    for one in statement.conditions.known:
        if not _limits(one, action):
            continue
        if one.is_certain:
            return True
        open_reason = f"its condition on {one.key} is not there in any case"
    for reason in statement.conditions.unread:
        open_reason = open_reason or reason
    return open_reason


def _limits(condition: Condition, action: str) -> bool:
    if not condition.is_positive or condition.quantifier == "forallvalues":
        return False
    key = condition.key
    if key == PASSED_TO and action == PASS_ROLE:
        return not any(_may_be_step_functions(one) for one in condition.values.entries)
    return not condition.if_exists and (key in _NARROWING or key.startswith(_TAGS))


def _may_be_step_functions(entry: Entry) -> bool:
    value = entry.value
    if isinstance(value, str) and has_wildcard(value):
        return action_matches(value, f"{STEP_FUNCTIONS}.amazonaws.com")
    service = service_of(value)
    return service is None or service == STEP_FUNCTIONS
