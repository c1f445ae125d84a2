"""Attributes and elements of values."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Protocol

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    PartlyKnownKey,
    Reference,
    Text,
    Traced,
    Unknown,
    render_hole,
)
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.readers.terraform.choices import choose, describe, is_possibly_absent
from stepguard.readers.terraform.functions.arguments import placed_count
from stepguard.readers.terraform.functions.numbers import format_number
from stepguard.readers.terraform.functions.texts import is_surely_text
from stepguard.readers.terraform.functions.types import LooseItems

_INSTANCE_KEY = re.compile(r"\[[^\[\]]*\]$")


class ObjectLookup(Protocol):
    """What knows the attributes of resources and the outputs of modules."""

    def member(self, whole: Reference, name: str, span: Span | None) -> Traced | None:
        """Return an attribute of a whole resource or module; `None` when it knows none."""


def whole(address: str, expression: str = "") -> Reference:
    """Return the reference that stands for a resource or module as a whole."""
    return Reference(address, "", expression or address)


def is_whole(value: object) -> bool:
    """Tell whether a value stands for a resource or module as a whole."""
    return isinstance(value, Reference) and not value.attribute and not value.is_pseudo


def get_attribute(source: Traced, name: str, span: Span | None, lookup: ObjectLookup) -> Traced:
    """Return an attribute of a value that is no choice. Raises `EvaluationError`."""
    value = source.value
    if isinstance(value, dict):
        member = value.get(name)
        if isinstance(member, Traced):
            return member
        return _missing(source, f".{name}", f'it has no attribute "{name}"', span)
    if isinstance(value, Unknown):
        return Traced(Unknown(f"{value.expression}.{name}", value.reason), span)
    if isinstance(value, Reference):
        if is_whole(value):
            member = lookup.member(value, name, span)
            if member is not None:
                return member
        return Traced(_extend(value, f".{name}"), span)
    if value is None:
        raise EvaluationError("it takes an attribute of null")
    raise EvaluationError(f'it takes the attribute "{name}" of something that is no object')


def get_element(source: Traced, key: Traced, span: Span | None, lookup: ObjectLookup) -> Traced:
    """Return an element of a value; neither is a choice. Raises `EvaluationError`."""
    value = source.value
    if value is None:
        raise EvaluationError("it takes an element of null")
    if isinstance(key.value, (Unknown, Reference, Text)):
        return _any_element(source, key, span)
    if isinstance(value, dict):
        name = _as_name(key)
        member = value.get(name)
        if isinstance(member, Traced):
            return member
        return _missing(source, f'["{name}"]', f'it has no element "{name}"', span)
    if isinstance(value, list):
        return _list_element(source, key, span)
    if is_whole(value) and isinstance(key.value, str):
        return get_attribute(source, key.value, span, lookup)
    if isinstance(value, Unknown):
        return Traced(Unknown(f"{value.expression}[{describe(key)}]", value.reason), span)
    if isinstance(value, Reference):
        return Traced(_extend(value, f"[{describe(key)}]"), span)
    raise EvaluationError("it takes an element of something that has none")


def _list_element(source: Traced, key: Traced, span: Span | None) -> Traced:
    index = _as_index(key)
    if index < 0 and source.rest is None:
        raise EvaluationError("the index is negative")
    if index >= len(source.value) and source.rest is None:
        raise EvaluationError(f"it has no element {index}")
    return element_at(source, index, span)


def element_at(source: Traced, index: int, span: Span | None) -> Traced:
    """Return an element of a list, of which the number or order of elements may be unknown."""
    elements: list[Traced] = source.value
    placed = placed_count(source)
    if 0 <= index < placed and not any(map(is_possibly_absent, elements[: index + 1])):
        return elements[index]
    if source.rest is None or 0 <= index < placed:
        reason = "the order of the elements is not known"
        return Traced(Unknown(f"{describe(source) or '…'}[{index}]", reason), span)
    other = member_of_rest(source.rest, f"[{index - placed}]", span)
    if isinstance(elements, LooseItems) and elements.gaps == 1 and index == placed < len(elements):
        # What stands here depends on whether the unknown stretch before it is empty.
        name = render_hole(source.rest)[2:-1]
        return choose(f"length({name}) > 0", [other, elements[placed]])
    return other


def _missing(source: Traced, suffix: str, reason: str, span: Span | None) -> Traced:
    if source.rest is not None:
        return member_of_rest(source.rest, suffix, span)
    if isinstance(source.value, dict):
        for key in source.value:
            if isinstance(key, PartlyKnownKey):
                return Traced(Unknown(f"{key}{suffix}", "the object's keys are not known"), span)
    raise EvaluationError(reason)


def member_of_rest(rest: Unknown | Reference, suffix: str, span: Span | None) -> Traced:
    """Return a member of the part of a container that is not known."""
    if isinstance(rest, Unknown):
        return Traced(Unknown(f"{rest.expression}{suffix}", rest.reason), span)
    if is_whole(rest) or is_surely_text(Traced(rest)):
        # It stands for each of the members already.
        return Traced(rest, span)
    return Traced(_extend(rest, suffix), span)


def _any_element(source: Traced, key: Traced, span: Span | None) -> Traced:
    """Return an element whose key is not known: the resource, when all are its instances."""
    value = source.value
    members = list(value.values()) if isinstance(value, dict) else value
    if isinstance(value, (list, dict)):
        targets = {
            _INSTANCE_KEY.sub("", member.value.target) if is_whole(member.value) else ""
            for member in members
        }
        if source.rest is not None and is_whole(source.rest):
            targets.add(source.rest.target if isinstance(source.rest, Reference) else "")
        if len(targets) == 1 and (target := targets.pop()):
            return Traced(whole(target), span)
    name = describe(source) or "…"
    text = describe(key) or "…"
    reason = getattr(key.value, "reason", "")
    if isinstance(value, Reference):
        return Traced(_extend(value, f"[{text}]"), span)
    if isinstance(value, Unknown):
        reason = value.reason
    return Traced(Unknown(f"{name}[{text}]", reason or f"the key {text} is not known"), span)


def _extend(reference: Reference, suffix: str) -> Reference:
    attribute = (reference.attribute + suffix).lstrip(".")
    expression = reference.expression or render_hole(reference)[2:-1]
    return Reference(reference.target, attribute, expression + suffix)


def _as_name(key: Traced) -> str:
    value = key.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return format_number(value)
    raise EvaluationError("the key is neither a string nor a number")


def _as_index(key: Traced) -> int:
    value = key.value
    if isinstance(value, bool):
        raise EvaluationError("the index is no number")
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    raise EvaluationError("the index is no whole number")
