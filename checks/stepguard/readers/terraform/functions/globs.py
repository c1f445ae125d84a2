"""Patterns of file names: `*`, `?`, `[…]`, `{…,…}` and `**`, matched in bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from stepguard.readers.terraform.functions.characters import Characters, Ranges, Union
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError

MAXIMUM_ALTERNATIVES = 64
"""Patterns that the braces of one pattern may stand for."""

_SPECIAL = frozenset("*?[{\\")
_ANY = Union([Ranges([(0, 0x10FFFF)])])

_Part: TypeAlias = "Characters | None"
"""One character, or with `None` any number of them."""


def static_part(pattern: str) -> tuple[str, str]:
    """Return the directory that a pattern names without special characters, and the rest."""
    names = pattern.split("/")
    count = 0
    while count < len(names) - 1 and _SPECIAL.isdisjoint(names[count]):
        count += 1
    directory = "/".join(names[:count])
    if not directory:
        directory = "/" if pattern.startswith("/") else "."
    return directory, "/".join(names[count:])


class Glob:
    """A pattern of relative paths. Raises `FunctionError` when it is none."""

    def __init__(self, pattern: str) -> None:
        self._patterns = [
            ["**" if name == "**" else _parts(name) for name in one.split("/")]
            for one in _alternatives(pattern)
        ]

    def matches(self, path: str) -> bool:
        """Tell whether a path matches."""
        names = path.split("/")
        return any(_path_matches(pattern, names) for pattern in self._patterns)


def _alternatives(pattern: str) -> list[str]:
    """Return the patterns that braces stand for, outer ones first."""
    done: list[str] = []
    pending = [pattern]
    while pending:
        one = pending.pop()
        start = _unescaped(one, "{", 0)
        if start < 0:
            done.append(one)
            continue
        end = _unescaped(one, "}", start)
        if end < 0:
            raise FunctionError("the pattern lacks a }")
        pending.extend(
            one[:start] + choice + one[end + 1 :] for choice in one[start + 1 : end].split(",")
        )
        if len(pending) + len(done) > MAXIMUM_ALTERNATIVES:
            raise NotKnownError("the pattern stands for too many others")
    return done


def _unescaped(pattern: str, character: str, start: int) -> int:
    position = start
    while position < len(pattern):
        if pattern[position] == "\\":
            position += 1
        elif pattern[position] == character:
            return position
        position += 1
    return -1


def _parts(pattern: str) -> list[_Part]:
    parts: list[_Part] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            if not parts or parts[-1] is not None:
                parts.append(None)
        elif character == "?":
            parts.append(_ANY)
        elif character == "[":
            characters, position = _class(pattern, position)
            parts.append(characters)
        else:
            if character == "\\":
                character = pattern[position : position + 1]
                position += 1
                if not character:
                    raise FunctionError("the pattern ends in a backslash")
            parts.append(Ranges([(ord(character), ord(character))]))
    return parts


def _class(pattern: str, position: int) -> tuple[Characters, int]:
    negated = pattern[position : position + 1] in ("^", "!")
    position += negated
    ranges: list[tuple[int, int]] = []
    while pattern[position : position + 1] != "]" or not ranges:
        low, position = _class_character(pattern, position)
        high = low
        if pattern[position : position + 1] == "-":
            high, position = _class_character(pattern, position + 1)
        ranges.append((ord(low), ord(high)))
    return Union([Ranges(ranges)], negated=negated), position + 1


def _class_character(pattern: str, position: int) -> tuple[str, int]:
    if pattern[position : position + 1] == "\\":
        position += 1
    if position >= len(pattern):
        raise FunctionError("the pattern lacks a ]")
    return pattern[position], position + 1


def _path_matches(pattern: Sequence[list[_Part] | str], names: Sequence[str]) -> bool:
    """Match names one after the other, keeping every position of the pattern that fits."""
    positions = _skipping({0}, pattern)
    for name in names:
        following: set[int] = set()
        for position in positions:
            if position == len(pattern):
                continue
            part = pattern[position]
            if isinstance(part, str):
                following.add(position)
            elif _name_matches(part, name):
                following.add(position + 1)
        positions = _skipping(following, pattern)
    return len(pattern) in positions


def _skipping(positions: set[int], pattern: Sequence[list[_Part] | str]) -> set[int]:
    reached = set(positions)
    for position in range(len(pattern)):
        if position in reached and isinstance(pattern[position], str):
            reached.add(position + 1)
    return reached


def _name_matches(parts: Sequence[_Part], name: str) -> bool:
    """Match a name; after a mismatch, only the last `*` takes one more character."""
    part = position = 0
    star, resume = -1, 0
    while position < len(name):
        if part < len(parts) and parts[part] is None:
            star, resume = part, position
            part += 1
            continue
        wanted = parts[part] if part < len(parts) else None
        if wanted is not None and name[position] in wanted:
            part += 1
            position += 1
        elif star >= 0:
            resume += 1
            part, position = star + 1, resume
        else:
            return False
    return all(one is None for one in parts[part:])
