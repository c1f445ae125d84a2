"""What there is to be scanned below a path: recognised by content, looked at cheaply.

Directories are walked once. A file whose name could be that of a template is searched for a few
words before anything parses it; what does not have them is passed over and counted.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

from stepguard.deployment.source import SourceFile
from stepguard.guard import describe_defect
from stepguard.readers.escapes import unescaped
from stepguard.readers.files import (
    MAXIMUM_BYTES,
    MAXIMUM_PLAN_BYTES,
    UTF_16,
    FileRefusedError,
    ProjectFiles,
    decode,
)
from stepguard.readers.storage import DISK, Entry, Sort, Storage
from stepguard.readers.terraform.module_directories import ModuleDirectory
from stepguard.structs import Struct, field

UNVISITED = frozenset(
    {
        *(".git", ".hg", ".svn", ".terraform", ".terragrunt-cache", ".tox", ".venv"),
        *("__pycache__", "node_modules", "venv"),
    }
)
"""Directories that hold no infrastructure code of the project's own."""

NO_STEP_FUNCTIONS = "templates, plans and Terraform directories without Step Functions"
LINK_OUT = "symbolic links that lead out of the scanned root or to a directory"
UNNAMED_DEFINITION = (
    "workflow definitions not named *.asl.json or *.asl.yaml (name them on the command line)"
)
UNRECOGNISED = "files that speak of Step Functions and are no template, plan or definition"
UNREADABLE_DIRECTORY = "directories that may not be listed"
UNSYNTHESIZED = "CDK apps that are not synthesized (run cdk synth, and scan cdk.out)"
UNPACKAGED = (
    "Serverless Framework services with state machines (run serverless package, and scan "
    ".serverless)"
)
OPENTOFU = "OpenTofu files (.tofu) that may have to do with Step Functions (scan a plan of them)"

_TEMPLATE_ENDINGS = (".json", ".yaml", ".yml", ".template")
_DEFINITION_ENDINGS = (".asl.json", ".asl.yaml", ".asl.yml")
_TERRAFORM_ENDINGS = (".tf", ".tf.json")
_TOFU_ENDINGS = (".tofu", ".tofu.json")
_VARIABLE_FILES = ("terraform.tfvars", "terraform.tfvars.json")
_VARIABLE_ENDINGS = (".auto.tfvars", ".auto.tfvars.json")
"""Of the files with values of variables, those that Terraform reads by itself."""

_CDK_APP, _CDK_OUTPUT = "cdk.json", "cdk.out"
_SERVERLESS = ("serverless.yml", "serverless.yaml", "serverless.json", "serverless.ts")
_SERVERLESS_OUTPUT = ".serverless"
_SERVERLESS_MACHINES = (b"stepFunctions",)
_CHUNK = 64 * 1024
_OVERLAP = 64

# Words are looked for in the raw bytes, so that no file is decoded or parsed in vain.
_CLOUDFORMATION = (b"AWS::", b"::MODULE")
_TEMPLATE = ("AWS::", "Resources", "Type")
_ACTIONS = b"states:"
_STEP_FUNCTIONS = (
    b"StepFunctions",
    b"Serverless::StateMachine",
    b"aws_sfn",
    b"awscc_stepfunctions",
    b"states.",
    _ACTIONS,
)
_STACK = b"cloudformation_stack"
_HAS_PARTS = (
    b"AWS::CloudFormation::Stack",
    b"AWS::Serverless::Application",
    b"AWS::Include",
    b"::MODULE",
    _STACK,
)
_PLAN = (b'"planned_values"', b'"terraform_version"')
_DEFINITION = (b"StartAt",)
# A directory that reads a file may get its trust policy from there; the service's name may be put
# together from one of a list; one that calls modules is looked at for what those are.
_TERRAFORM = (
    b"aws_sfn",
    b"stepfunctions",
    b"step-functions",
    b"step_functions",
    b"states.",
    b'"states"',
    b"StartAt",
    _ACTIONS,
    _STACK,
    b"file(",
)
_CALLS_MODULES = (b"module",)
# What follows the service's name, and that name alone: a directory puts them together.
_SERVICE_ENDING = (b"amazonaws",)
_SERVICE_NAME = (b"states",)
_VALUES = (*_TERRAFORM, *_SERVICE_NAME)
_ROLE = (b"aws_iam_role",)


class Kind(str, Enum):
    """The form of an input."""

    TERRAFORM = "terraform"
    TEMPLATE = "template"
    PLAN = "plan"
    DEFINITION = "definition"


class Input(Struct, frozen=True):
    """One thing to be read: a root module's directory, or a file.

    `files` is the access to everything below its root. `explicit` says that the user named
    this very file. `concerns_step_functions` is false for a Terraform directory that has to do
    with Step Functions only if a module that it calls has.
    """

    kind: Kind
    path: Path
    files: ProjectFiles
    explicit: bool = False
    concerns_step_functions: bool = True

    @property
    def shown(self) -> str:
        """The path as findings print it."""
        return self.files.shown(self.path) or "."


class Refused(Struct, frozen=True):
    """Something that was to be scanned and cannot be: one line, and where."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None


class Inputs(Struct):
    """What was found. `passed_over` counts, by reason, what was looked at and left out.

    `modules` are all directories of a tree with Terraform files, also those that are no input.
    """

    found: list[Input] = field(default_factory=list)
    modules: list[ModuleDirectory] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def discover(
    path: Path,
    root: Path | None = None,
    also: Sequence[Path] = (),
    storage: Storage = DISK,
    var_files: Sequence[Path] = (),
) -> Inputs:
    """Return what is to be scanned at a path: a directory's whole tree, or one file.

    `root` is the directory that may be read; it is the path itself, or its directory, unless
    given. `also` are files and directories outside it that may be read too; `storage` is
    where all of them are. `var_files` give values to the variables of every Terraform directory.
    Terraform directories are returned without regard to which module calls which. Never raises: a
    path that cannot be read, or a file that is nothing known, is in `refused`.
    """
    inputs = Inputs()
    is_directory = storage.sort(path) is Sort.DIRECTORY
    base = root if root is not None else (path if is_directory else path.parent)
    files = ProjectFiles(base, base.as_posix(), also, storage)
    if not files.contains(path):
        inputs.refused.append(Refused(path.as_posix(), f"outside the root {base.as_posix()}"))
    elif is_directory:
        _discover_tree(path, files, inputs, var_files)
    else:
        _discover_file(path, files, inputs)
    return inputs


def _discover_tree(
    top: Path, files: ProjectFiles, inputs: Inputs, var_files: Sequence[Path]
) -> None:
    terraform: dict[str, _Words] = {}
    variable_files: dict[str, list[Entry]] = {}
    storage = files.storage
    are_told = _are_told(var_files, storage)
    for entry in _walk(top, storage, inputs):
        name = entry.name.lower()
        if name.endswith(_TERRAFORM_ENDINGS):
            directory = os.path.dirname(entry.path)  # noqa: PTH120 - hot path, plain strings
            terraform.setdefault(directory, _Words(are_told)).look_into(storage, entry.path)
        elif _is_variable_file(name):
            directory = os.path.dirname(entry.path)  # noqa: PTH120 - hot path, plain strings
            variable_files.setdefault(directory, []).append(entry)
        elif name.endswith(_TOFU_ENDINGS):
            if _has(storage, entry.path, _TERRAFORM):
                inputs.passed_over[OPENTOFU] += 1
        elif name.endswith(_TEMPLATE_ENDINGS):
            try:
                _look_at(entry.path, name, files, inputs)
            except Exception as error:
                message = describe_defect(error, "the recognition of files")
                inputs.refused.append(Refused(files.shown(Path(entry.path)), message))
    real = storage.real(top)
    for directory, words in sorted(terraform.items()):
        path = Path(directory)
        words.look_into_values(storage, variable_files.get(directory, ()))
        # The walk follows no link, so that only what leads to its top can be one.
        own = str(real / path.relative_to(top))
        inputs.modules.append(ModuleDirectory(path, own, words.calls_modules))
        if words.concern_step_functions or words.calls_modules:
            relevant = words.concern_step_functions
            inputs.found.append(
                Input(Kind.TERRAFORM, path, files, concerns_step_functions=relevant)
            )
        else:
            inputs.passed_over[NO_STEP_FUNCTIONS] += 1


def _is_variable_file(name: str) -> bool:
    """Tell whether Terraform reads values of variables from a file by itself, by its name."""
    return name in _VARIABLE_FILES or name.endswith(_VARIABLE_ENDINGS)


def _are_told(var_files: Sequence[Path], storage: Storage) -> bool:
    """Tell whether variable files may tell a directory of Step Functions."""
    return any(_has(storage, one, _VALUES) for one in var_files)


class _Words(Struct):
    """Which words there are in the Terraform files of a directory.

    `are_told` says that variable files from elsewhere may tell it of Step Functions, which matters
    to its roles: what else has to do with Step Functions has a type that says so.
    """

    are_told: bool = False
    concern_step_functions: bool = False
    calls_modules: bool = False
    has_service_ending: bool = False
    has_service_name: bool = False

    def look_into(self, storage: Storage, path: str) -> None:
        """Look into a further file for what has not been met yet."""
        if self.concern_step_functions and self.calls_modules:
            return
        try:
            content = _content(storage, path)
        except OSError:
            content = None
        # What cannot be read, or is too large, may have every word.
        searchable = None if content is None else _searchable(content)
        if searchable is None:
            self.concern_step_functions = self.calls_modules = True
            return
        self.calls_modules |= _holds(searchable, _CALLS_MODULES)
        self.has_service_ending |= _holds(searchable, _SERVICE_ENDING)
        self.has_service_name |= _holds(searchable, _SERVICE_NAME)
        self.concern_step_functions |= (
            (self.has_service_ending and self.has_service_name)
            or _holds(searchable, _TERRAFORM)
            or (self.are_told and _holds(searchable, _ROLE))
        )

    def look_into_values(self, storage: Storage, entries: Sequence[Entry]) -> None:
        """Look into the files from which Terraform reads values of variables by itself."""
        self.concern_step_functions = self.concern_step_functions or any(
            # Where a link leads is for the reader to see: it may be out of the tree.
            one.sort is Sort.LINK or _has(storage, one.path, _VALUES)
            for one in entries
        )


def has_installed_modules(directory: Path, storage: Storage = DISK) -> bool:
    """Tell whether `terraform init` has put modules beside a directory's files."""
    return storage.sort(directory / ".terraform" / "modules" / "modules.json") is Sort.FILE


def _walk(top: Path, storage: Storage, inputs: Inputs) -> Iterator[Entry]:
    """Yield every regular file below a directory, and links to files with values of variables.

    They come in the order of names.
    """
    stack = [str(top)]
    while stack:
        try:
            entries = storage.listing(stack.pop())
        except OSError:
            inputs.passed_over[UNREADABLE_DIRECTORY] += 1
            continue
        _note_generators(entries, storage, inputs)
        below: list[str] = []
        for entry in entries:
            if entry.sort is Sort.DIRECTORY:
                if entry.name not in UNVISITED:
                    below.append(entry.path)
            elif entry.sort is Sort.FILE or _is_link_to_values(entry):
                yield entry
            elif entry.sort is Sort.LINK and _is_of_interest(entry, top, storage):
                inputs.passed_over[LINK_OUT] += 1
        stack.extend(reversed(below))


def _is_link_to_values(entry: Entry) -> bool:
    return entry.sort is Sort.LINK and _is_variable_file(entry.name.lower())


def _note_generators(entries: Sequence[Entry], storage: Storage, inputs: Inputs) -> None:
    """Note programs in a directory that make templates, where these are not there."""
    names = {entry.name for entry in entries}
    if _CDK_APP in names and _CDK_OUTPUT not in names:
        inputs.passed_over[UNSYNTHESIZED] += 1
    if _SERVERLESS_OUTPUT in names or names.isdisjoint(_SERVERLESS):
        return
    services = (one for one in entries if one.name in _SERVERLESS and one.sort is Sort.FILE)
    if any(_has(storage, one.path, _SERVERLESS_MACHINES) for one in services):
        inputs.passed_over[UNPACKAGED] += 1


def _is_of_interest(entry: Entry, top: Path, storage: Storage) -> bool:
    """Tell whether a link hides something: a link to a file in the tree is met there anyway."""
    if storage.sort(entry.path) is Sort.DIRECTORY:
        return True
    if not entry.name.lower().endswith((*_TEMPLATE_ENDINGS, *_TERRAFORM_ENDINGS, *_TOFU_ENDINGS)):
        return False
    return not storage.real(entry.path).is_relative_to(storage.real(top))


def _look_at(file: str, name: str, files: ProjectFiles, inputs: Inputs) -> None:
    """Decide what a file of a tree is by its name and the words in it."""
    if name.endswith(_DEFINITION_ENDINGS):
        inputs.found.append(Input(Kind.DEFINITION, Path(file), files))
        return
    try:
        content = _content(files.storage, file)
    except OSError as error:
        refused = Refused(files.shown(Path(file)), error.strerror or "cannot be read")
        inputs.refused.append(refused)
        return
    if content is None:
        _look_at_large(Path(file), files, inputs)
    else:
        _look_into(content, Path(file), name, files, inputs)


def _look_into(content: bytes, path: Path, name: str, files: ProjectFiles, inputs: Inputs) -> None:
    """Decide what a file is by the words of a template, a plan or a definition in it."""
    searchable = _searchable(content)
    is_infrastructure = _holds(searchable, _CLOUDFORMATION)
    is_plan = name.endswith(".json") and _holds(searchable, _PLAN)
    if is_infrastructure or is_plan:
        if not _concerns_step_functions(searchable):
            inputs.passed_over[NO_STEP_FUNCTIONS] += 1
            return
        try:
            text = decode(content, files.shown(path))
        except FileRefusedError as error:
            inputs.refused.append(Refused(error.path, error.reason))
            return
        kind = _kind_of(text, name)
        if kind in (Kind.PLAN, Kind.TEMPLATE):
            inputs.found.append(Input(kind, path, files))
            return
        if kind is None:
            inputs.passed_over[UNRECOGNISED] += 1
            return
    if _holds(searchable, _DEFINITION):
        try:
            text = decode(content, files.shown(path))
        except FileRefusedError as error:
            if _holds(searchable, (b"States",)):
                inputs.refused.append(Refused(error.path, error.reason))
            return
        if _kind_of(text, name) is Kind.DEFINITION:
            inputs.found.append(Input(Kind.DEFINITION, path, files))


def _look_at_large(path: Path, files: ProjectFiles, inputs: Inputs) -> None:
    """Decide what to say of a file that is larger than any template."""
    storage = files.storage
    is_plan = _has(storage, path, _PLAN)
    is_infrastructure = is_plan or _has(storage, path, _CLOUDFORMATION)
    if not is_infrastructure or not _has(storage, path, _STEP_FUNCTIONS):
        return
    if is_plan and storage.size(path) <= MAXIMUM_PLAN_BYTES:
        inputs.found.append(Input(Kind.PLAN, path, files))
        return
    limit = MAXIMUM_BYTES // (1024 * 1024)
    inputs.refused.append(Refused(files.shown(path), f"larger than {limit} MB"))


def _content(storage: Storage, path: str) -> bytes | None:
    """Return the bytes of a file; `None` when it is larger than any template."""
    with storage.open(path) as stream:
        # Asked for more, Python makes room for all of it.
        content = stream.read(_CHUNK)
        if len(content) == _CHUNK:
            content += stream.read(MAXIMUM_BYTES + 1 - _CHUNK)
    return None if len(content) > MAXIMUM_BYTES else content


def _holds(content: bytes, words: Sequence[bytes]) -> bool:
    for word in words:
        if word in content:
            return True
    # IAM compares the actions of a policy without regard to case.
    return _ACTIONS in words and _ACTIONS in content.lower()


def _searchable(content: bytes) -> bytes:
    """Return text in which words can be found.

    That of UTF-16 has a zero beside each letter. No reader takes it, but what would be read is
    told, and not passed over.
    """
    return unescaped(content.replace(b"\0", b"") if content.startswith(UTF_16) else content)


def concerns_step_functions(content: bytes) -> bool:
    """Tell whether a template or plan may have a machine, a role of one, or parts that have."""
    return _concerns_step_functions(_searchable(content))


def _concerns_step_functions(content: bytes) -> bool:
    if _holds(content, _STEP_FUNCTIONS) or _holds(content, _HAS_PARTS):
        return True
    # The service's name may be joined together from its parts.
    return b"states" in content and b"amazonaws" in content


def directory_concerns_step_functions(directory: Path, var_files: Sequence[Path] = ()) -> bool:
    """Tell whether the Terraform files of a directory may have to do with Step Functions.

    `var_files` give values to its variables, besides those that Terraform reads by itself.
    """
    try:
        entries = DISK.listing(directory)
    except OSError:
        return True
    words = _Words(_are_told(var_files, DISK))
    for one in entries:
        if one.name.lower().endswith(_TERRAFORM_ENDINGS):
            words.look_into(DISK, one.path)
    words.look_into_values(DISK, [one for one in entries if _is_variable_file(one.name.lower())])
    return words.concern_step_functions


def _has(storage: Storage, path: str | Path, words: Sequence[bytes]) -> bool:
    """Tell whether words stand in a file of any size; a file that cannot be read may have them."""
    try:
        with storage.open(path) as stream:
            before = b""
            is_utf_16 = False
            while chunk := stream.read(_CHUNK):
                is_utf_16 = is_utf_16 or (not before and chunk.startswith(UTF_16))
                chunk = chunk.replace(b"\0", b"") if is_utf_16 else chunk
                if _holds(unescaped(before + chunk), words):
                    return True
                before = chunk[-_OVERLAP:]
    except OSError:
        return True
    return False


def _kind_of(text: str, name: str) -> Kind | None:
    """Return what a text is, asking the readers; `None` when it is nothing they know."""
    from stepguard.readers.asl import looks_like_definition
    from stepguard.readers.cloudformation.reader import holds_template, looks_like_template

    written = text
    if "\\" in text:
        text = unescaped(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
    if name.endswith(".json"):
        from stepguard.readers.plan.recognition import looks_like_plan

        if looks_like_plan(text):
            return Kind.PLAN
    if looks_like_template(text):
        return Kind.TEMPLATE
    if looks_like_definition(text):
        return Kind.DEFINITION
    # Only what would be dismissed is parsed, and of that only what has the words of a template.
    has_words = all(word in text for word in _TEMPLATE)
    return Kind.TEMPLATE if has_words and holds_template(written) else None


def _discover_file(path: Path, files: ProjectFiles, inputs: Inputs) -> None:
    """Decide what a file is that the user named; one that is nothing known is refused."""
    name = path.name.lower()
    shown = files.shown(path)
    if name.endswith(_TERRAFORM_ENDINGS):
        if files.is_file(path):
            inputs.found.append(Input(Kind.TERRAFORM, path.parent, files, explicit=True))
        else:
            inputs.refused.append(Refused(shown, "no such file"))
        return
    try:
        source = _read_named(path, files)
        kind = Kind.PLAN if source is None else _kind_of(source.text, name)
    except FileRefusedError as error:
        inputs.refused.append(Refused(error.path, error.reason))
        return
    except Exception as error:
        inputs.refused.append(Refused(shown, describe_defect(error, "the recognition of files")))
        return
    if kind is None and name.endswith(_DEFINITION_ENDINGS):
        kind = Kind.DEFINITION
    if kind is None:
        inputs.refused.append(_why_unknown(path, source))
        return
    inputs.found.append(Input(kind, path, files, explicit=True))


def is_named_as_definition(path: Path) -> bool:
    """Tell whether a file's name says that it is a workflow definition."""
    return path.name.lower().endswith(_DEFINITION_ENDINGS)


def _read_named(path: Path, files: ProjectFiles) -> SourceFile | None:
    """Return a named file's text; `None` for a plan that is larger than any other file."""
    try:
        return files.read(path)
    except FileRefusedError:
        size = files.storage.size(path) if files.is_file(path) else 0
        is_plan = MAXIMUM_BYTES < size <= MAXIMUM_PLAN_BYTES and _has(files.storage, path, _PLAN)
        if is_plan:
            return None
        raise


def _why_unknown(path: Path, source: SourceFile | None) -> Refused:
    """Return why a file that the user named is nothing known, with the place of a mistake."""
    shown = source.path if source is not None else path.as_posix()
    text = source.text if source is not None else ""
    nothing = "no template, plan or workflow definition is recognised in it"
    if not text.strip():
        return Refused(shown, "the file is empty")
    if path.suffix.lower() == ".json":
        import json

        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            return Refused(shown, f"not JSON: {error.msg}", error.lineno, error.colno)
        except (ValueError, RecursionError):
            return Refused(shown, "not JSON: nested too deeply, or a number too long")
    elif path.suffix.lower() in (".yaml", ".yml"):
        import yaml

        try:
            for _ in yaml.parse(text, yaml.CSafeLoader):
                pass
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
            return Refused(shown, f"not YAML: {error.problem or error.context}", *place)
        except (yaml.YAMLError, RecursionError) as error:
            return Refused(shown, f"not YAML: {type(error).__name__}")
    return Refused(shown, nothing)
