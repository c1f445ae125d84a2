"""Bare workflow definitions: files that hold nothing but Amazon States Language."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path

from stepguard.deployment.documents import (
    SECOND_DOCUMENT,
    Document,
    DocumentError,
    read_document,
)
from stepguard.deployment.graph import Deployment, ReadError
from stepguard.deployment.json_text import MAXIMUM_DUPLICATES
from stepguard.deployment.resources import Form, StateMachine
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import (
    Hole,
    PartlyKnownKey,
    Piece,
    Text,
    Traced,
    Unknown,
    plain,
    text_of,
)
from stepguard.readers.cloudformation.texts import replaced
from stepguard.readers.cloudformation.yaml_tree import TreeError, read_tree
from stepguard.readers.files import FileRefusedError, ProjectFiles

DEFINITION_TYPE = "asl"
"""The type of a state machine of which there is only the definition."""

_SUBSTITUTED = "it is substituted at deployment"

# `$${…}` and `${!…}` are ways to write a dollar sign and braces that stay; `${}` names nothing.
_SUBSTITUTION = re.compile(r"(?<!\$)\$\{(?!\s*\}|!)((?:[^{}]|\{[^{}]*\})*)\}")
_JSON_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_JSON_BEGINS = ("{", "[", "//", "/*")
_YAML_KEY = re.compile(r"""^["']?(\w+)["']?[ \t]*:(?=\s|$)""", re.MULTILINE)
_NEEDED = frozenset({"StartAt", "States"})


def looks_like_definition(text: str) -> bool:
    """Tell whether a text is a workflow definition: `StartAt` and `States` at its top level.

    Text that is no JSON or YAML after all may pass; reading it then says what is wrong.
    """
    if any(name not in text for name in _NEEDED):
        return False
    if _is_json(text):
        return _has_at_top_level(text, _NEEDED)
    return {match.group(1) for match in _YAML_KEY.finditer(text)} >= _NEEDED


def read_definition_file(files: ProjectFiles, path: Path) -> Deployment:
    """Read a file that is a workflow definition, in JSON or YAML.

    `${Name}` stands for a value that is substituted before the definition is deployed, also where
    that makes the text no JSON. The result has one state machine, whose address is the path; or
    none and an error, with its place, when the file is no definition, such as a list of states.
    """
    shown = files.shown(path)
    deployment = Deployment(root=shown, form=Form.ASL)
    try:
        file = files.read(path)
    except FileRefusedError as error:
        deployment.errors.append(ReadError(error.path, error.reason))
        return deployment
    deployment.files.append(file)
    try:
        document = _read(file)
    except DocumentError as error:
        deployment.errors.append(ReadError(shown, error.reason, error.span))
        return deployment
    deployment.errors.extend(
        ReadError(shown, one.message, one.span) for one in document.duplicates[:MAXIMUM_DUPLICATES]
    )
    if document.second_document is not None:
        deployment.errors.append(ReadError(shown, SECOND_DOCUMENT, document.second_document))
    beginning = len(file.text) - len(file.text.lstrip())
    start = Span(file, beginning, beginning + 1)
    if isinstance(document.value, dict):
        machine = StateMachine(
            address=shown,
            type=DEFINITION_TYPE,
            form=Form.ASL,
            span=start,
            block=Span(file, 0, len(file.text)),
            definition=document,
        )
        deployment.resources.append(machine)
    else:
        message = "no workflow definition: the document is no object"
        deployment.errors.append(ReadError(shown, message, start))
    return deployment


def _is_json(text: str) -> bool:
    return text.lstrip().startswith(_JSON_BEGINS)


def _has_at_top_level(text: str, names: Collection[str]) -> bool:
    """Tell whether a JSON object has strings that stand in no container within it."""
    missing = set(names)
    depth = 0
    for match in _JSON_LEXEME.finditer(_SUBSTITUTION.sub("0", text)):
        lexeme = match.group()
        if lexeme[0] != '"':
            depth += 1 if lexeme in "{[" else -1
        elif depth == 1:
            missing.discard(lexeme[1:-1])
            if not missing:
                return True
    return False


def _read(file: SourceFile) -> Document:
    """Return the document that a file holds. Raises `DocumentError`."""
    whole = Span(file, 0, len(file.text))
    if not file.text.strip():
        raise DocumentError("the file is empty", whole)
    if not _is_json(file.text):
        return _read_yaml(file)
    text = _with_holes(Text((Piece(file.text, whole, exact=True),)))
    try:
        return read_document(text_of(text.parts, whole))
    except DocumentError as error:
        if error.span in (None, whole):
            error.span = _place_of_error(file, text)
        raise


def _with_holes(text: Text) -> Text:
    """Return a text in which each substitution is a hole."""

    def hole(match: re.Match[str], place: Span | None) -> tuple[Hole]:
        return (Hole(Unknown(match.group(1).strip(), _SUBSTITUTED), place),)

    return Text(tuple(replaced(text, _SUBSTITUTION, hole)))


def _place_of_error(file: SourceFile, text: Text) -> Span | None:
    """Return where a JSON text with holes goes wrong; `None` when that cannot be said.

    Each hole is filled with as many digits as it has characters, so that places stay the same.
    """
    filled = "".join(
        part.text if isinstance(part, Piece) else "1" * len(part.span.text if part.span else "")
        for part in text.parts
    )
    try:
        json.loads(filled)
    except json.JSONDecodeError as error:
        return Span(file, error.pos, min(error.pos + 1, len(file.text)))
    except (ValueError, RecursionError):
        return None
    return None


# YAML


def _read_yaml(file: SourceFile) -> Document:
    try:
        tree = read_tree(file)
    except TreeError as error:
        raise DocumentError(error.reason, error.span) from error
    traced = _substituted(tree.root)
    return Document(
        plain(traced),
        traced.span,
        traced=traced,
        duplicates=tuple(tree.repeated),
        second_document=tree.second_document,
    )


def _substituted(value: Traced) -> Traced:
    """Return a tree in which each substitution is a hole of a text or an unknown value."""
    content = value.value
    if isinstance(content, list):
        return Traced([_substituted(element) for element in content], value.span)
    if isinstance(content, dict):
        result = Traced({}, value.span, keys={})
        for key, member in content.items():
            name = _substituted_key(key)
            result.value[name] = _substituted(member)
            span = (value.keys or {}).get(key)
            if span is not None and result.keys is not None:
                result.keys[name] = span
        return result
    if not isinstance(content, str) or "${" not in content:
        return value
    text = value.as_text()
    if text is None:
        return value
    text = _with_holes(text)
    is_plain = value.span is not None and value.span.text[:1] == "$"
    if is_plain and len(text.parts) == 1 and text.holes:
        return Traced(text.holes[0], value.span)
    return text_of(text.parts, value.span)


def _substituted_key(key: str) -> str:
    if "${" not in key:
        return key
    text = _with_holes(Text((Piece(key),)))
    return PartlyKnownKey(text) if text.holes else key
