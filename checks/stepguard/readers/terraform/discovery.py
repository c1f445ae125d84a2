"""Finding the root modules of a directory tree."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
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
_RELATIVE = re.compile(r'(?:"|^[ \t]*)(\.\.?(?:/[^"\n]*)?)(?=["\n])', re.MULTILINE)
_ABSOLUTE = re.compile(r'\bsource\b"?[^"]{0,200}"(/[^"\n]*)"')
"""Texts that can be the source of a local module: quoted, or a line of a heredoc."""

_ESCAPED = re.compile(r"\\[uU/]")
"""What a path, or the word for a call, can be written with so that it is not seen."""

MAXIMUM_PATHS = 1_000
"""Paths in the text of a directory that are looked up; where there are more, it is parsed."""

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
    files: ProjectFiles,
    modules: Iterable[ModuleDirectory],
    parser: str | None = None,
    concerned: Collection[str] | None = None,
) -> list[RootModule]:
    """Return the root modules among module directories, sorted, with the modules they call.

    `concerned` are the real paths of the directories that matter, all of them unless given. What
    can lead to none of them is not parsed: of that, a path that stands in the text counts as one
    that is called.
    """
    by_real = {one.real: one for one in modules}
    mentioned = {
        real: _mentioned(files, one.path) if one.may_call else frozenset()
        for real, one in by_real.items()
    }
    matters = _leading_to(by_real if concerned is None else concerned, mentioned)
    calls = {
        real: paths
        if paths is not None and not (paths and real in matters)
        else _called(files, by_real[real].path, parser)
        for real, paths in mentioned.items()
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


def _called(files: ProjectFiles, path: Path, parser: str | None) -> frozenset[str]:
    """Return the real paths of the local modules that a directory calls."""
    source = load_module(files, path, parser)
    return frozenset(str(called) for called in called_directories(files, source))


def _mentioned(files: ProjectFiles, path: Path) -> frozenset[str] | None:
    """Return the real paths of what a directory's text may call; `None` where parsing has to tell.

    Most directories call nothing, or modules of a registry.
    """
    texts = [_text(files, one) for one in configuration_files(files, path)]
    if any(_ESCAPED.search(text) for text in texts):
        return None
    if not any(_MODULE.search(text) for text in texts):
        return frozenset()
    found = {
        match[1]
        for text in texts
        for pattern in (_RELATIVE, _ABSOLUTE)
        for match in pattern.finditer(text)
    }
    if len(found) > MAXIMUM_PATHS:
        return None
    return frozenset(str(files.real(path / one)) for one in found)


def _text(files: ProjectFiles, path: Path) -> str:
    try:
        return files.read(path, maximum_of_configuration(path)).text
    except FileRefusedError:
        return ""


def _leading_to(
    concerned: Collection[str], mentioned: Mapping[str, frozenset[str] | None]
) -> set[str]:
    """Return the directories of which it matters what they call.

    That are those from which one that is concerned may be reached, or what is no directory of the
    tree.
    """
    mentioning: dict[str, set[str]] = {}
    for real, paths in mentioned.items():
        for one in paths or ():
            mentioning.setdefault(one, set()).add(real)
    unknown = [one for one in mentioning if one not in mentioned]
    unknown.extend(real for real, paths in mentioned.items() if paths is None)
    return _reachable([*concerned, *unknown], mentioning)


def _reachable(roots: list[str], calls: Mapping[str, Collection[str]]) -> set[str]:
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
