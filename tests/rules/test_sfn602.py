"""SFN602: state machines of whose timeouts nobody hears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config

RULE = "SFN602"

TEMPLATE = """Resources:
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/m
      Definition: {{StartAt: A, {timeout}States: {{A: {{Type: Fail}}}}}}
  A:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/States
      MetricName: {metric}
      Dimensions: [{{Name: StateMachineArn, Value: !GetAtt M.Arn}}]
  R:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {{source: [aws.states], detail: {{status: [{status}]}}}}
      Targets: [{{Id: a, Arn: "arn:aws:sns:eu-west-1:123456789012:operators"}}]
"""


def template(
    metric: str = "ExecutionsFailed", status: str = "FAILED", timeout: str = "TimeoutSeconds: 60, "
) -> str:
    return TEMPLATE.format(metric=metric, status=status, timeout=timeout)


def test_an_alarm_on_failures_does_not_tell_of_timeouts(scanned: Callable[..., Any]) -> None:
    text = template()
    (found,) = scanned(RULE, text).findings
    assert "on ExecutionsTimedOut of the state machine" in found.violation.message
    assert found.violation.subject == "ExecutionsTimedOut"
    assert "MetricName: ExecutionsTimedOut" in found.violation.suggestion


def test_an_alarm_or_a_rule_on_timeouts(scanned: Callable[..., Any]) -> None:
    for metric, status in (("ExecutionsTimedOut", "FAILED"), ("Other", "TIMED_OUT")):
        report = scanned(RULE, template(metric=metric, status=status))
        assert report.evaluated[RULE] == {"pass": 1}


def test_alarms_may_be_elsewhere(scanned: Callable[..., Any]) -> None:
    config = Config(alarms_here=("ExecutionsFailed",))
    text = template(metric="Other")
    (one,) = scanned(RULE, text, config=config).not_evaluated
    assert "ExecutionsTimedOut" in one.reason


def test_what_never_times_out_needs_no_alarm(scanned: Callable[..., Any]) -> None:
    report = scanned(RULE, template(timeout=""))
    assert report.findings == []
    assert report.evaluated[RULE].total() == 0
    express = template(timeout="").replace(
        "      RoleArn", "      StateMachineType: EXPRESS\n      RoleArn"
    )
    # Nothing in it takes any time.
    assert scanned(RULE, express).findings == []
    assert scanned(RULE, express).evaluated[RULE].total() == 0
    calling = express.replace(
        "{Type: Fail}", "{Type: Task, Resource: 'arn:aws:states:::sqs:sendMessage', End: true}"
    )
    assert len(scanned(RULE, calling).findings) == 1


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ("var.definition", "var.definition"),
        ("jsonencode(var.definition)", "var.definition"),
        ('jsonencode(merge({ StartAt = "A" }, var.definition))', "TimeoutSeconds is not known"),
    ],
)
def test_whether_executions_time_out_stands_in_the_definition(
    scanned: Callable[..., Any], definition: str, why: str
) -> None:
    text = f"""
variable "definition" {{}}
resource "aws_sfn_state_machine" "m" {{
  name       = "m"
  type       = "TYPE"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = {definition}
}}
"""
    standard = scanned(RULE, text.replace("TYPE", "STANDARD"))
    assert standard.findings == []
    (one,) = standard.not_evaluated
    assert why in one.reason
    assert len(scanned(RULE, text.replace("TYPE", "EXPRESS")).findings) == 1
