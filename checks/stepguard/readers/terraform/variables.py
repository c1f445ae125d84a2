"""Values of a root module's variables that variable files give."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stepguard.deployment.graph import ReadError
from stepguard.deployment.json_text import JsonTextError, trace_json
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Piece, Text, Traced
from stepguard.readers.files import FileRefusedError, ProjectFiles, maximum_of_configuration
from stepguard.readers.terraform.evaluation import settle
from stepguard.readers.terraform.modules import syntax_errors
from stepguard.readers.terraform.scope import Place, Scope, Session
from stepguard.readers.terraform.syntax.parser import parse_body
from stepguard.structs import Struct, replace

_ENDINGS = (".tfvars", ".tfvars.json")


class AssignedValues(Struct, frozen=True):
    """The values that variable files give, by the name of the variable.

    `gap` says why others may be given, too; it is empty where all files were read.
    """

    values: dict[str, Traced]
    gap: str = ""


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
) -> AssignedValues:
    """Return what variable files assign; later files win. What is wrong goes to `errors`."""
    values: dict[str, Traced] = {}
    gap = ""
    for path in paths:
        errors_before = len(errors)
        try:
            file = files.read(path, maximum_of_configuration(path))
        except FileRefusedError as error:
            errors.append(ReadError(error.path, error.reason))
            given: dict[str, Traced] = {}
        else:
            read.append(file)
            given = _values(file, session, parser, errors)
        if len(errors) > errors_before:
            # It may give other values to what the files before it give.
            values.clear()
            gap = f"{errors[-1].path} may give it, and could not be read: {errors[-1].message}"
        values.update(given)
    return AssignedValues(values, gap)


def _values(
    file: SourceFile, session: Session, parser: str | None, errors: list[ReadError]
) -> dict[str, Traced]:
    if file.path.endswith(".json"):
        return _json_values(file, errors)
    parsed = parse_body(file.text, parser)
    problems = syntax_errors(file, parsed)
    errors.extend(replace(one, hides_resources=False) for one in problems)
    scope = Scope(Place(file), session)
    return {
        attribute.name: settle(attribute.expression, scope)
        for attribute in parsed.body.attributes
        if not problems or attribute.end < parsed.problems[0].start
    }


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
