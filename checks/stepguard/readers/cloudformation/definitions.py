"""Documents out of evaluated values and of files, with `DefinitionSubstitutions` applied."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from stepguard.deployment.documents import Document, DocumentError, read_document
from stepguard.deployment.json_text import DuplicateKey
from stepguard.deployment.resources import Unread
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    Piece,
    Text,
    Traced,
    Unknown,
    plain,
    text_of,
)
from stepguard.readers.cloudformation.meanings import meaning_of
from stepguard.readers.cloudformation.texts import (
    FlatText,
    Parts,
    TextTooLongError,
    at_place,
    parts_of,
    replaced,
)
from stepguard.readers.cloudformation.yaml_tree import Tree, TreeError, read_tree

Finish: TypeAlias = Callable[[Traced, Traced], Traced]

_PLACEHOLDER = re.compile(r"\$\{([^${}]+)\}")
_NOT_PLAIN = ("'", '"', "|", ">")
"""What a YAML scalar begins with that is a text in any case."""


def document_of(
    value: Traced, substitutions: Traced | None = None, repeated: Iterable[DuplicateKey] = ()
) -> Document | Unread:
    """Return the document that a value is: an object, or a text that holds JSON.

    `substitutions` is an evaluated object whose members replace `${Name}`; `repeated` are the
    keys of the file that stand twice in one object.
    """
    try:
        value = _substituted(value, substitutions)
        if isinstance(value.value, (dict, list)) and value.encoded is None:
            return Document(
                plain(value), value.span, traced=value, duplicates=_within(value.span, repeated)
            )
        return read_document(value)
    except DocumentError as error:
        span = error.span
        if span in (None, value.span):
            span = _place_of_error(value) or value.span
        return Unread(_without_substitution(value, span) or error.reason, span)
    except RecursionError:
        return Unread("it is nested too deeply", value.span)
    except TextTooLongError:
        return Unread("with its substitutions it becomes too long", value.span)


def document_in_file(file: SourceFile, substitutions: Traced | None = None) -> Document | Unread:
    """Return the definition that a JSON or YAML file holds, substitutions applied.

    JSON need not be valid before that: a placeholder may stand where a number belongs.
    """
    whole = Span(file, 0, len(file.text))
    is_json = file.path.lower().endswith(".json") or file.text.lstrip().startswith(("{", "["))
    if is_json:
        text = Traced(file.text, whole, text=Text((Piece(file.text, whole, exact=True),)))
        return document_of(text, substitutions)
    try:
        tree = read_tree(file)
    except TreeError as error:
        return Unread(error.reason, error.span or whole)
    if not isinstance(tree.root.value, (dict, list)):
        return Unread("it is neither an object nor a list", tree.root.span)
    return _document_of_yaml(tree, substitutions)


def _document_of_yaml(tree: Tree, substitutions: Traced | None) -> Document | Unread:
    """Return the document of a YAML file.

    Step Functions' resource handler replaces placeholders in the file's text and parses it then,
    so that what takes the place of a plain scalar is read as YAML: a number, a truth value.
    """
    try:
        root = _substituted(tree.root, substitutions, _of_plain_scalar)
    except TextTooLongError:
        return Unread("with its substitutions it becomes too long", tree.root.span)
    document = document_of(root, None, tree.repeated)
    if isinstance(document, Document):
        document.second_document = tree.second_document
    return document


def _of_plain_scalar(value: Traced, given: Traced) -> Traced:
    span = given.span
    if span is None or span.text[:1] in _NOT_PLAIN:
        return value
    if isinstance(value.value, str):
        meaning = meaning_of(value.value)
        return value if isinstance(meaning, str) else Traced(meaning, value.span)
    if isinstance(value.value, Text) and len(value.value.parts) == 1:
        for hole in value.value.holes:
            if isinstance(hole, Unknown):
                return Traced(hole, value.span)
    return value


def _within(span: Span | None, repeated: Iterable[DuplicateKey]) -> tuple[DuplicateKey, ...]:
    if span is None:
        return ()
    return tuple(one for one in repeated if one.span is not None and span.contains(one.span))


def _without_substitution(value: Traced, span: Span | None) -> str:
    """Return that a text is no JSON because of a placeholder that was left; empty for others."""
    left = None if span is None else _PLACEHOLDER.match(span.file.text, span.start)
    text = value.as_text()
    if left is None or text is None:
        return ""
    # `Fn::Sub` has put something in the place of those that are no part of the text any more.
    known = (part.text for part in text.parts if isinstance(part, Piece))
    if not any(left.group() in one for one in known):
        return ""
    return f"not valid JSON: nothing is substituted for {left.group()}, which is no value by itself"


def _place_of_error(value: Traced) -> Span | None:
    """Return where a text with holes goes wrong as JSON; `None` when that cannot be said.

    Each hole is filled with one digit, which may stand in a string and as a value.
    """
    text = value.as_text()
    if text is None or not text.holes:
        return None
    flat = FlatText(text)
    try:
        json.loads(flat.filled("1"))
    except json.JSONDecodeError as error:
        return flat.place(error.pos, error.pos + 1)
    except (ValueError, RecursionError):
        return None
    return None


# Substitutions


def _substituted(
    value: Traced, substitutions: Traced | None, finish: Finish | None = None
) -> Traced:
    if substitutions is None or substitutions.value is None or substitutions.value is REMOVED:
        return value
    return _Substitution(substitutions, finish).of(value)


class _Substitution:
    """Replaces `${Name}` in texts by the members of an object, wherever they stand.

    `finish` makes of a text in which something was replaced, and of the text as it was given,
    the value that it becomes.
    """

    def __init__(self, substitutions: Traced, finish: Finish | None) -> None:
        self._finish = finish
        content = substitutions.value
        self._members: dict[str, Traced] = content if isinstance(content, dict) else {}
        # Of what is not known, any name may be a member.
        self._rest = substitutions.rest if isinstance(content, dict) else Unknown("", "")

    def of(self, value: Traced) -> Traced:
        """Return a value with every placeholder in it replaced."""
        content = value.value
        if value.encoded is not None:
            return self.of(value.encoded)
        if isinstance(content, (str, Text)):
            return self._text(value)
        if isinstance(content, list):
            elements = [self.of(element) for element in content]
            if _all_same(elements, content):
                return value
            return Traced(elements, value.span, rest=value.rest)
        if isinstance(content, dict):
            members = {key: self.of(member) for key, member in content.items()}
            if _all_same(list(members.values()), list(content.values())):
                return value
            return Traced(members, value.span, keys=value.keys, rest=value.rest)
        if isinstance(content, OneOf):
            choices = tuple(
                self.of(one) if isinstance(one, Traced) else one for one in content.alternatives
            )
            return Traced(OneOf(content.condition, choices), value.span)
        return value

    def _text(self, value: Traced) -> Traced:
        text = value.as_text()
        if text is None or not any(isinstance(p, Piece) and "${" in p.text for p in text.parts):
            return value
        parts = replaced(text, _PLACEHOLDER, self._replacement)
        if parts is text.parts:
            return value
        made = text_of(parts, value.span)
        made.sensitive = value.sensitive
        return made if self._finish is None else self._finish(made, value)

    def _replacement(self, match: re.Match[str], place: Span | None) -> Parts | None:
        name = match.group(1).strip()
        member = self._members.get(name)
        if member is not None:
            return parts_of(at_place(member, place), name)
        if self._rest is None:
            return None
        unknown = Unknown(name, "the definition's substitutions are not known")
        return parts_of(Traced(unknown, place), name)


def _all_same(made: Sequence[Traced], given: Sequence[Traced]) -> bool:
    return all(one is other for one, other in zip(made, given, strict=True))
