"""Finding the root modules of a directory tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stepguard.readers.files import FileRefusedError, ProjectFiles, maximum_of_configuration
from stepguard.readers.storage import Sort
from stepguard.readers.terraform.module_directories import ModuleDirectory
from stepguard.readers.terraform.modules import (
    called_directories,
    configuration_files,
    configuration_files_among,
    load_module,
)
from stepguard.structs import Struct

MAXIMUM_DIRECTORIES = 100_000
"""Directories that are looked at below one root."""

_MODULE = re.compile(r'^[ \t]*module\b|"module"', re.MULTILINE)
_SKIPPED = frozenset({".terraform", ".git", "node_modules", ".terragrunt-cache"})


class RootModule(Struct, frozen=True):
    """A root module's directory.

    `real` is its absolute path with links followed, `reaches` are those of the module directories
    that are read with it, `is_complete` says that all of them are in the tree.
    """

    path: Path
    real: str
    reaches: frozenset[str]
    is_complete: bool


def find_root_modules(
    files: ProjectFiles, directory: Path, parser: str | None = None
) -> list[Path]:
    """Return the directories of root modules at and below a directory, sorted.

    A directory that another one calls as a module is none; of modules that only call each other
    in a circle, all are.
    """
    modules = [
        ModuleDirectory(path, str(files.real(path)), may_call=True)
        for path in _module_directories(files, directory)
    ]
    return [root.path for root in find_roots(files, modules, parser)]


def find_roots(
    files: ProjectFiles, modules: Iterable[ModuleDirectory], parser: str | None = None
) -> list[RootModule]:
    """Return the root modules among module directories, sorted, with the modules they call."""
    by_real = {one.real: one for one in modules}
    calls = {
        real: _called(files, one.path, parser) if one.may_call else set()
        for real, one in by_real.items()
    }
    called = {target for source, targets in calls.items() for target in targets if target != source}
    roots = [real for real in by_real if real not in called]
    reached = _reachable(roots, calls)
    roots.extend(real for real in by_real if real not in reached)
    found: list[RootModule] = []
    for real in roots:
        reaches = frozenset(_reachable([real], calls))
        found.append(RootModule(by_real[real].path, real, reaches, reaches <= by_real.keys()))
    return sorted(found, key=lambda root: root.path)


def _called(files: ProjectFiles, path: Path, parser: str | None) -> set[str]:
    """Return the real paths of the local modules that a directory calls.

    Most directories call none, which their text shows without being parsed.
    """
    if not any(_may_call(files, one) for one in configuration_files(files, path)):
        return set()
    source = load_module(files, path, parser)
    return {str(called) for called in called_directories(files, source)}


def _may_call(files: ProjectFiles, path: Path) -> bool:
    try:
        text = files.read(path, maximum_of_configuration(path)).text
    except FileRefusedError:
        return False
    return _MODULE.search(text) is not None


def _reachable(roots: list[str], calls: dict[str, set[str]]) -> set[str]:
    reached = set(roots)
    pending = list(roots)
    while pending:
        for target in calls.get(pending.pop(), ()):
            if target not in reached:
                reached.add(target)
                pending.append(target)
    return reached


def _module_directories(files: ProjectFiles, directory: Path) -> Iterator[Path]:
    pending = [directory]
    looked_at = 0
    while pending and looked_at < MAXIMUM_DIRECTORIES:
        current = pending.pop()
        looked_at += 1
        entries = files.listing(current)
        if configuration_files_among(files, entries):
            yield current
        pending.extend(
            Path(entry.path)
            for entry in entries
            if entry.sort is Sort.DIRECTORY and entry.name not in _SKIPPED
        )
