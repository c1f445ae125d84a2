"""SFN124: operators who go by a pattern of names and by no tag."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN124"
PLACE = "arn:aws:states:us-east-1:123456789012"
TAG = {"StringEquals": {"aws:ResourceTag/Team": "orders"}}


def template(action: Any, resource: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    properties = {"PolicyDocument": {"Statement": [statement]}}
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
    return "Resources: " + json.dumps({"P": policy})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("states:StopExecution", f"{PLACE}:execution:orders-*:*"),
        ("states:RedriveExecution", f"{PLACE}:execution:*-prod:*"),
        ("states:UpdateStateMachine", f"{PLACE}:stateMachine:orders-*"),
        ("STATES:deletestatemachine", f"{PLACE}:stateMachine:order?"),
        (["states:StartExecution", "states:UpdateStateMachine"], f"{PLACE}:stateMachine:o*"),
    ],
)
def test_a_pattern_of_names(scanned: Callable[..., Any], action: Any, resource: str) -> None:
    (found,) = scanned(RULE, template(action, resource)).findings
    assert f'on "{resource}" by the name alone' in found.violation.message
    assert "states:StartExecution" not in found.violation.message


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("states:StopExecution", f"{PLACE}:execution:orders:*"),
        ("states:UpdateStateMachine", f"{PLACE}:stateMachine:orders"),
        ("states:UpdateStateMachine", f"{PLACE}:stateMachine:orders:*"),
        ("states:UpdateStateMachine", "arn:aws:states:*:*:stateMachine:orders"),
        ("states:StopExecution", "*"),
        ("states:StopExecution", f"{PLACE}:execution:*"),
    ],
)
def test_full_names_and_what_another_rule_reports(
    scanned: Callable[..., Any], action: str, resource: str
) -> None:
    assert scanned(RULE, template(action, resource)).evaluated[RULE] == {"pass": 1}


def test_a_condition_on_a_tag_is_fine(scanned: Callable[..., Any]) -> None:
    resource = f"{PLACE}:execution:orders-*:*"
    text = template("states:StopExecution", resource, Condition=TAG)
    assert scanned(RULE, text).evaluated[RULE] == {"pass": 1}
    principal = {"StringEquals": {"aws:PrincipalTag/Team": "orders"}}
    other = template("states:StopExecution", resource, Condition=principal)
    assert len(scanned(RULE, other).findings) == 1


@pytest.mark.parametrize("action", ["states:StartExecution", "states:DescribeExecution", "s3:*"])
def test_other_actions_are_not_judged(scanned: Callable[..., Any], action: str) -> None:
    assert scanned(RULE, template(action, f"{PLACE}:*:orders-*")).evaluated[RULE] == {}


def test_what_is_not_known(scanned: Callable[..., Any]) -> None:
    text = """
variable "open" {}
resource "aws_iam_policy" "p" {
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Action = "states:StopExecution", Resource = RESOURCE },
  ] })
}
"""
    report = scanned(RULE, text.replace("RESOURCE", "var.open"))
    assert report.evaluated[RULE] == {"not_evaluated": 1}
    assert "its resources: var.open is not known" in report.not_evaluated[0].reason
    pattern = f'"{PLACE}:execution:orders-*:*", Condition = var.open'
    report = scanned(RULE, text.replace("RESOURCE", pattern))
    assert report.evaluated[RULE] == {"not_evaluated": 1}
