"""Where the characters of a YAML or JSON string stand in the file.

libyaml says where a scalar begins and ends, and what it means. Which character of the meaning
stands where follows from how the scalar is written: plain, quoted, or as a block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from stepguard.deployment.source import Span
from stepguard.deployment.values import Piece, Text

MAXIMUM_ESCAPES = 250_000
"""Escapes, or lines, of one string that are followed: a definition has at most 1 MiB."""

_DOUBLE_QUOTED = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|[^\\]+", re.DOTALL
)
_SINGLE_QUOTED = re.compile(r"''|[^']+")
_BREAKS = re.compile(r"\n+")
_FOLDED_BREAK = re.compile(r"\n+| ")
_INDENTATION = re.compile(r"^( *)[^ \r\n]", re.MULTILINE)
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip

_LineParts: TypeAlias = Callable[[str], Iterator[tuple[str, int, int]]]
"""From a written line to what its stretches mean: text, offset and length of each."""


def text_of_scalar(value: str, span: Span) -> Text:
    """Return a string with the places of its pieces, from how it is written at a span.

    A string that is written in a way that cannot be followed is one piece that is not exact.
    """
    raw = span.text
    if raw == value:
        return Text((Piece(value, span, True),) if value else ())
    if raw.count("\\") > MAXIMUM_ESCAPES or raw.count("\n") > MAXIMUM_ESCAPES:
        return Text((Piece(value, span, False),))
    style = raw[:1]
    if style in ("|", ">"):
        pieces = tuple(_block(value, raw, span))
    elif style == "'":
        pieces = tuple(_flow(value, raw[:-1], 1, span, _single_quoted))
    elif style == '"':
        pieces = tuple(_flow(value, raw[:-1], 1, span, _double_quoted))
    else:
        pieces = tuple(_flow(value, raw, 0, span, _plain))
    if "".join(piece.text for piece in pieces) != value:
        return Text((Piece(value, span, False),))
    return Text(pieces)


def _piece(text: str, span: Span, start: int, end: int, *, exact: bool = True) -> Piece:
    """Return the piece that stands at two offsets from the scalar's beginning."""
    return Piece(text, Span(span.file, span.start + start, span.start + end), exact)


def _block(value: str, raw: str, span: Span) -> Iterator[Piece]:
    """Yield the lines of a literal or folded block, without their indentation."""
    is_literal = raw[0] == "|"
    start = raw.find("\n") + 1
    indentation = _indentation_of(raw, start) - _indentation_of(value, 0)
    done = 0
    while start and start < len(raw) and done < len(value):
        line_end = raw.find("\n", start)
        line_end = len(raw) if line_end < 0 else line_end
        end = line_end - 1 if raw[line_end - 1] == "\r" else line_end
        begin = min(start + indentation, end)
        content = raw[begin:end]
        start = line_end + 1
        if not value.startswith(content, done):
            return
        done += len(content)
        if not content and not is_literal:
            continue
        # The break belongs to the line where it is read as it is written.
        is_kept = value[done : done + 1] == "\n" and raw[end : end + 1] == "\n"
        if is_kept:
            done += 1
            yield _piece(content + "\n", span, begin, end + 1)
        else:
            yield _piece(content, span, begin, end)
        if is_literal:
            length = 0 if is_kept or value[done : done + 1] != "\n" else 1
        else:
            more = (_BREAKS if is_kept else _FOLDED_BREAK).match(value, done)
            length = 0 if more is None else more.end() - done
        if length:
            yield _piece(value[done : done + length], span, end, line_end, exact=False)
            done += length
    if done < len(value):
        # The span of a scalar leaves out the breaks at its end.
        yield _piece(value[done:], span, len(raw), len(raw), exact=False)


def _indentation_of(text: str, start: int) -> int:
    match = _INDENTATION.search(text, start)
    return 0 if match is None else len(match.group(1))


def _flow(value: str, raw: str, start: int, span: Span, parts: _LineParts) -> Iterator[Piece]:
    """Yield the pieces of a scalar whose line breaks fold: to a space, or to one break fewer."""
    done = 0
    while True:
        line_end = raw.find("\n", start)
        is_last = line_end < 0
        content = raw[start:] if is_last else raw[start:line_end].rstrip(" \t\r")
        is_joined = False
        if not is_last and parts is _double_quoted:
            # A backslash before the break joins the lines; two of them are one character.
            is_joined = (len(content) - len(content.rstrip("\\"))) % 2 == 1
            content = content[:-1] if is_joined else content
        for text, offset, length in parts(content):
            begin = start + offset
            exact = raw.startswith(text, begin) and len(text) == length
            yield _piece(text, span, begin, begin + length, exact=exact)
            done += len(text)
        if is_last:
            return
        following = line_end + 1
        while following < len(raw) and raw[following] in " \t\r\n":
            following += 1
        if not is_joined and (more := _FOLDED_BREAK.match(value, done)):
            done = more.end()
            yield _piece(more.group(), span, start + len(content), following, exact=False)
        start = following


def _plain(line: str) -> Iterator[tuple[str, int, int]]:
    if line:
        yield line, 0, len(line)


def _single_quoted(line: str) -> Iterator[tuple[str, int, int]]:
    for match in _SINGLE_QUOTED.finditer(line):
        written = match.group()
        yield ("'" if written == "''" else written), match.start(), len(written)


def _double_quoted(line: str) -> Iterator[tuple[str, int, int]]:
    for match in _DOUBLE_QUOTED.finditer(line):
        written = match.group()
        text = _unescaped(written) if written[0] == "\\" else written
        yield text, match.start(), len(written)


def _unescaped(escape: str) -> str:
    if len(escape) > 2:
        code = int(escape[2:], 16)
        return chr(code) if code <= 0x10FFFF else escape
    return _ESCAPES.get(escape[1:], escape[1:])
