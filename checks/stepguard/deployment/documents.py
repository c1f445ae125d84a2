"""A JSON document of a deployment: a workflow definition or an IAM policy, and its places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from stepguard.deployment.json_places import JsonPlaces, places_in
from stepguard.deployment.json_text import (
    DuplicateKey,
    JsonTextError,
    find_duplicates,
    parse_json,
    trace_json,
)
from stepguard.deployment.source import Span
from stepguard.deployment.values import REMOVED, OneOf, Plain, Text, Traced, plain, unknowns

PathStep: TypeAlias = "str | int"
Path: TypeAlias = "tuple[PathStep, ...]"
"""Where a value stands in a document: object keys and list indexes, from the outside in."""


SECOND_DOCUMENT = "a second YAML document: only the first one is read"
"""What is said of a file that holds another document behind the one that is read."""


class DocumentError(Exception):
    """There is no document to be read. `reason` is one line; `span` says where."""

    def __init__(self, reason: str, span: Span | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


class Document:
    """A document as a plain value, able to say where each part of it is written.

    `value` is the plain value (`stepguard.deployment.values`), `span` the place of the whole,
    `duplicates` the keys that stand twice in one object and may hide something. `is_text` says
    that the source has it as a text of JSON, and not as an object of its own language.
    `second_document` is where another YAML document begins in its file, which is not read.
    """

    def __init__(
        self,
        value: Plain,
        span: Span | None,
        *,
        traced: Traced | None = None,
        text: Text | None = None,
        duplicates: tuple[DuplicateKey, ...] = (),
        second_document: Span | None = None,
    ) -> None:
        self.value = value
        self.span = span
        self.duplicates = duplicates
        self.second_document = second_document
        self.is_text = text is not None
        self._traced = traced
        self._text = text
        self._places: JsonPlaces | None = None
        self._has_looked_for_places = False
        self._present: dict[int, list[Traced]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether nothing in it is unknown; references to other resources count as known."""
        return next(unknowns(self.value), None) is None

    def traced(self) -> Traced | None:
        """Return the traced tree, made at the first call; `None` where nothing has a place."""
        if self._traced is None and self._text is not None:
            try:
                self._traced = trace_json(self._text)
            except (JsonTextError, RecursionError):
                self._text = None
        return self._traced

    def _text_places(self) -> JsonPlaces | None:
        """Return what finds places in the text; `None` where only a traced tree tells them."""
        if not self._has_looked_for_places and self._traced is None and self._text is not None:
            self._places = places_in(self._text)
        self._has_looked_for_places = True
        return self._places

    def locate(self, path: Sequence[PathStep], *, key: bool = False) -> Span | None:
        """Return where the value at `path` is written, or the nearest container that is known.

        With `key`, the span of the member's key instead of its value's.
        """
        if (places := self._text_places()) is not None:
            return places.locate(path, key=key) or self.span
        node = self.traced()
        if node is None:
            return self.span
        found = node.span or self.span
        for number, step in enumerate(path):
            while isinstance(node.value, OneOf):
                inner = _alternative_with(node.value, step)
                if inner is None:
                    return found
                node = inner
            value = node.value
            below: Traced | None = None
            if isinstance(value, dict) and isinstance(step, str):
                below = value.get(step)
                key_span = (node.keys or {}).get(step)
                last = number == len(path) - 1
                if key_span is not None and (key and last):
                    return key_span
                if below is not None:
                    found = below.span or key_span or found
            elif isinstance(value, list) and isinstance(step, int):
                present = self._present_in(value)
                if 0 <= step < len(present):
                    below = present[step]
                    found = below.span or found
            if below is None:
                return found
            node = below
        return found

    def _present_in(self, elements: list[Traced]) -> list[Traced]:
        """Return the elements of a list that are there: a plain list has none that are removed."""
        known = self._present.get(id(elements))
        if known is None:
            known = [one for one in elements if one.value is not REMOVED]
            self._present[id(elements)] = known
        return known


def _alternative_with(choice: OneOf, step: PathStep) -> Traced | None:
    for one in choice.alternatives:
        if not isinstance(one, Traced):
            continue
        if isinstance(one.value, dict) and step in one.value:
            return one
        if isinstance(one.value, list) and isinstance(step, int):
            return one
    return None


def read_document(traced: Traced) -> Document:
    """Make a document of a traced value: an object, or a string that holds JSON.

    Raises `DocumentError` when the value is unknown, no JSON, or a choice between alternatives.
    """
    if traced.encoded is not None:
        return read_document(traced.encoded)
    if traced.sensitive:
        raise DocumentError("the value is marked sensitive", traced.span)
    value = traced.value
    if isinstance(value, (dict, list)):
        return Document(plain(traced), traced.span, traced=traced)
    if isinstance(value, OneOf):
        raise DocumentError(f"it depends on condition {value.condition}", traced.span)
    text = traced.as_text()
    if text is None:
        raise DocumentError("it is neither an object nor a text", traced.span)
    if isinstance(value, Text) and len(value.parts) == 1 and value.holes:
        hole = value.holes[0]
        raise DocumentError(_why(hole), traced.span)
    if not isinstance(value, (str, Text)):
        raise DocumentError(_why(value), traced.span)
    try:
        parsed, duplicates = parse_json(text)
        if duplicates:
            duplicates = find_duplicates(text)
    except JsonTextError as error:
        raise DocumentError(error.reason, error.span or traced.span) from error
    return Document(parsed, traced.span, text=text, duplicates=duplicates)


def _why(value: object) -> str:
    reason = getattr(value, "reason", "")
    expression = getattr(value, "expression", "") or getattr(value, "target", "")
    if reason and expression:
        return f"{expression} is not known: {reason}"
    return f"{expression or 'the value'} is not known before deployment"
