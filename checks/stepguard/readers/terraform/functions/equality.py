"""Equality of values of which not everything is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stepguard.deployment.values import Hole, OneOf, Piece, Reference, Text, Traced, Unknown
from stepguard.readers.terraform.functions.conversion import is_open, to_string
from stepguard.readers.terraform.functions.numbers import is_number
from stepguard.readers.terraform.functions.quoting import go_quote
from stepguard.readers.terraform.functions.types import (
    ListItems,
    LooseItems,
    MapItems,
    SetItems,
    is_open_object,
)


def comparison_key(traced: Traced) -> str | None:
    """Return a text that two known values share when they are equal; `None` for others."""
    return "".join(_key(traced)) if traced.is_known else None


def _key(traced: Traced) -> Iterator[str]:
    value = traced.value
    if isinstance(value, dict):
        yield "{" if isinstance(value, MapItems) else "("
        for name in sorted(value):
            yield go_quote(name)
            yield from _key(value[name])
        yield "}"
    elif isinstance(value, list):
        yield {ListItems: "[", SetItems: "<"}.get(type(value), "|")
        for element in value:
            yield from _key(element)
            yield ","
        yield "]"
    elif isinstance(value, (str, Text)):
        yield go_quote(str(value))
    else:
        yield str(to_string(traced).value)


def equal(left: Traced, right: Traced) -> bool | None:
    """Compare two values as `==` does; `None` when the answer is not known."""
    one, other = left.value, right.value
    if isinstance(one, (Unknown, Reference, Text)) and _is_same(one, other):
        return True
    if isinstance(one, Text) and one.known is not None:
        one = one.known
    if isinstance(other, Text) and other.known is not None:
        other = other.known
    if isinstance(one, Text) or isinstance(other, Text):
        return _equal_texts(one, other)
    if is_open(left) or is_open(right):
        return None
    if one is None or other is None:
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return _equal_objects(left, right)
    if isinstance(one, list) and isinstance(other, list):
        return _equal_lists(left, right)
    if is_number(one) and is_number(other):
        return bool(one == other)
    return type(one) is type(other) and bool(one == other)


def _is_same(one: Unknown | Reference | Text, other: Any) -> bool:
    """Tell whether two unknown values are the same one: written alike, too."""
    if one != other:
        return False
    if isinstance(one, Text):
        return str(one) == str(other)
    return bool(one.expression) and one.expression == other.expression


def _equal_texts(one: Any, other: Any) -> bool | None:
    if isinstance(one, (Unknown, Reference, OneOf)) or isinstance(
        other, (Unknown, Reference, OneOf)
    ):
        return None
    if not isinstance(one, (str, Text)) or not isinstance(other, (str, Text)):
        return False
    for front in (True, False):
        first, second = _known_end(one, front), _known_end(other, front)
        length = min(len(first), len(second))
        if front and first[:length] != second[:length]:
            return False
        if not front and length and first[-length:] != second[-length:]:
            return False
    shortest = min((len(text) for text in (one, other) if isinstance(text, str)), default=None)
    if shortest is not None:
        certain = min(_known_length(text) for text in (one, other) if isinstance(text, Text))
        if certain > shortest:
            return False
    return None


def _known_end(text: str | Text, front: bool) -> str:
    if isinstance(text, str):
        return text
    known: list[str] = []
    for part in text.parts if front else reversed(text.parts):
        if isinstance(part, Hole):
            break
        known.append(part.text)
    return "".join(known if front else reversed(known))


def _known_length(text: Text) -> int:
    return sum(len(part.text) for part in text.parts if isinstance(part, Piece))


def _all_equal(pairs: Iterable[tuple[Traced, Traced]]) -> bool | None:
    answer: bool | None = True
    for one, other in pairs:
        same = equal(one, other)
        if same is False:
            return False
        if same is None:
            answer = None
    return answer


def _equal_lists(left: Traced, right: Traced) -> bool | None:
    one, other = left.value, right.value
    if left.rest is not None or right.rest is not None:
        return None
    if isinstance(one, LooseItems) or isinstance(other, LooseItems):
        return None
    if type(one) is not type(other):
        return False
    if isinstance(one, SetItems) and not (left.is_known and right.is_known):
        return None
    if len(one) != len(other):
        return False
    return _all_equal(zip(one, other, strict=True))


def _equal_objects(left: Traced, right: Traced) -> bool | None:
    one, other = left.value, right.value
    shared = [key for key in one if key in other]
    is_open = is_open_object(left) or is_open_object(right)
    if not is_open and isinstance(one, MapItems) is not isinstance(other, MapItems):
        return False
    if not is_open and (len(shared) != len(one) or len(shared) != len(other)):
        return False
    answer = _all_equal((one[key], other[key]) for key in shared)
    return None if answer and is_open else answer
