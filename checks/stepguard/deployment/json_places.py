"""The places of values in a JSON text, found without a tree of all of them.

A finding points at one value of a document that may have ten thousand. On the way to it only the
members of the containers that lead there are looked at; what stands between is passed over by the
standard library's scanner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from stepguard.deployment.json_text import FlatText, flatten, locator_of, restored_key
from stepguard.deployment.source import Span
from stepguard.deployment.values import Text
from stepguard.structs import Struct

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)
_Extent: TypeAlias = "tuple[int, int]"


class _Member(Struct, frozen=True):
    """A member of an object, or an element of an array, which has no key."""

    value: _Extent
    key: _Extent | None = None


class JsonPlaces:
    """Finds where parts of a JSON text are written."""

    def __init__(self, text: Text, flat: FlatText, outermost: _Extent) -> None:
        self._flat = flat.characters
        self._holes = flat.holes
        self._outermost = outermost
        self._span: Callable[[int, int], Span | None] = locator_of(text)
        self._members: dict[int, dict[str | int, _Member]] = {}

    def locate(self, path: Sequence[str | int], *, key: bool = False) -> Span | None:
        """Return where the value at `path` is written, or the nearest container that is there.

        With `key`, the span of the member's key instead of its value's.
        """
        extent = self._outermost
        extents = [extent]
        for number, step in enumerate(path):
            member = self._below(extent).get(step)
            if member is None:
                break
            if member.key is not None:
                if key and number == len(path) - 1 and (span := self._span(*member.key)):
                    return span
                extents.append(member.key)
            extent = member.value
            extents.append(extent)
        # A large container has many pieces, and its place is seldom asked for.
        return next(filter(None, (self._span(*one) for one in reversed(extents))), None)

    def _below(self, extent: _Extent) -> dict[str | int, _Member]:
        """Return the members of a container by key or number; none where it is no container."""
        start = extent[0]
        known = self._members.get(start)
        if known is None:
            opening = self._flat[start]
            known = {}
            if opening == "{":
                known = self._of_object(start)
            elif opening == "[":
                known = self._of_array(start)
            self._members[start] = known
        return known

    def _of_object(self, start: int) -> dict[str | int, _Member]:
        found: dict[str | int, _Member] = {}
        position = self._space(start + 1)
        while self._flat[position] != "}":
            key, key_end = _DECODER.raw_decode(self._flat, position)
            value = self._value(self._space(self._space(key_end) + 1))
            found[restored_key(key, self._holes)] = _Member(value, (position, key_end))
            position = self._following(value)
        return found

    def _of_array(self, start: int) -> dict[str | int, _Member]:
        found: dict[str | int, _Member] = {}
        position = self._space(start + 1)
        while self._flat[position] != "]":
            value = self._value(position)
            found[len(found)] = _Member(value)
            position = self._following(value)
        return found

    def _space(self, position: int) -> int:
        match = _SPACE.match(self._flat, position)
        return position if match is None else match.end()

    def _value(self, position: int) -> _Extent:
        return position, _DECODER.raw_decode(self._flat, position)[1]

    def _following(self, value: _Extent) -> int:
        """Return where the next member stands, or what closes the container."""
        position = self._space(value[1])
        return self._space(position + 1) if self._flat[position] == "," else position


def places_in(text: Text) -> JsonPlaces | None:
    """Return the places in a JSON text; `None` where holes stand outside of its strings.

    The text is one that `parse_json` takes.
    """
    flat = flatten(text)
    match = _SPACE.match(flat.characters)
    start = 0 if match is None else match.end()
    try:
        end = _DECODER.raw_decode(flat.characters, start)[1]
    except ValueError:
        return None
    return JsonPlaces(text, flat, (start, end))
