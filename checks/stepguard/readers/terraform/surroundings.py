"""The files that functions may read: those below the scanned root, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from stepguard.deployment.source import SourceFile
from stepguard.readers.files import FileRefusedError, ProjectFiles
from stepguard.readers.storage import Sort
from stepguard.readers.terraform.budget import Budget
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError

MAXIMUM_LISTED_FILES = 20_000
"""Files that are listed below one directory."""


class Surroundings:
    """Files for functions. Relative paths start at the root module, as Terraform reads them."""

    def __init__(self, files: ProjectFiles, root: Path, budget: Budget) -> None:
        self._files = files
        self._root = root
        self._budget = budget
        self._listed: dict[Path, list[str]] = {}
        self.read_files: list[SourceFile] = []

    @property
    def module_directory(self) -> str:
        """The directory that relative paths start at."""
        return "."

    @property
    def root_directory(self) -> str:
        """The root module's directory (`path.root`)."""
        return "."

    @property
    def working_directory(self) -> str:
        """The absolute directory in which Terraform would run (`path.cwd`)."""
        return str(self._root)

    def read_file(self, path: str) -> SourceFile:
        """Return a text file. Raises `FunctionError`, `NotKnownError`."""
        located = self._located(path)
        self._refuse_outside(located)
        try:
            file = self._files.read(located)
        except FileRefusedError as error:
            raise FunctionError(f"{error.path}: {error.reason}") from error
        except OSError as error:
            raise FunctionError(f"the file cannot be read: {error.strerror}") from error
        self.read_files.append(file)
        return file

    def read_bytes(self, path: str) -> bytes:
        """Return a file's content. Raises `FunctionError`, `NotKnownError`."""
        located = self._located(path)
        self._refuse_outside(located)
        try:
            return self._files.read_bytes(located)
        except FileRefusedError as error:
            raise FunctionError(f"{error.path}: {error.reason}") from error
        except OSError as error:
            raise FunctionError(f"the file cannot be read: {error.strerror}") from error

    def file_exists(self, path: str) -> bool:
        """Tell whether there is a regular file. Raises `NotKnownError` outside the root."""
        located = self._located(path)
        self._refuse_outside(located)
        return self._files.is_file(located)

    def spend(self, steps: int) -> bool:
        """Take steps of the work of the evaluation; tell whether there were any left."""
        return self._budget.spend(steps)

    def list_files(self, directory: str) -> list[str]:
        """Return the paths of all regular files below a directory, relative to it.

        Raises `NotKnownError` when there are too many, or the directory is outside the root.
        """
        start = self._located(directory)
        self._refuse_outside(start)
        known = self._listed.get(start)
        if known is None:
            known = self._walk(start)
            self._listed[start] = known
        return list(known)

    def _walk(self, start: Path) -> list[str]:
        found: list[str] = []
        pending = [start]
        while pending:
            for entry in self._files.listing(pending.pop()):
                path = Path(entry.path)
                if entry.sort is Sort.DIRECTORY:
                    pending.append(path)
                elif self._files.is_file(path):
                    found.append(path.relative_to(start).as_posix())
                if len(found) + len(pending) > MAXIMUM_LISTED_FILES:
                    raise NotKnownError("the directory holds too many files")
        return sorted(found)

    def _located(self, path: str) -> Path:
        if "\x00" in path:
            raise FunctionError("the path holds a NUL character")
        if path.startswith("~"):
            raise NotKnownError("outside the scanned root: not read")
        return Path(os.path.normpath(self._root / path))

    def _refuse_outside(self, path: Path) -> None:
        if not self._files.contains(path):
            raise NotKnownError("outside the scanned root: not read")
