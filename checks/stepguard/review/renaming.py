"""Values of the side before a change, as they would be called after it, and their comparison."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import TypeAlias

from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
    render,
)
from stepguard.review.moves import Located

Renamed: TypeAlias = "Mapping[str, str]"
"""Addresses of a deployment before a change, and what they are after it, where they differ."""

_INSTANCE_KEY = re.compile(r"\[[^\]]*\]")


def renamed_by_root(moved: Mapping[Located, Located]) -> dict[str, dict[str, str]]:
    """Return for the root of each deployment before a change which addresses have become others.

    So are addresses without instance keys, as references name resources whose key is not known.
    """
    found: dict[str, dict[str, str]] = {}
    for (root, address), (_, target) in moved.items():
        if address != target:
            addresses = found.setdefault(root, {})
            addresses[address] = target
            addresses.setdefault(_INSTANCE_KEY.sub("", address), _INSTANCE_KEY.sub("", target))
    return found


def shown(value: Plain, renamed: Renamed) -> str:
    """Return a value as a text in which a reference is the address of what it means now."""
    if isinstance(value, OneOf):
        choices = (
            "nothing" if one is REMOVED else shown(one, renamed) for one in value.alternatives
        )
        return " or ".join(choices)
    if isinstance(value, Text):
        return "".join(
            part.text if isinstance(part, Piece) else shown(part.value, renamed)
            for part in value.parts
        )
    if isinstance(value, Reference):
        value = Reference(renamed.get(value.target, value.target), value.attribute)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(render(value))


def within_root(reason: str, root: str) -> str:
    """Return a reason in which paths begin at the root, as that may have another name before."""
    return reason.replace(f"{root}/", "") if root else reason


def frozen(value: Plain, renamed: Renamed, *, in_order: bool = True) -> Hashable:
    """Return what is equal for two values that say the same.

    The order of members makes no difference; without `in_order`, that of elements does not either.
    """
    if isinstance(value, dict):
        rest = frozen(value.rest, renamed) if isinstance(value, OpenDict) else None
        members = (
            (str(key), frozen(one, renamed, in_order=in_order))
            for key, one in value.items()
            if one is not REMOVED
        )
        return "object", frozenset(members), rest
    if isinstance(value, list):
        rest = frozen(value.rest, renamed) if isinstance(value, OpenList) else None
        elements = [frozen(one, renamed, in_order=in_order) for one in value if one is not REMOVED]
        return "list", tuple(elements if in_order else sorted(elements, key=repr)), rest
    if isinstance(value, OneOf):
        choices = (frozen(one, renamed, in_order=in_order) for one in value.alternatives)
        return "choice", value.condition, tuple(choices)
    if isinstance(value, Text):
        parts = (frozen(part, renamed) for part in value.parts)
        return "text", tuple(parts)
    if isinstance(value, Piece):
        return value.text
    if isinstance(value, Hole):
        return frozen(value.value, renamed)
    if isinstance(value, Reference):
        return Reference(renamed.get(value.target, value.target), value.attribute)
    # `true` and 1 are equal in Python and different in JSON.
    return (type(value).__name__, value) if isinstance(value, bool) else _hashable(value)


def _hashable(value: Plain) -> Hashable:
    return value if isinstance(value, (str, int, float, Unknown, type(None))) else repr(value)
