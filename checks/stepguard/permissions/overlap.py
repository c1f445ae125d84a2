"""Whether there can be a text that two patterns with unknown parts both mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stepguard.deployment.iam.patterns import Symbol, Symbols
from stepguard.permissions.names import Names
from stepguard.structs import Struct

MAXIMUM_STEPS = 20_000
"""Pairs of places of two texts that are looked at; beyond that an overlap is possible."""

_WITHIN_A_PART = re.compile(r"[^:]")


class _Part(Struct, frozen=True):
    """A character, any one character (`?`), or a run of characters.

    `allowed` says which characters a run may have (`None`: all). A `made` run is a name that the
    deployment makes up, which no written text is equal to.
    """

    symbol: Symbol
    is_run: bool = False
    is_any: bool = False
    is_made: bool = False
    allowed: re.Pattern[str] | None = None

    def takes(self, other: _Part) -> bool:
        """Tell whether the character of another part can be one of this run."""
        if self.allowed is None or other.is_any:
            return True
        return bool(self.allowed.fullmatch(str(other.symbol)))


def may_overlap(
    pattern: Symbols, text: Symbols, names: Names, *, within_parts: bool = False
) -> bool:
    """Tell whether a pattern may match something that a text can be.

    With `within_parts`, what is unknown in the text, and what stands for everything there, has
    no colon in it.
    """
    pattern, text = _without_common_ends(pattern, text, names)
    allowed = _WITHIN_A_PART if within_parts else None
    return _overlap(
        [_part(one, names, None, is_pattern=True) for one in pattern],
        [_part(one, names, allowed, is_pattern=False) for one in text],
        names,
    )


def _without_common_ends(pattern: Symbols, text: Symbols, names: Names) -> tuple[Symbols, Symbols]:
    """Return both without what is certainly the same at their beginnings and ends."""

    def equal(one: Symbol, other: Symbol) -> bool:
        return one not in ("*", "?") and other != "*" and names.same(one, other) is True

    start = 0
    shorter = min(len(pattern), len(text))
    while start < shorter and equal(pattern[start], text[start]):
        start += 1
    end = 0
    while end < shorter - start and equal(pattern[-1 - end], text[-1 - end]):
        end += 1
    return pattern[start : len(pattern) - end], text[start : len(text) - end]


def _part(
    symbol: Symbol, names: Names, allowed: re.Pattern[str] | None, *, is_pattern: bool
) -> _Part:
    if symbol == "*":
        return _Part(symbol, is_run=True, allowed=allowed)
    if isinstance(symbol, str):
        return _Part(symbol, is_any=is_pattern and symbol == "?")
    return _Part(
        symbol,
        is_run=True,
        is_made=names.is_made(symbol),
        allowed=names.characters(symbol) or allowed,
    )


def _overlap(ones: Sequence[_Part], others: Sequence[_Part], names: Names) -> bool:
    """Go through both at once: a place in each, and whether a made-up name there has met a run."""
    stack = [(0, 0, False, False)]
    seen: set[tuple[int, int, bool, bool]] = set()
    limit = min(MAXIMUM_STEPS, names.steps_left)
    found = False
    while stack and not found:
        current = stack.pop()
        if current not in seen:
            found = len(seen) >= limit or current[:2] == (len(ones), len(others))
            seen.add(current)
            stack.extend(_next(ones, others, current, names))
    names.take(len(seen))
    return found


def _next(
    ones: Sequence[_Part],
    others: Sequence[_Part],
    current: tuple[int, int, bool, bool],
    names: Names,
) -> Iterator[tuple[int, int, bool, bool]]:
    at, position, met, other_met = current
    one = ones[at] if at < len(ones) else None
    other = others[position] if position < len(others) else None
    if one is not None and other is not None and _are_different(ones, others, at, position, names):
        return
    if one is not None and one.is_run:
        meets = other is not None and other.is_run and not other.is_made
        if not one.is_made or met or meets:
            yield at + 1, position, False, other_met or _is_open(other, one)
        if other is not None and not other.is_run and one.takes(other):
            yield at, position + 1, met or other.is_any, False
    if other is not None and other.is_run:
        meets = one is not None and one.is_run and not one.is_made
        if not other.is_made or other_met or meets:
            yield at, position + 1, met or _is_open(one, other), False
        if one is not None and not one.is_run and other.takes(one):
            yield at + 1, position, False, other_met or one.is_any
    if one is None or other is None or one.is_run or other.is_run:
        return
    if one.is_any or one.symbol == other.symbol:
        yield at + 1, position + 1, False, False


def _is_open(name: _Part | None, run: _Part) -> bool:
    """Tell whether a made-up name can have its characters from a run beside it."""
    return name is not None and name.is_made and not run.is_made


def _are_different(
    ones: Sequence[_Part], others: Sequence[_Part], at: int, position: int, names: Names
) -> bool:
    """Tell whether names of two different things stand at both places, to be equal as a whole."""
    if names.same(ones[at].symbol, others[position].symbol) is not False:
        return False
    if not (ones[at].is_run and others[position].is_run):
        return False
    following = [*ones[at + 1 : at + 2], *others[position + 1 : position + 2]]
    return not any(part.is_run for part in following)
