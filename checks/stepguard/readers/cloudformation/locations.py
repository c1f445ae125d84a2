"""Where a template says that a file is: below its own directory, or somewhere else."""

from __future__ import annotations

from pathlib import Path

from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Traced
from stepguard.readers.cloudformation.cdk import Assets
from stepguard.readers.cloudformation.parts import given, why
from stepguard.readers.files import FileRefusedError, ProjectFiles

_REMOTE = ("s3://", "https://", "http://", "arn:")


class LocationError(Exception):
    """A file cannot be read. `reason` is one line; `is_remote`: it was never a local one."""

    def __init__(self, reason: str, span: Span | None, *, is_remote: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span
        self.is_remote = is_remote


class Locations:
    """The files that a template names. `directory` is the template's."""

    def __init__(self, files: ProjectFiles, directory: Path) -> None:
        self._files = files
        self._directory = directory
        self._assets = Assets(files, directory)

    def path(self, location: Traced) -> Path:
        """Return the local file that an evaluated location means.

        That is a path, or the key of an object in S3 that is an asset of the CDK. Raises
        `LocationError`.
        """
        value = location.value
        if isinstance(value, dict):
            return self._asset(location)
        if not isinstance(value, str):
            raise LocationError(f"its location: {why(location)}", location.span, is_remote=True)
        if value.lower().startswith(_REMOTE):
            reason = f"it is stored elsewhere, at {value}"
            raise LocationError(reason, location.span, is_remote=True)
        if not value.strip() or "\0" in value:
            raise LocationError("its location is no path", location.span)
        return self._directory / value

    def _asset(self, location: Traced) -> Path:
        bucket, key = given(location, "Bucket"), given(location, "Key")
        shown = [
            "…" if part is None or (text := part.as_text()) is None else str(text)
            for part in (bucket, key)
        ]
        if key is not None and isinstance(key.value, str):
            found = self._assets.find(key.value)
            if found is not None:
                return found
        reason = f"it is stored in S3, at s3://{shown[0]}/{shown[1]}"
        raise LocationError(reason, location.span, is_remote=True)

    def read(self, path: Path, span: Span | None) -> SourceFile:
        """Return a local file's text. Raises `LocationError`."""
        try:
            return self._files.read(path)
        except FileRefusedError as error:
            raise LocationError(f"{error.path}: {error.reason}", span) from error
        except (OSError, ValueError) as error:
            raise LocationError("its location is no path", span) from error
