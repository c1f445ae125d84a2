"""Files to bodies: blocks, labels, heredocs, and what is kept of a file that is partly no HCL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.readers.terraform.syntax.expressions import (
    Body,
    ObjectExpression,
    Template,
    TemplateLiteral,
)
from stepguard.readers.terraform.syntax.parser import ParserUnavailableError, parse_body


def heredoc(text: str, parser: str) -> str:
    """Return the value of the one attribute of a file."""
    parsed = parse_body(text, parser)
    assert parsed.problems == ()
    template = parsed.body.attributes[0].expression
    assert isinstance(template, Template)
    parts = [part for part in template.parts if isinstance(part, TemplateLiteral)]
    assert len(parts) == len(template.parts)
    for part in parts:
        assert not part.exact or text[part.start : part.end] == part.text
    return "".join(part.text for part in parts)


def test_blocks_and_attributes(parser: str) -> None:
    text = 'a = 1\nresource "t" "n" {\n  b = 2\n  inner {}\n  dynamic "d" { content {} }\n}\n'
    body = parse_body(text, parser).body
    assert [one.name for one in body.attributes] == ["a"]
    block = body.blocks[0]
    assert (block.type, block.labels) == ("resource", ("t", "n"))
    assert text[block.start : block.header_end] == 'resource "t" "n"'
    assert text[block.end - 1] == "}"
    assert [(one.type, one.labels) for one in block.body.blocks] == [
        ("inner", ()),
        ("dynamic", ("d",)),
    ]
    attribute = block.body.attributes[0]
    assert text[attribute.start : attribute.end] == "b = 2"
    assert text[attribute.start : attribute.name_end] == "b"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a = <<E\nE\n", ""),
        ("a = <<E\nx\ny\nE\n", "x\ny\n"),
        ("a = <<-E\n    x\n      y\n    E\n", "x\n  y\n"),
        ("a = <<E\r\nx\r\nE\r\n", "x\r\n"),
        ("a = <<E\n$${b} %%{c} \\n\nE\n", "${b} %{c} \\n\n"),
        ("a = <<E\n  EOF\n E1\nE\n", "  EOF\n E1\n"),
        ("\ufeffa = <<EOF\né\nEOF\n", "é\n"),
    ],
)
def test_heredocs(parser: str, text: str, value: str) -> None:
    assert heredoc(text, parser) == value


def test_comments_are_no_content(parser: str) -> None:
    text = '# a = 1\n// b = 2\n/* c = 3\n*/ d = 4 # "\n'
    parsed = parse_body(text, parser)
    assert parsed.problems == ()
    assert [one.name for one in parsed.body.attributes] == ["d"]


MANY_BLANKS = {
    "comments": "# a line of a comment that is as long as such lines are\n" * 2_000,
    "a comment": "/*" + "x\n" * 50_000 + "*/",
    "lines": "\n" * 100_000,
    "blanks": " " * 100_000,
}


@pytest.mark.in_time(5)
@pytest.mark.parametrize("name", MANY_BLANKS)
@pytest.mark.parametrize(
    "text",
    [
        "a = {…\n  b = { c = 1 }…\n  d = [1,…2…]\n…}\n",
        "a = {\n  b = (10 +…- c…)\n  d = f(…e…, g[…0…])…\n}\n",
        'b "c" {\n…a = "x y"…\n…d {\n…}\n…}…\n',
    ],
)
def test_long_blanks_are_no_content(name: str, text: str, show: Callable[[Any], str]) -> None:
    def shape(body: Body) -> Any:
        blocks = [(one.type, one.labels, shape(one.body)) for one in body.blocks]
        return [(one.name, show(one.expression)) for one in body.attributes], blocks

    parsed = parse_body(text.replace("…", MANY_BLANKS[name]), "tree-sitter")
    short = parse_body(text.replace("…", " "), "tree-sitter")
    assert parsed.problems == short.problems == ()
    assert shape(parsed.body) == shape(short.body)


def test_places_behind_long_blanks(parser: str) -> None:
    text = "a = {" + "\n" * 300 + "  b = c" + " " * 300 + "+ 20\n" + " " * 300 + "d = e\n}\n"
    parsed = parse_body(text, parser)
    (attribute,) = parsed.body.attributes
    expression = attribute.expression
    assert isinstance(expression, ObjectExpression)
    assert text[expression.start : expression.end].startswith("{")
    assert [text[one.value.start : one.value.end] for one in expression.members] == [
        "c" + " " * 300 + "+ 20",
        "e",
    ]


@pytest.mark.in_time(2)
@pytest.mark.parametrize(
    "text",
    [
        'a = "' + "x" * 20,
        'resource "x" "y" {',
        "a = <<EOF\nnever ended\n",
        'a = "${',
        'a = "%{ if x }"',
        "a = [",
        "= 1\n",
        "}\n",
        "/* open",
        "a = {{{{",
        "\x01\n",
    ],
)
def test_broken_text_is_told_with_its_place_and_does_not_hang(parser: str, text: str) -> None:
    parsed = parse_body(text, parser)
    assert parsed.problems
    assert all(0 <= one.start <= one.end <= len(text) for one in parsed.problems)


def test_what_stands_before_and_after_a_mistake_is_kept() -> None:
    text = 'resource "a" "b" {\n  x = = 1\n}\n\nresource "c" "d" {\n  y = 2\n}\n'
    parsed = parse_body(text, "tree-sitter")
    assert parsed.problems
    assert [block.labels for block in parsed.body.blocks] == [("a", "b"), ("c", "d")]


@pytest.mark.in_time(5)
@pytest.mark.parametrize(
    "text",
    [
        "a = " + "(" * 10_000 + "1" + ")" * 10_000,
        "a = " + "[" * 10_000,
        "a = " + "-" * 10_000 + "1",
        "a = " + '"${' * 5_000,
        "x {\n" * 10_000,
        "a = " + "b ? c : " * 5_000 + "d",
        "a = b" + "[0]" * 10_000,
        "a = 1" + " + 1" * 10_000,
    ],
    ids=["parentheses", "brackets", "signs", "templates", "blocks", "choices", "indexes", "sums"],
)
def test_deep_text_neither_crashes_nor_hangs(parser: str, text: str) -> None:
    parsed = parse_body(text, parser)
    assert isinstance(parsed.body, Body)


def test_a_parser_that_is_not_there_is_refused() -> None:
    with pytest.raises(ParserUnavailableError, match="no HCL parser other"):
        parse_body("", "other")
