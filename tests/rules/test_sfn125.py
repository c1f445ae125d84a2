"""SFN125: policies that let callers see secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN125"
MACHINE = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {
        "RoleArn": {"Fn::GetAtt": ["R", "Arn"]},
        "Definition": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
    },
}


def template(action: Any, service: str = "lambda.amazonaws.com", **others: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Sid": "Test"}
    policy = {"PolicyName": "test", "PolicyDocument": {"Statement": [statement]}}
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    properties = {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": [policy]}
    role = {"Type": "AWS::IAM::Role", "Properties": properties}
    return "Resources: " + json.dumps({"R": role, **others})


@pytest.mark.parametrize(
    "action", ["states:RevealSecrets", ["states:TestState", "STATES:revealsecrets"]]
)
def test_the_action_by_name(scanned: Callable[..., Any], action: Any) -> None:
    (found,) = scanned(RULE, template(action)).findings
    assert "Statement 'Test' of policy 'test' allows role 'R' states:RevealSecrets" in (
        found.violation.message
    )
    assert found.violation.span.text.strip('"').lower() == "states:revealsecrets"


@pytest.mark.parametrize("action", ["states:TestState", "states:*", "states:Reveal*"])
def test_what_is_fine_or_of_other_rules(scanned: Callable[..., Any], action: str) -> None:
    assert scanned(RULE, template(action)).evaluated[RULE] == {"pass": 1}


def test_other_policies_are_not_judged(scanned: Callable[..., Any]) -> None:
    assert scanned(RULE, template("s3:GetObject")).evaluated[RULE] == {}


def test_the_role_of_a_machine_is_left_to_the_rule_on_unused_permissions(
    scanned: Callable[..., Any],
) -> None:
    action, service = "states:RevealSecrets", "states.amazonaws.com"
    assert len(scanned(RULE, template(action, service)).findings) == 1
    with_machine = template(action, service, Machine=MACHINE)
    assert scanned(RULE, with_machine).evaluated[RULE] == {}
    assert len(scanned("SFN103", with_machine).findings) == 1


def test_actions_that_are_not_known(scanned: Callable[..., Any]) -> None:
    text = """
variable "open" {}
resource "aws_iam_policy" "p" {
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Action = ["states:TestState", "states:${var.open}"], Resource = "*" },
  ] })
}
"""
    report = scanned(RULE, text)
    assert report.evaluated[RULE] == {"not_evaluated": 1}
    assert "var.open is not known" in report.not_evaluated[0].reason
