"""From paths to deployments: every input read once, by the reader of its form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment, ReadError
from stepguard.deployment.resources import Form, Unread
from stepguard.guard import describe_defect
from stepguard.inputs import (
    NO_STEP_FUNCTIONS,
    UNNAMED_DEFINITION,
    Input,
    Inputs,
    Kind,
    Refused,
    discover,
    has_installed_modules,
    is_named_as_definition,
)
from stepguard.place import Place
from stepguard.readers.files import FileRefusedError
from stepguard.readers.storage import DISK, Storage
from stepguard.report import ScanError
from stepguard.structs import Struct, field
from stepguard.time_limit import OutOfTimeError, limited

Progress: TypeAlias = "Callable[[int, int, str], None]"
"""Called with what is done, what there is to be done, and the name of what comes next."""

_ORDER = (Kind.TERRAFORM, Kind.TEMPLATE, Kind.PLAN, Kind.DEFINITION)
"""Definitions come last: those that a template has brought along are not read a second time."""


class ReadOptions(Struct, frozen=True, kw_only=True):
    """What a user can say about the inputs.

    `var_files` are Terraform variable files, `hcl_parser` the name of a Terraform parser,
    `source` the Terraform directory of a plan, `parameters` values of CloudFormation parameters.
    `modules` are directories of Terraform modules that are not local ones, by the path of their
    call from the root (`a.b`). `root` is the directory that may be read; unless given it is each
    path itself, or its directory. `storage` is where all of that is, and `is_prior` says that of a
    plan the state before it is read. `time_limit` are the seconds of a processor that an input may
    take (see `time_limit.limited`).
    """

    var_files: tuple[Path, ...] = ()
    hcl_parser: str | None = None
    source: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, Path] = field(default_factory=dict)
    root: Path | None = None
    storage: Storage = DISK
    is_prior: bool = False
    time_limit: float | None = None

    @property
    def also_readable(self) -> tuple[Path, ...]:
        """What may be read outside the root, because the user named it."""
        sources = () if self.source is None else (self.source,)
        return (*self.var_files, *sources, *self.modules.values())


class Reading(Struct):
    """What was read: deployments, what went wrong on the way, and what was left out."""

    deployments: list[Deployment] = field(default_factory=list)
    errors: list[ScanError] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def read(paths: Sequence[Path], options: ReadOptions, progress: Progress | None = None) -> Reading:
    """Read every deployment at some paths; each once, however many paths lead to it.

    Never raises: what cannot be read is an error of the reading.
    """
    reading = Reading()
    found = find_inputs(paths, options, reading)
    extents: list[Extent] = []
    already: set[str] = set()
    for number, one in enumerate(found):
        if progress is not None:
            progress(number, len(found), one.shown)
        if not is_to_be_read(one, already, options, reading):
            continue
        deployment = _guarded(one, options, reading)
        if deployment is not None:
            reading.deployments.append(deployment)
            extents.append(extent_of(deployment, options.storage))
            already |= extents[-1].files
    if progress is not None:
        progress(len(found), len(found), "")
    parts = find_parts(extents)
    reading.deployments = [
        one for number, one in enumerate(reading.deployments) if number not in parts
    ]
    return _with_all_errors(reading)


def read_input(one: Input, options: ReadOptions) -> Reading:
    """Read a single input, of which the caller knows the kind. Never raises."""
    reading = Reading()
    deployment = _guarded(one, options, reading)
    if deployment is not None:
        reading.deployments.append(deployment)
    return _with_all_errors(reading)


def _with_all_errors(reading: Reading) -> Reading:
    for deployment in reading.deployments:
        reading.errors.extend(_scan_error(error) for error in deployment.errors)
    reading.errors = list(dict.fromkeys(reading.errors))
    return reading


def find_inputs(paths: Sequence[Path], options: ReadOptions, reading: Reading) -> list[Input]:
    """Return the inputs at all paths, without repetitions, Terraform reduced to root modules.

    Definitions come last. What is refused or passed over is noted in the reading.
    """
    found: dict[tuple[Kind, str], Input] = {}
    for path in paths:
        inputs = discover(
            path, options.root, options.also_readable, options.storage, options.var_files
        )
        reading.passed_over.update(inputs.passed_over)
        reading.errors.extend(_refusal(refused) for refused in inputs.refused)
        for one in _root_modules(path, inputs, reading):
            key = (one.kind, str(options.storage.real(one.path)))
            if key not in found or one.explicit:
                found[key] = one
    return sorted(found.values(), key=lambda one: (_ORDER.index(one.kind), one.shown))


def _root_modules(path: Path, inputs: Inputs, reading: Reading) -> list[Input]:
    """Leave of the Terraform directories of a tree those that are root modules."""
    everything = inputs.found
    terraform = [one for one in everything if one.kind is Kind.TERRAFORM and not one.explicit]
    others = [one for one in everything if one.kind is not Kind.TERRAFORM or one.explicit]
    if not terraform:
        return others
    try:
        from stepguard.readers.terraform.discovery import find_roots

        real = {one.path: one.real for one in inputs.modules}
        concerned = {real[one.path] for one in terraform if one.concerns_step_functions}
        found_roots = find_roots(terraform[0].files, inputs.modules, concerned=concerned)
    except Exception as error:
        # Which modules are called is not known, so each is read on its own.
        message = describe_defect(error, "the search for root modules")
        reading.errors.append(ScanError(place=Place(file=path.as_posix()), message=message))
        return everything
    roots = {root.real: root for root in found_roots}
    kept: list[Input] = []
    for one in terraform:
        root = roots.get(real[one.path])
        if root is None:
            continue
        concerns = root.reaches & concerned or not root.is_complete
        if concerns or has_installed_modules(one.path, one.files.storage):
            kept.append(one)
        else:
            reading.passed_over[NO_STEP_FUNCTIONS] += 1
    return kept + others


def _guarded(one: Input, options: ReadOptions, reading: Reading) -> Deployment | None:
    """Read an input; whatever goes wrong becomes an error."""
    try:
        with limited(options.time_limit, _size(one)):
            return _read(one, options)
    except OutOfTimeError as error:
        message = f"reading is given up: {error.reason}"
        reading.errors.append(ScanError(place=Place(file=one.shown), message=message))
    except FileRefusedError as error:
        reading.errors.append(ScanError(place=Place(file=error.path), message=error.reason))
    except Exception as error:
        message = _why_unavailable(error) or describe_defect(error, f"the {one.kind.value} reader")
        reading.errors.append(ScanError(place=Place(file=one.shown), message=message))
    return None


def _why_unavailable(error: Exception) -> str:
    """Return that a parser is not installed, and what to do; empty for every other error."""
    from stepguard.readers.terraform.syntax.parser import ParserUnavailableError

    return str(error) if isinstance(error, ParserUnavailableError) else ""


def _size(one: Input) -> int:
    """Return the bytes of an input that is one file; 0 for a directory, and for no file."""
    if one.kind is Kind.TERRAFORM:
        return 0
    try:
        return one.files.storage.size(one.path)
    except OSError:
        return 0


def _read(one: Input, options: ReadOptions) -> Deployment:
    # The readers are imported here so that a scan loads only those that it needs.
    if one.kind is Kind.TEMPLATE:
        from stepguard.readers.cloudformation.reader import read_template

        return read_template(one.files, one.path, parameters=options.parameters)
    if one.kind is Kind.DEFINITION:
        from stepguard.readers.asl import read_definition_file

        return read_definition_file(one.files, one.path)
    from stepguard.readers.terraform.reader import TerraformOptions, read_root_module

    terraform = TerraformOptions(
        var_files=options.var_files, parser=options.hcl_parser, modules=options.modules
    )
    if one.kind is Kind.TERRAFORM:
        return read_root_module(one.files, one.path, terraform)
    from stepguard.readers.plan.reader import read_plan

    return read_plan(
        one.files,
        one.path,
        source=options.source,
        options=terraform,
        is_prior=options.is_prior,
    )


class Extent(NamedTuple):
    """What a deployment covers: its form, its root, and the files that are judged with it.

    Paths are real ones. A file that is only read, to become the content of something else, is
    not judged.
    """

    form: Form
    root: str
    files: frozenset[str]


def extent_of(deployment: Deployment, storage: Storage) -> Extent:
    """Return what a deployment covers."""
    files = frozenset(str(storage.real(path)) for path in _judged_files(deployment))
    return Extent(deployment.form, str(storage.real(deployment.root)), files)


def _judged_files(deployment: Deployment) -> set[str]:
    """Return the files in which there stands a resource, or the definition of a state machine.

    Where it is not known from which file a definition comes, that may be any which was read.
    """
    found = {one.span.path for one in deployment.resources if one.span is not None}
    for machine in deployment.state_machines:
        definition = machine.definition
        span = definition.span if isinstance(definition, Unread) else definition.locate(())
        if span is None:
            return {file.path for file in deployment.files}
        found.add(span.path)
        if isinstance(definition, Document):
            found.update(_files_of_states(definition))
    return found


def _files_of_states(definition: Document) -> Iterator[str]:
    value = definition.value
    states = value.get("States") if isinstance(value, dict) else None
    for name in states if isinstance(states, dict) else ():
        span = definition.locate(("States", name))
        if span is not None:
            yield span.path


def is_to_be_read(
    one: Input, already: Collection[str], options: ReadOptions, reading: Reading
) -> bool:
    """Tell whether an input has to be read besides the files that were read already.

    Definitions that a template has brought along are read with it.
    """
    if one.kind is not Kind.DEFINITION or one.explicit:
        return True
    if str(options.storage.real(one.path)) in already:
        return False
    if not is_named_as_definition(one.path):
        reading.passed_over[UNNAMED_DEFINITION] += 1
        return False
    return True


def find_parts(extents: Sequence[Extent]) -> set[int]:
    """Return the numbers of the templates that another has read as its part: nested stacks."""
    templates = [
        number for number, one in enumerate(extents) if one.form in (Form.CLOUDFORMATION, Form.SAM)
    ]
    readers: dict[str, list[int]] = {}
    for number in templates:
        for file in extents[number].files:
            readers.setdefault(file, []).append(number)
    parts: set[int] = set()
    for number in templates:
        # Of templates that read each other, the last one stays.
        if any(one != number and one not in parts for one in readers.get(extents[number].root, ())):
            parts.add(number)
    return parts


def _scan_error(error: ReadError) -> ScanError:
    return ScanError(place=Place.of(error.span, error.path), message=error.message)


def _refusal(refused: Refused) -> ScanError:
    place = Place(file=refused.path, line=refused.line, column=refused.column)
    return ScanError(place=place, message=refused.message)
