"""SFN604: alarms on executions that tell nobody, or never go off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN604"

MACHINE = """
variable "unknown" {}
variable "actions" {
  default = []
}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
}
"""
GOOD = {
    "alarm_name": '"orders"',
    "namespace": '"AWS/States"',
    "metric_name": '"ExecutionsFailed"',
    "dimensions": "{ StateMachineArn = aws_sfn_state_machine.m.arn }",
    "period": "60",
    "comparison_operator": '"GreaterThanThreshold"',
    "threshold": "0",
    "alarm_actions": '["arn:aws:sns:eu-west-1:123456789012:operators"]',
}


def alarm(**changed: str) -> str:
    members = {key: value for key, value in {**GOOD, **changed}.items() if value}
    body = "\n".join(f"  {key} = {value}" for key, value in members.items())
    return f'{MACHINE}\nresource "aws_cloudwatch_metric_alarm" "a" {{\n{body}\n}}\n'


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"actions_enabled": "true"},
        {"period": '"300"'},
        {"dimensions": '{ StateMachineArn = "arn:aws:states:eu-west-1:1:stateMachine:x" }'},
        {"alarm_actions": "[var.unknown]"},
    ],
)
def test_an_alarm_that_works(scanned: Callable[..., Any], changed: dict[str, str]) -> None:
    assert scanned(RULE, alarm(**changed)).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    ("changed", "words", "located"),
    [
        ({"alarm_actions": ""}, "has no action", 'resource "aws_cloudwatch_metric_alarm" "a"'),
        ({"alarm_actions": "[]"}, "has no action", "[]"),
        ({"actions_enabled": "false"}, "has its actions disabled", "false"),
        ({"dimensions": ""}, "without the dimension StateMachineArn", '"ExecutionsFailed"'),
        ({"dimensions": '{ Name = "m" }'}, "without the dimension", '{ Name = "m" }'),
        (
            {"dimensions": "{ StateMachineArn = aws_sfn_state_machine.m.name }"},
            "which is no ARN of a machine",
            "{ StateMachineArn = aws_sfn_state_machine.m.name }",
        ),
        (
            {"dimensions": '{ StateMachineArn = "m" }'},
            "with m as StateMachineArn",
            '{ StateMachineArn = "m" }',
        ),
        (
            {"dimensions": '{ StateMachineArn = "arn:aws:lambda:eu-west-1:1:function:x" }'},
            "which is no ARN of a machine",
            '{ StateMachineArn = "arn:aws:lambda:eu-west-1:1:function:x" }',
        ),
        ({"period": "10"}, "has a period of 10 seconds", "10"),
        (
            {"comparison_operator": '"LessThanThreshold"'},
            "goes off on LessThanThreshold: while nothing fails",
            '"LessThanThreshold"',
        ),
    ],
)
def test_an_alarm_that_does_not_work(
    scanned: Callable[..., Any], changed: dict[str, str], words: str, located: str
) -> None:
    (found,) = scanned(RULE, alarm(**changed)).findings
    assert words in found.violation.message
    assert found.violation.resource == "aws_cloudwatch_metric_alarm.a"
    assert found.violation.span.text.strip('"') == located.strip('"')


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"alarm_actions": "var.unknown"}, "its actions: var.unknown is not known"),
        ({"actions_enabled": "var.unknown"}, "whether its actions are enabled"),
        ({"actions_enabled": "var.unknown ? true : false"}, "whether its actions are enabled"),
        ({"dimensions": "var.unknown"}, "the dimensions of ExecutionsFailed"),
    ],
)
def test_what_is_not_known(
    scanned: Callable[..., Any], changed: dict[str, str], reason: str
) -> None:
    report = scanned(RULE, alarm(**changed))
    assert report.findings == []
    (one,) = report.not_evaluated
    assert reason in one.reason


@pytest.mark.parametrize(
    "rule",
    [
        '"ALARM(orders) OR ALARM(x)"',
        '"ALARM(${aws_cloudwatch_metric_alarm.a.alarm_name})"',
        '"ALARM(${aws_cloudwatch_metric_alarm.a.arn})"',
    ],
)
def test_a_composite_alarm_acts_for_it(scanned: Callable[..., Any], rule: str) -> None:
    composite = f'resource "aws_cloudwatch_composite_alarm" "c" {{\n  alarm_rule = {rule}\n}}\n'
    report = scanned(RULE, alarm(alarm_actions="") + composite)
    assert report.evaluated[RULE] == {"pass": 1}


def test_a_composite_alarm_on_others(scanned: Callable[..., Any]) -> None:
    composite = 'resource "aws_cloudwatch_composite_alarm" "c" {\n  alarm_rule = "ALARM(x)"\n}\n'
    assert len(scanned(RULE, alarm(alarm_actions="") + composite).findings) == 1
    report = scanned(RULE, alarm(alarm_actions="") + composite.replace('"ALARM(x)"', "var.unknown"))
    assert [one.reason for one in report.not_evaluated] == [
        "whether a composite alarm names it is not known"
    ]


def test_the_caller_of_a_module_may_give_actions(scanned: Callable[..., Any]) -> None:
    text = alarm(alarm_actions="var.actions")
    (one,) = scanned(RULE, text, is_reusable_module=True).not_evaluated
    assert "its caller may give the actions" in one.reason
    assert len(scanned(RULE, text).findings) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"metric_name": '"ExecutionsSucceeded"'},
        {"namespace": '"Custom"'},
        {"metric_name": "var.unknown"},
    ],
)
def test_an_alarm_on_something_else_is_not_judged(
    scanned: Callable[..., Any], changed: dict[str, str]
) -> None:
    assert scanned(RULE, alarm(alarm_actions="", **changed)).evaluated[RULE] == {}


def test_metrics_of_queries_in_cloudformation(scanned: Callable[..., Any]) -> None:
    text = """Resources:
  A:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmActions: [!Ref Topic]
      Metrics:
        - Id: m
          MetricStat:
            Period: 30
            Stat: Sum
            Metric: {Namespace: AWS/States, MetricName: ExecutionsTimedOut, Dimensions: []}
  Topic: {Type: AWS::SNS::Topic}
  M:
    Type: AWS::Serverless::StateMachine
    Properties: {Definition: {StartAt: A, States: {A: {Type: Fail}}}}
"""
    found = [one.violation.subject for one in scanned(RULE, text).findings]
    assert sorted(found) == ["dimension ExecutionsTimedOut", "period"]
