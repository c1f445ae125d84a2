"""Which root modules a Terraform file is part of, where checkov does not say."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from stepguard.hosts.checkov_bridge.addresses import local_part
from stepguard.readers.files import ProjectFiles
from stepguard.readers.terraform.discovery import find_root_modules
from stepguard.readers.terraform.modules import (
    called_directories,
    configuration_files,
    load_module,
)


def only_root_module(directory: str) -> Path | None:
    """Return a directory that holds configuration, or else the one root module in it, if any."""
    given = Path(directory)
    if configuration_files(ProjectFiles(given), given):
        return given
    roots = _root_modules(directory)
    return Path(roots[0]) if len(roots) == 1 else None


def root_modules_of(file: str, top: str | None) -> tuple[str, ...]:
    """Return the directories of the root modules below `top` that a file is part of.

    That is its own directory where that is one, or where no directory was given.
    """
    own = str(Path(file).parent)
    return (own,) if top is None else _root_modules_of(own, top)


def is_local(address: str, file: str, local_address: str, local_file: str) -> bool:
    """Tell whether an address is that of the resource of a local address in a file."""
    return local_part(address) == local_address and _is_same(file, local_file)


@lru_cache(maxsize=64)
def _root_modules(directory: str) -> tuple[str, ...]:
    top = Path(directory)
    return tuple(str(one) for one in find_root_modules(ProjectFiles(top), top))


@lru_cache(maxsize=256)
def _root_modules_of(directory: str, top: str) -> tuple[str, ...]:
    files = ProjectFiles(Path(top))
    own = os.path.realpath(directory)
    found = [root for root in _root_modules(top) if own in _reached(root, files)]
    return tuple(found) or (directory,)


def _reached(root: str, files: ProjectFiles) -> set[str]:
    """Return the directories of a root module and of the local modules that it calls."""
    reached = {os.path.realpath(root)}
    pending = list(reached)
    while pending:
        for called in called_directories(files, load_module(files, Path(pending.pop()), None)):
            if str(called) not in reached:
                reached.add(str(called))
                pending.append(str(called))
    return reached


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)
