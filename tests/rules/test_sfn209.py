"""SFN209: log groups whose names make the resource policies of logs grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN209"

TEXT = """
variable "unknown" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
  logging_configuration {
    level           = "ALL"
    log_destination = "${aws_cloudwatch_log_group.g.arn}:*"
  }
}
resource "aws_cloudwatch_log_group" "g" {
  NAME
}
"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "has no name of its own, and the one it gets does not begin with"),
        ('name = "orders"', "g does not begin with /aws/vendedlogs/"),
        ('name = "/aws/states/${var.unknown}"', "g does not begin with"),
        ('name_prefix = "orders"', "g does not begin with"),
    ],
)
def test_another_name(scanned: Callable[..., Any], name: str, words: str) -> None:
    (found,) = scanned(RULE, TEXT.replace("NAME", name)).findings
    assert words in found.violation.message
    assert found.violation.resource == "aws_cloudwatch_log_group.g"


@pytest.mark.parametrize(
    "name",
    [
        'name = "/aws/vendedlogs/states/m"',
        'name = "/aws/vendedlogs/${var.unknown}"',
        'name_prefix = "/aws/vendedlogs/"',
        'name = var.unknown ? "/aws/vendedlogs/a" : "/aws/vendedlogs/b"',
    ],
)
def test_the_prefix(scanned: Callable[..., Any], name: str) -> None:
    assert scanned(RULE, TEXT.replace("NAME", name)).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    "value", ["var.unknown", '"/aws/${var.unknown}"', 'var.unknown ? "/aws/vendedlogs/a" : "b"']
)
def test_a_name_that_is_not_known(scanned: Callable[..., Any], value: str) -> None:
    report = scanned(RULE, TEXT.replace("NAME", f"name = {value}"))
    assert report.findings == []
    (one,) = report.not_evaluated
    assert one.reason.startswith("the name of the log group ")
