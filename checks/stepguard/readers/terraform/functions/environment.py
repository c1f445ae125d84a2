"""What functions may know of the surroundings of a configuration."""

from __future__ import annotations

from typing import Protocol

from stepguard.deployment.source import SourceFile


class Environment(Protocol):
    """Files and directories of the configuration.

    Relative paths start at the working directory, as Terraform reads them.
    """

    @property
    def module_directory(self) -> str:
        """The directory of the module that is evaluated (`path.module`)."""

    @property
    def root_directory(self) -> str:
        """The directory of the root module (`path.root`)."""

    @property
    def working_directory(self) -> str:
        """The absolute directory in which Terraform would run (`path.cwd`)."""

    def read_file(self, path: str) -> SourceFile:
        """Return a text file. Raises `FunctionError`, or `NotKnownError` when it may not look."""

    def read_bytes(self, path: str) -> bytes:
        """Return a file's content. Raises `FunctionError`, or `NotKnownError` as above."""

    def file_exists(self, path: str) -> bool:
        """Tell whether there is a regular file. Raises `NotKnownError` when it may not look."""

    def spend(self, steps: int) -> bool:
        """Take steps of the work that one evaluation may do; tell whether there were any left."""

    def list_files(self, directory: str) -> list[str]:
        """Return the paths of all regular files below a directory, relative to it.

        Raises `NotKnownError` when there are too many, or it may not look.
        """
