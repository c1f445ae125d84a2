"""Terraform's automatic conversions, and the order of its sets.

`to_string`, `to_number` and `to_bool` give a value back as it is when it cannot be converted;
`convert` and what converts whole collections raise `FunctionError`, as Terraform refuses them.
What is not known stays as it is everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from stepguard.deployment.values import (
    OneOf,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.functions.number_formats import hashed
from stepguard.readers.terraform.functions.numbers import (
    format_number,
    is_number,
    parse_number,
)
from stepguard.readers.terraform.functions.quoting import go_quote
from stepguard.readers.terraform.functions.types import (
    ListItems,
    LooseItems,
    MapItems,
    SetItems,
    Type,
    is_open_object,
    read_type,
    type_of,
    unify,
)
from stepguard.readers.terraform.syntax.expressions import Expression

__all__ = [
    "SetItems",
    "convert",
    "convert_to",
    "is_open",
    "kind_of",
    "make_set",
    "to_bool",
    "to_number",
    "to_string",
    "unified",
]

_SHOWN_CHARACTERS = 40


def is_open(traced: Traced) -> bool:
    """Tell whether nothing is known of a value but where it comes from (or on what it depends)."""
    return isinstance(traced.value, (Unknown, Reference, OneOf))


def to_string(traced: Traced) -> Traced:
    """Return a number or boolean as the string that Terraform makes of it."""
    value = traced.value
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif is_number(value):
        text = format_number(value)
    else:
        return traced
    return Traced(text, traced.span, sensitive=traced.sensitive)


def to_number(traced: Traced) -> Traced:
    """Return a string that holds a number as that number."""
    if not isinstance(traced.value, str):
        return traced
    number = parse_number(traced.value)
    if number is None:
        return traced
    return Traced(number, traced.span, sensitive=traced.sensitive)


def to_bool(traced: Traced) -> Traced:
    """Return the strings `true`, `false`, `1` and `0` as booleans."""
    if isinstance(traced.value, str) and traced.value in ("true", "false", "1", "0"):
        return Traced(traced.value in ("true", "1"), traced.span, sensitive=traced.sensitive)
    return traced


def kind_of(traced: Traced) -> str:
    """Return how messages name the type of a value."""
    value = traced.value
    if value is None:
        return "null"
    if isinstance(value, (Unknown, Reference, OneOf)):
        return "a value that is not known"
    kind = type_of(traced).kind if not isinstance(value, (list, dict)) else ""
    if isinstance(value, SetItems):
        kind = "set"
    elif isinstance(value, list):
        kind = "list"
    elif isinstance(value, dict):
        kind = "object"
    return kind


def convert(value: Traced, type_expression: Expression) -> Traced:
    """Return a value as a type constraint (`list(string)`, `object({…})`) makes it.

    Raises `FunctionError` when the constraint is no type, or the value does not convert.
    """
    return convert_to(value, read_type(type_expression))


def convert_to(traced: Traced, wanted: Type) -> Traced:
    """Return a value converted to a type. Raises `FunctionError`."""
    value = traced.value
    if isinstance(value, OneOf):
        alternatives = tuple(
            convert_to(one, wanted) if isinstance(one, Traced) else one
            for one in value.alternatives
        )
        return replace(traced, value=OneOf(value.condition, alternatives))
    if value is None or is_open(traced):
        return traced
    kind = wanted.kind
    if kind == "any":
        return traced
    if kind in ("string", "number", "bool"):
        return _to_primitive(traced, kind)
    if kind in ("list", "set"):
        return _to_sequence(traced, wanted)
    if kind == "map":
        return _to_map(traced, wanted)
    if kind == "tuple":
        return _to_tuple(traced, wanted)
    return _to_object(traced, wanted)


def _refuse(traced: Traced, wanted: str) -> FunctionError:
    value = traced.value
    if isinstance(value, str) and not traced.sensitive:
        return FunctionError(f'cannot convert "{value[:_SHOWN_CHARACTERS]}" to {wanted}')
    return FunctionError(f"cannot convert {kind_of(traced)} to {wanted}")


def _to_primitive(traced: Traced, kind: str) -> Traced:
    value = traced.value
    if isinstance(value, Text) and kind != "string":
        holes = value.holes
        if not holes:
            return _to_primitive(replace(traced, value=value.known), kind)
        first = holes[0]
        return replace(traced, value=first if len(value.parts) == 1 else _unknown_text(value))
    if kind == "string":
        result = to_string(traced)
        fits = isinstance(result.value, (str, Text))
    elif kind == "number":
        result = to_number(traced)
        fits = is_number(result.value)
    else:
        result = to_bool(traced)
        fits = isinstance(result.value, bool)
    if not fits:
        raise _refuse(traced, kind)
    return result


def _unknown_text(text: Text) -> Unknown:
    reason = next((hole.reason for hole in text.holes if isinstance(hole, Unknown)), "")
    return Unknown(str(text), reason or "it is known after apply")


def _to_sequence(traced: Traced, wanted: Type) -> Traced:
    if not isinstance(traced.value, list):
        raise _refuse(traced, wanted.kind)
    elements = _converted(traced.value, wanted)
    if wanted.kind == "set":
        return replace(traced, value=_ordered_set(elements))
    if isinstance(traced.value, LooseItems):
        return replace(traced, value=LooseItems(elements, traced.value.placed))
    return replace(traced, value=ListItems(elements))


def _converted(elements: Sequence[Traced], wanted: Type) -> list[Traced]:
    element = wanted.element
    if element is None or element.kind == "any":
        return unified(elements)
    return [convert_to(one, element) for one in elements]


def _to_map(traced: Traced, wanted: Type) -> Traced:
    value = traced.value
    if not isinstance(value, dict):
        raise _refuse(traced, "map")
    members = _converted(list(value.values()), wanted)
    return replace(traced, value=MapItems(zip(value, members, strict=True)))


def _to_tuple(traced: Traced, wanted: Type) -> Traced:
    value = traced.value
    if not isinstance(value, list) or isinstance(value, SetItems):
        raise _refuse(traced, "tuple")
    if traced.rest is None and len(value) != len(wanted.elements):
        raise FunctionError(f"it has {len(value)} elements instead of {len(wanted.elements)}")
    elements = [
        convert_to(one, element) for one, element in zip(value, wanted.elements, strict=False)
    ]
    return replace(traced, value=elements)


def _to_object(traced: Traced, wanted: Type) -> Traced:
    value = traced.value
    if not isinstance(value, dict):
        raise _refuse(traced, "object")
    is_whole = not is_open_object(traced)
    members: dict[str, Traced] = {}
    for attribute in wanted.attributes:
        given = value.get(attribute.name)
        if given is None and not is_whole:
            reason = "the object's keys are not all known"
            members[attribute.name] = Traced(Unknown(attribute.name, reason), traced.span)
            continue
        if given is None and not attribute.optional:
            raise FunctionError(f'attribute "{attribute.name}" is required')
        if (given is None or given.value is None) and attribute.default is not None:
            given = attribute.default
        if given is None:
            given = Traced(None, traced.span)
        members[attribute.name] = convert_to(given, attribute.type)
    return Traced(members, traced.span, keys=traced.keys, sensitive=traced.sensitive)


def unified(elements: Sequence[Traced]) -> list[Traced]:
    """Return elements converted to the type that they have in common. Raises `FunctionError`."""
    types = [type_of(element) for element in elements]
    if len(set(types)) <= 1:
        return list(elements)
    common = unify(types)
    if common is None:
        raise FunctionError("the elements have no type in common")
    return [convert_to(element, common) for element in elements]


def make_set(elements: Iterable[Traced]) -> SetItems:
    """Return the set of some elements: of one type, each once, in order.

    Raises `FunctionError` when they have no type in common.
    """
    return _ordered_set(unified(list(elements)))


def _ordered_set(elements: Iterable[Traced]) -> SetItems:
    ordered = sorted(elements, key=_order)
    kept = SetItems()
    last: Any = None
    for element in ordered:
        order = _order(element)
        if not kept or order != last or order[0] == _OPEN_CONTAINER:
            kept.append(element)
        last = order
    return kept


_KNOWN, _OPEN, _OPEN_CONTAINER, _NULL = range(4)


def _order(traced: Traced) -> tuple[int, Any, str]:
    """Return by what a set is sorted: known elements, then unknown ones, then null."""
    value = traced.value
    if value is None:
        return (_NULL, 0, "")
    if isinstance(value, (Unknown, Reference)):
        return (_OPEN, 0, _shown(value))
    if isinstance(value, OneOf):
        return (_OPEN_CONTAINER, 0, value.condition)
    if isinstance(value, Text):
        known = value.known
        return (_OPEN, 0, str(value)) if known is None else (_KNOWN, 0, known)
    if isinstance(value, str):
        return (_KNOWN, 0, value)
    if is_number(value) or isinstance(value, bool):
        return (_KNOWN, value, "")
    return (_KNOWN if traced.is_known else _OPEN_CONTAINER, 0, "".join(_hash(traced)))


def _shown(value: Unknown | Reference) -> str:
    if isinstance(value, Reference):
        return f"{value.target}.{value.attribute}.{value.expression}"
    return value.expression


def _hash(traced: Traced) -> list[str]:
    """Return the text by which Terraform orders elements that have no natural order."""
    value = traced.value
    if value is None:
        return ["~"]
    if isinstance(value, bool):
        return ["T" if value else "F"]
    if is_number(value):
        return [hashed(value)]
    if isinstance(value, str):
        return [go_quote(value)]
    if isinstance(value, (ListItems, SetItems)):
        return ["[", *(piece for one in value for piece in (*_hash(one), ";")), "]"]
    if isinstance(value, list):
        return ["<", *(piece for one in value for piece in (*_hash(one), ";")), ">"]
    if isinstance(value, MapItems):
        pairs = ((go_quote(key), ":", *_hash(value[key]), ";") for key in sorted(value))
        return ["{", *(piece for pair in pairs for piece in pair), "}"]
    if isinstance(value, dict):
        members = (value[key] for key in sorted(value))
        return ["<", *(piece for one in members for piece in (*_hash(one), ";")), ">"]
    return ["?"]
