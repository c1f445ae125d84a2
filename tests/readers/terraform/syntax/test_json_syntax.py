"""`.tf.json` files to the same bodies as HCL, with the places of the JSON text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.readers.terraform.syntax.expressions import Attribute, Block
from stepguard.readers.terraform.syntax.json_syntax import parse_json_body

Show = Callable[[Any], str]

MACHINE = """{
  "//": "a comment",
  "resource": {
    "aws_sfn_state_machine": {
      "main": {
        "name": "orders-${var.stage}",
        "definition": "${jsonencode({\\"StartAt\\" = \\"A\\"})}",
        "logging_configuration": [{"level": "ALL"}],
        "depends_on": ["aws_iam_role.r"],
        "dynamic": {"tag": {"for_each": "${var.tags}", "content": {"key": "x"}}}
      },
      "other": [{"name": "b"}, {"name": "c"}]
    }
  },
  "variable": {"stage": {"type": "string", "default": "${not a template}"}}
}
"""


def attribute(block: Block, name: str) -> Attribute:
    found = [one for one in block.body.attributes if one.name == name]
    assert len(found) == 1
    return found[0]


def test_blocks_get_their_labels(parser: str) -> None:
    parsed = parse_json_body(MACHINE, parser)
    assert parsed.problems == ()
    assert [(one.type, one.labels) for one in parsed.body.blocks] == [
        ("resource", ("aws_sfn_state_machine", "main")),
        ("resource", ("aws_sfn_state_machine", "other")),
        ("resource", ("aws_sfn_state_machine", "other")),
        ("variable", ("stage",)),
    ]


def test_strings_are_templates_but_for_those_that_are_not(parser: str, show: Show) -> None:
    main, *_, variable = parse_json_body(MACHINE, parser).body.blocks
    assert show(attribute(main, "name").expression) == '"orders-${var.stage}"'
    assert show(attribute(main, "definition").expression) == '"${jsonencode({"StartAt" = "A"})}"'
    assert show(attribute(main, "depends_on").expression) == "[aws_iam_role.r]"
    assert show(attribute(main, "logging_configuration").expression) == '[{"level" = "ALL"}]'
    assert show(attribute(variable, "type").expression) == "string"
    assert show(attribute(variable, "default").expression) == '"${not a template}"'
    dynamic = main.body.blocks[0]
    assert (dynamic.type, dynamic.labels) == ("dynamic", ("tag",))


def test_places_are_those_of_the_file(parser: str) -> None:
    main = parse_json_body(MACHINE, parser).body.blocks[0]
    name = attribute(main, "name")
    assert MACHINE[name.start : name.name_end] == '"name"'
    assert MACHINE[name.expression.start : name.expression.end] == '"orders-${var.stage}"'
    definition = attribute(main, "definition").expression
    inner = definition.parts[0].expression.arguments[0]  # type: ignore[union-attr]  # a template with one call
    assert MACHINE[inner.start : inner.end].startswith('{\\"StartAt\\"')
    assert MACHINE[main.start : main.header_end].endswith('"main"')


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{", None),
        ('{"resource": 1}', 1),
        ('{\n"resource": {"a": {"b": {"c": "${"}}}}', 2),
        ("[" * 5_000, None),
        ('{"locals": {"a": 1, "a": 2}}', None),
        ("// no\n{}", 1),
    ],
    ids=["cut", "no object", "open template", "deep", "twice", "comment"],
)
def test_what_is_wrong_is_told(parser: str, text: str, line: int | None) -> None:
    parsed = parse_json_body(text, parser)
    assert parsed.problems
    problem = parsed.problems[0]
    assert 0 <= problem.start <= problem.end <= len(text)
    if line is not None:
        assert text.count("\n", 0, problem.start) + 1 == line
