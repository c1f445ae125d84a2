"""The list of projects of a sweep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from stepguard.structs import Struct

MAXIMUM_BYTES = 256 * 1024 * 1024
"""The largest manifest that is read."""


class ManifestError(Exception):
    """A manifest that cannot be read: one line, with the line's number where there is one."""


class Project(Struct, frozen=True):
    """A project of a sweep.

    `name` is what tables call it, `location` a path or a URL of a directory or file, `source` the
    Terraform directory of a plan, or empty.
    """

    name: str
    location: str
    source: str = ""

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits that name the project's files in the output."""
        return hashlib.sha256(self.name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_manifest(location: str) -> list[Project]:
    """Read the projects of a manifest, which is at a path or a URL.

    Each line is a path or URL, or a JSON object with `location`, and `name` and `source` if
    wanted. Empty lines and those that begin with `#` count for nothing. Relative paths start at
    the manifest's own directory. Raises `ManifestError`.
    """
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(location)
        with files.open(path, "rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except (OSError, ValueError, ImportError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ManifestError(f"{location}: {reason}") from error
    if len(content) > MAXIMUM_BYTES:
        raise ManifestError(f"{location}: larger than {MAXIMUM_BYTES // (1024 * 1024)} MB")
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ManifestError(f"{location}: not UTF-8 text") from error
    directory = location.rpartition("/")[0] if "/" in location else ""
    projects: dict[str, Project] = {}
    for number, project in _projects(lines, location, directory):
        if project.name in projects:
            raise ManifestError(f"{location}:{number}: a second project {project.name!r}")
        projects[project.name] = project
    return list(projects.values())


def _projects(lines: list[str], location: str, directory: str) -> Iterator[tuple[int, Project]]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        members: dict[str, Any] = {"location": text}
        if text.startswith("{"):
            try:
                members = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise ManifestError(f"{location}:{number}: not JSON") from error
        wrong = [key for key in members if key not in ("name", "location", "source")]
        wrong += [key for key, value in members.items() if not isinstance(value, str)]
        if wrong or not members.get("location"):
            what = f"{wrong[0]!r} is not understood" if wrong else "no location"
            raise ManifestError(f"{location}:{number}: {what}")
        source = members.get("source", "")
        yield (
            number,
            Project(
                name=members.get("name") or members["location"],
                location=_absolute(members["location"], directory),
                source=_absolute(source, directory) if source else "",
            ),
        )


def _absolute(location: str, directory: str) -> str:
    is_relative = not location.startswith("/") and not urlsplit(location).scheme
    return f"{directory}/{location}" if is_relative and directory else location
