"""SFN115: roles of tasks, and who may assume them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN115"
OWN = {"Fn::GetAtt": ["Own", "Arn"]}
ROOT = "arn:aws:iam::123456789012:root"
FOREIGN = "arn:aws:iam::210987654321:role/orders"
TARGET = {"Fn::GetAtt": ["Target", "Arn"]}


def role(*statements: Any, name: str | None = None) -> dict[str, Any]:
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": {"Statement": list(statements)}}
    if name:
        properties["RoleName"] = name
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def template(*statements: Any, target: Any = TARGET, own: Any = OWN) -> str:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Credentials": {"RoleArn": target},
        "Parameters": {"FunctionName": "pay"},
        "End": True,
    }
    machine = {"RoleArn": own, "Definition": {"StartAt": "Pay", "States": {"Pay": task}}}
    resources = {
        "Own": role(trust({"Service": "states.amazonaws.com"}), name="own"),
        "Target": role(*statements, name="target"),
        "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
    }
    return "Resources: " + json.dumps(resources)


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ({"AWS": ROOT}, "every principal of a whole account"),
        ({"AWS": {"Ref": "AWS::AccountId"}}, "every principal of a whole account"),
        ("*", "everybody (`*`)"),
        ({"AWS": "*"}, "everybody (`*`)"),
    ],
)
def test_a_trust_that_is_too_wide(scanned: Callable[..., Any], principal: Any, words: str) -> None:
    (found,) = scanned(RULE, template(trust(principal))).findings
    assert f"'Target' lets {words} assume it" in found.violation.message
    assert "task 'Pay' alone" in found.violation.message
    assert "!GetAtt Own.Arn" in found.violation.suggestion


def test_the_execution_role_alone_is_fine(scanned: Callable[..., Any]) -> None:
    assert scanned(RULE, template(trust({"AWS": OWN}))).evaluated[RULE] == {"pass": 1}
    by_name = "arn:aws:iam::123456789012:role/own"
    assert scanned(RULE, template(trust({"AWS": by_name}))).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/own"}},
        {"StringEquals": {"sts:ExternalId": "arn:aws:states:us-east-1:1:stateMachine:m"}},
        {"StringEquals": {"aws:PrincipalTag/Team": "orders"}},
    ],
)
def test_a_condition_on_the_caller(scanned: Callable[..., Any], condition: Any) -> None:
    text = template(trust({"AWS": ROOT}, Condition=condition))
    assert scanned(RULE, text).evaluated[RULE] == {"pass": 1}


def test_a_condition_that_takes_everything(scanned: Callable[..., Any]) -> None:
    condition = {"StringLike": {"aws:PrincipalArn": "*"}}
    text = template(trust({"AWS": ROOT}, Condition=condition))
    assert len(scanned(RULE, text).findings) == 1


def test_a_trust_that_leaves_the_execution_role_out(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, template(trust({"AWS": "arn:aws:iam::1:role/other"}))).findings
    assert "does not let 'Own' assume it" in found.violation.message
    assert "task 'Pay' of 'Machine': the task fails" in found.violation.message


def test_another_account(scanned: Callable[..., Any]) -> None:
    target = "arn:aws:iam::123456789012:role/target"
    own = FOREIGN.replace("orders", "elsewhere")
    text = template(trust({"AWS": own}), target=target, own=own)
    (found,) = scanned(RULE, text).findings
    assert "a role of account 210987654321" in found.violation.message
    assert "sts:ExternalId" in found.violation.message
    condition = {"StringEquals": {"sts:ExternalId": "arn:aws:states:us-east-1:2:stateMachine:m"}}
    asked = template(trust({"AWS": own}, Condition=condition), target=target, own=own)
    assert scanned(RULE, asked).evaluated[RULE] == {"pass": 1}


def test_what_the_rule_on_trust_reports_is_not_reported_again(
    scanned: Callable[..., Any],
) -> None:
    text = template(trust({"Service": "states.amazonaws.com"}), trust({"AWS": ROOT}))
    assert scanned(RULE, text).findings == []
    (found,) = scanned("SFN111", text).findings
    assert found.violation.resource == "Target"


def test_roles_that_no_task_assumes_are_not_judged(scanned: Callable[..., Any]) -> None:
    text = template(trust({"AWS": ROOT}), target="arn:aws:iam::123456789012:role/elsewhere")
    assert scanned(RULE, text).evaluated[RULE] == {}


def test_a_trust_that_is_not_known(scanned: Callable[..., Any]) -> None:
    text = """
variable "who" {}
resource "aws_iam_role" "own" {
  assume_role_policy = jsonencode({ Statement = [
    { Effect = "Allow", Principal = { Service = "states.amazonaws.com" }, Action = "sts:*" },
  ] })
}
resource "aws_iam_role" "target" {
  assume_role_policy = TRUST
}
resource "aws_sfn_state_machine" "m" {
  name     = "m"
  role_arn = aws_iam_role.own.arn
  definition = jsonencode({ StartAt = "A", States = { A = {
    Type        = "Task"
    Resource    = "arn:aws:states:::lambda:invoke"
    Credentials = { RoleArn = aws_iam_role.target.arn }
    End         = true
  } } })
}
"""
    report = scanned(RULE, text.replace("TRUST", "var.who"))
    assert report.evaluated[RULE] == {"not_evaluated": 1}
    statement = '{ Effect = "Allow", Principal = { AWS = var.who }, Action = "sts:AssumeRole" }'
    report = scanned(RULE, text.replace("TRUST", f"jsonencode({{ Statement = [{statement}] }})"))
    assert report.findings == []
    assert "var.who is not known" in report.not_evaluated[0].reason
