"""SFN204: log groups that keep their events for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN204"

TEXT = """
variable "days" {}
variable "forever" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
  logging_configuration {
    level           = "LEVEL"
    log_destination = "DESTINATION"
  }
}
resource "aws_cloudwatch_log_group" "g" {
  name = "/aws/vendedlogs/states/m"
  RETENTION
}
resource "aws_cloudwatch_log_group" "of_nobody" {
  name = "/aws/lambda/x"
}
"""
BY_REFERENCE = "${aws_cloudwatch_log_group.g.arn}:*"
BY_NAME = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/m:*"


def text(retention: str, destination: str = BY_REFERENCE, level: str = "ALL") -> str:
    given = TEXT.replace("RETENTION", retention).replace("DESTINATION", destination)
    return given.replace("LEVEL", level)


@pytest.mark.parametrize("destination", [BY_REFERENCE, BY_NAME])
@pytest.mark.parametrize(
    ("retention", "located"),
    [
        ("", 'resource "aws_cloudwatch_log_group" "g"'),
        ("retention_in_days = null", "retention_in_days"),
        ("retention_in_days = 0", "0"),
    ],
)
def test_no_retention(
    scanned: Callable[..., Any], destination: str, retention: str, located: str
) -> None:
    (found,) = scanned(RULE, text(retention, destination)).findings
    assert found.violation.resource == "aws_cloudwatch_log_group.g"
    assert found.violation.span.text == located
    assert [one.message for one in found.violation.related] == [
        "aws_sfn_state_machine.m logs to it"
    ]


@pytest.mark.parametrize("value", ["1", "var.forever ? 30 : 90", '"90"'])
def test_some_retention(scanned: Callable[..., Any], value: str) -> None:
    report = scanned(RULE, text(f"retention_in_days = {value}"))
    assert report.evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize("value", ["var.days", "var.forever ? 0 : 90"])
def test_a_retention_that_is_not_known(scanned: Callable[..., Any], value: str) -> None:
    report = scanned(RULE, text(f"retention_in_days = {value}"))
    assert report.findings == []
    (one,) = report.not_evaluated
    assert one.reason.startswith("the retention of the log group ")
    assert one.resource == "aws_cloudwatch_log_group.g"


@pytest.mark.parametrize(
    ("destination", "level"),
    [("arn:aws:logs:eu-west-1:123456789012:log-group:other:*", "ALL"), (BY_REFERENCE, "OFF")],
)
def test_a_log_group_that_no_machine_logs_to(
    scanned: Callable[..., Any], destination: str, level: str
) -> None:
    assert scanned(RULE, text("", destination, level)).evaluated[RULE] == {}


def test_what_is_suggested_for_a_log_group_without_properties(scanned: Callable[..., Any]) -> None:
    machine = """
Resources:
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/m
      Definition: {StartAt: A, States: {A: {Type: Succeed}}}
      LoggingConfiguration:
        Level: ALL
        Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt G.Arn}}]
  G:
    Type: AWS::Logs::LogGroup
"""
    (bare,) = scanned(RULE, machine).findings
    assert bare.violation.suggestion == "Properties: {RetentionInDays: 90}"
    named = machine + "    Properties: {LogGroupName: g}\n"
    (found,) = scanned(RULE, named).findings
    assert found.violation.suggestion == "RetentionInDays: 90"
