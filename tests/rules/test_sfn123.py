"""SFN123: actions of Step Functions on ARNs of a type that they are never called on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN123"
PLACE = "arn:aws:states:us-east-1:123456789012"
MACHINE = f"{PLACE}:stateMachine:orders"
EXECUTIONS = f"{PLACE}:execution:orders:*"


def template(action: Any, resource: Any, service: str = "lambda.amazonaws.com") -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = {"PolicyName": "watch", "PolicyDocument": {"Statement": [statement]}}
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    properties = {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": [policy]}
    return json.dumps({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": properties}}})


@pytest.fixture
def judged(scanned: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *parts, **more: scanned(RULE, "Resources: " + resources(*parts, **more))


def resources(*parts: Any, **more: Any) -> str:
    return json.dumps(json.loads(template(*parts, **more))["Resources"])


@pytest.mark.parametrize(
    ("action", "resource", "instead"),
    [
        ("states:DescribeExecution", MACHINE, f'"{EXECUTIONS}"'),
        ("states:StopExecution", MACHINE, f'"{EXECUTIONS}"'),
        ("states:GetExecutionHistory", f"{PLACE}:stateMachine:*", f'"{PLACE}:execution:*:*"'),
        ("states:StartExecution", EXECUTIONS, f'"{MACHINE}"'),
        ("states:ListExecutions", f"{PLACE}:execution:orders:*", "mapRun:orders/*:*"),
        ("states:StartExecution", f"{PLACE}:activity:a", f'"{PLACE}:stateMachine:a"'),
        ("states:StartExecution", "arn:aws:lambda:*:*:function:f", "stateMachine:<name>"),
        ("states:StartExecution", f"{PLACE}:statemachine:orders", "stateMachine:<name>"),
    ],
)
def test_a_resource_of_another_type(
    judged: Callable[..., Any], action: str, resource: str, instead: str
) -> None:
    (found,) = judged(action, resource).findings
    assert f'{action} on "{resource}", which never matches' in found.violation.message
    assert instead in found.violation.suggestion
    assert found.violation.span.text.strip('"') == action


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("states:StartExecution", MACHINE),
        ("states:DescribeExecution", EXECUTIONS),
        ("states:DescribeExecution", f"{PLACE}:express:orders:*:*"),
        ("states:DescribeExecution", [MACHINE, EXECUTIONS]),
        (["states:StartExecution", "states:StopExecution"], "*"),
        ("states:StopExecution", f"{PLACE}:*"),
        ("states:StopExecution", "arn:aws:states:*"),
        ("states:StopExecution", f"{PLACE}:*:orders"),
        ("states:StopExecution", f"{PLACE}:exec*"),
        ("states:ListExecutions", MACHINE),
        ("states:ListTagsForResource", MACHINE),
        ("states:SendTaskSuccess", MACHINE),
        ("states:Describe*", MACHINE),
        ("states:NoSuchAction", MACHINE),
        ("states:StopExecution", {"Fn::Sub": "${AWS::Partition}:x"}),
    ],
)
def test_what_may_match(judged: Callable[..., Any], action: Any, resource: Any) -> None:
    assert judged(action, resource).findings == []


def test_actions_that_share_a_type_are_one_finding(judged: Callable[..., Any]) -> None:
    actions = ["states:StartExecution", "states:DescribeExecution", "states:StopExecution"]
    (found,) = judged(actions, MACHINE).findings
    assert "states:DescribeExecution and states:StopExecution on" in found.violation.message


def test_roles_of_step_functions_are_judged_too(judged: Callable[..., Any]) -> None:
    report = judged("states:DescribeExecution", MACHINE, "states.amazonaws.com")
    assert len(report.findings) == 1


def test_a_resource_that_is_not_known(scanned: Callable[..., Any]) -> None:
    text = """
variable "open" {}
resource "aws_iam_policy" "p" {
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Action = "states:StopExecution", Resource = [var.open, "MACHINE"] },
  ] })
}
""".replace("MACHINE", MACHINE)
    report = scanned(RULE, text)
    assert report.evaluated[RULE] == {"not_evaluated": 1}
    assert "its resources: var.open is not known" in report.not_evaluated[0].reason


def test_the_machine_of_the_project(scanned: Callable[..., Any]) -> None:
    text = """
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  definition = "{}"
}
resource "aws_iam_policy" "p" {
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Action = "states:StopExecution", Resource = aws_sfn_state_machine.m.arn },
  ] })
}
"""
    (found,) = scanned(RULE, text).findings
    assert ":execution:${aws_sfn_state_machine.m.name}:*" in found.violation.suggestion


MAP = {
    "Type": "Map",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "B",
        "States": {"B": {"Type": "Succeed"}},
    },
    "End": True,
}


@pytest.mark.parametrize(
    ("kind", "state", "action", "words"),
    [
        ("EXPRESS", {"Type": "Succeed"}, "states:StopExecution", "Leave states:StopExecution out"),
        ("STANDARD", {"Type": "Succeed"}, "states:StopExecution", ":execution:${M.Name}:*"),
        ("STANDARD", {"Type": "Succeed"}, "states:RedriveExecution", ":execution:${M.Name}:*"),
        ("STANDARD", MAP, "states:RedriveExecution", ":execution:${M.Name}/*:*"),
    ],
)
def test_what_to_write_for_a_machine_of_the_project(
    scanned: Callable[..., Any], kind: str, state: Any, action: str, words: str
) -> None:
    found = json.loads(template(action, {"Ref": "M"}))
    found["Resources"]["M"] = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineType": kind,
            "RoleArn": "arn:aws:iam::123456789012:role/r",
            "Definition": {"StartAt": "A", "States": {"A": state}},
        },
    }
    (violation,) = scanned(RULE, "Resources: " + json.dumps(found["Resources"])).findings
    assert words in violation.violation.suggestion
