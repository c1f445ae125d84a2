"""HCL as data: bodies, blocks, attributes and expressions, whichever parser read them.

Every node has `start` and `end`: character offsets in the file's text, `end` exclusive. Parsers
must agree on all of them: a parenthesised expression is the inner one with the inner span, an
attribute spans from its name to the end of its expression, a block from its type to its closing
brace.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """`null`, `true`, `false` or a number (`int`, or `Decimal` when it has a fraction)."""

    value: bool | int | Decimal | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TemplateLiteral:
    """A stretch of a template that stands for itself.

    `text` is its value; `exact` says that it is written in the file character by character
    (escapes and trimmed or unindented stretches are nodes of their own).
    """

    text: str
    exact: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Interpolation:
    """`${…}`. Trimming by `~` has already been applied to the literals beside it."""

    expression: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TemplateIf:
    """`%{if condition}…%{else}…%{endif}`, from the first directive's start to the last's end."""

    condition: Expression
    then: tuple[TemplatePart, ...]
    otherwise: tuple[TemplatePart, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TemplateFor:
    """`%{for key, value in collection}…%{endfor}`; `key` is `None` when only one name is given."""

    key: str | None
    value: str
    collection: Expression
    body: tuple[TemplatePart, ...]
    start: int
    end: int


TemplatePart: TypeAlias = "TemplateLiteral | Interpolation | TemplateIf | TemplateFor"


@dataclass(frozen=True, slots=True)
class Template:
    """A quoted string or heredoc, or a template file as a whole. `start`/`end` include quotes.

    A template that is one interpolation alone evaluates to that value itself, of any type, when
    `quoted` or a template file; `heredoc` ones always give a string since they end in a newline.
    """

    parts: tuple[TemplatePart, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Name:
    """A root name: `var`, `local`, `aws_sfn_state_machine`, `each`, a `for` variable."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class GetAttribute:
    """`source.name`. Spans from the source's start to the name's end; legacy `a.0` is `Index`."""

    source: Expression
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Index:
    """`source[key]`."""

    source: Expression
    key: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Splat:
    """`source[*]…` or `source.*…`.

    `each` is the expression applied to every element, in which `Name("*", …)` (an empty span at
    the operator's end) stands for the element. The attribute form takes only attributes into
    `each`: later indexes apply to the whole list.
    """

    source: Expression
    each: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`; `name` keeps its namespace (`provider::aws::arn_parse`).

    `expands` says that the last argument is followed by `...`.
    """

    name: str
    arguments: tuple[Expression, ...]
    expands: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`-operand` or `!operand`."""

    operator: str
    operand: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? then : otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TupleExpression:
    """`[a, b]`."""

    elements: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ObjectMember:
    """`key = value` in an object. A bare name as key is a `Literal`-like `Template` of its text;
    a parenthesised or computed key is its expression.
    """

    key: Expression
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ObjectExpression:
    """`{ key = value }`."""

    members: tuple[ObjectMember, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ForTuple:
    """`[for key, value in collection : result if condition]`."""

    key: str | None
    value: str
    collection: Expression
    result: Expression
    condition: Expression | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ForObject:
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


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = expression` in a body; `name_end` is where the name ends."""

    name: str
    expression: Expression
    start: int
    name_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" … { body }`; `header_end` is where the last label (or the type) ends."""

    type: str
    labels: tuple[str, ...]
    body: Body
    start: int
    header_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Body:
    """The attributes and blocks between two braces, or of a whole file, in order."""

    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A stretch of a file that is no HCL; what parses around it is kept."""

    message: str
    start: int
    end: int
