"""`yamldecode`: YAML as Terraform reads it, with the place of every value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from stepguard.deployment.values import (
    Hole,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
    text_of,
)
from stepguard.readers.terraform.functions.arguments import Arguments, Function, takes, why_open
from stepguard.readers.terraform.functions.conversion import to_string
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.texts import FlatText, well_formed
from stepguard.readers.terraform.functions.yaml_scalars import TAG, resolve_scalar

MAXIMUM_YAML_CHARACTERS = 1_000_000
"""The longest YAML text that is decoded."""

MAXIMUM_YAML_DEPTH = 150
"""Containers within containers of a text that is decoded."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
_STEPS_OF_AN_EVENT = 6


def _yamldecode(arguments: Arguments) -> Traced:
    text = FlatText(arguments.text(0))
    if isinstance(arguments.values[0].value, (Unknown, Reference)):
        raise NotKnownError(why_open(arguments.values[0]))
    if len(text) > MAXIMUM_YAML_CHARACTERS:
        raise NotKnownError("the text is too long")
    decoder = _Decoder(text)
    try:
        return decoder.document()
    except yaml.YAMLError as error:
        reason = _reason(error)
        if text.first_hole() < len(text):
            raise NotKnownError(reason) from error
        raise FunctionError(reason) from error
    finally:
        arguments.environment.spend(_STEPS_OF_AN_EVENT * decoder.events)


def _reason(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or "it cannot be read"
    mark = getattr(error, "problem_mark", None)
    return f"not valid YAML: {problem}" + (f" (line {mark.line + 1})" if mark is not None else "")


class _Decoder:
    """Makes values of the events of a text. `events` counts them."""

    def __init__(self, text: FlatText) -> None:
        self.events = 0
        self._text = text
        self._parsed: Iterator[Any] = iter(yaml.parse(well_formed(text.string), Loader=_LOADER))
        self._anchors: dict[str, Traced | None] = {}
        self._holes = text.holes()

    def document(self) -> Traced:
        """Return the value of the only document."""
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise FunctionError("the YAML text is empty")
        value = self._value(self._next(), 0)
        self._next()
        if not isinstance(self._next(), yaml.StreamEndEvent):
            raise FunctionError("the YAML text has more than one document")
        return value

    def _next(self) -> Any:
        self.events += 1
        return next(self._parsed)

    def _value(self, event: Any, depth: int) -> Traced:
        if depth > MAXIMUM_YAML_DEPTH:
            raise NotKnownError("it is nested too deeply")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            value = self._mapping(event, depth)
        else:
            value = self._sequence(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _alias(self, event: Any) -> Traced:
        value = self._anchors.get(event.anchor)
        if value is None:
            raise FunctionError(f"the YAML anchor {event.anchor} is not defined before its use")
        return value

    def _sequence(self, event: Any, depth: int) -> Traced:
        if event.tag not in (None, f"{TAG}seq"):
            raise FunctionError("a YAML sequence has a wrong tag")
        elements: list[Traced] = []
        while not isinstance(following := self._next(), yaml.SequenceEndEvent):
            elements.append(self._value(following, depth + 1))
        return Traced(elements, self._span(event, following))

    def _mapping(self, event: Any, depth: int) -> Traced:
        if event.tag not in (None, f"{TAG}map"):
            raise FunctionError("a YAML mapping has a wrong tag")
        result = Traced({}, keys={})
        while not isinstance(following := self._next(), yaml.MappingEndEvent):
            if not isinstance(following, yaml.ScalarEvent):
                raise FunctionError("a key in YAML is no scalar")
            is_merge = following.tag is None and following.value == _MERGE
            if is_merge or following.tag == f"{TAG}merge":
                _merge(result, self._value(self._next(), depth + 1))
                continue
            key = self._key(following)
            result.value[key] = self._value(self._next(), depth + 1)
            span = self._span(following, following)
            if span is not None and result.keys is not None:
                result.keys[key] = span
        result.span = self._span(event, following)
        return result

    def _key(self, event: Any) -> str:
        key = to_string(self._scalar(event)).value
        if isinstance(key, (Unknown, Reference)):
            key = Text((Hole(key),))
        if isinstance(key, Text):
            return PartlyKnownKey(key)
        if not isinstance(key, str):
            raise FunctionError("a key in YAML is null")
        return key

    def _scalar(self, event: Any) -> Traced:
        start, end = event.start_mark.index, event.end_mark.index
        span = self._span(event, event)
        holes = [hole for position, hole in self._holes if start <= position < end]
        if holes:
            return self._with_holes(event, holes)
        value = resolve_scalar(event.tag or "", event.value, event.style, event.implicit[0])
        if not isinstance(value, str):
            return Traced(value, span)
        quotes = 1 if event.style in ('"', "'") else 0
        if self._text.string[start + quotes : end - quotes] == value:
            exact = tuple(self._text.cut(start + quotes, end - quotes))
            return Traced(value, span, text=Text(exact))
        return Traced(value, span, text=Text((Piece(value, span),)))

    def _with_holes(self, event: Any, holes: list[Hole]) -> Traced:
        span = self._span(event, event)
        if event.tag not in (None, f"{TAG}str"):
            raise NotKnownError(why_open(Traced(holes[0].value)))
        if event.style in (None, "") and event.tag is None and len(event.value) == 1:
            return Traced(holes[0].value, span)
        start, end = event.start_mark.index, event.end_mark.index
        quotes = 1 if event.style in ('"', "'") else 0
        if self._text.string[start + quotes : end - quotes] == event.value:
            return text_of(self._text.cut(start + quotes, end - quotes), span)
        parts: list[Piece | Hole] = []
        pieces = event.value.split(FlatText.HOLE)
        for piece, hole in zip(pieces, [*holes, None], strict=False):
            parts.append(Piece(piece, span))
            if hole is not None:
                parts.append(hole)
        return text_of(parts, span)

    def _span(self, first: Any, last: Any) -> Any:
        return self._text.locate(first.start_mark.index, last.end_mark.index)


def _merge(result: Traced, merged: Traced) -> None:
    """Add the members of a mapping, or of the mappings of a sequence, to another one."""
    content = merged.value
    if isinstance(content, (Unknown, Reference)):
        result.rest = content
        return
    for one in content if isinstance(content, list) else [merged]:
        if not isinstance(one.value, dict):
            raise FunctionError("a YAML mapping merges something that is none")
        result.value.update(one.value)
        if result.keys is not None:
            result.keys.update(one.keys or {})


FUNCTIONS: dict[str, Function] = {"yamldecode": takes(_yamldecode, 1)}
"""The functions of this module, by name."""
