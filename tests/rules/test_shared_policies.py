"""What is suggested where several roles have one policy, or policies with one text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepguard.engine import ScanOptions, scan

TRUST = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:t"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"
PUBLISH = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sns:publish",
    "Parameters": {"TopicArn": TOPIC, "Message": "m"},
    "End": True,
}
SEND = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage",
    "Parameters": {
        "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
        "MessageBody": "m",
    },
    "End": True,
}
WAIT = {"Type": "Wait", "Seconds": 1, "End": True}


def suggestions(tmp_path: Path, rule: str, states: list[Any], statements: list[Any]) -> list[str]:
    """Return what a rule suggests for one managed policy of a role for each state."""
    blocks = [
        f"""
resource "aws_iam_role" "r{number}" {{
  assume_role_policy = jsonencode({json.dumps({"Statement": [TRUST]})})
}}
resource "aws_iam_role_policy_attachment" "a{number}" {{
  role       = aws_iam_role.r{number}.name
  policy_arn = aws_iam_policy.p.arn
}}
resource "aws_sfn_state_machine" "m{number}" {{
  name       = "m{number}"
  role_arn   = aws_iam_role.r{number}.arn
  definition = jsonencode({json.dumps({"StartAt": "A", "States": {"A": state}})})
}}
"""
        for number, state in enumerate(states)
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    policy = f'resource "aws_iam_policy" "p" {{\n  policy = jsonencode({document})\n}}\n'
    (tmp_path / "main.tf").write_text("".join([*blocks, policy]), encoding="utf-8")
    report = scan([tmp_path], ScanOptions(rules=(rule,)))
    assert not report.errors
    return [one.violation.suggestion for one in report.findings]


def allow(action: str, resource: str) -> dict[str, str]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def test_what_another_role_uses_is_not_to_be_removed(tmp_path: Path) -> None:
    statements = [allow("sns:Publish", TOPIC), allow("sqs:SendMessage", QUEUE)]
    found = suggestions(tmp_path, "SFN103", [PUBLISH, SEND], statements)
    assert sorted(found) == [
        "Give the role a policy of its own without that: this one is also that of "
        f"'aws_iam_role.r{number}', which may use it"
        for number in (0, 1)
    ]


def test_what_no_role_uses_is_to_be_removed(tmp_path: Path) -> None:
    statements = [allow("sns:Publish", TOPIC), allow("sqs:SendMessage", QUEUE)]
    found = suggestions(tmp_path, "SFN103", [PUBLISH, WAIT], statements)
    assert sorted(set(found)) == [
        "Give the role a policy of its own without that: this one is also that of "
        "'aws_iam_role.r0', which may use it",
        "Remove the statement",
    ]
    assert suggestions(tmp_path, "SFN103", [PUBLISH], statements) == ["Remove the statement"]


@pytest.mark.parametrize(("rule", "action"), [("SFN101", "sns:*"), ("SFN102", "sns:Publish")])
def test_other_roles_are_thought_of(rule: str, action: str, tmp_path: Path) -> None:
    (alone,) = suggestions(tmp_path, rule, [PUBLISH], [allow(action, "*")])
    assert "the policy is also" not in alone
    first, *_ = suggestions(tmp_path, rule, [PUBLISH] * 4, [allow(action, "*")])
    assert (
        "; the policy is also that of 'aws_iam_role.r1', 'aws_iam_role.r2' and 1 more: write what "
        "they need as well, or give each a policy of its own"
    ) in first
