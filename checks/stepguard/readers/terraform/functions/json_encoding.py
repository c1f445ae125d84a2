"""Values as JSON text in which every piece knows where it is written."""

from __future__ import annotations

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.functions.arguments import check_length
from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.functions.numbers import format_number, is_number
from stepguard.readers.terraform.functions.quoting import json_escape
from stepguard.readers.terraform.functions.texts import is_surely_text, parts_of


def encode_json(value: Traced) -> Text:
    """Return a value as Terraform's `jsonencode` writes it; what is not known is a hole.

    Raises `FunctionError` for infinity, `NotKnownError` when the text would be too long.
    """
    writer = _Writer()
    writer.value(value, value.span)
    return writer.text()


class _Writer:
    """Collects the text. `around` is the span of the container that is written."""

    def __init__(self) -> None:
        self._parts: list[Piece | Hole] = []
        self._open: list[str] = []
        self._open_span: Span | None = None
        self._length = 0

    def text(self) -> Text:
        """Return what was written."""
        self._flush()
        return Text(tuple(self._parts))

    def _flush(self) -> None:
        if self._open:
            self._parts.append(Piece("".join(self._open), self._open_span))
            self._open = []

    def _write(self, text: str, span: Span | None) -> None:
        self._length += len(text)
        check_length(self._length)
        if span is not self._open_span:
            self._flush()
            self._open_span = span
        self._open.append(text)

    def _add(self, part: Piece | Hole) -> None:
        if isinstance(part, Hole) or part.exact:
            self._length += len(part.text) if isinstance(part, Piece) else 1
            check_length(self._length)
            self._flush()
            self._parts.append(part)
        else:
            self._write(part.text, part.span)

    def value(self, value: Traced, around: Span | None) -> None:
        """Write a value."""
        content = value.value
        span = value.span or around
        if value.sensitive or isinstance(content, (Unknown, Reference, OneOf)):
            self._unknown(value, span)
        elif content is None:
            self._write("null", span)
        elif isinstance(content, bool):
            self._write("true" if content else "false", span)
        elif isinstance(content, (str, Text)):
            self._string(parts_of(value), span)
        elif is_number(content):
            text = format_number(content)
            if text.endswith("Inf"):
                raise FunctionError("infinity cannot be written as JSON")
            self._write(text, span)
        elif isinstance(content, dict):
            self._object(value, span)
        else:
            self._array(value, span)

    def _unknown(self, value: Traced, span: Span | None) -> None:
        parts = parts_of(value)
        if is_surely_text(value):
            self._string(parts, span)
        else:
            self._add(parts[0])

    def _string(self, parts: list[Piece | Hole], span: Span | None) -> None:
        self._write('"', span)
        for part in parts:
            if isinstance(part, Piece):
                escaped = json_escape(part.text)
                if escaped != part.text:
                    part = Piece(escaped, part.span or span)
            self._add(part)
        self._write('"', span)

    def _object(self, value: Traced, span: Span | None) -> None:
        members: dict[str, Traced] = value.value
        keys = value.keys or {}
        separator = "{"
        for key in sorted(members):
            if members[key].value is REMOVED:
                continue
            self._write(separator, span)
            separator = ","
            self._key(key, keys.get(key) or span, span)
            self.value(members[key], span)
        if value.rest is not None:
            self._write(separator, span)
            separator = ","
            self._add(Hole(value.rest, span))
        self._write("{}" if separator == "{" else "}", span)

    def _key(self, key: str, span: Span | None, around: Span | None) -> None:
        parts = key.text.parts if isinstance(key, PartlyKnownKey) else (Piece(key, span),)
        self._string(list(parts), span)
        self._write(":", around)

    def _array(self, value: Traced, span: Span | None) -> None:
        separator = "["
        for element in value.value:
            if element.value is REMOVED:
                continue
            self._write(separator, span)
            separator = ","
            self.value(element, span)
        if value.rest is not None:
            self._write(separator, span)
            separator = ","
            self._add(Hole(value.rest, span))
        self._write("[]" if separator == "[" else "]", span)
