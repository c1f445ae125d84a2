"""SFN121: callers that may start, stop or change every state machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN121"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"
MACHINES = "arn:aws:states:us-east-1:123456789012:stateMachine:*"
EXECUTIONS = "arn:aws:states:*:*:execution:*"


def template(
    action: Any, resource: Any, *, service: str = "lambda.amazonaws.com", **more: Any
) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    policy = {"PolicyName": "start", "PolicyDocument": {"Statement": [statement]}}
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    properties = {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": [policy]}
    return "Resources: " + json.dumps({"R": {"Type": "AWS::IAM::Role", "Properties": properties}})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("states:StartExecution", "*"),
        ("states:StartSyncExecution", MACHINES),
        ("states:StartExecution", ["arn:aws:s3:::b/*", MACHINES]),
        ("states:UpdateStateMachine", "arn:aws:states:*:*:*"),
        ("STATES:deletestatemachine", "arn:aws:states:us-east-1:123456789012:stateMachine*"),
        ("states:StopExecution", EXECUTIONS),
        ("states:RedriveExecution", "*"),
        ("states:Start*", "*"),
    ],
)
def test_what_is_on_every_machine(scanned: Callable[..., Any], action: str, resource: Any) -> None:
    (found,) = scanned(RULE, template(action, resource)).findings
    assert f"Statement 1 of policy 'start' allows role 'R' {action} on" in found.violation.message
    assert found.violation.resource == "R"
    assert "*" in found.violation.span.text


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("states:StartExecution", MACHINE),
        ("states:StartExecution", f"{MACHINE}:*"),
        ("states:StartExecution", "arn:aws:states:*:*:stateMachine:orders-*"),
        ("states:StopExecution", "arn:aws:states:*:*:execution:orders:*"),
        ("states:StopExecution", MACHINES),
        (["states:SendTaskSuccess", "states:SendTaskFailure", "states:ListStateMachines"], "*"),
        (["states:DescribeExecution", "states:ListExecutions"], "*"),
        ("states:CreateStateMachine", "*"),
        ("states:GetActivityTask", "*"),
        ("states:*", "*"),
        ("states:NoSuchAction", "*"),
    ],
)
def test_what_is_fine(scanned: Callable[..., Any], action: Any, resource: str) -> None:
    assert scanned(RULE, template(action, resource)).evaluated[RULE] == {"pass": 1}


def test_only_what_changes_something_is_named(scanned: Callable[..., Any]) -> None:
    text = template(["states:DescribeExecution", "states:StartExecution"], "*")
    (found,) = scanned(RULE, text).findings
    assert 'states:StartExecution on "*"' in found.violation.message
    assert "stateMachine:<name>" in found.violation.suggestion


def test_a_tag_of_the_resource_counts_as_a_name(scanned: Callable[..., Any]) -> None:
    tag = {"StringEquals": {"aws:ResourceTag/Team": "orders"}}
    text = template("states:StartExecution", "*", Condition=tag)
    assert scanned(RULE, text).evaluated[RULE] == {"pass": 1}
    loose = {"StringEqualsIfExists": {"aws:ResourceTag/Team": "orders"}}
    assert scanned(RULE, template("states:StartExecution", "*", Condition=loose)).findings


@pytest.mark.parametrize(
    ("action", "service"),
    [
        ("s3:GetObject", "lambda.amazonaws.com"),
        ("*", "lambda.amazonaws.com"),
        ("states:StartExecution", "states.amazonaws.com"),
    ],
)
def test_other_policies_are_not_judged(
    scanned: Callable[..., Any], action: str, service: str
) -> None:
    assert scanned(RULE, template(action, "*", service=service)).evaluated[RULE] == {}


USERS = """
variable "open" {}
resource "aws_iam_KIND_policy" "p" {
  name = "operators"
  OWNER
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Action = "states:StartExecution", Resource = RESOURCE },
  ] })
}
"""


@pytest.mark.parametrize(
    ("kind", "owner"), [("user", 'user = "alice"'), ("group", 'group = "ops"')]
)
def test_users_and_groups(scanned: Callable[..., Any], kind: str, owner: str) -> None:
    text = USERS.replace("KIND", kind).replace("OWNER", owner).replace("RESOURCE", '"*"')
    (found,) = scanned(RULE, text).findings
    assert found.violation.resource == f"aws_iam_{kind}_policy.p"
    assert found.violation.span.text.strip('"') == "*"


def test_policies_of_users_in_a_template(scanned: Callable[..., Any]) -> None:
    statement = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": statement}}
    properties: dict[str, Any] = {"Policies": [policy]}
    text = json.dumps({"U": {"Type": "AWS::IAM::User", "Properties": properties}})
    (found,) = scanned(RULE, f"Resources: {text}").findings
    assert "policy 'p'" in found.violation.message


def test_resources_that_are_not_known(scanned: Callable[..., Any]) -> None:
    text = USERS.replace("KIND", "user").replace("OWNER", 'user = "a"')
    report = scanned(RULE, text.replace("RESOURCE", "var.open"))
    assert report.evaluated[RULE] == {"not_evaluated": 1}
    assert "its resources: var.open is not known" in report.not_evaluated[0].reason


def test_a_policy_on_several_roles_is_one_finding(scanned: Callable[..., Any]) -> None:
    roles = {
        name: {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Statement": []}},
        }
        for name in ("A", "B")
    }
    statement = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*"}
    properties = {
        "PolicyName": "p",
        "PolicyDocument": {"Statement": [statement]},
        "Roles": [{"Ref": "A"}, {"Ref": "B"}],
    }
    text = json.dumps({**roles, "P": {"Type": "AWS::IAM::Policy", "Properties": properties}})
    assert len(scanned(RULE, f"Resources: {text}").findings) == 1


FUNCTION = """Transform: AWS::Serverless-2016-10-31
Resources:
  Starter:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Policies:
        - StepFunctionsExecutionPolicy: {StateMachineName: NAME}
        - Statement: [{Effect: Allow, Action: 'states:SendTaskSuccess', Resource: '*'}]
"""


def test_the_policies_of_a_function_of_sam(scanned: Callable[..., Any]) -> None:
    report = scanned(RULE, FUNCTION.replace("NAME", "'*'"))
    (found,) = report.findings
    assert "allows role 'StarterRole' states:StartExecution on" in found.violation.message
    assert found.violation.resource == "Starter"
    assert found.violation.span.text == "StepFunctionsExecutionPolicy"
    assert set(report.made_for.values()) == {"Starter"}
    assert scanned(RULE, FUNCTION.replace("NAME", "orders")).evaluated[RULE] == {"pass": 1}


def test_a_way_to_more_permissions_is_left_to_sfn107(scanned: Callable[..., Any]) -> None:
    text = template(["states:UpdateStateMachine", "states:StartExecution"], "*")
    (found,) = scanned(RULE, text).findings
    assert "allows role 'R' states:StartExecution on \"*\"" in found.violation.message
    (graver,) = scanned("SFN107", text).findings
    assert "by states:UpdateStateMachine" in graver.violation.message
    assert 'UpdateStateMachine on "*"' in (
        scanned(RULE, template("states:UpdateStateMachine", "*")).findings[0].violation.message
    )
