"""Expressions to trees: precedence, calls, traversals, `for`, as Terraform reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.readers.terraform.syntax.expressions import Binary, Call, Literal
from stepguard.readers.terraform.syntax.parser import parse_expression

Show = Callable[[Any], str]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "1"),
        ("1e3", "1000"),
        ("1.50", "1.50"),
        ("null", "null"),
        ("true", "true"),
        ("var.a", "var.a"),
        ("a.b[0].c", "a.b[0].c"),
        ('a["x"].b', 'a["x"].b'),
        ("a.0.b", "a[0].b"),
        ("a[*].b.c", "each(a, *.b.c)"),
        ("a.*.b[0]", "each(a, *.b)[0]"),
        ("a[*].b[0]", "each(a, *.b[0])"),
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("(1 + 2) * 3", "((1 + 2) * 3)"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("7 / 2 % 2", "((7 / 2) % 2)"),
        ("-a + b", "((-a) + b)"),
        ("--1", "(-(-1))"),
        ("!a && b || c", "(((!a) && b) || c)"),
        ("a || b && c", "(a || (b && c))"),
        ("a == b != c", "((a == b) != c)"),
        ("a < b == c >= d", "((a < b) == (c >= d))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ? b ? c : d : e", "(a ? (b ? c : d) : e)"),
        ("a == 1 ? 2 + 3 : 4", "((a == 1) ? (2 + 3) : 4)"),
        ("f()", "f()"),
        ("f(a, b,)", "f(a, b)"),
        ("f(a...)", "f(a...)"),
        ("provider::aws::arn_parse(a)", "provider::aws::arn_parse(a)"),
        ("core::max(1, 2)", "core::max(1, 2)"),
        ("[1, [2], ]", "[1, [2]]"),
        ("{ a = 1, b : 2 }", '{"a" = 1, "b" = 2}'),
        ("{\n a = 1\n (b) = 2\n}", '{"a" = 1, b = 2}'),
        ('{ "x-${y}" = 1 }', '{"x-${y}" = 1}'),
        ("{ a.b = 1 }", "{a.b = 1}"),
        ("[for a in b : a.c if a.d]", "[for a in b : a.c if a.d]"),
        ("{for k, v in m : k => v}", "{for k, v in m : k => v}"),
        ("{for k, v in m : v => k...}", "{for k, v in m : v => k...}"),
        ("[for\n a\n in\n b\n :\n a\n]", "[for a in b : a]"),
        ('"a${b}c"', '"a${b}c"'),
        ('"a\\tb\\u0041\\""', '"a\tbA""'),
        ('"$${x} %%{y}"', '"${x} %{y}"'),
        ('"%{ if a }x%{ else }y%{ endif }"', '"%{if a}x%{else}y%{endif}"'),
        ('"%{ for k, v in m }${k}%{ endfor }"', '"%{for k, v in m}${k}%{endfor}"'),
        ("f(\n  a, # one\n  b  // two\n)", "f(a, b)"),
        ("a /* b */ + c", "(a + c)"),
        ("for-each.x", "for-each.x"),
        ("if_a ? in_b : endif_c", "(if_a ? in_b : endif_c)"),
    ],
)
def test_an_expression(parser: str, show: Show, text: str, expected: str) -> None:
    expression, problems = parse_expression(text, parser)
    assert problems == ()
    assert show(expression) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * -3", -9),
        ("10 % 4 + 2", 4),
        ("!false && 2 > 1", True),
        ("1 == 1 ? [1, 2][1] : 0", 2),
        ('{ a = { b = "c" } }.a.b', "c"),
        ('"${1 + 1} is ${true}"', "2 is true"),
        ('"${[1, 2]}"', [1, 2]),
        ("[{ a = 1 }, { a = 2 }][*].a", [1, 2]),
        ('"%{ for x in [1, 2] ~} ${x} %{~ endfor }"', "12"),
    ],
)
def test_a_constant(parser: str, evaluate: Callable[..., Any], text: str, value: Any) -> None:
    expression, problems = parse_expression(text, parser)
    assert problems == ()
    assert evaluate(expression) == value


def test_places_are_those_of_the_text(parser: str) -> None:
    text = 'f(a, (1 + 22), "é")'
    expression, _ = parse_expression(text, parser)
    assert isinstance(expression, Call)
    shown = [text[one.start : one.end] for one in expression.arguments]
    assert shown == ["a", "1 + 22", '"é"']
    total = expression.arguments[1]
    assert isinstance(total, Binary)
    assert isinstance(total.right, Literal)
    assert text[total.right.start : total.right.end] == "22"


@pytest.mark.parametrize(
    "text", ["", "1 +", "(1", "[1, 2", "{ a = }", "a b", "f(,)", '"${a"', "?:"]
)
def test_what_is_no_expression_is_told(parser: str, text: str) -> None:
    _, problems = parse_expression(text, parser)
    assert problems
    assert all(0 <= one.start <= one.end <= len(text) for one in problems)
