"""What the stacks of one deployment share: files, problems, and how much there may be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stepguard.deployment.documents import SECOND_DOCUMENT
from stepguard.deployment.graph import ReadError, UnreadModule
from stepguard.deployment.json_text import MAXIMUM_DUPLICATES, DuplicateKey
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Traced
from stepguard.readers.cloudformation.locations import LocationError, Locations
from stepguard.readers.cloudformation.yaml_tree import Tree, TreeError, read_tree
from stepguard.readers.files import ProjectFiles
from stepguard.structs import Struct, field

MAXIMUM_STACKS = 200
"""Stacks of one deployment that are read."""

MAXIMUM_REPEATED = 1_500_000
"""Characters of definitions and included files that are taken again, all together.

A file that hundreds of state machines name makes much work out of a small project.
"""

TOO_MUCH_REPEATED = "files that are used again and again are too long together"

_METADATA = "Metadata"
_APART = (_METADATA, "Outputs")
"""Sections that say nothing of a resource; of a nested stack, the outputs may be used."""


def _holds(section: Traced | None, span: Span | None) -> bool:
    own = None if section is None else section.span
    return own is not None and span is not None and own.contains(span)


class Project(Struct):
    """The files of a deployment, and what went wrong with them.

    `stacks` counts its stacks, and `unread_stacks` are the nested stacks that were not read.
    `macros` say why a template may become another one before it is deployed.
    """

    files: ProjectFiles
    errors: list[ReadError] = field(default_factory=list)
    stacks: int = 0
    unread_stacks: list[UnreadModule] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)
    _read: dict[int, SourceFile] = field(default_factory=dict)
    _taken: dict[int, SourceFile] = field(default_factory=dict)
    _repeated: int = 0

    @property
    def read_files(self) -> list[SourceFile]:
        """The files that were read, in the order of reading."""
        return list(self._read.values())

    def takes(self, file: SourceFile) -> bool:
        """Count the use of a definition's or an included file; tell whether it may be used."""
        if id(file) in self._taken:
            self._repeated += len(file.text)
        self._taken[id(file)] = file
        return self._repeated <= MAXIMUM_REPEATED

    def add_file(self, file: SourceFile) -> None:
        """Note that a file was read."""
        self._read.setdefault(id(file), file)

    def error(
        self,
        path: str,
        message: str,
        span: Span | None = None,
        *,
        hides_resources: bool = False,
    ) -> None:
        """Note, once, that something could not be read (see `ReadError`)."""
        path = path if span is None else span.path
        error = ReadError(path, message, span, hides_resources)
        if error not in self.errors:
            self.errors.append(error)

    def duplicates(self, path: str, found: Sequence[DuplicateKey]) -> None:
        """Note keys of a file, or of a document in it, that stand twice in one object."""
        for one in found[:MAXIMUM_DUPLICATES]:
            self.error(path, one.message, one.span)
        self.further_duplicates(path, found)

    def further_duplicates(self, path: str, found: Sequence[DuplicateKey]) -> None:
        """Note how many keys that stand twice are too many to be told one by one."""
        if len(found) > MAXIMUM_DUPLICATES:
            rest = len(found) - MAXIMUM_DUPLICATES
            self.error(path, f"{rest} more keys stand twice in one object", hides_resources=True)


class TemplateFile:
    """A template's file: its tree, and the local files that it names and includes.

    `ancestors` are the paths of the templates around it, its own the last. A file that is no
    YAML or JSON has an empty tree, and is in the project's errors.
    """

    def __init__(
        self, project: Project, path: Path, file: SourceFile, around: tuple[Path, ...] = ()
    ) -> None:
        self.project = project
        self.path = path
        self.ancestors = (*around, path)
        self.file = file
        self.locations = Locations(project.files, path.parent)
        self.repeated: list[DuplicateKey] = []
        self._included: dict[Path, Traced | None] = {}
        self.root = self._root()

    def _root(self) -> Traced:
        tree = self._tree(self.file)
        if tree is None:
            return Traced({})
        self._note_repeated(tree)
        if isinstance(tree.root.value, dict):
            return tree.root
        self.error("the template is no object", tree.root.span, hides_resources=True)
        return Traced({})

    def _note_repeated(self, tree: Tree) -> None:
        """Note the keys that stand twice; sections and resources are told by what they are."""
        section = tree.root.get("Resources")
        sections = tree.root.keys or {}
        resources = (None if section is None else section.keys) or {}
        is_nested = len(self.ancestors) > 1
        apart = [tree.root.get(name) for name in ([_METADATA] if is_nested else _APART)]
        for one in tree.repeated[:MAXIMUM_DUPLICATES]:
            if any(_holds(section, one.span) for section in apart):
                continue
            if sections.get(one.key) == one.span:
                message = f"the section {one.key} stands twice: only the last one is read"
                self.error(message, one.span, hides_resources=one.key == "Resources")
            elif resources.get(one.key) == one.span:
                message = f"the resource {one.key} stands twice: only the last one is read"
                self.error(message, one.span)
            else:
                self.error(one.message, one.span)
        self.project.further_duplicates(self.file.path, tree.repeated)

    def _tree(self, file: SourceFile) -> Tree | None:
        self.project.add_file(file)
        try:
            tree = read_tree(file)
        except TreeError as error:
            self.project.error(file.path, error.reason, error.span, hides_resources=True)
            return None
        # All are told where they stand; each document looks for its own among these.
        self.repeated.extend(tree.repeated[:MAXIMUM_DUPLICATES])
        if tree.second_document is not None:
            self.error(SECOND_DOCUMENT, tree.second_document, hides_resources=True)
        return tree

    def error(
        self, message: str, span: Span | None = None, *, hides_resources: bool = False
    ) -> None:
        """Note that something of the template could not be read (see `ReadError`)."""
        self.project.error(self.file.path, message, span, hides_resources=hides_resources)

    def included(self, location: Traced) -> Traced | None:
        """Return what a local file contains that the template includes; else `None`."""
        try:
            path = self.locations.path(location)
            file = self.locations.read(path, location.span)
            if not self.project.takes(file):
                self.error(TOO_MUCH_REPEATED, location.span)
                return None
            if path not in self._included:
                self._included[path] = None
                tree = self._tree(file)
                self.project.duplicates(file.path, [] if tree is None else tree.repeated)
                self._included[path] = None if tree is None else tree.root
            return self._included[path]
        except LocationError as error:
            if not error.is_remote:
                self.error(error.reason, error.span)
            return None
