"""Module directories: what their files declare, and where the modules that they call are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from stepguard.deployment.graph import ReadError
from stepguard.deployment.source import SourceFile, Span
from stepguard.readers.files import FileRefusedError, ProjectFiles, maximum_of_configuration
from stepguard.readers.storage import Entry, Sort
from stepguard.readers.terraform.scope import Place
from stepguard.readers.terraform.syntax.expressions import Attribute, Block, Expression
from stepguard.readers.terraform.syntax.json_syntax import parse_json_body
from stepguard.readers.terraform.syntax.parser import ParsedBody, parse_body
from stepguard.structs import Struct, field

Key = TypeVar("Key")

_OVERRIDES = ("override.tf", "override.tf.json")
_OVERRIDE_ENDINGS = ("_override.tf", "_override.tf.json")


class Declaration(Struct, eq=False):
    """A block of a module, and where it is written.

    `overrides` are the blocks of override files that change it, in the order of their files.
    `gap` says why there may be more in it than was read; it is empty where all was.
    """

    block: Block
    place: Place
    overrides: list[Declaration] = field(default_factory=list)
    gap: str = ""

    @property
    def layers(self) -> list[Declaration]:
        """The block and what overrides it; later ones win."""
        return [self, *self.overrides]

    @property
    def header(self) -> Span | None:
        """Where a finding about the whole block points."""
        return self.place.span(self.block.start, self.block.header_end)

    @property
    def span(self) -> Span | None:
        """The whole block."""
        return self.place.span(self.block.start, self.block.end)

    def attribute(self, name: str) -> tuple[Attribute, Place] | None:
        """Return an attribute of the block, the overriding one if there is any."""
        for layer in reversed(self.layers):
            for attribute in layer.block.body.attributes:
                if attribute.name == name:
                    return attribute, layer.place
        return None

    def attributes(self) -> dict[str, tuple[Attribute, Place]]:
        """Return every attribute of the block by name."""
        found: dict[str, tuple[Attribute, Place]] = {}
        for layer in self.layers:
            for attribute in layer.block.body.attributes:
                found[attribute.name] = (attribute, layer.place)
        return found

    def blocks(self) -> list[tuple[Block, Place]]:
        """Return the nested blocks; those of an override replace all of their type."""
        found: list[tuple[Block, Place]] = []
        for layer in self.layers:
            types = {block_type(block) for block in layer.block.body.blocks}
            found = [one for one in found if block_type(one[0]) not in types]
            found.extend((block, layer.place) for block in layer.block.body.blocks)
        return found


def block_type(block: Block) -> str:
    """Return a block's type, or the type of the blocks that a `dynamic` block makes."""
    if block.type == "dynamic" and block.labels:
        return block.labels[0]
    return block.type


class ModuleSource(Struct, eq=False):
    """What the files of one directory declare."""

    directory: Path
    variables: dict[str, Declaration] = field(default_factory=dict)
    outputs: dict[str, Declaration] = field(default_factory=dict)
    locals: dict[str, tuple[Attribute, Place]] = field(default_factory=dict)
    resources: dict[tuple[str, str], Declaration] = field(default_factory=dict)
    data: dict[tuple[str, str], Declaration] = field(default_factory=dict)
    calls: dict[str, Declaration] = field(default_factory=dict)
    providers: list[Declaration] = field(default_factory=list)
    has_backend: bool = False
    files: list[SourceFile] = field(default_factory=list)
    errors: list[ReadError] = field(default_factory=list)


_CACHE: WeakKeyDictionary[ProjectFiles, dict[tuple[Path, str | None], ModuleSource]] = (
    WeakKeyDictionary()
)


def configuration_files(files: ProjectFiles, directory: Path) -> list[Path]:
    """Return the configuration files of a directory: ordinary ones first, then overrides."""
    return configuration_files_among(files, files.listing(directory))


def configuration_files_among(files: ProjectFiles, entries: Iterable[Entry]) -> list[Path]:
    """Return the configuration files among a directory's entries, as `configuration_files` does."""
    found = [
        Path(entry.path)
        for entry in entries
        if entry.name.endswith((".tf", ".tf.json"))
        and not entry.name.startswith((".", "#"))
        and not entry.name.endswith("~")
        and not _is_directory(files, entry)
    ]
    return sorted(found, key=lambda path: (_is_override(path), path.name))


def _is_directory(files: ProjectFiles, entry: Entry) -> bool:
    if entry.sort is Sort.LINK:
        return files.is_directory(Path(entry.path))
    return entry.sort is Sort.DIRECTORY


def _is_override(path: Path) -> bool:
    return path.name in _OVERRIDES or path.name.endswith(_OVERRIDE_ENDINGS)


def load_module(files: ProjectFiles, directory: Path, parser: str | None) -> ModuleSource:
    """Read the files of a module directory, once for each parser.

    What cannot be read is in the result's `errors`; the rest is kept.
    """
    known = _CACHE.setdefault(files, {})
    key = (files.real(directory), parser)
    if key not in known:
        known[key] = _load(files, directory, parser)
    return known[key]


def _load(files: ProjectFiles, directory: Path, parser: str | None) -> ModuleSource:
    source = ModuleSource(directory)
    for path in configuration_files(files, directory):
        errors_before = len(source.errors)
        try:
            file = files.read(path, maximum_of_configuration(path))
        except FileRefusedError as error:
            source.errors.append(ReadError(error.path, error.reason, hides_resources=True))
        else:
            source.files.append(file)
            parsed = _parse(file, parser)
            source.errors.extend(syntax_errors(file, parsed))
            place = Place(file)
            for block in parsed.body.blocks:
                declared = Declaration(block, place, gap=_gap(block, parsed))
                _declare(source, declared, override=_is_override(path))
        if _is_override(path) and len(source.errors) > errors_before:
            _note_unread_override(source)
    return source


def _gap(block: Block, parsed: ParsedBody) -> str:
    """Return why there may be more in a block: a mistake can swallow what stands behind it."""
    first = parsed.problems[0] if parsed.problems else None
    if first is None or block.end < first.start:
        return ""
    return f"not all of it could be read: {first.message}"


def _note_unread_override(source: ModuleSource) -> None:
    """Note, of all that is declared, that the last override may change it and was not read."""
    error = source.errors[-1]
    for table in (source.variables, source.resources, source.data, source.calls):
        for declared in table.values():
            declared.gap = f"{error.path} may change it, and could not be read: {error.message}"


def syntax_errors(file: SourceFile, parsed: ParsedBody) -> list[ReadError]:
    """Return the first thing in a file that is no HCL; what follows is often of its making."""
    return [
        ReadError(
            file.path,
            problem.message,
            Span(file, problem.start, problem.end),
            hides_resources=True,
        )
        for problem in parsed.problems[:1]
    ]


def _parse(file: SourceFile, parser: str | None) -> ParsedBody:
    if file.path.endswith(".json"):
        return parse_json_body(file.text)
    return parse_body(file.text, parser)


def _declare(source: ModuleSource, declared: Declaration, *, override: bool) -> None:
    block = declared.block
    labels = block.labels
    if block.type == "locals":
        for attribute in block.body.attributes:
            source.locals[attribute.name] = (attribute, declared.place)
    elif block.type == "terraform":
        source.has_backend = source.has_backend or any(
            inner.type in ("backend", "cloud") for inner in block.body.blocks
        )
    elif block.type == "provider" and len(labels) == 1:
        source.providers.append(declared)
    elif block.type in ("resource", "data") and len(labels) == 2:
        table = source.resources if block.type == "resource" else source.data
        _add(table, (labels[0], labels[1]), declared, source, override=override)
    elif block.type in ("variable", "output", "module") and len(labels) == 1:
        tables = {"variable": source.variables, "output": source.outputs, "module": source.calls}
        _add(tables[block.type], labels[0], declared, source, override=override)


def _add(
    table: dict[Key, Declaration],
    key: Key,
    declared: Declaration,
    source: ModuleSource,
    *,
    override: bool,
) -> None:
    present = table.get(key)
    if present is None:
        table[key] = declared
    elif override:
        present.overrides.append(declared)
    else:
        name = " ".join(declared.block.labels)
        message = f"{declared.block.type} {name} is declared twice in one module"
        path = declared.place.file.path
        source.errors.append(ReadError(path, message, declared.header, hides_resources=True))


def constant_text(expression: Expression) -> str | None:
    """Return the text of a template without interpolations; `None` for any other expression."""
    parts = getattr(expression, "parts", None)
    if parts is None:
        return None
    texts = [getattr(part, "text", None) for part in parts]
    known = [text for text in texts if isinstance(text, str)]
    return "".join(known) if len(known) == len(texts) else None


def source_of_call(call: Declaration) -> str | None:
    """Return the source of the module that a block calls; `None` where it is no constant."""
    found = call.attribute("source")
    return None if found is None else constant_text(found[0].expression)


def is_local_source(source: str) -> bool:
    """Tell whether a module source is a path."""
    return source.startswith(("./", "../", "/")) or source in (".", "..")


def called_directories(files: ProjectFiles, source: ModuleSource) -> Iterator[Path]:
    """Yield the real directories of the local modules that a module calls."""
    for declared in source.calls.values():
        path = source_of_call(declared)
        if path is not None and is_local_source(path):
            yield files.real(source.directory / path)


def installed_modules(files: ProjectFiles, root: Path) -> dict[str, Path]:
    """Return the directories that `terraform init` recorded, by module path (`a.b`)."""
    path = root / ".terraform" / "modules" / "modules.json"
    if not files.is_file(path):
        return {}
    try:
        listed = json.loads(files.read(path).text)
        entries = [(entry["Key"], entry["Dir"]) for entry in listed["Modules"]]
    except (FileRefusedError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {
        key: root / directory
        for key, directory in entries
        if isinstance(key, str) and isinstance(directory, str) and key
    }
