"""HCL as data: bodies, blocks, attributes and expressions, whichever parser read them.

Every node has `start` and `end`: character offsets in the file's text, `end` exclusive. Parsers
must agree on all of them: a parenthesised expression is the inner one with the inner span, an
attribute spans from its name to the end of its expression, a block from its type to its closing
brace.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from stepguard.structs import Struct


class Literal(Struct, frozen=True):
    """`null`, `true`, `false` or a number (`int`, or `Decimal` when it has a fraction)."""

    value: bool | int | Decimal | None
    start: int
    end: int


class TemplateLiteral(Struct, frozen=True):
    """A stretch of a template that stands for itself.

    `text` is its value; `exact` says that it is written in the file character by character
    (escapes and trimmed or unindented stretches are nodes of their own).
    """

    text: str
    exact: bool
    start: int
    end: int


class Interpolation(Struct, frozen=True):
    """`${…}`. Trimming by `~` has already been applied to the literals beside it."""

    expression: Expression
    start: int
    end: int


class TemplateIf(Struct, frozen=True):
    """`%{if condition}…%{else}…%{endif}`, from the first directive's start to the last's end."""

    condition: Expression
    then: tuple[TemplatePart, ...]
    otherwise: tuple[TemplatePart, ...]
    start: int
    end: int


class TemplateFor(Struct, frozen=True):
    """`%{for key, value in collection}…%{endfor}`; `key` is `None` when only one name is given."""

    key: str | None
    value: str
    collection: Expression
    body: tuple[TemplatePart, ...]
    start: int
    end: int


TemplatePart: TypeAlias = "TemplateLiteral | Interpolation | TemplateIf | TemplateFor"


class Template(Struct, frozen=True):
    """A quoted string or heredoc, or a template file as a whole. `start`/`end` include quotes.

    A template that is one interpolation alone evaluates to that value itself, of any type, when
    `quoted` or a template file; `heredoc` ones always give a string since they end in a newline.
    """

    parts: tuple[TemplatePart, ...]
    start: int
    end: int


class Name(Struct, frozen=True):
    """A root name: `var`, `local`, `aws_sfn_state_machine`, `each`, a `for` variable."""

    name: str
    start: int
    end: int


class GetAttribute(Struct, frozen=True):
    """`source.name`. Spans from the source's start to the name's end; legacy `a.0` is `Index`."""

    source: Expression
    name: str
    start: int
    end: int


class Index(Struct, frozen=True):
    """`source[key]`."""

    source: Expression
    key: Expression
    start: int
    end: int


class Splat(Struct, frozen=True):
    """`source[*]…` or `source.*…`.

    `each` is the expression applied to every element, in which `Name("*", …)` (an empty span at
    the operator's end) stands for the element. The attribute form takes only attributes into
    `each`: later indexes apply to the whole list.
    """

    source: Expression
    each: Expression
    start: int
    end: int


class Call(Struct, frozen=True):
    """`name(arguments)`; `name` keeps its namespace (`provider::aws::arn_parse`).

    `expands` says that the last argument is followed by `...`.
    """

    name: str
    arguments: tuple[Expression, ...]
    expands: bool
    start: int
    end: int


class Unary(Struct, frozen=True):
    """`-operand` or `!operand`."""

    operator: str
    operand: Expression
    start: int
    end: int


class Binary(Struct, frozen=True):
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression
    start: int
    end: int


class Conditional(Struct, frozen=True):
    """`condition ? then : otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    start: int
    end: int


class TupleExpression(Struct, frozen=True):
    """`[a, b]`."""

    elements: tuple[Expression, ...]
    start: int
    end: int


class ObjectMember(Struct, frozen=True):
    """`key = value` in an object. A bare name as key is a `Literal`-like `Template` of its text;
    a parenthesised or computed key is its expression.
    """

    key: Expression
    value: Expression
    start: int
    end: int


class ObjectExpression(Struct, frozen=True):
    """`{ key = value }`."""

    members: tuple[ObjectMember, ...]
    start: int
    end: int


class ForTuple(Struct, frozen=True):
    """`[for key, value in collection : result if condition]`."""

    key: str | None
    value: str
    collection: Expression
    result: Expression
    condition: Expression | None
    start: int
    end: int


class ForObject(Struct, frozen=True):
    """`{for key, value in collection : result_key => result_value... if condition}`."""

    key: str | None
    value: str
    collection: Expression
    result_key: Expression
    result_value: Expression
    groups: bool
    condition: Expression | None
    start: int
    end: int


Expression: TypeAlias = (
    "Literal | Template | Name | GetAttribute | Index | Splat | Call | Unary | Binary | "
    "Conditional | TupleExpression | ObjectExpression | ForTuple | ForObject"
)


class Attribute(Struct, frozen=True):
    """`name = expression` in a body; `name_end` is where the name ends."""

    name: str
    expression: Expression
    start: int
    name_end: int
    end: int


class Block(Struct, frozen=True):
    """`type "label" … { body }`; `header_end` is where the last label (or the type) ends."""

    type: str
    labels: tuple[str, ...]
    body: Body
    start: int
    header_end: int
    end: int


class Body(Struct, frozen=True):
    """The attributes and blocks between two braces, or of a whole file, in order."""

    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]
    start: int
    end: int


class SyntaxProblem(Struct, frozen=True):
    """A stretch of a file that is no HCL; what parses around it is kept."""

    message: str
    start: int
    end: int
