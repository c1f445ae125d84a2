"""A role's policies taken apart: one action on one resource at a time, ready to be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.conditions import Condition, Conditions
from stepguard.deployment.iam.elements import Element, Entry
from stepguard.deployment.iam.patterns import Symbols, symbols_of
from stepguard.deployment.values import Plain, Reference
from stepguard.permissions.grants import Grant
from stepguard.permissions.identity import as_text, expand
from stepguard.permissions.matching import EVERYTHING
from stepguard.review.renaming import Renamed, shown
from stepguard.structs import Struct, replace

Effect: TypeAlias = Literal["Allow", "Deny", "unknown"]

MAXIMUM_PERMITS = 5_000
"""Pairs of an action and a resource of one role that are compared; IAM's limits allow fewer."""


class Requirement(Struct, frozen=True):
    """A condition of a statement, in a form that can be compared."""

    key: str
    operator: str = ""
    quantifier: str = ""
    if_exists: bool = False
    values: frozenset[str] = frozenset()
    is_certain: bool = True
    is_positive: bool = False

    def follows_from(self, other: Requirement) -> bool:
        """Tell whether it holds wherever the other one does."""
        if self == other:
            return True
        same = replace(self, values=other.values, if_exists=other.if_exists) == other
        return (
            same
            and self.is_positive
            and not self.quantifier
            and self.if_exists >= other.if_exists
            and other.values <= self.values
        )

    def __str__(self) -> str:
        quantifier = f"{self.quantifier}:" if self.quantifier else ""
        operator = f"{quantifier}{self.operator}{'ifexists' if self.if_exists else ''}"
        values = " or ".join(sorted(self.values))
        return " ".join(one for one in (self.key, operator, values) if one)


class Pattern(Struct, frozen=True):
    """An action, a resource, or with `left_out` all but some: as symbols, and as written."""

    symbols: Symbols
    shown: str
    left_out: tuple[Symbols, ...] = ()
    left_out_shown: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[object, ...]:
        """What is equal for two that are written the same, whatever their names mean."""
        return self.shown, frozenset(self.left_out_shown)

    def __str__(self) -> str:
        if not self.left_out:
            return self.shown
        return f"{self.shown} other than {', '.join(self.left_out_shown)}"


class Permit(Struct, frozen=True):
    """One action on one resource that a statement allows or forbids.

    `requirements` must all hold. `depends` is the open condition of its source: whether it is
    there. `source` is the address of the resource that the statement is in, `managed` the name
    of the policy of AWS that it is part of.
    """

    effect: Effect
    action: Pattern
    resource: Pattern
    requirements: frozenset[Requirement]
    depends: frozenset[str]
    source: str
    managed: str = ""

    @property
    def is_conditional(self) -> bool:
        """Whether it holds only on a condition."""
        return bool(self.requirements or self.depends)

    @property
    def identity(self) -> tuple[object, ...]:
        """What is equal for two that say the same in the same words."""
        return (
            self.effect,
            *(self.action.symbols, frozenset(self.action.left_out)),
            self.resource.written,
            *(self.requirements, self.depends),
        )


def permits_of(grants: Iterable[Grant], deployment: Deployment, renamed: Renamed) -> list[Permit]:
    """Return what statements allow and forbid.

    References to what has moved are the same as after the move. Of more than `MAXIMUM_PERMITS`,
    the first are returned. What AWS's policies allow in part only is left out.
    """
    found: list[Permit] = []
    for grant in grants:
        if grant.document is None and grant.statement.conditions.unread:
            continue
        for one in _permits(grant, deployment, renamed):
            found.append(one)
            if len(found) == MAXIMUM_PERMITS:
                return found
    return found


def _permits(grant: Grant, deployment: Deployment, renamed: Renamed) -> Iterator[Permit]:
    statement = grant.statement
    requirements = requirements_of(statement.conditions, renamed)
    resources = [
        (pattern, depends)
        for one, depends in _values(statement.resources, statement.not_resources, renamed)
        for pattern in _resources(one, deployment, renamed)
    ]
    for action, depends in _values(statement.actions, statement.not_actions, renamed):
        for resource, also in resources:
            yield Permit(
                effect=statement.effect or "unknown",
                action=_lower(action),
                resource=resource,
                requirements=requirements,
                depends=depends | also,
                source=grant.address,
                managed=grant.policy if grant.document is None else "",
            )


def _values(
    element: Element | None, negated: Element | None, renamed: Renamed
) -> Iterator[tuple[Pattern, frozenset[str]]]:
    if element is not None:
        for entry in element.entries:
            symbols = symbols_of(entry.value)
            if symbols is not None:
                depends = frozenset({entry.condition} if entry.condition else ())
                yield Pattern(symbols, shown(entry.value, renamed)), depends
    elif negated is not None:
        left_out = tuple(symbols_of(one.value) or () for one in negated.entries)
        written = tuple(shown(one.value, renamed) for one in negated.entries)
        depends = frozenset(one.condition for one in negated.entries if one.condition)
        yield Pattern(EVERYTHING, "*", left_out, written), depends


def _resources(pattern: Pattern, deployment: Deployment, renamed: Renamed) -> Iterator[Pattern]:
    """Yield a pattern with its references brought to one form, once for each alternative."""
    left_out = tuple(
        expanded for one in pattern.left_out for expanded in _expanded(one, deployment, renamed)
    )
    for symbols in _expanded(pattern.symbols, deployment, renamed):
        yield replace(pattern, symbols=symbols, left_out=left_out)


def _expanded(symbols: Symbols, deployment: Deployment, renamed: Renamed) -> Iterator[Symbols]:
    for found in expand(as_text(symbols), deployment):
        yield tuple(
            Reference(renamed.get(one.target, one.target), one.attribute)
            if isinstance(one, Reference)
            else one
            for one in found
        )


def _lower(pattern: Pattern) -> Pattern:
    """Return the pattern of an action without regard to case."""

    def lower(symbols: Symbols) -> Symbols:
        return tuple(one.lower() if isinstance(one, str) else one for one in symbols)

    return replace(
        pattern, symbols=lower(pattern.symbols), left_out=tuple(map(lower, pattern.left_out))
    )


def requirements_of(conditions: Conditions, renamed: Renamed) -> frozenset[Requirement]:
    """Return the conditions of a statement in a form that can be compared."""
    unread = (Requirement(f"a condition that was not read: {one}") for one in conditions.unread)
    return frozenset((*(_requirement(one, renamed) for one in conditions.known), *unread))


def _requirement(condition: Condition, renamed: Renamed) -> Requirement:
    return Requirement(
        key=condition.key,
        operator=condition.operator,
        quantifier=condition.quantifier,
        if_exists=condition.if_exists,
        values=frozenset(_entry(one, renamed) for one in condition.values.entries),
        is_certain=condition.is_certain,
        is_positive=condition.is_positive,
    )


def _entry(entry: Entry, renamed: Mapping[str, str]) -> str:
    value: Plain = entry.value
    text = shown(value, renamed)
    return f"{text} (depends on {entry.condition})" if entry.condition else text
