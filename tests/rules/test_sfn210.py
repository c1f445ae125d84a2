"""SFN210: trails that leave out the data events of Step Functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN210"

MACHINE = """
variable "unknown" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
}
"""


def selector(field: str, equals: str) -> str:
    return f"""
  advanced_event_selector {{
    field_selector {{
      field  = {field}
      equals = {equals}
    }}
  }}
"""


def trail(body: str, kind: str = "aws_cloudtrail", name: str = "t") -> str:
    return f'resource "{kind}" "{name}" {{\n{body}\n}}\n'


WANTED = selector('"resources.type"', '["AWS::S3::Object", "AWS::StepFunctions::StateMachine"]')
OTHER = selector('"resources.type"', '["AWS::S3::Object"]')


@pytest.mark.parametrize(
    "body", ["", OTHER, selector('"eventName"', '["AWS::StepFunctions::StateMachine"]')]
)
def test_no_data_events(scanned: Callable[..., Any], body: str) -> None:
    (found,) = scanned(RULE, MACHINE + trail(body)).findings
    assert "Neither aws_cloudtrail.t nor another trail" in found.violation.message
    assert "AWS::StepFunctions::StateMachine" in found.violation.suggestion


def test_it_is_one_finding(scanned: Callable[..., Any]) -> None:
    text = MACHINE + trail(OTHER) + trail("", "aws_cloudtrail_event_data_store", "s")
    assert len(scanned(RULE, text).findings) == 1


def test_one_trail_does(scanned: Callable[..., Any]) -> None:
    for text in (
        trail(WANTED),
        trail(OTHER) + trail(WANTED, name="other"),
        trail(OTHER) + trail(WANTED, "aws_cloudtrail_event_data_store"),
    ):
        assert scanned(RULE, MACHINE + text).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    "body",
    [
        selector("var.unknown", '["AWS::S3::Object"]'),
        selector('"resources.type"', "var.unknown"),
        selector('"resources.type"', "[var.unknown]"),
        'dynamic "advanced_event_selector" {\n  for_each = var.unknown\n  content {}\n}',
    ],
)
def test_what_is_not_known(scanned: Callable[..., Any], body: str) -> None:
    report = scanned(RULE, MACHINE + trail(body))
    assert report.findings == []
    assert [one.reason for one in report.not_evaluated] == [
        "the event selectors of the trail are not known"
    ]


def test_a_project_without_a_trail(scanned: Callable[..., Any]) -> None:
    assert scanned(RULE, MACHINE).evaluated[RULE] == {}
