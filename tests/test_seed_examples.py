"""The examples of the request that this project was made for: each must come out right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepguard.engine import ScanOptions, scan
from stepguard.reports.json_report import report_as_dict

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
TASK_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction", "dynamodb:PutItem", "s3:PutObject"],
            "Resource": "*",
        }
    ],
}
KEY_ACTIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction", "dynamodb:*", "s3:*"],
            "Resource": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
        }
    ],
}
CALLER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "states:StartExecution",
                "states:DescribeExecution",
                "states:ListExecutions",
            ],
            "Resource": "arn:aws:states:us-east-1:123456789012:stateMachine:MyStateMachine",
        }
    ],
}
DEFINITION = {
    "StartAt": "Invoke",
    "States": {
        "Invoke": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "MyLambdaFunction", "Payload": {"Input.$": "$"}},
            "RoleArn": "arn:aws:iam::123456789012:role/MyTaskRole",
            "End": True,
        }
    },
}


def cloudformation(policy: dict[str, Any]) -> dict[str, str]:
    template = {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": TRUST,
                    "Policies": [{"PolicyName": "task", "PolicyDocument": policy}],
                },
            },
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Definition": DEFINITION,
                },
            },
        }
    }
    return {"template.json": json.dumps(template, indent=2)}


def terraform(policy: dict[str, Any]) -> dict[str, str]:
    return {
        "main.tf": f"""
provider "aws" {{}}
resource "aws_iam_role" "role" {{
  assume_role_policy = <<EOF
{json.dumps(TRUST, indent=2)}
EOF
}}
resource "aws_iam_role_policy" "task" {{
  role   = aws_iam_role.role.id
  policy = <<EOF
{json.dumps(policy, indent=2)}
EOF
}}
resource "aws_sfn_state_machine" "machine" {{
  name       = "seed"
  role_arn   = aws_iam_role.role.arn
  definition = <<EOF
{json.dumps(DEFINITION, indent=2)}
EOF
}}
"""
    }


@pytest.mark.parametrize("form", [cloudformation, terraform])
@pytest.mark.parametrize(
    ("policy", "rule", "words"),
    [
        (TASK_POLICY, "SFN102", ["lambda:InvokeFunction", "dynamodb:PutItem", "s3:PutObject"]),
        (KEY_ACTIONS, "SFN101", ["dynamodb:*", "s3:*"]),
        (TASK_POLICY, "SFN112", []),
        (TASK_POLICY, "SFN114", ["RoleArn", "Credentials"]),
    ],
)
def test_the_examples_are_flagged(
    tmp_path: Path, form: Any, policy: dict[str, Any], rule: str, words: list[str]
) -> None:
    for name, content in form(policy).items():
        (tmp_path / name).write_text(content)
    report = report_as_dict(scan([tmp_path], ScanOptions()))
    found = [finding for finding in report["findings"] if finding["rule"] == rule]
    assert found, report
    said = " ".join(f"{finding['message']} {finding['suggestion']}" for finding in found)
    assert [word for word in words if word not in said] == []
    assert report["errors"] == []
    # The misplaced role is reported once, not a second time as an unknown field.
    if rule == "SFN114":
        assert [f for f in report["findings"] if f["rule"] == "SFN902"] == []


def of_a_user_in_cloudformation() -> tuple[str, str]:
    properties = {"PolicyName": "calls", "PolicyDocument": CALLER_POLICY, "UserName": "alice"}
    resource = {"Type": "AWS::IAM::UserPolicy", "Properties": properties}
    return "template.json", json.dumps({"Resources": {"Calls": resource}}, indent=2)


def of_a_role_in_cloudformation() -> tuple[str, str]:
    trust = json.loads(json.dumps(TRUST).replace("states.", "lambda."))
    policy = {"PolicyName": "calls", "PolicyDocument": CALLER_POLICY}
    properties = {"AssumeRolePolicyDocument": trust, "Policies": [policy]}
    resource = {"Type": "AWS::IAM::Role", "Properties": properties}
    return "template.json", json.dumps({"Resources": {"Application": resource}}, indent=2)


def of_a_user_in_terraform() -> tuple[str, str]:
    return (
        "main.tf",
        f"""
provider "aws" {{}}
resource "aws_iam_user_policy" "calls" {{
  user   = "alice"
  policy = <<EOF
{json.dumps(CALLER_POLICY, indent=2)}
EOF
}}
""",
    )


def of_a_role_in_terraform() -> tuple[str, str]:
    return (
        "main.tf",
        f"""
provider "aws" {{}}
resource "aws_iam_role" "application" {{
  assume_role_policy = jsonencode({{ Statement = [{{
    Effect    = "Allow"
    Principal = {{ Service = "lambda.amazonaws.com" }}
    Action    = "sts:AssumeRole"
  }}] }})
}}
resource "aws_iam_role_policy" "calls" {{
  role   = aws_iam_role.application.id
  policy = <<EOF
{json.dumps(CALLER_POLICY, indent=2)}
EOF
}}
""",
    )


@pytest.mark.parametrize(
    "written",
    [
        of_a_user_in_cloudformation,
        of_a_role_in_cloudformation,
        of_a_user_in_terraform,
        of_a_role_in_terraform,
    ],
)
def test_the_policy_of_a_caller_is_flagged(tmp_path: Path, written: Any) -> None:
    name, content = written()
    (tmp_path / name).write_text(content)
    report = report_as_dict(scan([tmp_path], ScanOptions()))
    assert report["errors"] == []
    (found,) = [one for one in report["findings"] if one["rule"] == "SFN123"]
    # Of the three actions, only that on executions can never match a state machine's ARN.
    assert "states:DescribeExecution on" in found["message"]
    assert "execution:MyStateMachine:*" in found["suggestion"]
    assert [one for one in report["findings"] if one["rule"] == "SFN121"] == []
