"""Finding the root modules of a directory tree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from stepguard.readers.files import ProjectFiles
from stepguard.readers.terraform.modules import called_directories, configuration_files, load_module

MAXIMUM_DIRECTORIES = 100_000
"""Directories that are looked at below one root."""

_SKIPPED = frozenset({".terraform", ".git", "node_modules", ".terragrunt-cache"})


def find_root_modules(
    files: ProjectFiles, directory: Path, parser: str | None = None
) -> list[Path]:
    """Return the directories of root modules at and below a directory, sorted.

    A directory that another one calls as a module is none; of modules that only call each other
    in a circle, all are.
    """
    modules = {os.path.realpath(path): path for path in _module_directories(files, directory)}
    calls = {
        real: {
            os.path.realpath(called)
            for called in called_directories(load_module(files, path, parser))
        }
        for real, path in modules.items()
    }
    called = {target for source, targets in calls.items() for target in targets if target != source}
    roots = [real for real in modules if real not in called]
    reached = _reachable(roots, calls)
    roots.extend(real for real in modules if real not in reached)
    return sorted(modules[real] for real in roots)


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
        if configuration_files(files, current):
            yield current
        pending.extend(
            path
            for path in files.entries(current)
            if path.name not in _SKIPPED and path.is_dir() and not path.is_symlink()
        )
