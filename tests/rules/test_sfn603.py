"""SFN603: state machines of whose aborted or throttled executions nobody hears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN603"

MACHINE = """
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
}
"""


def alarm(metric: str) -> str:
    return f"""
resource "aws_cloudwatch_metric_alarm" "{metric}" {{
  namespace   = "AWS/States"
  metric_name = "{metric}"
  dimensions  = {{ StateMachineArn = aws_sfn_state_machine.m.arn }}
}}
"""


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "ExecutionsAborted or ExecutionThrottled"),
        (alarm("ExecutionsAborted"), "on ExecutionThrottled of"),
        (alarm("ExecutionThrottled"), "on ExecutionsAborted of"),
    ],
)
def test_what_is_missing_is_one_finding(
    scanned: Callable[..., Any], text: str, missing: str
) -> None:
    (found,) = scanned(RULE, MACHINE + text).findings
    assert missing in found.violation.message


def test_both_are_watched(scanned: Callable[..., Any]) -> None:
    text = MACHINE + alarm("ExecutionsAborted") + alarm("ExecutionThrottled")
    assert scanned(RULE, text).evaluated[RULE] == {"pass": 1}


def test_an_express_workflow_cannot_be_stopped(scanned: Callable[..., Any]) -> None:
    express = MACHINE.replace('name       = "m"', 'name       = "m"\n  type       = "EXPRESS"')
    assert scanned(RULE, express).evaluated[RULE].total() == 0
