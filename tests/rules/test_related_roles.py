"""Which roles the rules on what a role may do altogether are asked about."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Scanned = Callable[..., Any]
RULES = ("SFN105", "SFN106", "SFN107", "SFN108")
AWS = "arn:aws:iam::aws:policy/"
START = {
    "Effect": "Allow",
    "Action": "states:StartExecution",
    "Resource": "arn:aws:states:eu-west-1:123456789012:stateMachine:orders",
}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}


def role(service: str, statement: Any = READ, *managed: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": statement}}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Statement": trust},
            "Policies": [policy],
            "ManagedPolicyArns": [f"{AWS}{name}" for name in managed],
        },
    }


def machine(credentials: dict[str, Any]) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets",
        "Credentials": credentials,
        "End": True,
    }
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": "arn:aws:iam::123456789012:role/elsewhere",
            "Definition": {"StartAt": "A", "States": {"A": task}},
        },
    }


def judged(scanned: Scanned, rule: str, **resources: Any) -> int:
    report = scanned(rule, f"Resources: {json.dumps(resources)}")
    return sum(report.evaluated[rule].values())


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("one", "number"),
    [
        (role("states.amazonaws.com"), 1),
        (role("lambda.amazonaws.com", START), 1),
        (role("lambda.amazonaws.com", READ, "AWSStepFunctionsFullAccess"), 1),
        (role("lambda.amazonaws.com", READ, "AWSStepFunctionsReadOnlyAccess"), 0),
        (role("lambda.amazonaws.com", {**READ, "Action": "*"}), 0),
        (role("lambda.amazonaws.com", {**START, "Effect": "Deny"}), 0),
        (role("lambda.amazonaws.com", READ, "AdministratorAccess"), 0),
    ],
)
def test_roles_of_step_functions_and_of_its_callers(
    scanned: Scanned, rule: str, one: dict[str, Any], number: int
) -> None:
    assert judged(scanned, rule, Role=one) == number


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("credentials", "number"),
    [
        ({"RoleArn": {"Fn::GetAtt": ["Task", "Arn"]}}, 1),
        ({"RoleArn": "arn:aws:iam::123456789012:role/another"}, 0),
        ({"RoleArn.$": "$.role"}, 0),
        ({}, 0),
    ],
)
def test_roles_that_tasks_assume(
    scanned: Scanned, rule: str, credentials: dict[str, Any], number: int
) -> None:
    found = judged(scanned, rule, Task=role("ec2.amazonaws.com"), Machine=machine(credentials))
    assert found == number


def test_full_access_of_a_caller_is_found(scanned: Scanned) -> None:
    caller = role("lambda.amazonaws.com", READ, "AWSStepFunctionsFullAccess")
    (found,) = scanned("SFN105", f"Resources: {json.dumps({'Caller': caller})}").findings
    assert "AWSStepFunctionsFullAccess is attached to role 'Caller'" in found.violation.message
    assert "states:*" in found.violation.message


def test_all_but_some_actions_of_a_caller_are_found(scanned: Scanned) -> None:
    rest = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    caller = role("lambda.amazonaws.com", [START, rest])
    (found,) = scanned("SFN108", f"Resources: {json.dumps({'Caller': caller})}").findings
    assert found.violation.resource == "Caller"
