"""Comma-separated values as Go's `encoding/csv` reads them."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.readers.terraform.functions.errors import FunctionError


def read_rows(text: str) -> list[list[str]]:
    """Return the rows, all as long as the first. Raises `FunctionError`."""
    lines = iter(_lines(text))
    rows: list[list[str]] = []
    for line in lines:
        if line == "\n":
            continue
        rows.append(_row(line, lines))
        if len(rows[-1]) != len(rows[0]):
            raise FunctionError(f"row {len(rows)} has a wrong number of fields")
    if not rows:
        raise FunctionError("the header line is missing")
    return rows


def _lines(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for line in lines[:-1]:
        yield line.removesuffix("\r") + "\n"
    if lines[-1]:
        yield lines[-1].removesuffix("\r")


def _row(line: str, lines: Iterator[str]) -> list[str]:
    fields: list[str] = []
    position = 0
    while True:
        if not line.startswith('"', position):
            end = line.find(",", position)
            field = line[position:] if end < 0 else line[position:end]
            if '"' in field:
                raise FunctionError("a quotation mark stands in an unquoted field")
            fields.append(field.removesuffix("\n") if end < 0 else field)
            if end < 0:
                return fields
            position = end + 1
            continue
        field, line, position = _quoted(line, position + 1, lines)
        fields.append(field)
        if line[position:] in ("", "\n"):
            return fields
        position += 1


def _quoted(line: str, position: int, lines: Iterator[str]) -> tuple[str, str, int]:
    """Return a quoted field, the line that it ends in, and where it ends there."""
    pieces: list[str] = []
    while True:
        end = line.find('"', position)
        if end < 0:
            pieces.append(line[position:])
            following = next(lines, None)
            if following is None:
                raise FunctionError("a quoted field does not end")
            line, position = following, 0
            continue
        pieces.append(line[position:end])
        after = line[end + 1 :]
        if after.startswith('"'):
            pieces.append('"')
            position = end + 2
        elif after.startswith(",") or after in ("", "\n"):
            return "".join(pieces), line, end + 1
        else:
            raise FunctionError("a quotation mark stands within a quoted field")
