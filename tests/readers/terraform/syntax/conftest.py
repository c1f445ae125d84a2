from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from stepguard.readers.terraform.syntax.expressions import (
    Binary,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    GetAttribute,
    Index,
    Interpolation,
    Literal,
    Name,
    ObjectExpression,
    Splat,
    Template,
    TemplateFor,
    TemplateIf,
    TemplateLiteral,
    TemplatePart,
    TupleExpression,
    Unary,
)
from stepguard.readers.terraform.syntax.parser import available_parsers

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / Decimal(right),
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
}


@pytest.fixture(params=available_parsers())
def parser(request: pytest.FixtureRequest) -> str:
    """Every parser that is installed here."""
    return str(request.param)


@pytest.fixture
def show() -> Callable[[Any], str]:
    return show_expression


@pytest.fixture
def evaluate() -> Callable[..., Any]:
    return evaluate_constant


def show_expression(node: Any) -> str:
    """Return an expression with all its parentheses, in a form that is short to expect."""
    if isinstance(node, Literal):
        words = {None: "null", True: "true", False: "false"}
        is_word = node.value is None or isinstance(node.value, bool)
        return words[node.value] if is_word else str(node.value)
    if isinstance(node, Template):
        return '"' + "".join(_show_part(part) for part in node.parts) + '"'
    if isinstance(node, Name):
        return node.name
    if isinstance(node, GetAttribute):
        return f"{show_expression(node.source)}.{node.name}"
    if isinstance(node, Index):
        return f"{show_expression(node.source)}[{show_expression(node.key)}]"
    if isinstance(node, Splat):
        return f"each({show_expression(node.source)}, {show_expression(node.each)})"
    if isinstance(node, Call):
        arguments = ", ".join(show_expression(one) for one in node.arguments)
        return f"{node.name}({arguments}{'...' if node.expands else ''})"
    if isinstance(node, Unary):
        return f"({node.operator}{show_expression(node.operand)})"
    if isinstance(node, Binary):
        return f"({show_expression(node.left)} {node.operator} {show_expression(node.right)})"
    if isinstance(node, Conditional):
        parts = (node.condition, node.then, node.otherwise)
        return "({} ? {} : {})".format(*(show_expression(part) for part in parts))
    if isinstance(node, TupleExpression):
        return "[" + ", ".join(show_expression(one) for one in node.elements) + "]"
    if isinstance(node, ObjectExpression):
        return "{" + ", ".join(_show_member(one.key, one.value) for one in node.members) + "}"
    assert isinstance(node, (ForTuple, ForObject))
    names = node.value if node.key is None else f"{node.key}, {node.value}"
    intro = f"for {names} in {show_expression(node.collection)} : "
    condition = "" if node.condition is None else f" if {show_expression(node.condition)}"
    if isinstance(node, ForTuple):
        return f"[{intro}{show_expression(node.result)}{condition}]"
    member = f"{show_expression(node.result_key)} => {show_expression(node.result_value)}"
    return f"{{{intro}{member}{'...' if node.groups else ''}{condition}}}"


def _show_member(key: Expression, value: Expression) -> str:
    return f"{show_expression(key)} = {show_expression(value)}"


def _show_part(part: TemplatePart) -> str:
    if isinstance(part, TemplateLiteral):
        return part.text
    if isinstance(part, Interpolation):
        return f"${{{show_expression(part.expression)}}}"
    if isinstance(part, TemplateIf):
        then, otherwise = (
            "".join(map(_show_part, branch)) for branch in (part.then, part.otherwise)
        )
        return f"%{{if {show_expression(part.condition)}}}{then}%{{else}}{otherwise}%{{endif}}"
    names = part.value if part.key is None else f"{part.key}, {part.value}"
    body = "".join(map(_show_part, part.body))
    return f"%{{for {names} in {show_expression(part.collection)}}}{body}%{{endfor}}"


def evaluate_constant(node: Any, names: dict[str, Any] | None = None) -> Any:
    """Return the value of an expression of constants: enough of HCL to compare with Terraform."""
    names = names or {}
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Name):
        return names[node.name]
    if isinstance(node, Template):
        if len(node.parts) == 1 and isinstance(node.parts[0], Interpolation):
            return evaluate_constant(node.parts[0].expression, names)
        return "".join(_render(part, names) for part in node.parts)
    if isinstance(node, Unary):
        value = evaluate_constant(node.operand, names)
        return -value if node.operator == "-" else not value
    if isinstance(node, Binary):
        left, right = (evaluate_constant(one, names) for one in (node.left, node.right))
        return _OPERATORS[node.operator](left, right)
    if isinstance(node, Conditional):
        chosen = node.then if evaluate_constant(node.condition, names) else node.otherwise
        return evaluate_constant(chosen, names)
    if isinstance(node, TupleExpression):
        return [evaluate_constant(one, names) for one in node.elements]
    if isinstance(node, ObjectExpression):
        return {
            _string(evaluate_constant(one.key, names)): evaluate_constant(one.value, names)
            for one in node.members
        }
    if isinstance(node, GetAttribute):
        return evaluate_constant(node.source, names)[node.name]
    if isinstance(node, Index):
        return evaluate_constant(node.source, names)[evaluate_constant(node.key, names)]
    if isinstance(node, Splat):
        source = evaluate_constant(node.source, names)
        return [evaluate_constant(node.each, {**names, "*": one}) for one in source]
    raise AssertionError(f"{type(node).__name__} is no constant")


def _render(part: TemplatePart, names: dict[str, Any]) -> str:
    if isinstance(part, TemplateLiteral):
        return part.text
    if isinstance(part, Interpolation):
        return _string(evaluate_constant(part.expression, names))
    if isinstance(part, TemplateIf):
        branch = part.then if evaluate_constant(part.condition, names) else part.otherwise
        return "".join(_render(one, names) for one in branch)
    assert isinstance(part, TemplateFor)
    rendered = []
    for index, element in enumerate(evaluate_constant(part.collection, names)):
        inner = {**names, part.value: element}
        if part.key is not None:
            inner[part.key] = index
        rendered.extend(_render(one, inner) for one in part.body)
    return "".join(rendered)


def _string(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
