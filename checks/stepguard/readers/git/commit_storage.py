"""A commit as a storage of files."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from stepguard.readers.git.repository import (
    MAXIMUM_OBJECT_BYTES,
    ObjectTooLargeError,
    Repository,
)
from stepguard.readers.storage import DISK, Entry, Sort
from stepguard.structs import Struct

MAXIMUM_LINKS = 40
"""Symbolic links that are followed on the way to one file, as Linux does."""

MAXIMUM_TARGET_BYTES = 64 * 1024
"""The longest path that a symbolic link is read for."""

MAXIMUM_PATH = 4096
"""The longest path of a directory that is listed; Linux allows as much."""

MAXIMUM_REPETITIONS = 1_000
"""How often one and the same directory with others in it may be in a commit."""

_SUBMODULE = 0o160000
_LARGE_FILE = b"version https://git-lfs.github.com/spec/"
_INSTALLED = ".terraform"


class _Node(Struct, frozen=True):
    """An entry of a tree: its mode and the id of its object."""

    mode: int
    identity: bytes

    @property
    def sort(self) -> Sort:
        kind = stat.S_IFMT(self.mode)
        if kind == _SUBMODULE:
            return Sort.DIRECTORY
        return {
            stat.S_IFREG: Sort.FILE,
            stat.S_IFDIR: Sort.DIRECTORY,
            stat.S_IFLNK: Sort.LINK,
        }.get(kind, Sort.OTHER)


class CommitStorage:
    """The files of a commit, at the paths that they have in the work tree.

    What git does not hold is taken from the disk: what lies outside the work tree, submodules, and
    the modules that `terraform init` has installed (`.terraform`). `also` are further paths that
    may be taken from there when the commit does not have them. `submodules` are those that were
    met, with the commits that they stand at.
    """

    def __init__(self, repository: Repository, tree: bytes, also: tuple[Path, ...] = ()) -> None:
        self._repository = repository
        self._top = str(repository.top)
        self._also = tuple(Path(os.path.realpath(one)) for one in also)
        self._trees: dict[bytes, dict[str, _Node]] = {}
        self._root = _Node(stat.S_IFDIR, tree)
        self._listed: Counter[bytes] = Counter()
        self._found: dict[str, tuple[str, _Node | None]] = {}
        self.submodules: dict[str, str] = {}

    def real(self, path: str | Path) -> Path:
        """Return the absolute path that a path leads to, links followed. Never raises."""
        return Path(self._locate(path)[0])

    def sort(self, path: str | Path) -> Sort | None:
        """Return what a path leads to, links followed; `None` when there is nothing."""
        real, node = self._locate(path)
        if node is None:
            return DISK.sort(real) if self._is_on_disk(real) else None
        # A link that is still there after all links were followed leads nowhere.
        return Sort.OTHER if node.sort is Sort.LINK else node.sort

    def is_link(self, path: str | Path) -> bool:
        """Tell whether a path is a symbolic link."""
        above, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - links stay as written
        real, node = self._locate(above)
        if node is None:
            return self._is_on_disk(real) and DISK.is_link(path)
        found = self._entries(node).get(name)
        return found is not None and found.sort is Sort.LINK

    def listing(self, directory: str | Path) -> list[Entry]:
        """Return the entries of a directory, sorted by name. Raises `OSError`."""
        real, node = self._locate(directory)
        shown = str(directory)
        if node is None or stat.S_IFMT(node.mode) == _SUBMODULE:
            if node is not None or self._is_on_disk(real):
                return [
                    Entry(one.name, os.path.join(shown, one.name), one.sort)  # noqa: PTH118
                    for one in DISK.listing(real)
                ]
            raise _missing(shown)
        self._refuse_bomb(node, real, shown)
        entries = {name: one.sort for name, one in self._entries(node).items()}
        for other in (Path(real, _INSTALLED), *self._also):
            sort = DISK.sort(other) if str(other.parent) == real else None
            if sort is not None:
                entries.setdefault(other.name, sort)
        return [
            Entry(name, os.path.join(shown, name), sort)  # noqa: PTH118 - hot path, plain strings
            for name, sort in sorted(entries.items())
        ]

    def _refuse_bomb(self, node: _Node, real: str, shown: str) -> None:
        """Raise `OSError` for a directory that no work tree could have, or that has no end.

        Trees that name one tree many times, and so on in that, are a handful of objects and more
        paths than can be counted.
        """
        size = self._repository.size(node.identity)
        if len(real) > MAXIMUM_PATH or (size and size.largest > MAXIMUM_OBJECT_BYTES):
            raise OSError(errno.EFBIG, "a directory that is too large or too deep", shown)
        if any(one.sort is Sort.DIRECTORY for one in self._entries(node).values()):
            self._listed[node.identity] += 1
            if self._listed[node.identity] > MAXIMUM_REPETITIONS:
                raise OSError(errno.ELOOP, "a directory that is there too many times", shown)

    def open(self, path: str | Path) -> BinaryIO:
        """Open a file for reading. Raises `OSError`."""
        real, node = self._locate(path)
        if node is None:
            if self._is_on_disk(real):
                return DISK.open(real)
            raise _missing(str(path))
        return BytesIO(self._bytes(node, str(path)))

    def size(self, path: str | Path) -> int:
        """Return the size of a file in bytes. Raises `OSError`."""
        real, node = self._locate(path)
        if node is None:
            if self._is_on_disk(real):
                return DISK.size(real)
            raise _missing(str(path))
        size = self._repository.size(node.identity)
        if size is None:
            raise _absent(str(path))
        return size.own

    def submodules_in(self, tree: bytes) -> dict[str, str]:
        """Return the commits that the submodules that were met stand at in another tree."""
        other = CommitStorage(self._repository, tree)
        for path in self.submodules:
            other.sort(os.path.join(self._top, path))  # noqa: PTH118 - plain strings
        return other.submodules

    def _bytes(self, node: _Node, shown: str) -> bytes:
        try:
            found = self._repository.content(node.identity)
        except ObjectTooLargeError as error:
            message = f"larger than {MAXIMUM_OBJECT_BYTES // (1024 * 1024)} MB"
            raise OSError(errno.EFBIG, message, shown) from error
        if found is None or found[0] != "blob":
            raise _absent(shown)
        if found[1].startswith(_LARGE_FILE):
            message = "in Git LFS: the commit holds only a pointer to its content"
            raise OSError(errno.ENODATA, message, shown)
        return found[1]

    def _is_on_disk(self, real: str) -> bool:
        """Tell whether a path that the commit does not have is one that git does not keep."""
        if not _is_below(real, self._top):
            return True
        if _INSTALLED in Path(real).relative_to(self._top).parts or any(
            _is_below(real, str(one)) for one in self._also
        ):
            return True
        return any(_is_below(real, os.path.join(self._top, one)) for one in self.submodules)  # noqa: PTH118

    def _locate(self, path: str | Path) -> tuple[str, _Node | None]:
        """Return a path with all links followed, and its entry in the commit."""
        absolute = os.path.abspath(path)  # noqa: PTH100 - the links are those of the commit
        known = self._found.get(absolute)
        if known is None:
            known = self._found[absolute] = self._walk(self._from_top(absolute))
        return known

    def _from_top(self, absolute: str) -> str:
        """Return a path as one below the work tree, should a link lead into that from outside."""
        if _is_below(absolute, self._top):
            return absolute
        for above in _with_parents(absolute):
            if os.path.realpath(above) == self._top:
                return self._top + absolute[len(above) :]
        return absolute

    def _walk(self, absolute: str) -> tuple[str, _Node | None]:
        pending = absolute
        for _ in range(MAXIMUM_LINKS):
            if not _is_below(pending, self._top):
                return os.path.realpath(pending), None
            at, node, rest = self._descend(pending)
            if node is None or node.sort is not Sort.LINK:
                return at, None if rest else node
            target = self._target(node)
            if not target or "\x00" in target:
                return at, None if rest else node
            above = os.path.dirname(at)  # noqa: PTH120 - plain strings
            pending = os.path.normpath(os.path.join(above, target, *rest))  # noqa: PTH118
        return pending, None

    def _descend(self, path: str) -> tuple[str, _Node | None, tuple[str, ...]]:
        """Follow a path from the top until it ends, or comes to a link, with the steps left."""
        steps = Path(path).relative_to(self._top).parts
        node: _Node | None = self._root
        at = self._top
        for number, step in enumerate(steps):
            if node is None or stat.S_IFMT(node.mode) == _SUBMODULE:
                return path, None, ()
            below = self._entries(node).get(step)
            at = os.path.join(at, step)  # noqa: PTH118 - plain strings
            if below is not None and stat.S_IFMT(below.mode) == _SUBMODULE:
                self.submodules[os.path.relpath(at, self._top)] = below.identity.decode("ascii")
            if below is not None and below.sort is Sort.LINK:
                return at, below, steps[number + 1 :]
            node = below
        return path, node, ()

    def _target(self, link: _Node) -> str:
        """Return what a symbolic link names; nothing when that cannot be a path."""
        size = self._repository.size(link.identity)
        if size is None or size.own > MAXIMUM_TARGET_BYTES:
            return ""
        try:
            found = self._repository.content(link.identity)
        except ObjectTooLargeError:
            return ""
        return "" if found is None else os.fsdecode(found[1])

    def _entries(self, node: _Node) -> dict[str, _Node]:
        """Return the entries of a tree; none of anything else."""
        if stat.S_IFMT(node.mode) != stat.S_IFDIR:
            return {}
        known = self._trees.get(node.identity)
        if known is None:
            try:
                found = self._repository.content(node.identity)
            except ObjectTooLargeError:
                found = None
            entries = _parsed(found[1]) if found is not None and found[0] == "tree" else iter(())
            known = self._trees[node.identity] = dict(entries)
        return known


def _parsed(content: bytes) -> Iterator[tuple[str, _Node]]:
    """Yield the entries of a tree; names that no file system could have are left out."""
    from dulwich.errors import ObjectFormatException
    from dulwich.objects import Tree

    try:
        for entry in Tree.from_string(content).iteritems():
            name = os.fsdecode(entry.path or b"")
            if name in ("", ".", "..") or "/" in name or "\x00" in name or entry.mode is None:
                continue
            yield name, _Node(entry.mode, bytes(entry.sha or b""))
    except ObjectFormatException:
        return


def _is_below(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip(os.sep) + os.sep)


def _with_parents(path: str) -> Iterator[str]:
    yield path
    while (above := os.path.dirname(path)) != path:  # noqa: PTH120 - plain strings
        yield above
        path = above


def _absent(shown: str) -> OSError:
    message = "its content is not in this clone, which is a partial or a damaged one"
    return OSError(errno.ENODATA, message, shown)


def _missing(shown: str) -> OSError:
    return FileNotFoundError(errno.ENOENT, "no such file", shown)
