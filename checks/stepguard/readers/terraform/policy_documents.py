"""The document that `data "aws_iam_policy_document"` gives, as the AWS provider renders it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from stepguard.deployment.json_text import JsonTextError, trace_json
from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    Piece,
    Reference,
    Traced,
    Unknown,
    text_of,
)
from stepguard.readers.terraform.choices import choose
from stepguard.readers.terraform.functions import call
from stepguard.readers.terraform.functions.conversion import to_string
from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.operators import reason_of
from stepguard.readers.terraform.scope import Scope

_DEFAULT_VERSION = "2012-10-17"
_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}
_ORDER = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)


class PolicyParts(Protocol):
    """What the data source is told."""

    @property
    def declared_span(self) -> Span | None:
        """The whole block."""

    def attribute(self, name: str) -> Traced | None:
        """Return what the configuration sets."""


class PolicySource(PolicyParts, Protocol):
    """An instance of the data source."""

    def own_scope(self) -> Scope:
        """Return the scope of expressions in its block."""


def policy_document(source: PolicySource, shown: str) -> Traced:
    """Return the JSON text of the document, with the document itself as what it encodes."""
    document = build_document(source)
    environment = source.own_scope().session.environment
    try:
        text = call("jsonencode", [document], document.span, environment, shown)
    except FunctionError as error:
        text = Traced(Unknown(shown, error.reason), document.span)
    return replace(text, encoded=document, span=document.span)


def build_document(source: PolicyParts) -> Traced:
    """Return the document as an object whose parts know where the configuration has them."""
    merged = _Merged()
    for one in _documents(source, "source_policy_documents", "source_json"):
        merged.add_document(one)
    version = source.attribute("version")
    merged.add_version(version if _is_given(version) else Traced(_DEFAULT_VERSION))
    merged.add_id(source.attribute("policy_id"))
    blocks = source.attribute("statement")
    if blocks is not None:
        if isinstance(blocks.value, list):
            merged.add_statements(_each(block, _statement) for block in blocks.value)
        else:
            merged.add_rest(blocks)
        if blocks.rest is not None:
            merged.rest = merged.rest or blocks.rest
    for one in _documents(source, "override_policy_documents", "override_json"):
        merged.add_document(one)
    return merged.document(source.declared_span)


class _Merged:
    """Documents merged into one, by the provider's rules: statements by their `Sid`."""

    def __init__(self) -> None:
        self._version: Traced | None = None
        self._id: Traced | None = None
        self._statements: list[Traced] = []
        self.rest: Unknown | Reference | None = None

    def add_version(self, version: Traced | None) -> None:
        if version is None or not isinstance(version.value, str):
            return
        present = self._version.value if self._version is not None else ""
        if version.value > present:
            self._version = version

    def add_id(self, identifier: Traced | None) -> None:
        if _is_given(identifier):
            self._id = identifier

    def add_rest(self, value: Traced) -> None:
        content = value.value
        rest = content if isinstance(content, (Unknown, Reference)) else None
        self.rest = self.rest or rest or Unknown("…", reason_of(value))

    def add_statements(self, statements: Iterable[Traced]) -> None:
        for statement in statements:
            name = _sid(statement)
            same = (
                number
                for number, present in enumerate(self._statements)
                if name and _sid(present) == name
            )
            position = next(same, None)
            if position is None:
                self._statements.append(statement)
            else:
                self._statements[position] = statement

    def add_document(self, value: Traced) -> None:
        """Merge a document that is given as text."""
        content = value.value
        if content is None or content == "":
            return
        if isinstance(content, OneOf) and value.encoded is None:
            self._add_alternatives(content)
            return
        document = _parsed(value)
        if document is None:
            self.add_rest(value)
            return
        self.add_version(document.get("Version"))
        self.add_id(document.get("Id"))
        statements, rest = _statements_of(document)
        self.add_statements(statements)
        self.rest = self.rest or rest or document.rest

    def _add_alternatives(self, choice: OneOf) -> None:
        count = len(choice.alternatives)
        for number, alternative in enumerate(choice.alternatives):
            if not isinstance(alternative, Traced):
                continue
            inner = _Merged()
            inner.add_document(alternative)
            self.add_version(inner._version)
            for statement in inner._statements:
                cells = [statement if one == number else REMOVED for one in range(count)]
                self._statements.append(choose(choice.condition, cells))
            self.rest = self.rest or inner.rest

    def document(self, span: Span | None) -> Traced:
        """Return the merged document."""
        members: dict[str, Traced] = {}
        if self._version is not None:
            members["Version"] = self._version
        if self._id is not None:
            members["Id"] = self._id
        if self._statements or self.rest is not None:
            members["Statement"] = Traced(self._statements, span, rest=self.rest)
        return Traced(members, span)


def _documents(source: PolicyParts, plural: str, single: str) -> Iterator[Traced]:
    listed = source.attribute(plural)
    if listed is not None and listed.value is not None:
        if isinstance(listed.value, list):
            yield from listed.value
            if listed.rest is not None:
                yield Traced(listed.rest, listed.span)
        else:
            yield listed
    alone = source.attribute(single)
    if alone is not None:
        yield alone


def _parsed(value: Traced) -> Traced | None:
    """Return the object that a text encodes; `None` when it is not known."""
    if value.encoded is not None:
        return value.encoded if isinstance(value.encoded.value, dict) else None
    text = value.as_text()
    if text is None or isinstance(value.value, (Unknown, Reference)):
        return None
    try:
        traced = trace_json(text)
    except (JsonTextError, RecursionError):
        return None
    return traced if isinstance(traced.value, dict) else None


def _statements_of(document: Traced) -> tuple[list[Traced], Unknown | Reference | None]:
    statements = document.get("Statement")
    if statements is None:
        return [], None
    if isinstance(statements.value, dict):
        return [_normalised(statements)], None
    if isinstance(statements.value, list):
        return [_each(one, _normalised) for one in statements.value], statements.rest
    if isinstance(statements.value, (Unknown, Reference)):
        return [], statements.value
    return [], Unknown("Statement", reason_of(statements))


def _normalised(statement: Traced) -> Traced:
    """Return a statement of another document as the provider writes it again."""
    if not isinstance(statement.value, dict):
        return statement
    members: dict[str, Traced] = {}
    for name, value in statement.value.items():
        if name in ("Principal", "NotPrincipal") and isinstance(value.value, dict):
            value = replace(value, value={key: _sorted(one) for key, one in value.value.items()})
        elif name == "Condition" and isinstance(value.value, dict):
            value = replace(
                value, value={test: _flattened(one) for test, one in value.value.items()}
            )
        members[name] = value
    return replace(statement, value=members)


def _flattened(test: Traced) -> Traced:
    if not isinstance(test.value, dict):
        return test
    return replace(test, value={name: _single(values) for name, values in test.value.items()})


def _single(values: Traced) -> Traced:
    if isinstance(values.value, list) and len(values.value) == 1 and values.rest is None:
        only = values.value[0]
        return only if isinstance(only, Traced) else values
    return values


def _each(value: Traced, make: Callable[[Traced], Traced]) -> Traced:
    """Apply a function to a value, or to every alternative of a choice."""
    if not isinstance(value.value, OneOf):
        return make(value)
    cells = [
        _each(one, make) if isinstance(one, Traced) else one for one in value.value.alternatives
    ]
    return replace(value, value=OneOf(value.value.condition, tuple(cells)))


def _where_present(block: Traced, value: Traced) -> Traced:
    """Return a value on the conditions on which a block is there."""
    return _each(block, lambda _: value)


def _sid(statement: Traced) -> str | None:
    sid = statement.get("Sid")
    return sid.value if sid is not None and isinstance(sid.value, str) else None


def _is_given(value: Traced | None) -> bool:
    return value is not None and value.value is not None and value.value != ""


def _statement(block: Traced) -> Traced:
    """Return the statement that a `statement` block makes."""
    members: dict[str, Traced] = {}
    keys: dict[str, Span] = {}

    def add(name: str, source_name: str, value: Traced | None) -> None:
        if value is None:
            return
        members[name] = value
        span = (block.keys or {}).get(source_name)
        if span is not None:
            keys[name] = span

    if not isinstance(block.value, dict):
        return block
    sid = block.get("sid")
    add("Sid", "sid", sid if _is_given(sid) else None)
    effect = block.get("effect")
    add("Effect", "effect", effect if _is_given(effect) else Traced("Allow", block.span))
    for source_name, name in _LISTS.items():
        add(name, source_name, _strings(block.get(source_name)))
    for source_name, name in _PRINCIPALS.items():
        add(name, source_name, _principals(block.get(source_name)))
    add("Condition", "condition", _conditions(block.get("condition")))
    ordered = {name: members[name] for name in _ORDER if name in members}
    return Traced(ordered, block.span, keys=keys, rest=block.rest)


def _strings(values: Traced | None) -> Traced | None:
    """Return a set of strings: nothing when empty, one string alone, or sorted from the end."""
    if values is None or values.value is None:
        return None
    content = values.value
    if isinstance(content, OneOf):
        cells: list[object] = []
        for one in content.alternatives:
            made = _strings(one) if isinstance(one, Traced) else None
            cells.append(REMOVED if made is None else made)
        return replace(values, value=OneOf(content.condition, tuple(cells)))
    if not isinstance(content, list):
        return _replaced(values)
    distinct: dict[str, Traced] = {}
    for element in content:
        if element.value is None:
            continue
        text = _replaced(element)
        distinct.setdefault(_rendered(text), text)
    if not distinct and values.rest is None:
        return None
    ordered = [distinct[name] for name in sorted(distinct, reverse=True)]
    if len(ordered) == 1 and values.rest is None:
        return ordered[0]
    return Traced(ordered, values.span, rest=values.rest)


def _sorted(values: Traced) -> Traced:
    if not isinstance(values.value, list):
        return values
    return replace(values, value=sorted(values.value, key=_rendered, reverse=True))


def _rendered(value: Traced) -> str:
    text = value.as_text()
    return str(text) if text is not None else str(id(value))


def _replaced(value: Traced) -> Traced:
    """Return a string with `${` for the provider's own spelling `&{`."""
    if isinstance(value.value, (bool, int, float)):
        value = to_string(value)
    text = value.as_text()
    if text is None or not any(
        isinstance(part, Piece) and "&{" in part.text for part in text.parts
    ):
        return value
    parts: list[Piece | Hole] = []
    for part in text.parts:
        if isinstance(part, Piece) and "&{" in part.text:
            parts.append(Piece(part.text.replace("&{", "${"), part.span))
        else:
            parts.append(part)
    return text_of(parts, value.span)


def _principals(blocks: Traced | None) -> Traced | None:
    if blocks is None or not isinstance(blocks.value, list):
        return None if blocks is None or blocks.value is None else blocks
    if not blocks.value and blocks.rest is None:
        return None
    result = Traced({}, blocks.span, keys={}, rest=blocks.rest)
    for block in blocks.value:
        condition, inner = _certain(block)
        kind = inner.get("type")
        identifiers = _strings(inner.get("identifiers"))
        if kind is None or not isinstance(kind.value, str) or identifiers is None:
            result.rest = result.rest or Unknown("principals", "the type is not known")
            continue
        if len(blocks.value) == 1 and kind.value == "*" and identifiers.value == "*":
            return identifiers if condition is None else block
        present = result.value.get(kind.value)
        joined = identifiers if present is None else _joined(present, identifiers)
        if condition is not None and present is None:
            joined = _where_present(block, identifiers)
        result.value[kind.value] = joined
        if result.keys is not None and kind.span is not None:
            result.keys[kind.value] = kind.span
    return result


def _conditions(blocks: Traced | None) -> Traced | None:
    if blocks is None or not isinstance(blocks.value, list):
        return None if blocks is None or blocks.value is None else blocks
    if not blocks.value and blocks.rest is None:
        return None
    result = Traced({}, blocks.span, keys={}, rest=blocks.rest)
    for block in blocks.value:
        _condition, inner = _certain(block)
        test, variable = inner.get("test"), inner.get("variable")
        values = inner.get("values")
        if (
            test is None
            or variable is None
            or values is None
            or not isinstance(test.value, str)
            or not isinstance(variable.value, str)
        ):
            result.rest = result.rest or Unknown("condition", "its test or variable is not known")
            continue
        made = _values(values)
        if _condition is not None:
            made = _where_present(block, made)
        members = result.value.setdefault(test.value, Traced({}, inner.span, keys={}))
        present = members.value.get(variable.value)
        members.value[variable.value] = made if present is None else _joined(present, made)
        if variable.span is not None:
            members.keys[variable.value] = variable.span
        if result.keys is not None and test.span is not None:
            result.keys.setdefault(test.value, test.span)
    return result


def _certain(block: Traced) -> tuple[str | None, Traced]:
    """Return a block that may be absent as it is when it is there, and on which condition."""
    if not isinstance(block.value, OneOf):
        return None, block
    present = next((one for one in block.value.alternatives if isinstance(one, Traced)), block)
    return block.value.condition, _certain(present)[1]


def _values(values: Traced) -> Traced:
    if not isinstance(values.value, list):
        return values
    elements = [_replaced(element) for element in values.value]
    return _single(Traced(elements, values.span, rest=values.rest))


def _joined(first: Traced, second: Traced) -> Traced:
    elements: list[Traced] = []
    rest: Unknown | Reference | None = None
    for one in (first, second):
        if isinstance(one.value, list):
            elements.extend(one.value)
            rest = rest or one.rest
        else:
            elements.append(one)
    return Traced(elements, first.span or second.span, rest=rest)
