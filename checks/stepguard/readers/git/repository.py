"""A repository's references and objects, opened for reading."""

from __future__ import annotations

import os
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from stepguard.readers.files import MAXIMUM_BYTES
from stepguard.readers.git.sizes import ObjectSize, size_of

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore
    from dulwich.objects import Commit, ShaFile
    from dulwich.refs import RefsContainer
    from dulwich.repo import BaseRepo

_SHA256_DIGITS = 64

_REFERENCES = (
    "{}",
    "refs/{}",
    "refs/tags/{}",
    "refs/heads/{}",
    "refs/remotes/{}",
    "refs/remotes/{}/HEAD",
)
"""Where git looks for a name, in this order."""

MAXIMUM_OBJECT_BYTES = MAXIMUM_BYTES
"""The largest object that is unpacked: that of the largest source file."""

MAXIMUM_POINTER_BYTES = 64 * 1024
"""As much as is read of a file that only names a directory."""

_SHALLOW_HINT = "the clone is shallow: fetch more history (in GitHub Actions, `fetch-depth: 0`)"


class RepositoryError(Exception):
    """What was asked for cannot be read from git: one line for the user."""


class ObjectTooLargeError(Exception):
    """An object that is larger than anything that is read."""


class Repository:
    """The repository that a directory lies in.

    `top` is the real path of the work tree's topmost directory.
    """

    def __init__(self, top: Path, control: Path, common: Path) -> None:
        self.top = top
        self._common = common
        self._base, self._store = _base_repository(control, common)

    @classmethod
    def around(cls, path: Path) -> Repository:
        """Return the repository of a directory or file. Raises `RepositoryError`."""
        real = Path(os.path.realpath(path))
        for top in (real, *real.parents):
            found = top / ".git"
            if found.is_dir():
                return cls(top, found, found)
            if found.is_file():
                control = top / _pointer(found, "gitdir: ")
                common = control / "commondir"
                shared = control / _pointer(common, "") if common.is_file() else control
                return cls(top, control, Path(os.path.realpath(shared)))
        raise RepositoryError(f"{path.as_posix()} is in no git repository")

    def commit(self, name: str) -> Commit:
        """Return the commit that a name means: a branch, tag, abbreviated id, `main~2`, ….

        Raises `RepositoryError`.
        """
        from dulwich.objects import Commit
        from dulwich.objectspec import AmbiguousShortId, parse_commit, parse_object

        if not name or name.startswith("-") or ":" in name or "\x00" in name:
            raise RepositoryError(f"{name!r} does not name a commit")
        start, steps = _parts(name)
        try:
            found: ShaFile = parse_commit(self._base, self._reference(start) or start)
            if steps:
                walk = f"{found.id.decode('ascii')}{steps}"
                found = parse_object(self._base, walk)  # type: ignore[arg-type]  # any will do
        except AmbiguousShortId as error:
            raise RepositoryError(f"{name}: the abbreviated id is ambiguous") from error
        except Exception as error:
            # The library has no one class for what can be wrong with a name or a repository.
            raise RepositoryError(self._unknown(name)) from error
        if not isinstance(found, Commit):
            raise RepositoryError(f"{name} is no commit")
        return found

    def _reference(self, name: str) -> bytes | None:
        """Return the id of the object that a reference means; `None` when there is none.

        The library's own search stops at the first name that a table of references lacks.
        """
        from dulwich.errors import RefFormatError
        from dulwich.refs import Ref

        for pattern in _REFERENCES:
            try:
                return self._base.refs[Ref(os.fsencode(pattern.format(name)))]
            except (KeyError, RefFormatError):
                continue
        return None

    def merge_base(self, name: str) -> Commit:
        """Return the last commit that a name's history and that of `HEAD` have in common.

        Raises `RepositoryError`.
        """
        from dulwich.graph import find_merge_base

        theirs, ours = self.commit(name), self.commit("HEAD")
        try:
            found = find_merge_base(self._base, [ours.id, theirs.id])
        except KeyError:
            found = []
        if not found:
            message = f"{name} and HEAD have no commit in common"
            raise RepositoryError(f"{message}: {_SHALLOW_HINT}" if self._is_shallow else message)
        return self.commit(found[0].decode("ascii"))

    def tree(self, commit: Commit) -> bytes:
        """Return the id of a commit's topmost tree."""
        return bytes(commit.tree)

    def content(self, identity: bytes) -> tuple[str, bytes] | None:
        """Return the type and the bytes of an object; `None` when it is not in this clone.

        Raises `ObjectTooLargeError`, before anything of the object is unpacked.
        """
        from dulwich.objects import ObjectID

        size = self.size(identity)
        if size is None:
            return None
        if size.largest > MAXIMUM_OBJECT_BYTES:
            raise ObjectTooLargeError
        try:
            found = self._base.object_store[ObjectID(identity)]
        except Exception:
            # A damaged object fails in many ways.
            return None
        return found.type_name.decode("ascii"), found.as_raw_string()

    def size(self, identity: bytes) -> ObjectSize | None:
        """Return the size of an object; `None` when it is not in this clone, or is damaged."""
        try:
            return size_of(self._store, identity)
        except (LookupError, ValueError, OSError, zlib.error):
            return None

    @property
    def _is_shallow(self) -> bool:
        return (self._common / "shallow").is_file()

    def _unknown(self, name: str) -> str:
        from dulwich.refs import Ref

        head = self._base.refs.follow(Ref(b"HEAD"))[1]
        if head is not None and len(head) == _SHA256_DIGITS:
            return f"{self.top.as_posix()} names its objects by SHA-256: that is not supported"
        message = f"no commit {name!r} in the repository {self.top.as_posix()}"
        return f"{message}; {_SHALLOW_HINT}" if self._is_shallow else message


def _parts(name: str) -> tuple[str, str]:
    """Return the commit that a name begins with, and the steps from there: `~2`, `^`."""
    at = min((place for sign in "~^" if (place := name.find(sign)) >= 0), default=len(name))
    start = name[:at]
    return ("HEAD" if start == "@" else start), name[at:]


def _pointer(path: Path, prefix: str) -> str:
    """Return the path that a file of git's own names. Raises `RepositoryError`."""
    try:
        with path.open("rb") as stream:
            text = os.fsdecode(stream.read(MAXIMUM_POINTER_BYTES)).strip()
    except OSError as error:
        raise RepositoryError(f"{path.as_posix()}: {error.strerror}") from error
    if not text.startswith(prefix):
        raise RepositoryError(f"{path.as_posix()} is no pointer to a git directory")
    return text[len(prefix) :]


def _base_repository(control: Path, common: Path) -> tuple[BaseRepo, DiskObjectStore]:
    """Open references and objects, and nothing else: the repository's settings are not read."""
    try:
        from dulwich.object_store import DiskObjectStore
        from dulwich.refs import DiskRefsContainer
        from dulwich.reftable import ReftableRefsContainer
        from dulwich.repo import BaseRepo
    except ImportError as error:
        message = "reading git needs the library dulwich: pip install 'stepguard[review]'"
        raise RepositoryError(message) from error

    class _Reader(BaseRepo):
        """What finds merge bases wants of a repository."""

        def get_named_file(self, path: str) -> BinaryIO | None:
            """Return one of git's own files; `None` when there is none."""
            found = common / path
            return BytesIO(found.read_bytes()) if found.is_file() else None

    objects = common / "objects"
    if not objects.is_dir():
        raise RepositoryError(f"{control.as_posix()} is no git directory")
    refs: RefsContainer
    if (common / "reftable").is_dir():
        refs = ReftableRefsContainer(str(common))
    else:
        refs = DiskRefsContainer(str(common), str(control))
    store = DiskObjectStore(str(objects), loose_object_size_limit=MAXIMUM_OBJECT_BYTES)
    return _Reader(store, refs), store
