"""What a statement allows that no state machine with the role uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import Element, Entry
from stepguard.deployment.iam.patterns import Symbols, has_wildcard, symbols_of
from stepguard.deployment.iam.statements import Statement
from stepguard.permissions.actions import find_action, matching_actions
from stepguard.permissions.companions import Companions
from stepguard.permissions.documented import is_documented_wildcard
from stepguard.permissions.identity import expand
from stepguard.permissions.matching import EVERYTHING, matches_action, matches_resource
from stepguard.permissions.names import Names
from stepguard.permissions.needs import Need
from stepguard.permissions.role_needs import RoleNeeds
from stepguard.structs import Struct

_BELOW = (":", "/")


class Unused(Struct, frozen=True):
    """What of a statement is not used.

    `actions` are those that nothing takes. `resources` are those that no action of the statement
    is taken on, though it is on others. `open` says, by action, why it cannot be told.
    """

    actions: tuple[Entry, ...] = ()
    resources: tuple[Entry, ...] = ()
    used: tuple[str, ...] = ()
    open: tuple[tuple[str, str], ...] = ()


class Usage:
    """Compares statements of a role with what the role is needed for."""

    def __init__(self, needs: RoleNeeds, deployment: Deployment) -> None:
        self._needs = needs
        self._deployment = deployment
        self._names = Names(deployment)
        self._actions = needs.actions
        self._literal = {one.lower() for one in needs.actions if not has_wildcard(one)}
        self._wide = [one for one in needs.actions if has_wildcard(one)]
        self._companions = Companions(needs.actions)
        self._targets: dict[str, list[Symbols] | None] = {}

    def unused(self, statement: Statement) -> Unused:
        """Return what of a statement is not used; nothing of one that is not about actions."""
        if statement.actions is None:
            return Unused()
        unused: list[Entry] = []
        used: list[str] = []
        unknown: list[tuple[str, str]] = []
        for entry in statement.actions.entries:
            action = entry.value
            if not isinstance(action, str) or not self._is_judged(action):
                continue
            if self._is_used(action):
                used.append(action)
            elif not self._companions.may_include(action):
                reason = self._needs.why_open(action.partition(":")[0].lower())
                if reason is None:
                    unused.append(entry)
                else:
                    unknown.append((action, reason))
        resources = self._untouched(statement, used)
        return Unused(tuple(unused), tuple(resources), tuple(used), tuple(unknown))

    def _is_judged(self, action: str) -> bool:
        """Tell whether it is an action that is known; other wildcards are judged elsewhere."""
        if has_wildcard(action):
            return is_documented_wildcard(action) and bool(matching_actions(action))
        return find_action(action) is not None

    def _is_used(self, action: str) -> bool:
        if action.lower() in self._literal:
            return True
        others = self._actions if has_wildcard(action) else self._wide
        return any(self._is_about(action, one) for one in others)

    def _is_about(self, action: str, needed: str) -> bool:
        one, other = symbols_of(action) or (), symbols_of(needed) or ()
        return matches_action(one, other, self._names) is not False

    def _untouched(self, statement: Statement, used: list[str]) -> Iterator[Entry]:
        """Yield the resources on which none of the used actions is taken."""
        if not used or statement.resources is None or statement.not_actions is not None:
            return
        if statement.actions is None or not self._only_judged(statement.actions):
            return
        targets = [self._targets_of(action) for action in used]
        if any(one is None for one in targets):
            return
        known = [one for found in targets for one in found or ()]
        if not known:
            return
        for entry in statement.resources.entries:
            if entry.condition or not entry.value:
                continue
            patterns = expand(entry.value, self._deployment)
            if patterns and not any(self._touches(one, known) for one in patterns):
                yield entry

    def _only_judged(self, actions: Element) -> bool:
        """Tell whether every action is known, so that no other can be meant for a resource."""
        return not actions.unread and all(
            isinstance(one.value, str) and self._is_judged(one.value) for one in actions.entries
        )

    def _targets_of(self, action: str) -> list[Symbols] | None:
        """Return the resources that an action is taken on; `None` when they are not all known."""
        if action not in self._targets:
            self._targets[action] = self._find_targets(action)
        return self._targets[action]

    def _find_targets(self, action: str) -> list[Symbols] | None:
        if self._needs.why_open(action.partition(":")[0].lower()) is not None:
            return None
        others = [one for one in self._actions if not self._is_about(action, one)]
        if Companions(others).may_include(action):
            return None
        found: list[Symbols] = []
        for _, need in self._needs.needs:
            if not self._is_about(action, need.action):
                continue
            if _is_open(need):
                return None
            for resource in need.resources:
                found.extend(expand(resource, self._deployment))
        return None if EVERYTHING in found else found

    def _touches(self, pattern: Symbols, targets: Iterable[Symbols]) -> bool:
        return any(
            matches_resource(pattern, one, self._names) is not False
            or self._is_below(pattern, one)
            or self._is_below(one, pattern)
            for one in targets
        )

    def _is_below(self, one: Symbols, other: Symbols) -> bool:
        """Tell whether one may be another with something after it: the objects of a bucket."""
        return any(
            matches_resource((*other, mark, "*"), one, self._names) is not False for mark in _BELOW
        )


def _is_open(need: Need) -> bool:
    """Tell whether a need may be about more resources than it names."""
    return need.is_dynamic or need.kind in ("extra", "downstream", "conditional")
