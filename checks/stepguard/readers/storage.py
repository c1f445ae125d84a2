"""Where files are: the disk, or anything that can be asked in the same way, such as a commit."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from enum import Enum
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, Protocol

from stepguard.structs import Struct


class Sort(Enum):
    """What a path leads to."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "other"


class Entry(Struct, frozen=True):
    """An entry of a directory. `path` is the directory's path as it was asked for, and the name.

    `sort` is that of the entry itself: links are not followed.
    """

    name: str
    path: str
    sort: Sort


class Storage(Protocol):
    """The operations that reading takes. Paths are relative to the working directory."""

    def real(self, path: str | Path) -> Path:
        """Return the absolute path that a path leads to, links followed. Never raises."""

    def sort(self, path: str | Path) -> Sort | None:
        """Return what a path leads to, links followed; `None` when there is nothing."""

    def is_link(self, path: str | Path) -> bool:
        """Tell whether a path is a symbolic link."""

    def listing(self, directory: str | Path) -> Sequence[Entry]:
        """Return the entries of a directory, sorted by name. Raises `OSError`."""

    def open(self, path: str | Path) -> BinaryIO:
        """Open a file for reading. Raises `OSError`."""

    def size(self, path: str | Path) -> int:
        """Return the size of a file in bytes. Raises `OSError`."""


class Disk(Struct, frozen=True):
    """The file system of this machine."""

    def real(self, path: str | Path) -> Path:
        """Return the absolute path that a path leads to, links followed. Never raises."""
        return Path(os.path.realpath(path))

    def sort(self, path: str | Path) -> Sort | None:
        """Return what a path leads to, links followed; `None` when there is nothing."""
        try:
            mode = os.stat(path).st_mode  # noqa: PTH116 - hot path, plain strings
        except (OSError, ValueError):
            return None
        if stat.S_ISREG(mode):
            return Sort.FILE
        return Sort.DIRECTORY if stat.S_ISDIR(mode) else Sort.OTHER

    def is_link(self, path: str | Path) -> bool:
        """Tell whether a path is a symbolic link."""
        return os.path.islink(path)  # noqa: PTH114 - hot path, plain strings

    def listing(self, directory: str | Path) -> list[Entry]:
        """Return the entries of a directory, sorted by name. Raises `OSError`."""
        with os.scandir(str(directory)) as found:
            entries = [Entry(one.name, one.path, _sort_of(one)) for one in found]
        return sorted(entries, key=_NAME)

    def open(self, path: str | Path) -> BinaryIO:
        """Open a file for reading. Raises `OSError`."""
        return open(path, "rb")  # noqa: PTH123 - hot path, plain strings

    def size(self, path: str | Path) -> int:
        """Return the size of a file in bytes. Raises `OSError`."""
        return Path(path).stat().st_size


_NAME = attrgetter("name")


def _sort_of(entry: os.DirEntry[str]) -> Sort:
    try:
        if entry.is_symlink():
            return Sort.LINK
        if entry.is_dir(follow_symlinks=False):
            return Sort.DIRECTORY
        return Sort.FILE if entry.is_file(follow_symlinks=False) else Sort.OTHER
    except OSError:
        return Sort.OTHER


DISK = Disk()
"""The disk, which is where everything is read from unless something else is said."""
