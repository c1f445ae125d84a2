"""Strings in quotation marks, as Go and its JSON encoder write them."""

from __future__ import annotations

import re

_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_JSON_SPECIAL = re.compile('[\\\\"\x00-\x1f<>&\u2028\u2029]')
_SHORT_GO = {**_SHORT, "\a": "\\a", "\v": "\\v"}


def json_escape(text: str) -> str:
    """Return a text as it stands between the quotation marks of a JSON string."""
    return _JSON_SPECIAL.sub(_escape_json, text)


def _escape_json(match: re.Match[str]) -> str:
    character = match.group()
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


def json_quote(text: str) -> str:
    """Return a text as a JSON string, the characters special to HTML escaped."""
    return f'"{json_escape(text)}"'


def go_quote(text: str) -> str:
    """Return a text as a string literal of Go."""
    return '"' + "".join(_escape_go(character) for character in text) + '"'


def _escape_go(character: str) -> str:
    short = _SHORT_GO.get(character)
    if short is not None:
        return short
    if character.isprintable() or character == " ":
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
