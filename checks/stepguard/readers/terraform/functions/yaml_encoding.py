"""`yamlencode`: values as Terraform writes them in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from stepguard.deployment.values import (
    Hole,
    OneOf,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    check_length,
    takes,
    why_open,
)
from stepguard.readers.terraform.functions.conversion import is_open
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.numbers import format_number, is_number
from stepguard.readers.terraform.functions.texts import is_surely_text, parts_of, well_formed

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_DOCUMENT_END = "...\n"
_FIRST_TOKEN, _LAST_TOKEN = 0xE000, 0xF8FF
_TOKEN = re.compile("[\ue000-\uf8ff]")


def _yamlencode(arguments: Arguments) -> Traced:
    value = arguments.values[0]
    if is_open(value):
        raise NotKnownError(why_open(value))
    encoder = _Encoder()
    written = str(yaml.emit(encoder.events(value), Dumper=_DUMPER, allow_unicode=True))
    if written.endswith(f"\n{_DOCUMENT_END}"):
        written = written.removesuffix(_DOCUMENT_END)
    if not isinstance(value.value, (str, Text, list, dict)):
        # Where the library leaves it out and Terraform does not, and the other way round above.
        written += _DOCUMENT_END
    return arguments.result_text(encoder.parts(written, value))


class _Encoder:
    """Makes the events of a value; a character of the private-use area stands for each hole."""

    def __init__(self) -> None:
        self._holes: list[Hole] = []
        self._length = 0

    def events(self, value: Traced) -> Iterator[yaml.Event]:
        """Yield the events of a text with one value."""
        yield yaml.StreamStartEvent()
        yield yaml.DocumentStartEvent(explicit=False)
        yield from self._value(value)
        yield yaml.DocumentEndEvent(explicit=False)
        yield yaml.StreamEndEvent()

    def parts(self, written: str, value: Traced) -> list[Piece | Hole]:
        """Return the text that was written, with holes again."""
        parts: list[Piece | Hole] = []
        start = 0
        for match in _TOKEN.finditer(written):
            parts.append(Piece(written[start : match.start()], value.span))
            parts.append(self._holes[ord(match.group()) - _FIRST_TOKEN])
            start = match.end()
        parts.append(Piece(written[start:], value.span))
        return parts

    def _value(self, value: Traced) -> Iterator[yaml.Event]:
        content = value.value
        if value.rest is not None:
            raise NotKnownError(why_open(value))
        if isinstance(content, dict):
            yield yaml.MappingStartEvent(None, None, True, flow_style=False)
            for key in sorted(content):
                name = key.text if isinstance(key, PartlyKnownKey) else key
                yield self._string(parts_of(Traced(name)))
                yield from self._value(content[key])
            yield yaml.MappingEndEvent()
        elif isinstance(content, list):
            yield yaml.SequenceStartEvent(None, None, True, flow_style=False)
            for element in content:
                yield from self._value(element)
            yield yaml.SequenceEndEvent()
        else:
            yield self._scalar(value)

    def _scalar(self, value: Traced) -> yaml.Event:
        content = value.value
        if isinstance(content, (str, Text)) or (is_surely_text(value) and is_open(value)):
            return self._string(parts_of(value))
        if value.sensitive or isinstance(content, (Unknown, Reference, OneOf)):
            return _event(self._flat(parts_of(value)), None)
        if content is None:
            return _event("null", None)
        if isinstance(content, bool):
            return _event("true" if content else "false", None)
        if not is_number(content):
            raise FunctionError("it cannot be written as YAML")
        return _event(format_number(content), None)

    def _string(self, parts: list[Piece | Hole]) -> yaml.Event:
        flat = self._flat(parts)
        return _event(flat, "|" if "\n" in flat else '"')

    def _flat(self, parts: list[Piece | Hole]) -> str:
        flat: list[str] = []
        for part in parts:
            if isinstance(part, Piece):
                if _TOKEN.search(part.text):
                    raise NotKnownError("it holds characters from the private-use area")
                flat.append(well_formed(part.text))
                continue
            if _FIRST_TOKEN + len(self._holes) > _LAST_TOKEN:
                raise NotKnownError("it has too many unknown parts")
            flat.append(chr(_FIRST_TOKEN + len(self._holes)))
            self._holes.append(part)
        text = "".join(flat)
        self._length += len(text)
        check_length(self._length)
        return text


def _event(text: str, style: str | None) -> yaml.Event:
    return yaml.ScalarEvent(None, None, (True, True), text, style=style)


FUNCTIONS: dict[str, Function] = {"yamlencode": takes(_yamlencode, 1)}
"""The functions of this module, by name."""
