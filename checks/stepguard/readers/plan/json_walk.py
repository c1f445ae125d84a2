"""JSON text read piece by piece: what is not needed is passed over at the parser's own speed.

A plan may have hundreds of megabytes. Nothing of it is kept but where its resources begin; what
is needed of a resource is read again from there, with the place of every value.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal
from sys import intern

from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Piece, Plain, Text, Traced, Unknown

MAXIMUM_DEPTH = 100
"""Containers within containers of which the places are read."""

_SPACE = " \t\n\r"
_SPACES = re.compile(r"[ \t\n\r]*")
_ESCAPE = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.")
_DECODER = json.JSONDecoder(parse_float=Decimal)


class JsonWalk:
    """A JSON text, and what stands at an offset of it.

    Every method raises `json.JSONDecodeError` where the text is no JSON, and `RecursionError`
    where it is nested too deeply.
    """

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self._text = file.text

    def value(self, at: int) -> tuple[Plain, int]:
        """Return the value that begins at an offset, and the offset after it."""
        value: Plain
        value, end = _DECODER.raw_decode(self._text, self.next(at))
        return value, end

    def next(self, at: int) -> int:
        """Return the offset of the first character from an offset on that is no white space."""
        if self._text[at : at + 1] not in _SPACE:
            return at
        match = _SPACES.match(self._text, at)
        return at if match is None else match.end()

    def begins_with(self, at: int, character: str) -> bool:
        """Tell whether the value at an offset begins with a character."""
        return self._text.startswith(character, self.next(at))

    def members(self, at: int, read: Callable[[str, int], int]) -> int:
        """Call `read` with the key and the offset of each member of an object.

        `read` returns the offset after the member's value; the result is that after the object.
        """

        def member(offset: int) -> int:
            if not self.begins_with(offset, '"'):
                raise self._error("expecting property name enclosed in double quotes", offset)
            key, end = self.value(offset)
            end = self.next(end)
            if not self._text.startswith(":", end):
                raise self._error("expecting ':' delimiter", end)
            return read(key, end + 1)

        return self._container(at, "{", "}", member)

    def elements(self, at: int, read: Callable[[int], int]) -> int:
        """Call `read` with the offset of each element of a list.

        `read` returns the offset after the element; the result is that after the list.
        """
        return self._container(at, "[", "]", read)

    def _container(self, at: int, first: str, last: str, read: Callable[[int], int]) -> int:
        at = self.next(at)
        if not self._text.startswith(first, at):
            raise self._error(f"expecting '{first}'", at)
        at = self.next(at + 1)
        if self._text.startswith(last, at):
            return at + 1
        while True:
            at = self.next(read(at))
            if self._text.startswith(last, at):
                return at + 1
            if not self._text.startswith(",", at):
                raise self._error("expecting ',' delimiter", at)
            at = self.next(at + 1)

    def _error(self, message: str, at: int) -> json.JSONDecodeError:
        return json.JSONDecodeError(message, self._text, self.next(at))

    def trace(self, at: int, depth: int = 0) -> tuple[Traced, int]:
        """Return the value at an offset with all its places, and the offset after it.

        The text must have been read before: it is taken to be JSON.
        """
        at = self.next(at)
        first = self._text[at]
        if depth < MAXIMUM_DEPTH and first == "{":
            return self._trace_object(at, depth)
        if depth < MAXIMUM_DEPTH and first == "[":
            return self._trace_list(at, depth)
        value, end = _DECODER.raw_decode(self._text, at)
        span = Span(self.file, at, end)
        if first == '"':
            return Traced(value, span, text=EscapedText(value, span)), end
        if isinstance(value, (dict, list)):
            value = Unknown("…", "it is nested too deeply")
        return Traced(value, span), end

    def _trace_object(self, at: int, depth: int) -> tuple[Traced, int]:
        members: dict[str, Traced] = {}
        keys: dict[str, Span] = {}
        position = self.next(at + 1)
        while self._text[position] != "}":
            key, end = _DECODER.raw_decode(self._text, position)
            # Resources of a type have the same names, and a plan has thousands of them.
            key = intern(key)
            keys[key] = Span(self.file, position, end)
            members[key], position = self.trace(self.next(end) + 1, depth + 1)
            position = self._following(position)
        span = Span(self.file, at, position + 1)
        return Traced(members, span, keys=keys), position + 1

    def _trace_list(self, at: int, depth: int) -> tuple[Traced, int]:
        elements: list[Traced] = []
        position = self.next(at + 1)
        while self._text[position] != "]":
            element, position = self.trace(position, depth + 1)
            elements.append(element)
            position = self._following(position)
        return Traced(elements, Span(self.file, at, position + 1)), position + 1

    def _following(self, at: int) -> int:
        """Return where the next member or element begins, or the end of what holds them."""
        at = self.next(at)
        return self.next(at + 1) if self._text[at] == "," else at


class EscapedText(Text):
    """A text that stands as a string in JSON: the places of its parts are found when needed."""

    __slots__ = ("_escapes",)
    _escapes: tuple[array[int], array[int]] | None

    def __init__(self, text: str, span: Span) -> None:
        super().__init__((Piece(text, span),))
        object.__setattr__(self, "_escapes", None)

    def locate(self, start: int, end: int) -> Span | None:
        """Return where characters `start` to `end` of the text are written."""
        piece = self.parts[0]
        if not isinstance(piece, Piece) or piece.span is None:
            return None
        first = piece.span.start + 1
        return Span(
            piece.span.file, first + self._written(start), first + self._written(max(end, start))
        )

    def _written(self, position: int) -> int:
        """Return how many characters are written for the first ones of the text."""
        if self._escapes is None:
            object.__setattr__(self, "_escapes", self._find_escapes())
        positions, additional = self._escapes or ((), ())
        number = bisect_right(positions, position - 1)
        return position + (additional[number - 1] if number else 0)

    def _find_escapes(self) -> tuple[array[int], array[int]]:
        """Return the positions of escaped characters, and what is written more up to each.

        A definition has hundreds of them, and a plan thousands of definitions.
        """
        positions = array("L")
        additional = array("L")
        more = 0
        span = self.parts[0].span
        for match in _ESCAPE.finditer("" if span is None else span.text[1:-1]):
            positions.append(match.start() - more)
            more += match.end() - match.start() - 1
            additional.append(more)
        return positions, additional
