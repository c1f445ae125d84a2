"""SFN705: principals that are limited by tags and may change them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN705"
LIMITED = """{
    Effect = "Allow", Action = "states:StartExecution", Resource = "*"
    Condition = { StringEquals = { "aws:ResourceTag/Project" = "orders" } }
  }"""


def policy(*statements: str) -> str:
    return f"""
variable "unknown" {{}}
resource "aws_sfn_state_machine" "m" {{
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({{ StartAt = "A", States = {{ A = {{ Type = "Succeed" }} }} }})
}}
resource "aws_iam_policy" "p" {{
  name   = "operators"
  policy = jsonencode({{ Statement = [{", ".join(statements)}] }})
}}
"""


def statement(action: str, more: str = "", effect: str = "Allow") -> str:
    return f'{{ Effect = "{effect}", Action = "{action}", Resource = "*"{more} }}'


CONDITION = ', Condition = { StringEquals = { "aws:ResourceTag/Project" = "orders" } }'


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ("states:TagResource", "states:TagResource"),
        ("states:UntagResource", "states:UntagResource"),
        ("states:*Tag*", "states:TagResource and states:UntagResource"),
    ],
)
def test_tags_that_may_be_changed(scanned: Callable[..., Any], action: str, named: str) -> None:
    (found,) = scanned(RULE, policy(LIMITED, statement(action))).findings
    assert f"allows {named} without condition" in found.violation.message
    assert found.violation.resource == "aws_iam_policy.p"
    assert action in found.violation.span.text


@pytest.mark.parametrize(
    "statements",
    [
        (LIMITED,),
        (LIMITED, statement("states:TagResource", CONDITION)),
        (LIMITED, statement("states:DescribeStateMachine")),
        (LIMITED, statement("states:*")),
    ],
)
def test_tags_that_may_not_be_changed(
    scanned: Callable[..., Any], statements: tuple[str, ...]
) -> None:
    assert scanned(RULE, policy(*statements)).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    ("more", "others", "reason"),
    [
        (", Condition = var.unknown", (), "its condition var.unknown is not known"),
        ("", (statement("states:*Tag*", CONDITION, "Deny"),), "a Deny may take"),
    ],
)
def test_what_is_not_known(
    scanned: Callable[..., Any], more: str, others: tuple[str, ...], reason: str
) -> None:
    text = policy(LIMITED, statement("states:TagResource", more), *others)
    report = scanned(RULE, text)
    assert report.findings == []
    (one,) = report.not_evaluated
    assert reason in one.reason


def test_a_policy_that_does_not_go_by_tags(scanned: Callable[..., Any]) -> None:
    assert scanned(RULE, policy(statement("states:TagResource"))).evaluated[RULE] == {}


def test_two_policies_of_one_role(scanned: Callable[..., Any]) -> None:
    text = """Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
      Policies:
        - PolicyName: limited
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: states:StartExecution
                Resource: "*"
                Condition: {StringEquals: {aws:ResourceTag/Project: orders}}
  Tagging:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: tagging
      Roles: [!Ref R]
      PolicyDocument:
        Statement: [{Effect: Allow, Action: "states:TagResource", Resource: "*"}]
  M:
    Type: AWS::Serverless::StateMachine
    Properties: {Definition: {StartAt: A, States: {A: {Type: Succeed}}}}
"""
    (found,) = scanned(RULE, text).findings
    assert found.violation.resource == "Tagging"
    assert "statement 1 of policy 'limited' goes by tags" in found.violation.message
