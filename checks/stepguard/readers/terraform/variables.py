"""Values of a root module's variables that variable files give."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stepguard.deployment.graph import ReadError
from stepguard.deployment.json_text import JsonTextError, trace_json
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Piece, Text, Traced
from stepguard.readers.files import FileRefusedError, ProjectFiles
from stepguard.readers.terraform.evaluation import settle
from stepguard.readers.terraform.modules import syntax_errors
from stepguard.readers.terraform.scope import Place, Scope, Session
from stepguard.readers.terraform.syntax.parser import parse_body

_ENDINGS = (".tfvars", ".tfvars.json")


def variable_files(files: ProjectFiles, root: Path) -> list[Path]:
    """Return the variable files that Terraform loads by itself, in its order."""
    named = {path.name: path for path in files.entries(root) if path.name.endswith(_ENDINGS)}
    ordered = [
        named[name] for name in ("terraform.tfvars", "terraform.tfvars.json") if name in named
    ]
    automatic = sorted(
        name for name in named if name.endswith((".auto.tfvars", ".auto.tfvars.json"))
    )
    return [*ordered, *(named[name] for name in automatic)]


def has_variable_files(files: ProjectFiles, root: Path) -> bool:
    """Tell whether a directory holds any variable file."""
    return any(path.name.endswith(_ENDINGS) for path in files.entries(root))


def assigned_values(
    files: ProjectFiles,
    paths: Iterable[Path],
    session: Session,
    parser: str | None,
    errors: list[ReadError],
    read: list[SourceFile],
) -> dict[str, Traced]:
    """Return what variable files assign; later files win. What is wrong goes to `errors`."""
    values: dict[str, Traced] = {}
    for path in paths:
        try:
            file = files.read(path)
        except FileRefusedError as error:
            errors.append(ReadError(error.path, error.reason))
            continue
        read.append(file)
        if path.name.endswith(".json"):
            values.update(_json_values(file, errors))
            continue
        parsed = parse_body(file.text, parser)
        errors.extend(syntax_errors(file, parsed))
        scope = Scope(Place(file), session)
        for attribute in parsed.body.attributes:
            values[attribute.name] = settle(attribute.expression, scope)
    return values


def _json_values(file: SourceFile, errors: list[ReadError]) -> dict[str, Traced]:
    text = Text((Piece(file.text, Span(file, 0, len(file.text)), exact=True),))
    try:
        traced = trace_json(text)
    except (JsonTextError, RecursionError) as error:
        reason = getattr(error, "reason", "it is nested too deeply")
        errors.append(ReadError(file.path, reason, getattr(error, "span", None)))
        return {}
    if not isinstance(traced.value, dict):
        errors.append(ReadError(file.path, "variable values must be an object", traced.span))
        return {}
    return traced.value
