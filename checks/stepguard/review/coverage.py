"""Whether what a role may do on one side of a change is covered by what it may on the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from stepguard.deployment.iam.patterns import Symbols, action_matches, has_wildcard, literal
from stepguard.permissions.actions import Action, matching_actions
from stepguard.permissions.matching import EVERYTHING, matches_action, matches_resource
from stepguard.permissions.names import Names
from stepguard.review.permits import Pattern, Permit, Requirement
from stepguard.structs import Struct, replace

MAXIMUM_COMPARISONS = 100_000
"""Pairs of permits that are compared for one role; beyond that, only equal ones are the same."""


class Remainder(Struct, frozen=True):
    """What of a permit the other side does not cover.

    `kept` are the patterns of actions that it does cover; `actions` the known actions that are
    left, empty where they cannot be listed.
    """

    permit: Permit
    kept: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


class Coverage:
    """What a role may do on one side, asked whether it covers permits of the other side.

    `is_exhausted` says that there were more comparisons to make than are made.
    """

    def __init__(self, permits: Sequence[Permit], names: Names) -> None:
        self._names = names
        self._left = MAXIMUM_COMPARISONS
        self.is_exhausted = False
        self._equal = {one.identity for one in permits}
        self._by_service: dict[str, list[Permit]] = defaultdict(list)
        self._denies = any(one.effect == "Deny" for one in permits)
        for one in permits:
            self._by_service[_service(one.action)].append(one)

    def remainder(self, permit: Permit) -> Remainder | None:
        """Return what of a permit is not covered; `None` when all of it is."""
        if permit.identity in self._equal:
            return None
        alike = [one for one in self._candidates(permit) if self._covers_but_action(one, permit)]
        if any(self._covers_action(one.action, permit.action) for one in alike):
            return None
        known = _actions(permit.action)
        if not known:
            return Remainder(permit)
        patterns = [one for one in alike if literal(one.action.symbols) is not None]
        left = tuple(one for one in known if not self._is_covered(one, patterns))
        if not left:
            return None
        kept = {str(one.action) for one in patterns if _overlaps(one.action, known)}
        return Remainder(permit, tuple(sorted(kept)), left)

    def on_condition(self, permit: Permit) -> frozenset[Requirement]:
        """Return the conditions on which this side has the same permit; none where it has not."""
        bare = replace(permit, requirements=frozenset(), depends=frozenset())
        for one in self._candidates(permit):
            unbound = replace(one, requirements=frozenset(), depends=frozenset())
            if (
                one.requirements
                and self._covers_but_action(unbound, bare)
                and self._covers_action(one.action, permit.action)
            ):
                return one.requirements
        return frozenset()

    def forbids(self, permit: Permit) -> bool:
        """Tell whether a Deny without conditions takes all of a permit away."""
        if permit.effect != "Allow" or not self._denies:
            return False
        as_denied = replace(permit, effect="Deny", requirements=frozenset(), depends=frozenset())
        return any(
            self._covers_but_action(one, as_denied)
            and self._covers_action(one.action, permit.action)
            for one in self._candidates(as_denied)
        )

    def _candidates(self, permit: Permit) -> Iterator[Permit]:
        service = _service(permit.action)
        for one in (service, "") if service else ("",):
            for candidate in self._by_service.get(one, ()):
                if candidate.effect == permit.effect:
                    if not self._left:
                        self.is_exhausted = True
                        return
                    self._left -= 1
                    yield candidate

    def _covers_but_action(self, one: Permit, other: Permit) -> bool:
        """Tell whether one holds wherever the other does, and on all of its resource."""
        return (
            one.depends <= other.depends
            and all(
                any(mine.follows_from(theirs) for theirs in other.requirements)
                for mine in one.requirements
            )
            and self._covers_resource(one.resource, other.resource)
        )

    def _covers_resource(self, one: Pattern, other: Pattern) -> bool:
        if one.left_out:
            if other.left_out:
                return all(
                    any(self._is_within(left_out, theirs) for theirs in other.left_out)
                    for left_out in one.left_out
                )
            return all(
                matches_resource(left_out, other.symbols, self._names, same_place=True) is False
                for left_out in one.left_out
            )
        return self._is_within(other.symbols, one.symbols)

    def _is_within(self, resource: Symbols, pattern: Symbols) -> bool:
        if resource == pattern:
            return True
        return matches_resource(pattern, resource, self._names, same_place=True) is True

    def _covers_action(self, one: Pattern, other: Pattern) -> bool:
        if one.left_out:
            if other.left_out:
                return all(
                    any(
                        matches_action(theirs, mine, self._names) is True
                        for theirs in other.left_out
                    )
                    for mine in one.left_out
                )
            return all(
                matches_action(mine, other.symbols, self._names) is False for mine in one.left_out
            )
        if one.symbols == other.symbols and not other.left_out:
            return True
        return matches_action(one.symbols, other.symbols, self._names) is True

    def _is_covered(self, action: Action, permits: Iterable[Permit]) -> bool:
        return any(_takes(one.action, action) for one in permits)


def undecided(ones: Sequence[Permit], others: Sequence[Permit], names: Names) -> set[int]:
    """Return the ids of permits that may be the same as one of the other side, written otherwise.

    That is so where one side knows a resource by its ARN and the other by what will give it.
    """
    found: set[int] = set()
    by_action: dict[object, list[Permit]] = defaultdict(list)
    for one in others:
        if _is_one_resource(one.resource):
            by_action[_kind(one, is_known=_is_known(one))].append(one)
    left = MAXIMUM_COMPARISONS
    for one in ones:
        if not _is_one_resource(one.resource):
            continue
        for other in by_action.get(_kind(one, is_known=not _is_known(one)), ()):
            left -= 1
            if left < 0:
                return found
            symbols = one.resource.symbols, other.resource.symbols
            if id(other) not in found and (
                matches_resource(*symbols, names, same_place=True) is not False
            ):
                found |= {id(one), id(other)}
                break
    return found


def _kind(permit: Permit, *, is_known: bool) -> object:
    return permit.effect, permit.action, permit.requirements, is_known


def _is_known(permit: Permit) -> bool:
    return literal(permit.resource.symbols) is not None


def _is_one_resource(resource: Pattern) -> bool:
    return not resource.left_out and resource.symbols != EVERYTHING


def _service(action: Pattern) -> str:
    """Return the service of an action; empty where it can be any."""
    symbols = action.symbols
    if action.left_out or ":" not in symbols:
        return ""
    service = literal(symbols[: symbols.index(":")])
    return "" if service is None or has_wildcard(service) else service


def _actions(pattern: Pattern) -> tuple[Action, ...]:
    """Return the known actions that a pattern with wildcards within one service means."""
    text = literal(pattern.symbols)
    if text is None or pattern.left_out or not has_wildcard(text):
        return ()
    return matching_actions(text)


def _takes(pattern: Pattern, action: Action) -> bool:
    text = literal(pattern.symbols)
    if text is None or not action_matches(text, action.full_name):
        return False
    left_out = [literal(one) for one in pattern.left_out]
    return all(one is not None and not action_matches(one, action.full_name) for one in left_out)


def _overlaps(pattern: Pattern, actions: Iterable[Action]) -> bool:
    return any(_takes(pattern, one) for one in actions)
