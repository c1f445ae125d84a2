"""A template that cfn-lint has parsed and that is in no file: written again, places kept.

cfn-lint has consumed standard input, and a text that was given to its Python API, before any rule
runs. What is left is the parsed template, whose nodes carry the line and column that they had.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from stepguard.deployment.source import SourceFile
from stepguard.readers.files import MAXIMUM_BYTES, FileRefusedError
from stepguard.structs import Struct, replace

_MAXIMUM_DEPTH = 300
_ESCAPE = re.compile(r"\\.")


class _Mark(Struct, frozen=True):
    """Where a node stood, counted from one. `is_block` says that it was a text in a YAML block."""

    line: int
    column: int
    end_line: int
    is_block: bool = False


class DecodedFile(SourceFile, eq=False, kw_only=True):
    """A JSON text whose offsets have the lines and columns of the text it was made from.

    `marks` are where its nodes stood, in their order, `offsets` where each is in the text.
    """

    offsets: list[int]
    marks: list[_Mark]

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column, from one, of the node that an offset is in.

        Of a text that was a YAML block, the line is that of the offset.
        """
        found = bisect_right(self.offsets, offset) - 1
        if found < 0:
            return 1, 1
        mark = self.marks[found]
        if mark.is_block:
            escapes = _ESCAPE.finditer(self.text, self.offsets[found], offset)
            lines = sum(escape[0] == r"\n" for escape in escapes)
            return mark.line + 1 + lines, 1
        return mark.line, mark.column


def decoded_file(path: str, template: Mapping[str, Any]) -> DecodedFile:
    """Return the JSON text of a template that cfn-lint has parsed.

    Raises `FileRefusedError` when it is larger than any template that is read: aliases in YAML can
    make a small file into one.
    """
    writer = _Writer(path)
    writer.write(template, _Mark(1, 1, 1), 0)
    marks = writer.marks
    text = "".join(writer.pieces)
    return DecodedFile(path, text, offsets=list(marks), marks=list(marks.values()))


class _Writer:
    def __init__(self, path: str) -> None:
        self._path = path
        self._length = 0
        self.pieces: list[str] = []
        self.marks: dict[int, _Mark] = {}

    def write(self, value: Any, around: _Mark, depth: int) -> None:
        """Write a value; `around` is the place of what it is in, where it has none of its own."""
        if depth > _MAXIMUM_DEPTH:
            raise FileRefusedError(self._path, "nested too deeply")
        around = _mark_of(value, around)
        if isinstance(value, Mapping):
            self._open("{", around)
            for number, (key, member) in enumerate(value.items()):
                self._put("," if number else "")
                mark = _mark_of(key, around)
                self._open(json.dumps(str(key)), mark)
                self._put(":")
                self.write(member, mark, depth + 1)
            self._put("}")
        elif isinstance(value, list):
            self._open("[", around)
            for number, member in enumerate(value):
                self._put("," if number else "")
                self.write(member, around, depth + 1)
            self._put("]")
        elif isinstance(value, str):
            self._open(json.dumps(value), _block_or_line(value, around))
        elif value is None or isinstance(value, (bool, int, float)):
            self._open(json.dumps(value), around)
        else:
            # YAML has dates, which JSON writes as text.
            self._open(json.dumps(str(value)), around)

    def _open(self, piece: str, mark: _Mark) -> None:
        self.marks[self._length] = mark
        self._put(piece)

    def _put(self, piece: str) -> None:
        self._length += len(piece)
        if self._length > MAXIMUM_BYTES:
            raise FileRefusedError(self._path, f"larger than {MAXIMUM_BYTES // 1024**2} MB")
        self.pieces.append(piece)


def _mark_of(node: object, around: _Mark) -> _Mark:
    """Return the place that a node carries (cfn-lint counts from zero), or that around it."""
    start, end = getattr(node, "start_mark", None), getattr(node, "end_mark", None)
    if start is None or end is None:
        return around
    return _Mark(start.line + 1, start.column + 1, end.line + 1)


def _block_or_line(text: str, mark: _Mark) -> _Mark:
    """Return the place of a text: as a block when it has no more lines than it takes up."""
    lines = text.count("\n")
    if lines and mark.end_line - mark.line >= lines:
        return replace(mark, is_block=True)
    return mark
