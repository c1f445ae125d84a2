"""Strings with holes: cut, searched and put together so that every piece keeps its place.

What a function would do to the content of a hole is not known, but what it does around the hole
often is. A hole that a function leaves as it is stays; one that it may change becomes an unknown
value that is named after the call.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    Hole,
    OneOf,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
    render_hole,
)
from stepguard.readers.terraform.functions.arguments import as_text, refusal, why_open
from stepguard.readers.terraform.functions.characters import Characters
from stepguard.readers.terraform.functions.errors import NotKnownError

_SURROGATE = re.compile("[\ud800-\udfff]")
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset("0123456789")
_ALPHABETS = {
    "AWS::AccountId": _DIGITS,
    "AWS::Region": _LOWER | _DIGITS | {"-"},
    "AWS::Partition": _LOWER | {"-"},
    "AWS::URLSuffix": _LOWER | _DIGITS | {"-", "."},
}
"""The characters that pseudo parameters consist of."""

_PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))
_NEVER_IN_NAMES = frozenset('"\\\n\r\t\v\f{}$<>')
_NEVER_IN = {
    "arn": _NEVER_IN_NAMES | {" "},
    "id": _NEVER_IN_NAMES | {" "},
    "name": _NEVER_IN_NAMES,
}
"""Characters that stand in no ARN, id or name of a resource."""


class FlatText:
    """A text as a string, in which one character stands for each hole.

    Raises `NotKnownError` for a text that holds that character itself.
    """

    HOLE = "\U000f0000"

    def __init__(self, text: Text) -> None:
        self.text = text
        self._starts: list[int] = []
        strings: list[str] = []
        position = 0
        for part in text.parts:
            string = part.text if isinstance(part, Piece) else self.HOLE
            if isinstance(part, Piece) and self.HOLE in string:
                raise NotKnownError("it holds characters from the private-use planes")
            self._starts.append(position)
            strings.append(string)
            position += len(string)
        self.string = "".join(strings)

    def __len__(self) -> int:
        return len(self.string)

    def cut(self, start: int, end: int) -> list[Piece | Hole]:
        """Return what stands between two offsets."""
        parts: list[Piece | Hole] = []
        if start >= end:
            return parts
        number = max(0, bisect_right(self._starts, start) - 1)
        while number < len(self._starts) and self._starts[number] < end:
            part = self.text.parts[number]
            first = self._starts[number]
            if isinstance(part, Hole):
                parts.append(part)
            else:
                part = _slice(part, max(0, start - first), min(len(part.text), end - first))
                if part.text:
                    parts.append(part)
            number += 1
        return parts

    def locate(self, start: int, end: int) -> Span | None:
        """Return where the characters between two offsets are written."""
        first = max(0, bisect_right(self._starts, start) - 1)
        last = max(first + 1, bisect_right(self._starts, end - 1))
        base = self._starts[first] if self._starts else 0
        return Text(self.text.parts[first:last]).locate(start - base, end - base)

    def holes(self) -> list[tuple[int, Hole]]:
        """Return the holes and where they stand."""
        return [
            (start, part)
            for start, part in zip(self._starts, self.text.parts, strict=True)
            if isinstance(part, Hole)
        ]

    def first_hole(self) -> int:
        """Return where the first hole stands; the text's length when there is none."""
        found = self.string.find(self.HOLE)
        return len(self.string) if found < 0 else found

    def last_hole(self) -> int:
        """Return where the last hole stands; -1 when there is none."""
        return self.string.rfind(self.HOLE)

    def crosses(self, searched: str) -> bool:
        """Tell whether an occurrence may lie partly within a hole and partly outside."""
        length = len(searched)
        if length < 2:
            return False
        for position, hole in self.holes():
            before = self.string[max(0, position - length + 1) : position].rpartition(self.HOLE)[2]
            after = self.string[position + 1 : position + length].partition(self.HOLE)[0]
            if self.string[position + 1 : position + 2] == self.HOLE:
                return True
            for split in range(1, length):
                head, tail = searched[:split], searched[split:]
                if before.endswith(head) and may_contain(hole.value, tail[0]):
                    return True
                if after.startswith(tail) and may_contain(hole.value, head[-1]):
                    return True
        return False


def _slice(piece: Piece, low: int, high: int) -> Piece:
    if low == 0 and high == len(piece.text):
        return piece
    span = piece.span
    if span is not None and piece.exact:
        span = Span(span.file, span.start + low, span.start + high)
    return Piece(piece.text[low:high], span, piece.exact)


def parts_of(value: Traced) -> list[Piece | Hole]:
    """Return a value as the parts of a string; what is not known is one hole.

    Raises `FunctionError` for null and for what does not convert to a string.
    """
    content = value.value
    if value.sensitive:
        expression = content.expression if isinstance(content, Unknown) else "…"
        return [Hole(Unknown(expression, "sensitive"), value.span)]
    if isinstance(content, (Unknown, Reference)):
        return [Hole(content, value.span)]
    if isinstance(content, OneOf):
        reason = f"depends on condition {content.condition}"
        return [Hole(Unknown(content.condition, reason), value.span)]
    if content is None:
        raise refusal(value, "a string")
    return list(as_text(value).parts)


def may_contain(value: Unknown | Reference, searched: str) -> bool:
    """Tell whether a string may stand in what a hole stands for."""
    if not isinstance(value, Reference):
        return True
    alphabet = _ALPHABETS.get(value.target)
    if alphabet is not None:
        return alphabet.issuperset(searched)
    never = _NEVER_IN.get(value.attribute.rpartition(".")[2])
    return never is None or never.isdisjoint(searched)


def alphabet_of(value: Unknown | Reference) -> frozenset[str]:
    """Return the characters that a hole is taken to consist of.

    For something wholly unknown these are all but quotation marks, braces and line breaks, since
    a text is read as if no hole changed its structure.
    """
    if isinstance(value, Reference):
        alphabet = _ALPHABETS.get(value.target)
        if alphabet is not None:
            return alphabet
        return _PRINTABLE - _NEVER_IN.get(value.attribute.rpartition(".")[2], _NEVER_IN_NAMES)
    return _PRINTABLE - _NEVER_IN_NAMES


def may_contain_any(value: Unknown | Reference, characters: Characters) -> bool:
    """Tell whether a character of a set may stand in what a hole stands for."""
    if not isinstance(value, Reference):
        return True
    is_named = value.target in _ALPHABETS or value.attribute.rpartition(".")[2] in _NEVER_IN
    return not is_named or any(character in characters for character in alphabet_of(value))


def may_start_or_end_with_space(value: Unknown | Reference) -> bool:
    """Tell whether trimming may change what a hole stands for."""
    if not isinstance(value, Reference):
        return True
    return value.target not in _ALPHABETS and value.attribute.rpartition(".")[2] not in _NEVER_IN


def is_never_empty(value: Traced) -> bool:
    """Tell whether a value that is not all known is certainly neither null nor empty."""
    content = value.value
    if isinstance(content, Text):
        return any(
            bool(part.text) if isinstance(part, Piece) else is_never_empty(Traced(part.value))
            for part in content.parts
        )
    return isinstance(content, Reference) and is_surely_text(value)


def is_surely_text(value: Traced) -> bool:
    """Tell whether a value that is not known is certainly a string."""
    content = value.value
    if isinstance(content, OneOf):
        return all(isinstance(one, Traced) and is_surely_text(one) for one in content.alternatives)
    if isinstance(content, Reference):
        return content.is_pseudo or content.attribute.rpartition(".")[2] in _NEVER_IN
    return isinstance(content, (str, Text))


def is_lower_case(value: Unknown | Reference) -> bool:
    """Tell whether what a hole stands for is certainly in lower case."""
    return isinstance(value, Reference) and value.target in _ALPHABETS


def renamed(hole: Hole, call: str) -> Hole:
    """Return a hole for what a call makes of it; `{}` in `call` stands for its expression."""
    expression = call.format(render_hole(hole.value)[2:-1])
    return Hole(Unknown(expression, why_open(Traced(hole.value))), hole.span)


def mapped(
    text: Text, change: Callable[[str], str], keep: Callable[[Hole], Hole]
) -> list[Piece | Hole]:
    """Return the parts of a text, each piece changed by itself."""
    parts: list[Piece | Hole] = []
    for part in text.parts:
        if isinstance(part, Hole):
            parts.append(keep(part))
            continue
        changed = change(part.text)
        same = changed == part.text
        parts.append(part if same else Piece(changed, part.span))
    return parts


def well_formed(string: str) -> str:
    """Return a string with a replacement character for each lone surrogate, as Go has it."""
    return string if string.isascii() else _SURROGATE.sub("\ufffd", string)


def cluster_starts(string: str) -> range | list[int]:
    """Return where the characters of a string start, as a reader counts them.

    Raises `NotKnownError` for a string in which that is not one code point each.
    """
    if string.isascii():
        if "\r\n" not in string:
            return range(len(string))
    elif not is_simple(string):
        raise NotKnownError("it counts characters that are made of several code points")
    return [
        position
        for position in range(len(string))
        if not (string[position] == "\n" and position and string[position - 1] == "\r")
    ]


def is_simple(string: str) -> bool:
    """Tell whether no code points of a string join to one character, CR LF aside."""
    return string.isascii() or (
        unicodedata.is_normalized("NFC", string) and not any(map(_joins, set(string)))
    )


def _joins(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf", "Co", "Cn")
        or 0x1100 <= code < 0x1200  # Hangul letters, which join to syllables
        or 0xA960 <= code < 0xA980
        or 0xD7B0 <= code < 0xD800
        or 0xAC00 <= code < 0xD7A4
        or 0x1F1E6 <= code < 0x1F200  # letters that join to flags
        or 0x1F3FB <= code < 0x1F400  # colours of the skin
        or character in "\u0e33\u0eb3"
        or 0x110BD <= code < 0x11D50
    )
