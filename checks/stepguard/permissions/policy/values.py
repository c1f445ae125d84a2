"""Resources and other values as a policy that is printed may have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbol, symbols_of
from stepguard.deployment.resources import Resource, StateMachine
from stepguard.deployment.values import (
    UNREAD,
    Hole,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
)
from stepguard.permissions.identity import (
    as_text,
    expand,
    identity_of,
    name_reference,
)
from stepguard.secrets import without_tokens

EVERYTHING = "*"
"""The resource that stands for all of them."""

NOT_SUBSTITUTED = "nothing is substituted for it"

_SUBSTITUTION = re.compile(r"\$\{([^${}]*)\}")


class Writing:
    """Brings the values of needs into the form in which they are written in a policy.

    What refers to one of the `machines` themselves is written by name where the name is known:
    in a policy that the machine waits for, a reference back to it is a circle. `circular` holds
    the machines for which that cannot be done.
    """

    def __init__(self, machines: Iterable[StateMachine], deployment: Deployment) -> None:
        self._deployment = deployment
        self._own = {one.address for one in machines}
        self.circular: dict[str, None] = {}

    def values(self, given: Iterable[Plain]) -> tuple[Plain, ...]:
        """Return values in the form to be written; `*` takes the place of all others."""
        found = list(dict.fromkeys(map(self.value, given)))
        return (EVERYTHING,) if EVERYTHING in found else tuple(found)

    def value(self, given: Plain) -> Plain:
        """Return a value in the form to be written: a `str`, or a `Text` with holes."""
        value = _without_secrets(_whole(given))
        if self._refers_to_own(value):
            value = self._by_name(value)
        if isinstance(value, str) and "${" not in value:
            return value
        symbols: list[Symbol] = []
        for part in _parts(value):
            if isinstance(part, Hole):
                symbols.append(self._usable(part.value))
            else:
                symbols.extend(_open(part.text))
        return as_text(tuple(symbols))

    def _by_name(self, value: Plain) -> Plain:
        found = expand(value, self._deployment)
        if len(found) == 1:
            named = as_text(found[0])
            if not self._refers_to_own(named):
                return named
        for hole in _holes(value):
            if isinstance(hole, Reference) and hole.target in self._own:
                self.circular[hole.target] = None
        return value

    def _refers_to_own(self, value: Plain) -> bool:
        return any(
            isinstance(hole, Reference) and hole.target in self._own for hole in _holes(value)
        )

    def _usable(self, hole: Unknown | Reference) -> Unknown | Reference:
        """Return a reference by an attribute that the source's language can read."""
        if isinstance(hole, Unknown) or hole.is_pseudo:
            return hole
        found: list[Resource] = self._deployment.find(hole.target)
        identity = identity_of(found[0]) if found else None
        if identity is None or hole.attribute != identity.name:
            return hole
        if hole.attribute in (*identity.arns, *identity.names, *dict(identity.others)):
            return hole
        return name_reference(found[0]) or hole


def _without_secrets(value: Plain) -> Plain:
    """Return a value with a wildcard in the place of what is secret in it."""
    if not isinstance(value, Text):
        return without_tokens(str(value), mask=EVERYTHING)
    parts = tuple(
        replace(one, text=without_tokens(one.text, mask=EVERYTHING))
        if isinstance(one, Piece)
        else one
        for one in value.parts
    )
    return Text(parts)


def _open(text: str) -> Iterator[Symbol]:
    """Yield the characters of a text; what `${…}` in it stands for is not known."""
    end = 0
    for match in _SUBSTITUTION.finditer(text):
        yield from text[end : match.start()]
        yield Unknown(match.group(1), NOT_SUBSTITUTED)
        end = match.end()
    yield from text[end:]


def unknown_in(values: Iterable[Plain]) -> Iterator[Unknown]:
    """Yield what is not known in values."""
    for value in values:
        for hole in _holes(value):
            if isinstance(hole, Unknown):
                yield hole


def taken_for_names(values: Iterable[Plain]) -> Iterator[Unknown]:
    """Yield what stands in an ARN where a name belongs, and may be something else."""
    for value in values:
        if not isinstance(value, Text) or len(value.parts) == 1:
            continue
        if not isinstance(value.parts[0], Piece):
            continue
        for hole in value.holes:
            if not isinstance(hole, Unknown):
                continue
            if hole.reason != NOT_SUBSTITUTED and "name" not in hole.expression.lower():
                yield hole


def _whole(value: Plain) -> Plain:
    """Return a text, or what is no text as one."""
    if isinstance(value, UNREAD):
        return Text((Hole(value),))
    return value if isinstance(value, Text) else str(value)


def _parts(value: Plain) -> tuple[Piece | Hole, ...]:
    return value.parts if isinstance(value, Text) else (Piece(str(value)),)


def _holes(value: Plain) -> Iterator[Unknown | Reference]:
    for symbol in symbols_of(value) or ():
        if isinstance(symbol, UNREAD):
            yield symbol
