"""Texts with wildcards, as IAM compares them: `*` is any run of characters, `?` any one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import eq
from typing import TypeAlias, cast

from stepguard.deployment.values import UNREAD, Hole, Piece, Plain, Reference, Text, Unknown
from stepguard.structs import Struct


class Anything(Struct, frozen=True):
    """A name in a text that stands for every name: only `*` in a pattern covers it."""


ANYTHING = Anything()

Symbol: TypeAlias = "str | Unknown | Reference | Anything"
"""A single character, something that is not known, or `ANYTHING`."""

Symbols: TypeAlias = "tuple[Symbol, ...]"


def symbols_of(value: Plain) -> Symbols | None:
    """Return the characters and holes of a text; `None` for what is no text."""
    if isinstance(value, str):
        return tuple(value)
    if isinstance(value, Text):
        symbols: list[Symbol] = []
        for part in value.parts:
            if isinstance(part, Piece):
                symbols.extend(part.text)
            elif isinstance(part, Hole):
                symbols.append(part.value)
        return tuple(symbols)
    if isinstance(value, UNREAD):
        return (value,)
    return None


def literal(symbols: Iterable[Symbol]) -> str | None:
    """Return the text that symbols make; `None` when something in it is not known."""
    try:
        return "".join(cast("Iterable[str]", symbols))
    except TypeError:
        return None


def covers(pattern: Sequence[Symbol], text: Sequence[Symbol]) -> bool:
    """Tell whether a pattern certainly matches everything that a text can be.

    What is not known in the pattern is taken for a name of its own, which matches the same
    unknown in the text and nothing else. Wildcards in the text are ordinary characters.
    """
    if "*" not in pattern and "?" not in pattern:
        return len(pattern) == len(text) and all(map(eq, pattern, text))
    if "?" not in pattern:
        texts = literal(pattern), literal(text)
        if texts[0] is not None and texts[1] is not None:
            return _covers_text(texts[0], texts[1])
    # The usual comparison with one wildcard to go back to: never worse than length by length.
    at, position, star, resume = 0, 0, -1, 0
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, position
            at += 1
        elif at < len(pattern) and _same(pattern[at], text[position]):
            at += 1
            position += 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return all(one == "*" for one in pattern[at:])


def _covers_text(pattern: str, text: str) -> bool:
    """Tell whether a pattern whose only wildcard is `*` matches a text, by the text's own search.

    Of several places for a part between two wildcards the first one leaves most to the rest.
    """
    first, *parts, last = pattern.split("*")
    if not text.startswith(first) or not text.endswith(last) or len(first) + len(last) > len(text):
        return False
    position, end = len(first), len(text) - len(last)
    for part in parts:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _same(one: Symbol, other: Symbol) -> bool:
    if one == "?":
        return isinstance(other, str)
    return one == other


def action_matches(pattern: str, action: str) -> bool:
    """Tell whether an action's pattern matches an action; case makes no difference."""
    return covers(pattern.lower(), action.lower())


def has_wildcard(text: str) -> bool:
    """Tell whether a text has `*` or `?`."""
    return "*" in text or "?" in text
