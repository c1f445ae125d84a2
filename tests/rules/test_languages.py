"""What a suggestion says of the resource itself: its properties, arguments and blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Traced
from stepguard.rules.languages import block_in_language, dynamic_block, property_in_language

DYNAMIC = """resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Fail" } } })
  dynamic "BLOCK" {
    for_each = []
    content {}
  }
}
"""


@pytest.mark.parametrize(
    ("rule", "block"),
    [
        ("SFN201", "logging_configuration"),
        ("SFN206", "tracing_configuration"),
        ("SFN301", "encryption_configuration"),
    ],
)
def test_a_block_that_a_dynamic_block_makes_is_not_written_beside_it(
    scanned: Callable[..., Any], rule: str, block: str
) -> None:
    (found,) = scanned(rule, DYNAMIC.replace("BLOCK", block)).findings
    assert found.violation.suggestion.startswith(
        f'A value by which `dynamic "{block}"` makes the block, with\n'
    )
    assert "{" not in found.violation.suggestion.partition("\n")[2].replace("${", "")
    assert found.violation.span.text == f'dynamic "{block}"'


def test_a_block_of_an_activity(scanned: Callable[..., Any]) -> None:
    text = """resource "aws_sfn_activity" "a" {
  name = "a"
  dynamic "encryption_configuration" {
    for_each = []
    content {}
  }
}
"""
    (found,) = scanned("SFN306", text).findings
    assert found.violation.span.text == 'dynamic "encryption_configuration"'
    (plain,) = scanned("SFN306", 'resource "aws_sfn_activity" "a" {\n  name = "a"\n}\n').findings
    assert "5.61.0" in plain.violation.suggestion


def test_another_dynamic_block_is_no_matter(scanned: Callable[..., Any]) -> None:
    (found,) = scanned("SFN301", DYNAMIC.replace("BLOCK", "timeouts")).findings
    assert found.violation.suggestion.startswith("encryption_configuration {")
    assert found.violation.span.text == 'resource "aws_sfn_state_machine" "m"'


def test_a_variable_that_is_null_may_be_set_by_the_caller(scanned: Callable[..., Any]) -> None:
    text = """variable "days" {
  default = null
}
resource "aws_cloudwatch_log_group" "g" {
  name              = "/aws/vendedlogs/states/m"
  retention_in_days = var.days
}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Fail" } } })
  logging_configuration {
    level           = "ERROR"
    log_destination = "${aws_cloudwatch_log_group.g.arn}:*"
  }
}
"""
    (found,) = scanned("SFN204", text).findings
    assert found.violation.suggestion == "retention_in_days = 90, or a value for var.days"
    assert found.violation.span.text == "retention_in_days"


def _template(text: str, **attributes: Traced) -> Resource:
    file = SourceFile("t.yaml", text)
    return Resource(
        address="M",
        type="AWS::StepFunctions::StateMachine",
        form=Form.CLOUDFORMATION,
        span=Span(file, 0, 1),
        block=Span(file, 0, len(text)),
        attributes=Traced(dict(attributes)),
    )


def test_a_resource_without_properties_gets_some() -> None:
    written = {"terraform": "", "cloudformation": "Tracing:\n  Enabled: true"}
    bare = _template("M: {}")
    assert property_in_language(bare, **written) == ("Properties:\n  Tracing:\n    Enabled: true")
    assert property_in_language(_template('{"M": {}}'), **written) == (
        '"Properties": {\n  "Tracing": {\n    "Enabled": true\n  }\n}'
    )
    assert property_in_language(_template("M: {}", a=Traced(1)), **written) == (
        "Tracing:\n  Enabled: true"
    )
    assert block_in_language(bare, "tracing", **written).startswith("Properties:")
    assert dynamic_block(_template('dynamic "x" {'), "x") is None
