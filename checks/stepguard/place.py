"""A place in a file, as reports print it."""

from __future__ import annotations

from stepguard.deployment.source import Span
from stepguard.structs import Struct


class Place(Struct, frozen=True, kw_only=True):
    """A file, and where in it that is known; lines and columns count from one."""

    file: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    @classmethod
    def of(cls, span: Span | None, file: str) -> Place:
        """Return the place of a span, or the whole of `file` where there is none."""
        if span is None:
            return cls(file=file)
        line, column = span.file.position(span.start)
        end_line, end_column = span.file.position(span.end)
        return cls(
            file=span.path, line=line, column=column, end_line=end_line, end_column=end_column
        )

    @property
    def order(self) -> tuple[str, int, int]:
        """What to sort by."""
        return (self.file, self.line or 0, self.column or 0)

    def __str__(self) -> str:
        parts = [self.file, *(str(one) for one in (self.line, self.column) if one is not None)]
        return ":".join(parts)
