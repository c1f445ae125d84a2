"""Sets of characters that regular expressions name."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Protocol

Range = tuple[int, int]

_DIGIT: list[Range] = [(0x30, 0x39)]
_UPPER: list[Range] = [(0x41, 0x5A)]
_LOWER: list[Range] = [(0x61, 0x7A)]
_WORD = [*_DIGIT, *_UPPER, (0x5F, 0x5F), *_LOWER]
_PERL_SPACE: list[Range] = [(0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)]

PERL: dict[str, list[Range]] = {"d": _DIGIT, "s": _PERL_SPACE, "w": _WORD}
"""What `\\d`, `\\s` and `\\w` stand for: ASCII only."""

POSIX: dict[str, list[Range]] = {
    "alnum": [*_DIGIT, *_UPPER, *_LOWER],
    "alpha": [*_UPPER, *_LOWER],
    "ascii": [(0x00, 0x7F)],
    "blank": [(0x09, 0x09), (0x20, 0x20)],
    "cntrl": [(0x00, 0x1F), (0x7F, 0x7F)],
    "digit": _DIGIT,
    "graph": [(0x21, 0x7E)],
    "lower": _LOWER,
    "print": [(0x20, 0x7E)],
    "punct": [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)],
    "space": [(0x09, 0x0D), (0x20, 0x20)],
    "upper": _UPPER,
    "word": _WORD,
    "xdigit": [*_DIGIT, (0x41, 0x46), (0x61, 0x66)],
}
"""What `[:name:]` stands for."""

CATEGORIES = {
    "C": "cfos",
    "L": "lmotu",
    "M": "cen",
    "N": "dlo",
    "P": "cdefios",
    "S": "ckmo",
    "Z": "lps",
}
"""The general categories of Unicode that `\\p{name}` may name: first letters, and second ones."""

_KELVIN_AND_LONG_S = {"k": "\u212a", "K": "\u212a", "s": "\u017f", "S": "\u017f"}


class Characters(Protocol):
    """A set of characters."""

    def __contains__(self, character: str, /) -> bool:
        """Tell whether a character belongs to it."""


class Ranges:
    """The characters of some ranges of code points; with `folded` in either case."""

    def __init__(self, ranges: Sequence[Range], *, folded: bool = False) -> None:
        self._ranges = tuple(ranges)
        self._folded = folded

    def __contains__(self, character: str, /) -> bool:
        return any(
            low <= ord(one) <= high
            for one in (_cases(character) if self._folded else (character,))
            for low, high in self._ranges
        )


class Category:
    """The characters of a general category of Unicode."""

    def __init__(self, name: str, *, folded: bool = False) -> None:
        self._name = name
        self._folded = folded

    def __contains__(self, character: str, /) -> bool:
        return any(
            unicodedata.category(one).startswith(self._name)
            for one in (_cases(character) if self._folded else (character,))
        )


class Union:
    """The characters of any of some sets, or with `negated` of none of them."""

    def __init__(self, sets: Sequence[Characters], *, negated: bool = False) -> None:
        self._sets = tuple(sets)
        self._negated = negated
        self._known: dict[str, bool] = {}

    def __contains__(self, character: str, /) -> bool:
        known = self._known.get(character)
        if known is None:
            known = any(character in one for one in self._sets) is not self._negated
            self._known[character] = known
        return known


def _cases(character: str) -> set[str]:
    """Return a character in all its cases."""
    cases = {character, character.lower(), character.upper(), character.title()}
    for one in tuple(cases):
        if len(one) == 1:
            cases.update((one.lower(), one.upper(), _KELVIN_AND_LONG_S.get(one, one)))
    return {one for one in cases if len(one) == 1}
