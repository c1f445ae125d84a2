"""The only way to a file's content: inside the scanned root, regular, of bounded size, UTF-8."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stepguard.deployment.source import SourceFile
from stepguard.readers.storage import DISK, Entry, Sort, Storage

MAXIMUM_BYTES = 20 * 1024 * 1024
"""The largest source file that is read; plans may be larger (`MAXIMUM_PLAN_BYTES`)."""

MAXIMUM_HCL_BYTES = 2 * 1024 * 1024
"""The largest file in Terraform's own syntax that is read: people write those."""

MAXIMUM_PLAN_BYTES = 512 * 1024 * 1024
"""The largest plan that is read."""


UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""What UTF-16 text begins with: its byte-order mark."""


class FileRefusedError(Exception):
    """A file that is not read. `reason` is one line that names neither content nor target."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ProjectFiles:
    """The files below one root directory, each read once.

    `root` is the directory that the user named (or the directory of the file that they named);
    `shown` is how it is written before a file's own path in findings. Nothing outside the root
    is read: not by absolute path, by `..`, or through a symbolic link. `also` are the only
    exceptions: files and directories outside it that the user named. `storage` is where all of
    them are.
    """

    def __init__(
        self, root: Path, shown: str = "", also: Sequence[Path] = (), storage: Storage = DISK
    ) -> None:
        self.storage = storage
        self.root = storage.real(root)
        self._shown = shown.rstrip("/")
        self._also = {storage.real(one): one.as_posix() for one in also}
        self._read: dict[Path, SourceFile] = {}
        self._real: dict[str, Path] = {}

    def real(self, path: Path | str) -> Path:
        """Return the absolute path that a path leads to, links followed."""
        # Each path is asked for several times, and each time costs a look at every directory.
        text = str(path)
        known = self._real.get(text)
        if known is None:
            known = self._real[text] = self.storage.real(text)
        return known

    def shown(self, path: Path) -> str:
        """Return a path as findings print it."""
        real = self.real(path)
        try:
            relative = real.relative_to(self.root).as_posix()
        except ValueError:
            return self._shown_elsewhere(real) or path.as_posix()
        if self._shown in ("", "."):
            return relative
        return self._shown if relative == "." else f"{self._shown}/{relative}"

    def _shown_elsewhere(self, real: Path) -> str | None:
        for base, shown in self._also.items():
            if real == base:
                return shown
            if real.is_relative_to(base):
                return f"{shown}/{real.relative_to(base).as_posix()}"
        return None

    def contains(self, path: Path) -> bool:
        """Tell whether a path, links followed, lies inside the root."""
        return self._is_readable(self.real(path))

    def _is_readable(self, real: Path) -> bool:
        return real.is_relative_to(self.root) or self._shown_elsewhere(real) is not None

    def is_file(self, path: Path) -> bool:
        """Tell whether a path inside the root is a regular file."""
        return self.contains(path) and self.storage.sort(path) is Sort.FILE

    def is_directory(self, path: Path) -> bool:
        """Tell whether a path inside the root is a directory."""
        return self.contains(path) and self.storage.sort(path) is Sort.DIRECTORY

    def entries(self, directory: Path) -> list[Path]:
        """Return the entries of a directory inside the root, sorted by name; else none."""
        return [Path(one.path) for one in self.listing(directory)]

    def listing(self, directory: Path) -> Sequence[Entry]:
        """Return the entries of a directory inside the root, with what they are; else none."""
        if not self.is_directory(directory):
            return []
        try:
            return self.storage.listing(directory)
        except OSError:
            return []

    def read(self, path: Path, maximum_bytes: int = MAXIMUM_BYTES) -> SourceFile:
        """Return a file's text. Raises `FileRefusedError` with the reason."""
        real = self.real(path)
        known = self._read.get(real)
        if known is not None:
            return known
        shown = self.shown(path)
        if not self._is_readable(real):
            raise FileRefusedError(shown, "outside the scanned root: not read")
        source = SourceFile(shown, decode(self._bytes(real, shown, maximum_bytes), shown))
        self._read[real] = source
        return source

    def read_bytes(self, path: Path, maximum_bytes: int = MAXIMUM_BYTES) -> bytes:
        """Return a file's bytes. Raises `FileRefusedError` with the reason."""
        real = self.real(path)
        shown = self.shown(path)
        if not self._is_readable(real):
            raise FileRefusedError(shown, "outside the scanned root: not read")
        return self._bytes(real, shown, maximum_bytes)

    def _bytes(self, real: Path, shown: str, maximum_bytes: int) -> bytes:
        sort = self.storage.sort(real)
        if sort is not Sort.FILE:
            reason = "no such file" if sort is None else "not a regular file"
            raise FileRefusedError(shown, reason)
        try:
            # The file may grow or be replaced between the look and the reading.
            with self.storage.open(real) as stream:
                content = stream.read(maximum_bytes + 1)
        except OSError as error:
            raise FileRefusedError(shown, error.strerror or "cannot be read") from error
        if len(content) > maximum_bytes:
            raise FileRefusedError(shown, f"larger than {maximum_bytes // (1024 * 1024)} MB")
        return content


def maximum_of_configuration(path: Path) -> int:
    """Return how large a file of Terraform may be; JSON is mostly made by programs."""
    return MAXIMUM_BYTES if path.name.endswith(".json") else MAXIMUM_HCL_BYTES


def decode(content: bytes, shown: str) -> str:
    """Return UTF-8 text without a byte-order mark. Raises `FileRefusedError`."""
    if content.startswith(UTF_16):
        reason = "UTF-16 text, as > in PowerShell writes it: save it as UTF-8"
        raise FileRefusedError(shown, reason)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileRefusedError(shown, f"not UTF-8 text (line {line})") from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise FileRefusedError(shown, f"binary: a NUL byte in line {line}")
    return text
