"""Texts made of others: cutting, joining and replacing, with the place of every piece kept."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    UNREAD,
    Hole,
    OneOf,
    Piece,
    Text,
    Traced,
    Unknown,
    text_of,
)

Parts: TypeAlias = "tuple[Piece | Hole, ...]"

MAXIMUM_CHARACTERS = 1_000_000
"""Characters of a text that is made; CloudFormation takes no more than that in a template."""

_HOLE = "\ufffc"
"""Stands for a hole in a flat text; never part of what is searched for."""

_DYNAMIC = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):[^{}]*\}\}")


class TextTooLongError(Exception):
    """A text becomes too long to be made."""


def size_of(parts: Iterable[Piece | Hole]) -> int:
    """Return the length of parts, a hole being one character."""
    return sum(len(part.text) if isinstance(part, Piece) else 1 for part in parts)


class FlatText:
    """A text as one string, in which a hole is one character, and the way back to its parts."""

    def __init__(self, text: Text) -> None:
        self.parts = text.parts
        self.starts: list[int] = []
        position = 0
        for part in self.parts:
            self.starts.append(position)
            position += len(part.text) if isinstance(part, Piece) else 1
        self.flat = self.filled(_HOLE)

    def filled(self, filling: str) -> str:
        """Return the text with one character in the place of each hole."""
        return "".join(part.text if isinstance(part, Piece) else filling for part in self.parts)

    def cut(self, start: int, end: int) -> Parts:
        """Return the parts of a stretch."""
        if start >= end:
            return ()
        found: list[Piece | Hole] = []
        for number in range(bisect_right(self.starts, start) - 1, len(self.parts)):
            begin = self.starts[number]
            if begin >= end:
                break
            part = self.parts[number]
            if isinstance(part, Piece):
                low, high = max(0, start - begin), min(len(part.text), end - begin)
                part = _stretch(part, low, high)
            found.append(part)
        return tuple(found)

    def place(self, start: int, end: int) -> Span | None:
        """Return where a stretch is written."""
        spans = [part.span for part in self.cut(start, end) if part.span is not None]
        if not spans:
            return None
        same = [span for span in spans if span.file is spans[0].file]
        return Span(spans[0].file, spans[0].start, max(span.end for span in same))


def _stretch(piece: Piece, low: int, high: int) -> Piece:
    if low == 0 and high == len(piece.text):
        return piece
    span = piece.span
    if piece.exact and span is not None:
        span = Span(span.file, span.start + low, span.start + high)
    return Piece(piece.text[low:high], span, piece.exact)


def replaced(
    text: Text,
    pattern: re.Pattern[str],
    make: Callable[[re.Match[str], Span | None], Sequence[Piece | Hole] | None],
) -> Parts:
    """Return the parts of a text in which every match is replaced by what `make` returns.

    `make` gets the match and where it is written; `None` leaves it as it stands. Raises
    `TextTooLongError`.
    """
    flat = FlatText(text)
    parts: list[Piece | Hole] = []
    done = 0
    size = len(flat.flat)
    for match in pattern.finditer(flat.flat):
        made = make(match, flat.place(match.start(), match.end()))
        if made is not None:
            parts.extend(flat.cut(done, match.start()))
            parts.extend(made)
            done = match.end()
            size += size_of(made)
            if size > MAXIMUM_CHARACTERS and size > 2 * len(flat.flat):
                raise TextTooLongError
    if not done and not parts:
        return text.parts
    parts.extend(flat.cut(done, len(flat.flat)))
    return tuple(parts)


def without_dynamic_references(value: Traced) -> Traced:
    """Return a string in which `{{resolve:…}}` is unknown: a secret, or a stored value."""
    content = value.value
    if isinstance(content, str):
        if "{{resolve:" not in content:
            return value
    elif not isinstance(content, Text) or not any(
        isinstance(part, Piece) and "{{resolve:" in part.text for part in content.parts
    ):
        return value
    text = value.as_text()
    if text is None:
        return value

    def unknown(match: re.Match[str], place: Span | None) -> Parts:
        expression = "resolve:" + match.group(1)
        return (Hole(Unknown(expression, "it is a dynamic reference"), place),)

    return text_of(replaced(text, _DYNAMIC, unknown), value.span)


def scalar_as_text(value: object) -> str | None:
    """Return a known scalar as CloudFormation writes it into a text; `None` for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return None


def parts_of(value: Traced, expression: str) -> Parts:
    """Return what an evaluated value is within a text; something unknown is a hole.

    `expression` names it where it has no name of its own, such as a list.
    """
    content = value.value
    if value.sensitive:
        return (Hole(Unknown(expression, "it is sensitive"), value.span),)
    if isinstance(content, OneOf):
        reason = f"depends on condition {content.condition}"
        return (Hole(Unknown(content.condition, reason), value.span),)
    if value.encoded is not None and not isinstance(content, (str, Text)):
        return tuple(_json_parts(value.encoded))
    text = value.as_text()
    if text is not None:
        return text.parts
    known = scalar_as_text(content)
    if known is not None:
        return (Piece(known, value.span),)
    return (Hole(Unknown(expression, "it is not a text"), value.span),)


def placed(text: Text, place: Span | None) -> Parts:
    """Return the parts of a text as if all of them were written at one place."""
    return tuple(
        Piece(part.text, place) if isinstance(part, Piece) else Hole(part.value, place)
        for part in text.parts
    )


def at_place(value: Traced, place: Span | None) -> Traced:
    """Return a value as if it were written at another place: where it is used."""
    content = value.value
    if isinstance(content, Text):
        content = Text(placed(content, place))
    elif isinstance(content, list):
        content = [at_place(element, place) for element in content]
    elif isinstance(content, dict):
        content = {key: at_place(member, place) for key, member in content.items()}
    elif isinstance(content, OneOf):
        choices = tuple(
            at_place(one, place) if isinstance(one, Traced) else one for one in content.alternatives
        )
        content = OneOf(content.condition, choices)
    return Traced(content, place, rest=value.rest, encoded=value.encoded, sensitive=value.sensitive)


def encoded_as_json(value: Traced, span: Span | None) -> Traced:
    """Return the text that `Fn::ToJsonString` makes of a value."""
    made = text_of(_json_parts(value), span)
    made.encoded = value
    return made


def _json_parts(value: Traced) -> Iterator[Piece | Hole]:
    content = value.value
    if isinstance(content, dict):
        yield Piece("{")
        for number, (key, member) in enumerate(content.items()):
            yield Piece(("," if number else "") + json.dumps(str(key)) + ":")
            yield from _json_parts(member)
        yield from _json_rest(value, bool(content))
        yield Piece("}")
    elif isinstance(content, list):
        yield Piece("[")
        for number, element in enumerate(content):
            if number:
                yield Piece(",")
            yield from _json_parts(element)
        yield from _json_rest(value, bool(content))
        yield Piece("]")
    elif isinstance(content, Text):
        yield Piece('"')
        for part in content.parts:
            if isinstance(part, Piece):
                yield Piece(json.dumps(part.text)[1:-1], part.span)
            else:
                yield part
        yield Piece('"')
    elif isinstance(content, UNREAD):
        yield Hole(content, value.span)
    elif isinstance(content, OneOf):
        reason = f"depends on condition {content.condition}"
        yield Hole(Unknown(content.condition, reason), value.span)
    elif isinstance(content, Decimal):
        yield Piece(str(scalar_as_text(content)), value.span)
    else:
        yield Piece(json.dumps(content), value.span)


def _json_rest(value: Traced, follows: bool) -> Iterator[Piece | Hole]:
    if value.rest is not None:
        if follows:
            yield Piece(",")
        yield Hole(value.rest, value.span)
