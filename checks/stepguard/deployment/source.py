"""Where a value is written: files, spans, and the way from an offset to a line."""

from __future__ import annotations

import re
from bisect import bisect_right

from stepguard.structs import Struct, field


class SourceFile(Struct, eq=False):
    """One text file that was read.

    `path` is what findings print: relative to the scanned root where that is possible, with
    forward slashes. `text` is the decoded content; every offset in the project counts its
    characters, from zero.
    """

    path: str
    text: str
    _line_starts: list[int] | None = None
    _hidden: list[tuple[int, int]] = field(default_factory=list)

    def __repr__(self) -> str:
        # Nothing that is shown by chance may show what a file holds.
        return f"{type(self).__name__}({self.path!r})"

    def _starts(self) -> list[int]:
        if self._line_starts is None:
            starts = [0]
            position = self.text.find("\n")
            while position >= 0:
                starts.append(position + 1)
                position = self.text.find("\n", position + 1)
            self._line_starts = starts
        return self._line_starts

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both counted from one."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts(), offset)
        return line, offset - self._starts()[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column (both from one), clamped to the file."""
        starts = self._starts()
        if line < 1:
            return 0
        if line > len(starts):
            return len(self.text)
        return min(starts[line - 1] + max(column, 1) - 1, len(self.text))

    def hide(self, span: Span) -> None:
        """Show asterisks in the place of a secret from now on, whichever line is asked for."""
        if (span.start, span.end) not in self._hidden:
            self._hidden.append((span.start, span.end))

    def hide_alike(self, other: SourceFile) -> None:
        """Hide what another reading of the same file hides, in both and from now on."""
        other._hidden += [one for one in self._hidden if one not in other._hidden]
        self._hidden = other._hidden

    def line(self, number: int) -> str:
        """Return a line (counted from one) without its line break; empty where there is none.

        What is hidden is shown as asterisks, so that columns stay what they are.
        """
        starts = self._starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.visible(starts[number - 1], end).rstrip("\r\n")

    def visible(self, start: int, end: int) -> str:
        """Return a stretch of the text, with asterisks for what is hidden."""
        stretch = self.text[start:end]
        for low, high in self._hidden:
            first = max(low - start, 0)
            last = min(high - start, len(stretch))
            if first < last:
                stars = re.sub(r"[^\r\n]", "*", stretch[first:last])
                stretch = stretch[:first] + stars + stretch[last:]
        return stretch

    def excerpt(self, span: Span) -> tuple[str, int, int]:
        """Return the line that a span begins in, and from where to where the span goes there."""
        line = self.line(span.line)
        start = span.column - 1
        end = span.end_column - 1 if span.end_line == span.line else len(line)
        return line, start, max(start, end)


class Span(Struct, frozen=True):
    """A stretch of a file: `start` and `end` are character offsets, `end` exclusive."""

    file: SourceFile
    start: int
    end: int

    @property
    def path(self) -> str:
        """The file's path as findings print it."""
        return self.file.path

    @property
    def line(self) -> int:
        """The first line, counted from one."""
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        """The first column, counted from one."""
        return self.file.position(self.start)[1]

    @property
    def end_line(self) -> int:
        """The line of the last character's end, counted from one."""
        return self.file.position(self.end)[0]

    @property
    def end_column(self) -> int:
        """The column after the last character, counted from one."""
        return self.file.position(self.end)[1]

    @property
    def text(self) -> str:
        """The characters that the span covers."""
        return self.file.text[self.start : self.end]

    def contains(self, other: Span) -> bool:
        """Tell whether `other` lies in this span of the same file."""
        return self.file is other.file and self.start <= other.start and other.end <= self.end
