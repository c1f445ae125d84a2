"""References of a configuration whose values a plan knows: of what is there, and stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from stepguard.deployment.values import (
    Hole,
    OneOf,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Traced,
    text_of,
)

MAXIMUM_DEPTH = 150
"""Containers within containers that are filled."""

Known: TypeAlias = "Callable[[Reference], str | int | bool | None]"
"""Returns what a plan knows of a reference; `None` when it does not know it."""


def filled(value: Traced, known: Known, depth: int = 0) -> Traced:
    """Return a value in which every reference that a plan knows is what the plan says."""
    if depth > MAXIMUM_DEPTH:
        return value
    content = value.value
    if value.encoded is not None:
        value = replace(value, encoded=filled(value.encoded, known, depth + 1))
    if isinstance(content, Reference):
        found = known(content)
        return value if found is None else replace(value, value=found, text=None)
    if isinstance(content, Text):
        parts = text_of((_part(part, known) for part in content.parts), value.span)
        return replace(value, value=parts.value, text=parts.text)
    if isinstance(content, list):
        return replace(value, value=[filled(one, known, depth + 1) for one in content])
    if isinstance(content, OneOf):
        alternatives = tuple(
            filled(one, known, depth + 1) if isinstance(one, Traced) else one
            for one in content.alternatives
        )
        return replace(value, value=OneOf(content.condition, alternatives))
    if isinstance(content, dict):
        return _filled_object(value, known, depth)
    return value


def _filled_object(value: Traced, known: Known, depth: int) -> Traced:
    members: dict[str, Traced] = {}
    keys = dict(value.keys or {})
    for key, member in value.value.items():
        name = key
        if isinstance(key, PartlyKnownKey):
            text = text_of(_part(part, known) for part in key.text.parts)
            name = text.value if isinstance(text.value, str) else PartlyKnownKey(text.value)
            if key in keys:
                keys[name] = keys.pop(key)
        members[name] = filled(member, known, depth + 1)
    return replace(value, value=members, keys=keys)


def _part(part: Piece | Hole, known: Known) -> Piece | Hole:
    if not isinstance(part, Hole) or not isinstance(part.value, Reference):
        return part
    found = known(part.value)
    return Piece(_as_text(found), part.span) if found is not None else part


def _as_text(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
