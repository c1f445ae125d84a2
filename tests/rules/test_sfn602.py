"""SFN602: state machines of whose timeouts nobody hears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stepguard.config import Config

RULE = "SFN602"

TEMPLATE = """Resources:
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/m
      Definition: {{StartAt: A, States: {{A: {{Type: Succeed}}}}}}
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


def test_an_alarm_on_failures_does_not_tell_of_timeouts(scanned: Callable[..., Any]) -> None:
    text = TEMPLATE.format(metric="ExecutionsFailed", status="FAILED")
    (found,) = scanned(RULE, text).findings
    assert "on ExecutionsTimedOut of the state machine" in found.violation.message
    assert found.violation.subject == "ExecutionsTimedOut"
    assert "MetricName: ExecutionsTimedOut" in found.violation.suggestion


def test_an_alarm_or_a_rule_on_timeouts(scanned: Callable[..., Any]) -> None:
    for metric, status in (("ExecutionsTimedOut", "FAILED"), ("Other", "TIMED_OUT")):
        report = scanned(RULE, TEMPLATE.format(metric=metric, status=status))
        assert report.evaluated[RULE] == {"pass": 1}


def test_alarms_may_be_elsewhere(scanned: Callable[..., Any]) -> None:
    config = Config(alarms_here=("ExecutionsFailed",))
    text = TEMPLATE.format(metric="Other", status="FAILED")
    (one,) = scanned(RULE, text, config=config).not_evaluated
    assert "ExecutionsTimedOut" in one.reason
