"""Bringing a project of an object store onto the machine that scans it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from stepguard.readers.files import MAXIMUM_PLAN_BYTES

MAXIMUM_FILES = 50_000
"""The most files that are fetched for one project."""

MAXIMUM_TOTAL_BYTES = 4 * 1024 * 1024 * 1024
"""The most bytes that are fetched for one project."""


class FetchError(Exception):
    """A project that cannot be fetched: one line."""


@contextmanager
def fetched(location: str) -> Iterator[Path]:
    """Yield the path of a project: where it is, or where its copy is until the end of the block.

    A local path is used as it is. Of a URL, every regular file is copied into a temporary
    directory; names that would lead out of it are refused. Raises `FetchError`.
    """
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    try:
        files, path = url_to_fs(location)
    except (ImportError, ValueError) as error:
        raise FetchError(f"{location}: {error}") from error
    if isinstance(files, LocalFileSystem):
        if not os.path.lexists(path):
            raise FetchError(f"{location}: no such file or directory")
        yield Path(path)
        return
    with tempfile.TemporaryDirectory(prefix="stepguard-") as temporary:
        try:
            yield _copied(files, path, Path(temporary), location)
        except OSError as error:
            raise FetchError(f"{location}: {error.strerror or type(error).__name__}") from error


def _copied(files: Any, path: str, directory: Path, location: str) -> Path:
    if not files.exists(path):
        raise FetchError(f"{location}: no such file or directory")
    found: dict[str, Any] = files.find(path, detail=True)
    if len(found) > MAXIMUM_FILES:
        raise FetchError(f"{location}: more than {MAXIMUM_FILES} files")
    sizes = {name: int(one.get("size") or 0) for name, one in found.items()}
    if sum(sizes.values()) > MAXIMUM_TOTAL_BYTES:
        raise FetchError(f"{location}: more than {MAXIMUM_TOTAL_BYTES // 1024**3} GB")
    base = path.rstrip("/")
    if set(found) == {base} or files.isfile(path):
        return _copy(files, path, directory, PurePosixPath(base).name)
    top = PurePosixPath(base).name or "project"
    for name in sorted(found):
        # What is too large to be read is told by the scan, for which an empty file would not do.
        if sizes[name] <= MAXIMUM_PLAN_BYTES:
            _copy(files, name, directory, f"{top}/{name[len(base) :].lstrip('/')}")
    return directory / top


def _copy(files: Any, name: str, directory: Path, relative: str) -> Path:
    target = directory.joinpath(*PurePosixPath(relative).parts)
    inside = os.path.realpath(target).startswith(os.path.realpath(directory) + os.sep)
    if not inside or ".." in PurePosixPath(relative).parts or "\x00" in relative:
        raise FetchError(f"{name!r} leads out of the project")
    target.parent.mkdir(parents=True, exist_ok=True)
    files.get_file(name, str(target))
    return target
