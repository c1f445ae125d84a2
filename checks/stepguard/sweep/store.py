"""Where a sweep keeps what it has found: a directory, here or in an object store.

`findings/KEY.jsonl` or `.parquet` is the table of one project, `projects/KEY.json` says that the
project is done, and is written after it. Each is written as a whole and under the project's own
name, so that a project that is scanned twice is there once.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from stepguard import __version__
from stepguard.engine import ScanOptions
from stepguard.structs import Struct
from stepguard.sweep.manifest import Project
from stepguard.sweep.work import COLUMNS, ProjectResult, Row

Form: TypeAlias = Literal["jsonl", "parquet"]


class StoreError(Exception):
    """An output that cannot be written or read: one line."""


class ProjectRecord(Struct, frozen=True):
    """What is kept of a project that was looked at. `failure` is empty where it was scanned."""

    name: str
    signature: str
    attempts: int
    failure: str
    counts: Mapping[str, int]
    rules: Mapping[str, int]
    severities: Mapping[str, int]
    seconds: float


class Store:
    """The output of a sweep. `location` is a directory, by its path or URL."""

    def __init__(self, location: str, form: Form, options: ScanOptions) -> None:
        from fsspec.core import url_to_fs
        from fsspec.implementations.local import LocalFileSystem

        try:
            self._files, path = url_to_fs(location)
        except (ImportError, ValueError) as error:
            raise StoreError(f"{location}: {error}") from error
        self._is_local = isinstance(self._files, LocalFileSystem)
        self._base = path.rstrip("/")
        self._form = form
        self._options = _described(options)
        self.location = location

    def is_empty(self) -> bool:
        """Tell whether there is nothing of a sweep yet."""
        return not self._names("projects")

    def signature(self, project: Project) -> str:
        """Return what a project's record must say for the project to count as done."""
        parts = (project.location, project.source, self._form, self._options, __version__)
        return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def is_done(self, project: Project) -> bool:
        """Tell whether a project was scanned with the same options by the same version."""
        record = self._record(f"{project.key}.json")
        return (
            record is not None
            and not record.failure
            and record.signature == self.signature(project)
        )

    def records(self) -> Iterator[ProjectRecord]:
        """Yield what is kept of each project, by their keys."""
        for name in sorted(self._names("projects")):
            record = self._record(name)
            if record is not None:
                yield record

    def write(self, result: ProjectResult, attempts: int) -> None:
        """Keep what a scan has given. Raises `StoreError`."""
        project = result.project
        findings = [row for row in result.rows if row["kind"] == "finding"]
        record = ProjectRecord(
            name=project.name,
            signature=self.signature(project),
            attempts=attempts,
            failure=result.failure,
            counts=result.counts,
            rules=_counted(findings, "rule"),
            severities=_counted(findings, "severity"),
            seconds=round(result.seconds, 3),
        )
        members = {name: getattr(record, name) for name in ProjectRecord.__struct_fields__}
        try:
            self._put(f"findings/{project.key}.{self._form}", self._table(result.rows))
            self._put(f"projects/{project.key}.json", json.dumps(members).encode() + b"\n")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise StoreError(f"{self.location}: {reason}") from error

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Keep a summary of the whole as `summary.json`."""
        self._put("summary.json", (json.dumps(summary, indent=2) + "\n").encode())

    def _table(self, rows: list[Row]) -> bytes:
        if self._form == "jsonl":
            return "".join(json.dumps(row) + "\n" for row in rows).encode()
        import pyarrow
        from pyarrow import parquet

        types = {str: pyarrow.string(), int: pyarrow.int64()}
        schema = pyarrow.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
        buffer = io.BytesIO()
        clean = [{name: _storable(value) for name, value in row.items()} for row in rows]
        parquet.write_table(pyarrow.Table.from_pylist(clean, schema), buffer)
        return buffer.getvalue()

    def _put(self, name: str, content: bytes) -> None:
        path = f"{self._base}/{name}"
        if not self._is_local:
            self._files.pipe_file(path, content)
            return
        # A file that is being written must never be taken for one that is whole.
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - fsspec's path
        with open(f"{path}.part", "wb") as stream:  # noqa: PTH123 - fsspec's path
            stream.write(content)
        os.replace(f"{path}.part", path)  # noqa: PTH105 - fsspec's path

    def _names(self, folder: str) -> list[str]:
        try:
            found = self._files.ls(f"{self._base}/{folder}", detail=False)
        except FileNotFoundError:
            return []
        names = (str(one).rpartition("/")[2] for one in found)
        return [name for name in names if name.endswith(".json")]

    def _record(self, name: str) -> ProjectRecord | None:
        try:
            members = json.loads(self._files.cat_file(f"{self._base}/projects/{name}"))
            return ProjectRecord(**members)
        except (FileNotFoundError, ValueError, TypeError):
            return None


def _described(options: ScanOptions) -> str:
    """Return what was chosen, in the same words in every process."""
    # A storage is where files are, and tells its address in memory unless it says otherwise.
    chosen = (name for name in options.__struct_fields__ if name != "storage")
    return repr([(name, getattr(options, name)) for name in chosen])


def _counted(rows: list[Row], column: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[str(row[column])] = counts.get(str(row[column]), 0) + 1
    return dict(sorted(counts.items()))


def _storable(value: str | int | None) -> str | int | None:
    """Return a value without the halves of surrogate pairs, which UTF-8 cannot hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value
