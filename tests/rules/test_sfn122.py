"""SFN122: callers that may do everything with Step Functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stepguard.finding import Severity

RULE = "SFN122"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"
MACHINES = "arn:aws:states:us-east-1:123456789012:stateMachine:*"

Scanned = Callable[..., Any]


def resources(**more: Any) -> str:
    return "Resources: " + json.dumps(more)


def document(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


def template(
    action: Any, resource: Any = "*", *, service: str = "lambda.amazonaws.com", **more: Any
) -> str:
    policy = {"PolicyName": "start", "PolicyDocument": document(action, resource, **more)}
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    properties = {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": [policy]}
    return resources(R={"Type": "AWS::IAM::Role", "Properties": properties})


@pytest.mark.parametrize("action", ["states:*", "states:**"])
@pytest.mark.parametrize(
    ("resource", "severity"),
    [
        ("*", Severity.HIGH),
        (MACHINES, Severity.HIGH),
        ([MACHINE, "*"], Severity.HIGH),
        (MACHINE, Severity.MEDIUM),
        ({"Ref": "Machine"}, Severity.MEDIUM),
    ],
)
def test_every_action(scanned: Scanned, action: str, resource: Any, severity: Severity) -> None:
    (found,) = scanned(RULE, template(action, resource)).findings
    assert f"Statement 1 of policy 'start' allows role 'R' {action} on" in found.violation.message
    assert found.violation.resource == "R"
    assert found.violation.span.text.strip('"') == action
    assert found.severity is severity


def test_case_makes_no_difference(scanned: Scanned) -> None:
    (found,) = scanned(RULE, template("STATES:*", MACHINE)).findings
    assert "STATES:* on" in found.violation.message


@pytest.mark.parametrize(
    ("condition", "severity"),
    [
        ({"StringEquals": {"aws:ResourceTag/team": "orders"}}, Severity.MEDIUM),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, Severity.HIGH),
    ],
)
def test_a_condition(scanned: Scanned, condition: Any, severity: Severity) -> None:
    (found,) = scanned(RULE, template("states:*", Condition=condition)).findings
    assert found.severity is severity


@pytest.mark.parametrize(
    "action",
    ["states:StartExecution", "states:Describe*", ["states:List*", "states:StartExecution"]],
)
def test_what_is_fine(scanned: Scanned, action: Any) -> None:
    assert scanned(RULE, template(action)).evaluated[RULE] == {"pass": 1}


def test_it_points_at_the_action_in_a_list(scanned: Scanned) -> None:
    text = template(["s3:GetObject", "states:*", "STATES:*"])
    (found,) = scanned(RULE, text).findings
    assert found.violation.span.text == '"states:*"'
    assert [one.message for one in found.violation.related] == ["STATES:* too"]


@pytest.mark.parametrize("kind", ["ManagedPolicy", "UserPolicy", "GroupPolicy"])
def test_a_policy_of_its_own(scanned: Scanned, kind: str) -> None:
    name = "ManagedPolicyName" if kind == "ManagedPolicy" else "PolicyName"
    properties = {
        name: "start",
        "PolicyDocument": document("states:*"),
        "UserName": "jane",
        "GroupName": "staff",
    }
    text = resources(P={"Type": f"AWS::IAM::{kind}", "Properties": properties})
    (found,) = scanned(RULE, text).findings
    assert found.violation.resource == "P"


def test_a_role_of_step_functions_is_left_to_another_rule(scanned: Scanned) -> None:
    text = template("states:*", service="states.amazonaws.com")
    assert not scanned(RULE, text).evaluated[RULE]
    assert len(scanned("SFN101", text).findings) == 1


def test_what_has_nothing_to_do_with_step_functions(scanned: Scanned) -> None:
    assert not scanned(RULE, template("s3:*")).evaluated[RULE]


def test_an_action_that_is_not_known(scanned: Scanned) -> None:
    text = """Parameters: {Action: {Type: String}}
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - Effect: Allow
            Action: !Sub "states:${Action}"
            Resource: "*"
"""
    report = scanned(RULE, text)
    assert report.findings == []
    (one,) = report.not_evaluated
    assert "the action" in one.reason
