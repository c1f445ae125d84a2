"""JSON, Base64, URL encoding and CSV."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

from stepguard.deployment.json_text import JsonTextError, trace_json
from stepguard.deployment.values import Hole, OneOf, Traced, Unknown
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    check_length,
    check_size,
    takes,
    why_open,
)
from stepguard.readers.terraform.functions.comma_separated import read_rows
from stepguard.readers.terraform.functions.conversion import is_open
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.json_encoding import encode_json
from stepguard.readers.terraform.functions.numbers import parse_number
from stepguard.readers.terraform.functions.texts import (
    mapped,
    may_contain_any,
    renamed,
    well_formed,
)
from stepguard.readers.terraform.functions.types import ListItems

MAXIMUM_JSON_CHARACTERS = 5_000_000
"""The longest JSON text that is decoded."""

_STEPS_OF_A_VALUE = 3
_NOT_IN_URLS = frozenset(map(chr, range(0x80))) - frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"
)
_CODECS = {
    "iso-8859-1": "latin-1",
    "utf-16be": "utf-16-be",
    "utf-16le": "utf-16-le",
    "utf-8": "utf-8",
    "windows-1252": "cp1252",
}
"""Encodings by their registered names in lower case."""


def to_bytes(text: str) -> bytes:
    """Return a string in UTF-8."""
    return well_formed(text).encode("utf-8")


def _jsonencode(arguments: Arguments) -> Traced:
    value = arguments.values[0]
    if is_open(value) and not value.sensitive:
        unknown = Unknown(arguments.shown, why_open(value))
        return Traced(unknown, arguments.span, encoded=value)
    result = arguments.result_text(encode_json(value).parts)
    result.encoded = value
    return result


def _jsondecode(arguments: Arguments) -> Traced:
    argument = arguments.given(0)
    if argument.encoded is not None:
        return _decoded(argument.encoded, {})
    if is_open(argument):
        raise NotKnownError(why_open(argument))
    text = arguments.text(0)
    if sum(len(getattr(part, "text", "")) for part in text.parts) > MAXIMUM_JSON_CHARACTERS:
        raise NotKnownError("the text is too long")
    done: dict[int, Traced] = {}
    try:
        result = _decoded(trace_json(text), done)
    except JsonTextError as error:
        if text.holes:
            raise NotKnownError(error.reason) from error
        raise FunctionError(error.reason) from error
    arguments.environment.spend(_STEPS_OF_A_VALUE * len(done))
    return result


def _decoded(value: Traced, done: dict[int, Traced]) -> Traced:
    """Return a value as decoding gives it: objects and tuples, numbers as they are counted."""
    known = done.get(id(value))
    if known is None:
        content = _decoded_content(value.value, done)
        known = Traced(
            content,
            value.span,
            keys=value.keys,
            text=value.text if content == value.value else None,
            rest=value.rest,
            sensitive=value.sensitive,
        )
        done[id(value)] = known
    return known


def _decoded_content(content: Any, done: dict[int, Traced]) -> Any:
    if isinstance(content, dict):
        return {key: _decoded(member, done) for key, member in content.items()}
    if isinstance(content, list):
        return [_decoded(element, done) for element in content]
    if isinstance(content, OneOf):
        return OneOf(
            content.condition,
            tuple(
                _decoded(one, done) if isinstance(one, Traced) else one
                for one in content.alternatives
            ),
        )
    if isinstance(content, str):
        return well_formed(content)
    if isinstance(content, Decimal):
        number = parse_number(str(content))
        if number is None:
            raise NotKnownError("a number in it is too large")
        return number
    return content


def _base64encode(arguments: Arguments) -> Traced:
    return arguments.result(base64.b64encode(to_bytes(arguments.string(0))).decode("ascii"))


def _base64decode(arguments: Arguments) -> Traced:
    try:
        return arguments.result(decode_base64(arguments.string(0)).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FunctionError("what is decoded is not UTF-8") from error


def decode_base64(text: str) -> bytes:
    """Return what a Base64 text holds. Raises `FunctionError`."""
    compact = text.replace("\r", "").replace("\n", "")
    # Python 3.10 takes padding alone for nothing.
    if len(compact) % 4:
        raise FunctionError("it is no Base64")
    try:
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FunctionError("it is no Base64") from error


def _base64gzip(arguments: Arguments) -> Traced:
    arguments.string(0)
    raise NotKnownError("compressed bytes depend on who compresses them")


def _codec(name: str) -> str:
    codec = _CODECS.get(name.lower())
    if codec is None:
        raise NotKnownError("the encoding is not one that is looked at")
    return codec


def _textencodebase64(arguments: Arguments) -> Traced:
    text, codec = arguments.string(0), _codec(arguments.string(1))
    try:
        encoded = text.encode(codec)
    except UnicodeEncodeError as error:
        raise FunctionError("the encoding lacks a character of the string") from error
    return arguments.result(base64.b64encode(encoded).decode("ascii"))


def _textdecodebase64(arguments: Arguments) -> Traced:
    encoded, codec = decode_base64(arguments.string(0)), _codec(arguments.string(1))
    try:
        text = encoded.decode(codec)
    except UnicodeDecodeError as error:
        raise FunctionError("the encoding has no such character") from error
    return arguments.result(text)


def _urlencode(arguments: Arguments) -> Traced:
    def keep(hole: Hole) -> Hole:
        may_change = may_contain_any(hole.value, _NOT_IN_URLS)
        return renamed(hole, "urlencode({})") if may_change else hole

    def change(text: str) -> str:
        check_length(3 * len(text))
        return quote_plus(well_formed(text))

    return arguments.result_text(mapped(arguments.text(0), change, keep))


def _csvdecode(arguments: Arguments) -> Traced:
    text = arguments.string(0)
    check_size(text.count(",") + text.count("\n"))
    header, *rows = read_rows(text)
    if len(set(header)) < len(header):
        raise FunctionError("two columns have the same name")
    check_size(len(rows) * (1 + len(header)))
    return arguments.result(
        ListItems(
            arguments.result(
                {name: arguments.result(cell) for name, cell in zip(header, row, strict=True)}
            )
            for row in rows
        )
    )


_RUNS: dict[str, Callable[[Arguments], Traced]] = {
    "base64decode": _base64decode,
    "base64encode": _base64encode,
    "base64gzip": _base64gzip,
    "csvdecode": _csvdecode,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "urlencode": _urlencode,
}

FUNCTIONS: dict[str, Function] = {
    **{name: takes(run, 1) for name, run in _RUNS.items()},
    "textdecodebase64": takes(_textdecodebase64, 2),
    "textencodebase64": takes(_textencodebase64, 2),
}
"""The functions of this module, by name."""
