"""What both grammars share on the way from a syntax tree to expressions.

A grammar knows the shape of its own tree. Names, numbers, operators, templates and the meaning of
what follows a term (`.a`, `[0]`, `.*`, `[*]`) are read here, from the original text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Protocol, TypeAlias

from stepguard.readers.terraform.syntax.expressions import (
    Binary,
    Body,
    Conditional,
    Expression,
    GetAttribute,
    Index,
    Literal,
    Name,
    Splat,
    SyntaxProblem,
    Template,
    TemplateLiteral,
    Unary,
)
from stepguard.readers.terraform.syntax.scanner import RawTemplate, Region
from stepguard.readers.terraform.syntax.templates import TemplateReader, literal_text
from stepguard.structs import Struct

MAXIMUM_DEPTH = 100
"""Expressions within expressions."""

MAXIMUM_CHAIN = 200
"""Operators, or attributes and indexes, that follow each other in one expression."""

_MAXIMUM_MAGNITUDE = 400
_MAXIMUM_PROBLEMS = 20
_ELEMENT = "*"


class NestingError(Exception):
    """An expression is nested too deeply, or its chain of operators is too long."""


class Grammar(Protocol):
    """A parser of masked text."""

    def body(self, region: Region, assembly: Assembly) -> Body:
        """Return the body that a region is; what is wrong goes to the assembly."""

    def expression(self, region: Region, assembly: Assembly) -> Expression | None:
        """Return the expression that a region is; `None`, and a problem, when it is none."""


class AttributeStep(Struct, frozen=True):
    """`.name`, or `.0` in its legacy form."""

    name: str
    start: int
    end: int


class IndexStep(Struct, frozen=True):
    """`[key]`."""

    key: Expression
    end: int


class SplatStep(Struct, frozen=True):
    """`.*` (`is_full` is false) or `[*]`."""

    is_full: bool
    end: int


Step: TypeAlias = "AttributeStep | IndexStep | SplatStep"


class Term(Struct, frozen=True):
    """An expression and the stretch that it takes with its parentheses."""

    expression: Expression
    start: int
    end: int
    is_parenthesised: bool = False


class Assembly:
    """The text that is being read, the grammar that reads it, and what was wrong."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text = text
        self.problems: list[SyntaxProblem] = []
        self._grammar = grammar
        self._templates = TemplateReader(text, self.expression, self.problems)
        self._depth = 0

    def problem(self, message: str, start: int, end: int) -> None:
        """Note what is wrong, on one line and not without end."""
        if len(self.problems) < _MAXIMUM_PROBLEMS:
            line_end = self.text.find("\n", start)
            end = end if line_end <= start else min(end, line_end)
            start = min(start, len(self.text))
            end = min(max(start, end), len(self.text))
            self.problems.append(SyntaxProblem(message, start, end))

    def body(self, region: Region) -> Body:
        """Return the body that a region is."""
        return self._grammar.body(region, self)

    def expression(self, region: Region) -> Expression:
        """Return the expression that a region is; an empty name when it is none."""
        if not region.masked.strip():
            self.problem("an expression is missing", max(0, region.start - 1), region.end + 1)
            return Name("", region.start, region.end)
        found: list[Expression | None] = []
        self.guarded(
            region.start,
            region.end,
            lambda: found.append(self._grammar.expression(region, self)),
        )
        if found and found[0] is not None:
            return found[0]
        return Name("", region.start, region.end)

    def guarded(self, start: int, end: int, read: Callable[[], None]) -> bool:
        """Call `read`; tell whether it went well, with a problem noted when it was too deep."""
        depth = self._depth
        try:
            read()
        except NestingError:
            self.problem("it is nested too deeply", start, end)
            return False
        finally:
            self._depth = depth
        return True

    def descend(self) -> None:
        """Go one expression deeper. Raises `NestingError`."""
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise NestingError

    def ascend(self) -> None:
        """Come back from one expression."""
        self._depth -= 1

    def template(self, raw: RawTemplate) -> Template:
        """Return a template. Raises `NestingError`."""
        self.descend()
        template = self._templates.read(raw)
        self.ascend()
        return template

    def label(self, region: Region, start: int, end: int) -> str:
        """Return a block's label, quoted or not."""
        raw = region.templates.get(start)
        if raw is None:
            return self.text[start:end]
        label = literal_text(self.template(raw))
        if label is None:
            self.problem("a label must be a plain text", start, end)
        return label or ""

    def number(self, start: int, end: int) -> Expression:
        """Return a number; an empty name when it is beyond all use."""
        written = self.text[start:end]
        try:
            value = Decimal(written)
        except InvalidOperation:
            value = Decimal("Infinity")
        if not value.is_finite() or abs(value.adjusted()) > _MAXIMUM_MAGNITUDE:
            self.problem("the number is out of all bounds", start, end)
            return Name("", start, end)
        whole = int(value)
        return Literal(whole if whole == value else value, start, end)

    def word(self, start: int, end: int) -> Expression:
        """Return what a bare word is: a keyword's value or a name."""
        written = self.text[start:end]
        if written in ("true", "false"):
            return Literal(written == "true", start, end)
        if written == "null":
            return Literal(None, start, end)
        return Name(written, start, end)

    def key(self, term: Term) -> Expression:
        """Return an object's key: a bare word, `null` too, stands for its own text."""
        expression = term.expression
        start, end = expression.start, expression.end
        word = self.text[start:end]
        is_keyword = isinstance(expression, Literal) and word in ("true", "false", "null")
        if term.is_parenthesised or not word:
            return expression
        if is_keyword or (isinstance(expression, Name) and expression.name):
            return Template((TemplateLiteral(word, True, start, end),), start, end)
        return expression

    def unary(self, signs: Sequence[int], operand: Term) -> Expression:
        """Return an operand behind its signs, which stand at these offsets."""
        if len(signs) > MAXIMUM_DEPTH:
            raise NestingError
        expression = operand.expression
        for offset in reversed(signs):
            expression = Unary(self.text[offset], expression, offset, operand.end)
        return expression

    def chain(self, first: Term, following: Sequence[tuple[str, Term]]) -> Term:
        """Return operators of one precedence, from left to right."""
        if len(following) > MAXIMUM_CHAIN:
            raise NestingError
        result = first
        for operator, operand in following:
            start, end = result.start, operand.end
            expression = Binary(operator, result.expression, operand.expression, start, end)
            result = Term(expression, start, end)
        return result

    def conditional(self, terms: Sequence[Term]) -> Term:
        """Return `a ? b : c ? d : e …` of its terms; it binds to the right."""
        if len(terms) > MAXIMUM_DEPTH:
            raise NestingError
        result = terms[-1]
        for position in range(len(terms) - 3, -1, -2):
            condition, then = terms[position], terms[position + 1]
            expression = Conditional(
                condition.expression,
                then.expression,
                result.expression,
                condition.start,
                result.end,
            )
            result = Term(expression, condition.start, result.end)
        return result

    def steps(self, source: Term, steps: Sequence[Step]) -> Term:
        """Return a term with what follows it."""
        if not steps:
            return source
        if len(steps) > MAXIMUM_CHAIN or sum(isinstance(one, SplatStep) for one in steps) > (
            MAXIMUM_DEPTH // 2
        ):
            raise NestingError
        return Term(
            self._follow(source.expression, source.start, steps), source.start, steps[-1].end
        )

    def _follow(self, source: Expression, start: int, steps: Sequence[Step]) -> Expression:
        position = 0
        while position < len(steps):
            step = steps[position]
            position += 1
            if not isinstance(step, SplatStep):
                source = _apply(source, start, step)
                continue
            each: Expression = Name(_ELEMENT, step.end, step.end)
            if step.is_full:
                rest = steps[position:]
                each = self._follow(each, step.end, rest)
                return Splat(source, each, start, rest[-1].end if rest else step.end)
            end = step.end
            while position < len(steps):
                inner = steps[position]
                if not isinstance(inner, AttributeStep):
                    break
                each = _apply(each, step.end, inner)
                end = inner.end
                position += 1
            source = Splat(source, each, start, end)
        return source


def _apply(source: Expression, start: int, step: AttributeStep | IndexStep) -> Expression:
    if isinstance(step, IndexStep):
        return Index(source, step.key, start, step.end)
    if step.name.isdigit():
        key = Literal(int(step.name), step.start, step.end)
        return Index(source, key, start, step.end)
    return GetAttribute(source, step.name, start, step.end)
