"""What scalars of YAML stand for, by the rules of Terraform's decoder."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from stepguard.readers.terraform.functions.encoding import decode_base64
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.numbers import Number, parse_number

TAG = "tag:yaml.org,2002:"
"""What stands before the names of YAML's own tags."""


def _spellings(word: str) -> set[str]:
    return {word, word.title(), word.upper()}


_BOOLEANS = {
    **{one: True for word in ("y", "yes", "true", "on") for one in _spellings(word)},
    **{one: False for word in ("n", "no", "false", "off") for one in _spellings(word)},
}
_NULLS = ("", "~", "null", "Null", "NULL")
_INFINITY = re.compile(r"[+-]?\.(inf|Inf|INF)")
_NOT_A_NUMBER = (".nan", ".NaN", ".NAN")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:(?P<between>[Tt ])(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})"
    r"(?:[.,][0-9]+)?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)

Scalar: TypeAlias = "str | bool | Number | None"


def resolve_scalar(tag: str, source: str, style: str | None, is_plain: bool) -> Scalar:
    """Return the value of a scalar; timestamps are strings. Raises `FunctionError`.

    `tag` is empty where there is none, `style` the character that begins the scalar, and
    `is_plain` tells whether it has neither a tag nor a style.
    """
    if not tag and not is_plain:
        return source
    name = tag.removeprefix(TAG)
    if tag and (name == tag or name not in _RESOLVABLE):
        raise FunctionError("a YAML scalar has an unknown tag")
    if name == "binary":
        decode_base64(source)
    if name in ("str", "binary"):
        return source
    first = source[:1]
    if first in "+-0123456789yYnNtTfFoO~." or not first:
        if style in ('"', "'"):
            return source
        if source in _BOOLEANS:
            return _BOOLEANS[source]
        if source in _NULLS:
            return None
        if _INFINITY.fullmatch(source):
            raise NotKnownError("a number in the YAML text is infinite")
        if not name and source in _NOT_A_NUMBER:
            raise FunctionError("a value in the YAML text is no number")
        if first and first in "+-0123456789":
            if name in ("", "timestamp"):
                moment = _timestamp(source)
                if moment is not None:
                    return moment
            if _INTEGER.fullmatch(source) or _FLOAT.fullmatch(source):
                name = "float"
        elif first == "." and _FLOAT.fullmatch(source):
            return _number(source)
    if name in ("int", "float"):
        return _number(source.replace("_", ""))
    if name == "null":
        return None
    if name in ("bool", "timestamp"):
        raise FunctionError(f"a value in the YAML text is no {name}")
    return source


_RESOLVABLE = frozenset({"str", "bool", "int", "float", "null", "timestamp", "binary"})


def _number(text: str) -> Number:
    number = parse_number(text)
    if number is not None:
        return number
    prefixed = re.fullmatch(r"([+-]?)0(?:x([0-9a-fA-F]+)|o([0-7]+)|b([01]+))", text)
    if prefixed is None:
        if _FLOAT.fullmatch(text):
            raise NotKnownError("a number in the YAML text is too large")
        raise FunctionError("a value in the YAML text is no number")
    sign, hexadecimal, octal, binary = prefixed.groups()
    base = 16 if hexadecimal else 8 if octal else 2
    value = int(hexadecimal or octal or binary, base)
    if value >= 2**64:
        raise FunctionError("a number in the YAML text is too large")
    return -value if sign == "-" else value


def _timestamp(source: str) -> str | None:
    """Return a timestamp in the form of RFC 3339; `None` for what is none."""
    match = _TIMESTAMP.fullmatch(source)
    if match is None:
        return None
    zone = match["zone"]
    if match["between"] is not None and (match["between"] == " ") is (zone is not None):
        return None
    offset = timedelta()
    if zone not in (None, "Z"):
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
        offset = -offset if zone[0] == "-" else offset
    try:
        moment = datetime(
            int(match["year"]),
            int(match["month"]),
            int(match["day"]),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            tzinfo=timezone(offset),
        )
    except ValueError:
        return None
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:%S}{zone if offset else 'Z'}"
