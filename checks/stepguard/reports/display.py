"""Text for a terminal: made harmless, measured in columns, cut to fit."""

from __future__ import annotations

import unicodedata

TAB_WIDTH = 4
"""Columns from one tab stop to the next in source lines that are shown."""


_CHARACTERS_IN_A_COLUMN = 8
"""As many as a line may have for each column, combining ones included, and be shown whole."""


def harmless(text: str) -> str:
    r"""Return text in which control characters, bidirectional marks and the like are `\u{…}`.

    What a template says must neither move the cursor nor reorder what a reader sees. Line breaks
    and tabs are control characters too.
    """
    if text.isprintable():
        return text
    return "".join(_harmless(character) for character in text)


def harmless_lines(text: str) -> list[str]:
    """Return the lines of a text, each made harmless."""
    return [harmless(line.expandtabs(TAB_WIDTH)) for line in text.split("\n")]


def _harmless(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return f"\\u{{{ord(character):x}}}"


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def excerpt(line: str, start: int, end: int, maximum: int) -> tuple[str, int, int]:
    """Return a source line ready to be shown, and the columns to underline in it.

    `start` and `end` are the characters of the line that are meant. Tabs become blanks, what is
    not harmless is written out, and a line longer than `maximum` columns is cut around the
    start. The result is the line, the columns before the underline, and its length (at least 1).
    """
    # A file may be one line of megabytes: what is too far away to be shown is not looked at.
    reach = maximum * _CHARACTERS_IN_A_COLUMN
    before = _shown(line[max(start - reach, 0) : start], 0)
    marked = _shown(line[start : min(end, start + reach)], width(before))
    after = _shown(line[end : end + reach], width(before) + width(marked))
    if start > reach or width(before) > maximum * 2 // 3:
        keep = maximum // 3
        before = "… " + _last_columns(before, keep)
    room = maximum - width(before)
    if width(marked) > room:
        marked = first_columns(marked, max(room - 2, 1)) + " …"
        after = ""
    elif width(marked) + width(after) > room:
        after = first_columns(after, max(room - width(marked) - 2, 0)) + " …"
    return (before + marked + after).rstrip(), width(before), max(width(marked), 1)


def _shown(text: str, column: int) -> str:
    """Return text that begins in a column, tabs expanded and made harmless."""
    shown: list[str] = []
    for character in text:
        if character == "\t":
            piece = " " * (TAB_WIDTH - column % TAB_WIDTH)
        else:
            piece = _harmless(character)
        shown.append(piece)
        column += width(piece)
    return "".join(shown)


def first_columns(text: str, columns: int) -> str:
    """Return the beginning of a text that takes so many columns of a terminal."""
    taken = 0
    for number, character in enumerate(text):
        taken += _width(character)
        if taken > columns:
            return text[:number]
    return text


def _last_columns(text: str, columns: int) -> str:
    return first_columns(text[::-1], columns)[::-1]
