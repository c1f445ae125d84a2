"""What all modules of one root module share while they are evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from stepguard.deployment.graph import ReadError
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Reference, Traced, Unknown
from stepguard.readers.files import ProjectFiles
from stepguard.readers.terraform.budget import Budget, EvaluationError
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.modules import (
    Declaration,
    ModuleSource,
    configuration_files,
    installed_modules,
    is_local_source,
    load_module,
    source_of_call,
)
from stepguard.readers.terraform.repetition import Repetition
from stepguard.readers.terraform.surroundings import Surroundings
from stepguard.readers.terraform.syntax.expressions import Template
from stepguard.readers.terraform.syntax.parser import parse_template

MAXIMUM_WHOLES = 20_000
"""Resource and module instances of one root module."""

_CREDENTIALS = re.compile(r"//[^/@]*@")


class Whole(Protocol):
    """A resource or module instance."""

    def member(self, expression: str, name: str, span: Span | None) -> Traced | None:
        """Return an attribute or output; `None` when nothing is known of it."""

    def materialised(self) -> Traced | None:
        """Return it as an object; `None` when its attributes are not all known."""


class World:
    """The state of the evaluation of one root module: values, instances, budget and errors.

    `root` is the root module's directory. `wholes` are the instances by address. `modules` are
    directories of modules that are not local ones, besides those that Terraform has installed.
    """

    def __init__(
        self,
        files: ProjectFiles,
        root: Path,
        parser: str | None,
        modules: Mapping[str, Path] | None = None,
    ) -> None:
        self.files = files
        self.root = files.real(root)
        self.parser = parser
        self.budget = Budget()
        self.wholes: dict[str, Whole] = {}
        self.repetitions: dict[str, Repetition] = {}
        self.errors: list[ReadError] = []
        self.surroundings = Surroundings(files, self.root, self.budget)
        self._installed = {**installed_modules(files, self.root), **(modules or {})}
        self._sources: list[ModuleSource] = []
        self._values: dict[Hashable, Traced] = {}
        self._running: set[Hashable] = set()
        self._prefers_references = False
        self._templates: dict[int, tuple[SourceFile, Template | EvaluationError]] = {}

    @property
    def environment(self) -> Surroundings:
        """What functions may know of the surroundings."""
        return self.surroundings

    @property
    def sources(self) -> list[ModuleSource]:
        """The module directories that were read."""
        return self._sources

    def register(self, address: str, whole: Whole) -> None:
        """Make an instance known under its address."""
        if len(self.wholes) >= MAXIMUM_WHOLES:
            raise EvaluationError("the configuration has too many instances")
        self.wholes[address] = whole

    def compute(self, key: Hashable, evaluate: Callable[[], Traced], shown: str) -> Traced:
        """Return a named value, computed once. One that needs itself is unknown."""
        full = (key, self._prefers_references)
        known = self._values.get(full)
        if known is not None:
            return known
        if full in self._running:
            return Traced(Unknown(shown, "it refers to itself"))
        self._running.add(full)
        try:
            value = evaluate()
        except RecursionError:
            return Traced(Unknown(shown, "it is nested too deeply"))
        except EvaluationError as error:
            value = Traced(Unknown(shown, error.reason))
        finally:
            self._running.discard(full)
        self._values[full] = value
        return value

    @contextmanager
    def preferring_references(self) -> Iterator[None]:
        """Within this, attributes of resources are references even where they are known."""
        before = self._prefers_references
        self._prefers_references = True
        try:
            yield
        finally:
            self._prefers_references = before

    @property
    def prefers_references(self) -> bool:
        """Whether attributes of resources are to stay references."""
        return self._prefers_references

    def member(self, whole: Reference, name: str, span: Span | None) -> Traced | None:
        """Return an attribute of a whole resource or module; `None` when it knows none."""
        found = self.wholes.get(whole.target)
        return None if found is None else found.member(whole.expression, name, span)

    def materialised(self, whole: Reference) -> Traced | None:
        """Return a whole module as an object; `None` for anything else."""
        found = self.wholes.get(whole.target)
        return None if found is None else found.materialised()

    # Files

    def template(self, path: str) -> SourceFile:
        """Return a template file. Raises `EvaluationError`."""
        try:
            return self.surroundings.read_file(path)
        except (FunctionError, NotKnownError) as error:
            raise EvaluationError(error.reason) from error

    def parsed_template(self, file: SourceFile) -> Template:
        """Return the template that a text is. Raises `EvaluationError`."""
        known = self._templates.get(id(file))
        if known is None:
            known = (file, self._parse_template(file))
            self._templates[id(file)] = known
        if isinstance(known[1], EvaluationError):
            raise known[1]
        return known[1]

    def _parse_template(self, file: SourceFile) -> Template | EvaluationError:
        template, problems = parse_template(file.text, self.parser)
        if not problems:
            return template
        problem = problems[0]
        if file.path:
            span = Span(file, problem.start, problem.end)
            self.errors.append(ReadError(file.path, problem.message, span))
        where = f"{file.path}: " if file.path else ""
        return EvaluationError(f"{where}{problem.message}")

    def load(self, directory: Path) -> ModuleSource:
        """Return what the files of a module directory declare."""
        source = load_module(self.files, directory, self.parser)
        if source not in self._sources:
            self._sources.append(source)
            self.errors.extend(source.errors)
        return source

    def find_module(
        self, declared: Declaration, caller: ModuleSource, path: str, ancestors: set[str]
    ) -> tuple[ModuleSource | None, str]:
        """Return the files of a called module, or `None` and why they are not there.

        `path` is the call's path from the root (`a.b`), `ancestors` are the directories of the
        modules around it.
        """
        source = source_of_call(declared)
        if source is None:
            return None, "the module's source is not known"
        if not is_local_source(source):
            directory = self._installed.get(path)
            if directory is None:
                return None, f"module {_shown(source)} is not installed"
            if not configuration_files(self.files, directory):
                return None, f"module {_shown(source)} is not in the scanned files"
            return self.load(directory), ""
        directory = caller.directory / source
        shown = self.files.shown(directory)
        reason = ""
        if not self.files.contains(directory):
            reason = "outside the scanned root: not read"
        elif not self.files.is_directory(directory):
            reason = "no such directory"
        elif not configuration_files(self.files, directory):
            reason = "no configuration files there"
        elif str(self.files.real(directory)) in ancestors:
            reason = "the module calls itself"
        if not reason:
            return self.load(directory), ""
        self.report(declared, "source", f"module source {source}: {reason}")
        return None, f"module {shown}: {reason}"

    def report(self, declared: Declaration, name: str, message: str) -> None:
        """Report, at an attribute of a block, why not all of its resources are known."""
        found = declared.attribute(name)
        span = declared.header
        if found is not None:
            attribute, place = found
            span = place.span(attribute.expression.start, attribute.expression.end)
        error = ReadError(declared.place.file.path, message, span, hides_resources=True)
        if error not in self.errors:
            self.errors.append(error)


def _shown(source: str) -> str:
    """Return a module's source without what may be a password or a key in its address."""
    return _CREDENTIALS.sub("//", source.partition("?")[0])
