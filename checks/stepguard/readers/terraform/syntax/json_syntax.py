"""Terraform's JSON configuration syntax as the same bodies, blocks and expressions.

`{"resource": {"aws_iam_role": {"r": {…}}}}` is a block with two labels; a list stands for several.
Which members of a resource are nested blocks and which are arguments only the provider's schema
tells. So a member is an attribute, and its objects and lists are expressions: who evaluates takes
an attribute whose value is an object, or a list of objects, for blocks of that name. Blocks of
Terraform's own language (`lifecycle`, `dynamic`, `backend`, …) are blocks. A member `//` is a
comment. Strings are templates, but for a few which are expressions (`depends_on`, `type`) or
plain texts (a variable's `default`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from stepguard.deployment.json_text import JsonTextError, parse_json, trace_json
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Piece, Text, Traced
from stepguard.readers.terraform.syntax.expressions import (
    Attribute,
    Block,
    Body,
    Expression,
    Literal,
    Name,
    ObjectExpression,
    ObjectMember,
    SyntaxProblem,
    Template,
    TemplateLiteral,
    TupleExpression,
)
from stepguard.readers.terraform.syntax.parser import (
    ParsedBody,
    parse_expression,
    parse_template,
)
from stepguard.structs import Struct, replace

_COMMENT = "//"
_ROOT_BLOCKS = {
    "check": 1,
    "data": 2,
    "ephemeral": 2,
    "import": 0,
    "locals": 0,
    "module": 1,
    "moved": 0,
    "output": 1,
    "provider": 1,
    "removed": 0,
    "resource": 2,
    "terraform": 0,
    "variable": 1,
}
"""Labels of the blocks at the top of a file."""

_NESTED_BLOCKS: dict[str, dict[str, int]] = {
    "data": {"dynamic": 1, "lifecycle": 0},
    "ephemeral": {"dynamic": 1, "lifecycle": 0},
    "resource": {"connection": 0, "dynamic": 1, "lifecycle": 0, "provisioner": 1},
    "terraform": {"backend": 1, "cloud": 0, "provider_meta": 1, "required_providers": 0},
    "dynamic": {"content": 0},
    "content": {"dynamic": 1},
    "provisioner": {"connection": 0},
}
"""Labels of the blocks of Terraform's own language within others."""

_EXPRESSION_OWNERS: dict[str, frozenset[str]] = {
    "data": frozenset({"depends_on", "provider"}),
    "import": frozenset({"to", "provider"}),
    "lifecycle": frozenset({"ignore_changes", "replace_triggered_by"}),
    "module": frozenset({"depends_on", "providers"}),
    "moved": frozenset({"from", "to"}),
    "output": frozenset({"depends_on"}),
    "removed": frozenset({"from"}),
    "resource": frozenset({"depends_on", "provider"}),
    "variable": frozenset({"type"}),
}
"""Members whose strings are expressions, by the block they stand in."""

_Read: TypeAlias = "Callable[[Traced], Expression]"
_Node = TypeVar("_Node")


def parse_json_body(text: str, parser: str | None = None) -> ParsedBody:
    """Parse a `.tf.json` file. Offsets count the characters of `text`.

    `parser` reads the expressions, as in `parse_body`. Raises `ParserUnavailableError`.
    """
    reading = _Reading(text, parser)
    try:
        body = reading.whole()
    except RecursionError:
        reading.problems.append(SyntaxProblem("it is nested too deeply", 0, len(text)))
        body = Body((), (), 0, len(text))
    return ParsedBody(body, tuple(reading.problems))


class _Member(Struct, frozen=True):
    """A member of an object that is a body or a level of labels."""

    name: str
    value: Traced
    start: int
    end: int


class _Reading:
    """The reading of one file."""

    def __init__(self, text: str, parser: str | None) -> None:
        self.problems: list[SyntaxProblem] = []
        self._text = text
        self._parser = parser

    def whole(self) -> Body:
        """Return the file's body."""
        text = self._text
        content = text.replace("\ufeff", " ", 1) if text.startswith("\ufeff") else text
        file = SourceFile("", content)
        given = Text((Piece(content, Span(file, 0, len(content)), exact=True),))
        try:
            duplicates = parse_json(given)[1]
            traced = trace_json(given)
        except JsonTextError as error:
            start, end = _range(error.span, len(text))
            self._problem(error.reason, start, end)
            return Body((), (), 0, len(text))
        for duplicate in duplicates:
            self._problem(f"{duplicate.key} stands twice in one object", 0, 0)
        start, end = _range(traced.span, len(text))
        blocks: list[Block] = []
        for member in self._members(traced):
            labels = _ROOT_BLOCKS.get(member.name)
            if labels is not None:
                blocks.extend(self._blocks(member, labels))
        return Body((), tuple(blocks), start, end)

    def _problem(self, message: str, start: int, end: int) -> None:
        self.problems.append(SyntaxProblem(message, start, end))

    def _members(self, traced: Traced) -> Iterator[_Member]:
        """Yield the members of an object, or of each object of a list."""
        value = traced.value
        if isinstance(value, list):
            for element in value:
                if isinstance(element.value, dict):
                    yield from self._members(element)
                else:
                    self._expected_object(element)
        elif isinstance(value, dict):
            for name, member in value.items():
                if name != _COMMENT:
                    start, end = _range((traced.keys or {}).get(name), 0)
                    yield _Member(name, member, start, end)
        elif value is not None:
            self._expected_object(traced)

    def _expected_object(self, traced: Traced) -> None:
        self._problem("an object was expected here", *_range(traced.span, len(self._text)))

    def _blocks(self, member: _Member, labels: int) -> Iterator[Block]:
        """Yield the blocks that a member stands for."""
        level: list[tuple[tuple[str, ...], _Member]] = [((), member)]
        for _ in range(labels):
            level = [
                ((*names, inner.name), inner)
                for names, outer in level
                for inner in self._members(outer.value)
            ]
        for names, innermost in level:
            value = innermost.value
            bodies = value.value if isinstance(value.value, list) else [value]
            for body in bodies:
                if body.value is not None:
                    yield self._block(member.name, names, innermost, body)

    def _block(self, type_name: str, labels: tuple[str, ...], key: _Member, body: Traced) -> Block:
        start, end = _range(body.span, key.end)
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        nested = _NESTED_BLOCKS.get(type_name, {})
        for member in self._members(body):
            if member.name in nested:
                blocks.extend(self._blocks(member, nested[member.name]))
            else:
                attributes.append(self._attribute(type_name, member))
        inner = Body(tuple(attributes), tuple(blocks), start, end)
        return Block(type_name, labels, inner, key.start, key.end, end)

    def _attribute(self, owner: str, member: _Member) -> Attribute:
        read: _Read = self._template
        if member.name in _EXPRESSION_OWNERS.get(owner, ()):
            read = self._bare_expression
        elif owner == "variable" and member.name == "default":
            read = self._plain
        expression = self._value(member.value, read)
        _, end = _range(member.value.span, member.end)
        return Attribute(member.name, expression, member.start, member.end, end)

    def _value(self, traced: Traced, read: _Read) -> Expression:
        """Return a JSON value as an expression; `read` reads its strings."""
        start, end = _range(traced.span, 0)
        value = traced.value
        if isinstance(value, str):
            return read(traced)
        if isinstance(value, list):
            elements = tuple(self._value(element, read) for element in value)
            return TupleExpression(elements, start, end)
        if isinstance(value, dict):
            members = tuple(
                self._member(traced, name, member, read) for name, member in value.items()
            )
            return ObjectExpression(members, start, end)
        if value is None or isinstance(value, (bool, int, Decimal)):
            return Literal(value, start, end)
        return Name("", start, end)

    def _member(self, owner: Traced, name: str, value: Traced, read: _Read) -> ObjectMember:
        span = (owner.keys or {}).get(name)
        key = self._plain if read == self._bare_expression else read
        start, _ = _range(span, 0)
        expression = self._value(value, read)
        return ObjectMember(key(self._key(name, span)), expression, start, expression.end)

    def _key(self, name: str, span: Span | None) -> Traced:
        """Return a key with the places of its characters, as values have them."""
        if span is None:
            return Traced(name)
        if span.end - span.start == len(name) + 2:
            inside = Span(span.file, span.start + 1, span.end - 1)
            return Traced(name, span, text=Text((Piece(name, inside, exact=True),)))
        text = Text((Piece(span.text, span, exact=True),))
        try:
            return trace_json(text)
        except JsonTextError:
            return Traced(name, span)

    def _plain(self, traced: Traced) -> Template:
        places = _Places(traced)
        parts = places.literals(traced.value, 0) if traced.value else ()
        return Template(tuple(parts), places.start, places.end)

    def _template(self, traced: Traced) -> Expression:
        places = _Places(traced)
        template, problems = parse_template(traced.value, self._parser)
        self._add(problems, places)
        moved = places.moved(template)
        return replace(moved, start=places.start, end=places.end)

    def _bare_expression(self, traced: Traced) -> Expression:
        if "${" in traced.value or not traced.value:
            return self._template(traced)
        places = _Places(traced)
        expression, problems = parse_expression(traced.value, self._parser)
        if expression is None or problems:
            self._add(problems, places)
            return Name("", places.start, places.end)
        return places.moved(expression)

    def _add(self, problems: tuple[SyntaxProblem, ...], places: _Places) -> None:
        for problem in problems:
            start, end = places.place(problem.start), places.place_end(problem.end)
            self._problem(problem.message, start, max(start, end))


class _Places:
    """Where the characters of a JSON string's value are written."""

    def __init__(self, traced: Traced) -> None:
        self.start, self.end = _range(traced.span, 0)
        self._offsets: list[int] = []
        self._pieces: list[tuple[int, int, bool]] = []
        position = 0
        text = traced.as_text()
        for piece in text.parts if text is not None else ():
            if isinstance(piece, Piece) and piece.span is not None and piece.text:
                self._offsets.append(position)
                self._pieces.append((piece.span.start, piece.span.end, piece.exact))
                position += len(piece.text)

    def _find(self, offset: int) -> tuple[int, int, int, bool] | None:
        index = bisect_right(self._offsets, offset) - 1
        if index < 0:
            return None
        return (self._offsets[index], *self._pieces[index])

    def place(self, offset: int) -> int:
        """Return where the character at `offset` of the value begins."""
        found = self._find(offset)
        if found is None:
            return min(self.start + 1, self.end)
        first, start, end, exact = found
        return min(start + offset - first, end) if exact else start

    def place_end(self, offset: int) -> int:
        """Return where the character before `offset` ends."""
        if offset <= 0:
            return self.place(0)
        found = self._find(offset - 1)
        if found is None:
            return max(self.end - 1, self.start)
        first, start, end, exact = found
        return min(start + offset - first, end) if exact else end

    def literals(self, text: str, offset: int) -> Iterator[TemplateLiteral]:
        """Yield a stretch of the value as literals; an escape is one of its own."""
        position = 0
        while position < len(text):
            at = offset + position
            index = bisect_right(self._offsets, at)
            following = self._offsets[index] - offset if index < len(self._offsets) else len(text)
            end = max(position + 1, min(following, len(text)))
            found = self._find(at)
            exact = found is not None and found[3]
            start = self.place(at)
            stretch = text[position:end]
            yield TemplateLiteral(stretch, exact, start, self.place_end(offset + end))
            position = end

    def moved(self, node: _Node) -> _Node:
        """Return an expression or a part of one with offsets of the file."""
        changes: dict[str, Any] = {}
        if not isinstance(node, Struct):
            return node
        for name in node.__struct_fields__:
            value = getattr(node, name)
            if name == "start":
                changes["start"] = self.place(value)
            elif name == "end":
                changes["end"] = self.place_end(value)
            elif isinstance(value, tuple):
                changes[name] = tuple(self._moved_all(value))
            elif isinstance(value, Struct):
                changes[name] = self.moved(value)
        if changes["end"] < changes["start"]:
            changes["end"] = changes["start"]
        return replace(node, **changes)

    def _moved_all(self, values: tuple[Any, ...]) -> Iterator[Any]:
        for value in values:
            if isinstance(value, TemplateLiteral) and value.exact:
                yield from self.literals(value.text, value.start)
            else:
                yield self.moved(value)


def _range(span: Span | None, otherwise: int) -> tuple[int, int]:
    return (otherwise, otherwise) if span is None else (span.start, span.end)
