"""JSON whose text has holes: parse it to plain values, or to traced ones with every place.

A hole inside a JSON string makes that string a `Text`. A hole where a member's value stands makes
the value unknown; a hole where members or elements stand makes the container open, since it may
be several of them. The grammar is
the standard library's: this module only puts tokens in the place of holes, and reads positions
out of text that the standard library has accepted.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from sys import intern
from typing import Any

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    Hole,
    OpenDict,
    OpenList,
    PartlyKnownKey,
    Piece,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.structs import Struct

MAXIMUM_DEPTH = 200
"""Containers within containers; deeper documents are refused. AWS's own limit is far below."""

MAXIMUM_DUPLICATES = 50
"""Keys of one file or document that stand twice, of which each is told on its own."""

_FIRST_TOKEN = 0xF0000
_LAST_TOKEN = 0xFFFFD
_BARE = "\U00100000"
_REST = "\U00100001"
_TOKEN_PATTERN = re.compile("[\U000f0000-\U000ffffd]")
_RESERVED_PATTERN = re.compile("[\U000f0000-\U00100001]")
_ESCAPED_RESERVED_PATTERN = re.compile(r"\\u[dD][bB][89a-fA-F]")
_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|"', re.DOTALL)


class JsonTextError(Exception):
    """The text is no JSON. `reason` is one line; `span` is where, when that is known."""

    def __init__(self, reason: str, span: Span | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


class DuplicateKey(Struct, frozen=True):
    """A key that stands twice in one object; the last one counts. `span` is its last place."""

    key: str
    span: Span | None = None

    @property
    def message(self) -> str:
        """What is told of it, in one line."""
        return f"{self.key} stands twice in one object: only the last one is read"


class _Prepared(Struct):
    """A text with one character for each hole, and the same as JSON that can be parsed."""

    text: Text
    holes: list[Unknown | Reference]
    flat: str
    json: str
    rests: set[int]


def parse_json(text: Text) -> tuple[Plain, tuple[DuplicateKey, ...]]:
    """Parse a JSON text that may have holes to a plain value.

    Returns the value and the keys that stand twice in one object. Raises `JsonTextError`.
    """
    prepared = _prepare(text)
    return _load(prepared)


def trace_json(text: Text) -> Traced:
    """Parse a JSON text that may have holes to traced values, with the span of every node.

    Raises `JsonTextError`.
    """
    prepared = _prepare(text)
    _load(prepared)
    return _Tracer(prepared).run()


def find_duplicates(text: Text) -> tuple[DuplicateKey, ...]:
    """Return, with their places, the keys that stand twice in an object of a JSON text.

    Those that have the same plain value both times hide nothing, and are left out. Raises
    `JsonTextError`.
    """
    prepared = _prepare(text)
    _load(prepared)
    tracer = _Tracer(prepared)
    tracer.run()
    return tuple(tracer.duplicates)


def hides(before: Traced, after: Traced) -> bool:
    """Tell whether the second value of a key that stands twice may hide what the first one says."""
    if isinstance(before.value, dict) and [*before.value][:1] in (["Ref"], ["Fn::GetAtt"]):
        return before.span is None or after.span is None or before.span.text != after.span.text
    if isinstance(before.value, (dict, list)) or type(before.value) is not type(after.value):
        return True
    return bool(before.value != after.value)


class FlatText(Struct, frozen=True):
    """A text with one character for each hole, and the holes in their order."""

    characters: str
    holes: list[Unknown | Reference]


def flatten(text: Text) -> FlatText:
    """Return a text with one character for each hole. Raises `JsonTextError`."""
    holes: list[Unknown | Reference] = []
    flat: list[str] = []
    has_holes = any(isinstance(part, Hole) for part in text.parts)
    for part in text.parts:
        if isinstance(part, Piece):
            # Beside a hole, such a character or its escape could pass for one.
            if has_holes and (
                _RESERVED_PATTERN.search(part.text) or _ESCAPED_RESERVED_PATTERN.search(part.text)
            ):
                raise JsonTextError("it contains characters from the private-use planes", part.span)
            flat.append(part.text)
        else:
            if len(holes) > _LAST_TOKEN - _FIRST_TOKEN:
                raise JsonTextError("it has too many unknown parts")
            flat.append(chr(_FIRST_TOKEN + len(holes)))
            holes.append(part.value)
    return FlatText("".join(flat), holes)


def _prepare(text: Text) -> _Prepared:
    flattened = flatten(text)
    flat, holes = flattened.characters, flattened.holes
    if not holes:
        return _Prepared(text, holes, flat, flat, set())
    written: list[str] = []
    rests: set[int] = set()
    end = 0
    previous = ""
    stack: list[str] = []
    lexemes = list(_LEXEME.finditer(flat))
    for number, match in enumerate(lexemes):
        written.append(flat[end : match.start()])
        end = match.end()
        lexeme = match.group()
        if lexeme in "{[":
            stack.append(lexeme)
        elif lexeme in "}]" and stack:
            stack.pop()
        following = lexemes[number + 1].group() if number + 1 < len(lexemes) else ""
        if lexeme[0] != '"' and _TOKEN_PATTERN.search(lexeme):
            lexeme = _bare(lexeme, previous, following, stack[-1] if stack else "", rests)
        written.append(lexeme)
        previous = lexeme[-1:] if lexeme.strip() else previous
    written.append(flat[end:])
    return _Prepared(text, holes, flat, "".join(written), rests)


def _bare(lexeme: str, previous: str, following: str, inside: str, rests: set[int]) -> str:
    """Return the JSON for holes outside a string, by what stands before and after them."""
    if previous == ":" or not inside:
        # One value: as a whole, since digits beside a hole are part of the same value.
        tokens = "".join(_TOKEN_PATTERN.findall(lexeme))
        return f'"{_BARE}{tokens[0]}"'
    if _TOKEN_PATTERN.sub("", lexeme):
        return lexeme
    members = []
    for token in lexeme:
        rests.add(ord(token) - _FIRST_TOKEN)
        member = f'"{_REST}{token}"'
        members.append(f"{member}:null" if inside == "{" else member)
    before = "" if previous in "{[," else ","
    after = "" if following in ("}", "]", ",", "") else ","
    return before + ",".join(members) + after


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _load(prepared: _Prepared) -> tuple[Plain, tuple[DuplicateKey, ...]]:
    duplicates: list[DuplicateKey] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(items)
        if len(members) != len(items):
            seen: set[str] = set()
            for key, _ in items:
                if key in seen:
                    duplicates.append(DuplicateKey(key))
                seen.add(key)
        return members

    try:
        value = json.loads(prepared.json, object_pairs_hook=pairs, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        span = None
        if not prepared.holes:
            span = prepared.text.locate(error.pos, error.pos + 1)
        raise JsonTextError(_explain(error, prepared.json), span) from error
    except RecursionError as error:
        raise JsonTextError("it is nested too deeply") from error
    except ValueError as error:
        raise JsonTextError(str(error).splitlines()[0]) from error
    if prepared.json.count("{") + prepared.json.count("[") > MAXIMUM_DEPTH:
        _refuse_depth(value)
    if prepared.holes:
        value = _restore(value, prepared)
    return value, tuple(duplicates)


def _explain(error: json.JSONDecodeError, text: str) -> str:
    if text[error.pos : error.pos + 2] in ("//", "/*"):
        return "JSON has no comments"
    if not text.strip():
        return "the text is empty"
    message = error.msg[0].lower() + error.msg[1:]
    return f"not valid JSON: {message}"


def _refuse_depth(value: Plain) -> None:
    level = [value]
    for _ in range(MAXIMUM_DEPTH):
        below: list[Plain] = []
        for node in level:
            if isinstance(node, dict):
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
        if not below:
            return
        level = below
    raise JsonTextError("it is nested too deeply")


def _text_with_tokens(string: str, holes: Sequence[Unknown | Reference]) -> Text:
    parts: list[Piece | Hole] = []
    position = 0
    for match in _TOKEN_PATTERN.finditer(string):
        if match.start() > position:
            parts.append(Piece(string[position : match.start()]))
        parts.append(Hole(holes[ord(match.group()) - _FIRST_TOKEN]))
        position = match.end()
    if position < len(string):
        parts.append(Piece(string[position:]))
    return Text(tuple(parts))


def _restore_string(string: str, prepared: _Prepared) -> Plain:
    if not prepared.holes or string.isascii() or not _TOKEN_PATTERN.search(string):
        return string
    if string[0] == _BARE:
        return prepared.holes[ord(string[1]) - _FIRST_TOKEN]
    return _text_with_tokens(string, prepared.holes)


def restored_key(key: str, holes: Sequence[Unknown | Reference]) -> str:
    """Return a key of a flat text with its holes."""
    if not holes or key.isascii() or not _TOKEN_PATTERN.search(key):
        return key
    return PartlyKnownKey(_text_with_tokens(key, holes))


def _restore(value: Plain, prepared: _Prepared) -> Plain:
    if isinstance(value, str):
        return _restore_string(value, prepared)
    if isinstance(value, dict):
        rest = next((key for key in value if key.startswith(_REST)), None)
        members = {
            restored_key(key, prepared.holes): _restore(member, prepared)
            for key, member in value.items()
            if not key.startswith(_REST)
        }
        if rest is None:
            return members
        return OpenDict(members, prepared.holes[ord(rest[1]) - _FIRST_TOKEN])
    if isinstance(value, list):
        rest = next((one for one in value if isinstance(one, str) and one.startswith(_REST)), None)
        elements = [
            _restore(one, prepared)
            for one in value
            if not (isinstance(one, str) and one.startswith(_REST))
        ]
        if rest is None:
            return elements
        return OpenList(elements, prepared.holes[ord(rest[1]) - _FIRST_TOKEN])
    return value


class _Tracer:
    """Reads the places of nodes out of a text that is known to be JSON but for its holes."""

    def __init__(self, prepared: _Prepared) -> None:
        self._prepared = prepared
        self._lexemes = [
            (match.group(), match.start(), match.end()) for match in _LEXEME.finditer(prepared.flat)
        ]
        self._next = 0
        self.duplicates: list[DuplicateKey] = []
        self._locate: Callable[[int, int], Span | None] = locator_of(prepared.text)

    def run(self) -> Traced:
        """Return the traced value of the whole text."""
        return self._value()

    def _peek(self) -> str:
        return self._lexemes[self._next][0] if self._next < len(self._lexemes) else ""

    def _rest(self, lexeme: str) -> Unknown | Reference | None:
        token = lexeme[0] if lexeme else ""
        if token and self._prepared.holes and _TOKEN_PATTERN.match(token):
            index = ord(token) - _FIRST_TOKEN
            if index in self._prepared.rests:
                return self._prepared.holes[index]
        return None

    def _value(self) -> Traced:
        lexeme, start, end = self._lexemes[self._next]
        self._next += 1
        if lexeme == "{":
            return self._object(start)
        if lexeme == "[":
            return self._array(start)
        span = self._locate(start, end)
        if lexeme[0] == '"':
            return self._string(lexeme, start, span)
        if token := _TOKEN_PATTERN.search(lexeme):
            return Traced(self._prepared.holes[ord(token.group()) - _FIRST_TOKEN], span)
        value = json.loads(lexeme, parse_float=Decimal)
        return Traced(value, span)

    def _string(self, lexeme: str, start: int, span: Span | None) -> Traced:
        string = _text_of(lexeme)
        restored = _restore_string(string, self._prepared)
        if isinstance(restored, Text):
            return Traced(self._placed(lexeme, start), span)
        if len(string) == len(lexeme) - 2:
            return Traced(string, span, text=_slice(self._prepared.text, start + 1, string))
        placed = self._placed(lexeme, start)
        return Traced(string, span, text=placed)

    def _placed(self, lexeme: str, start: int) -> Text:
        """Return the parts of a JSON string, each with its place; escapes are pieces of theirs."""
        parts: list[Piece | Hole] = []
        for match in re.finditer(
            r"\\u[dD][89abAB]..\\u....|\\u....|\\.|[\U000f0000-\U000ffffd]|[^\\\U000f0000-\U000ffffd]+",
            lexeme[1:-1],
        ):
            piece = match.group()
            span = self._locate(start + 1 + match.start(), start + 1 + match.end())
            if self._prepared.holes and _TOKEN_PATTERN.match(piece):
                parts.append(Hole(self._prepared.holes[ord(piece) - _FIRST_TOKEN], span))
            elif piece[0] == "\\":
                parts.append(Piece(json.loads(f'"{piece}"'), span, exact=False))
            else:
                exact = span is not None and span.text == piece
                parts.append(Piece(piece, span, exact))
        return Text(tuple(parts))

    def _object(self, start: int) -> Traced:
        members: dict[str, Traced] = {}
        keys: dict[str, Span] = {}
        rest: Unknown | Reference | None = None
        while (lexeme := self._peek()) != "}":
            if lexeme == ",":
                self._next += 1
                continue
            if (more := self._rest(lexeme)) is not None:
                rest = more
                self._next += 1
                continue
            raw, key_start, key_end = self._lexemes[self._next]
            # States have the same fields, and a project has many of them.
            key = restored_key(intern(_text_of(raw)), self._prepared.holes)
            self._next += 2
            key_span = self._locate(key_start, key_end)
            if key_span is not None:
                keys[key] = key_span
            member = self._value()
            if key in members and hides(members[key], member):
                self.duplicates.append(DuplicateKey(key, key_span))
            members[key] = member
        end = self._lexemes[self._next][2]
        self._next += 1
        return Traced(members, self._locate(start, end), keys=keys, rest=rest)

    def _array(self, start: int) -> Traced:
        elements: list[Traced] = []
        rest: Unknown | Reference | None = None
        while (lexeme := self._peek()) != "]":
            if lexeme == ",":
                self._next += 1
            elif (more := self._rest(lexeme)) is not None:
                rest = more
                self._next += 1
            else:
                elements.append(self._value())
        end = self._lexemes[self._next][2]
        self._next += 1
        return Traced(elements, self._locate(start, end), rest=rest)


def locator_of(text: Text) -> Callable[[int, int], Span | None]:
    """Return `text.locate`, in constant time where the text stands in a file as it is."""
    if type(text) is not Text:
        return text.locate  # a text that finds its places itself
    if len(text.parts) == 1:
        only = text.parts[0]
        if isinstance(only, Piece) and only.exact and only.span is not None:
            file, base = only.span.file, only.span.start
            return lambda start, end: Span(file, base + start, base + end)
    starts: list[int] = []
    position = 0
    for part in text.parts:
        starts.append(position)
        position += len(part.text) if isinstance(part, Piece) else 1

    def locate(start: int, end: int) -> Span | None:
        first = max(0, bisect_right(starts, start) - 1)
        last = max(first + 1, bisect_right(starts, end - 1))
        parts = Text(text.parts[first:last])
        base = starts[first] if starts else 0
        return parts.locate(start - base, end - base)

    return locate


def _slice(text: Text, start: int, string: str) -> Text:
    """Return a stretch without holes and escapes of a text as a text of its own."""
    span = text.locate(start, start + len(string)) if string else text.locate(start, start + 1)
    exact = span is not None and span.text == string
    return Text((Piece(string, span, exact),) if string else ())


def _text_of(lexeme: str) -> str:
    """Return the text of a JSON string; most have no escapes, so that nothing is to be decoded."""
    return str(json.loads(lexeme, strict=False)) if "\\" in lexeme else lexeme[1:-1]
