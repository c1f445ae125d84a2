"""SFN107: roles that can get themselves more permissions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Policy, PolicyDocument, Resource, Unread
from stepguard.deployment.values import (
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    Piece,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.rules.privilege_paths import MAXIMUM_COMPARISONS

Judge = Callable[..., Any]
RULE = "SFN107"
OPEN = Unknown("var.x")
PASS = "iam:PassRole"
CREATE = "states:CreateStateMachine"
START = "states:StartExecution"
UPDATE = "states:UpdateStateMachine"
TEST = "states:TestState"
ROLES = "arn:aws:iam::123456789012:role/*"
MACHINES = "arn:aws:states:eu-west-1:123456789012:stateMachine:*"
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders"
TENANTS = "arn:aws:states:*:*:stateMachine:tenant-*"
WORKER = {"attributes": Traced({"RoleName": Traced("worker")})}
UNLESS = OneOf("c", ({}, {"StringEquals": {"iam:PolicyARN": "a"}}))
FORBIDDEN = {"Effect": "Deny", "Action": PASS, "Resource": "arn:aws:iam::*:role/a"}


def allow(action: Plain, resource: Plain = "*", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def condition(key: str, value: Plain, operator: str = "StringEquals") -> dict[str, Plain]:
    return {"Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    "statements",
    [
        [allow([PASS, CREATE, START])],
        [allow(PASS, ROLES), allow([CREATE, START], MACHINES)],
        [allow("iam:Pass*"), allow(CREATE, MACHINES), allow("states:StartSyncExecution")],
        [allow(PASS), allow([CREATE, START], TENANTS)],
        [allow(PASS), allow("states:*", TENANTS)],
        [allow(PASS, **condition("iam:PassedToService", "states.amazonaws.com")), allow(TEST)],
        [allow(PASS, **condition("iam:PassedToService", "*", "StringLike")), allow(TEST)],
        [allow(PASS, **condition("iam:PassedToService", ["a.amazonaws.com", OPEN])), allow(TEST)],
    ],
)
def test_passing_any_role_to_step_functions(judge_role: Judge, statements: list[Plain]) -> None:
    violation = judge_role(RULE, *statements).only
    assert (
        "Statement 1 of policy 'work' lets role 'Role' get itself more permissions: by iam:PassRole"
        in violation.message
    )
    assert "with any role that Step Functions may assume" in violation.message
    assert violation.severity is None
    assert violation.path[:3] == ("Statement", 0, "Action")
    assert any("states:" in one.message for one in violation.related)


@pytest.mark.parametrize(
    "statements",
    [
        [allow([UPDATE, START])],
        [allow(UPDATE, MACHINES), allow(START, MACHINE)],
        [allow("states:Update*"), allow("states:Start*", MACHINE)],
    ],
)
def test_updating_any_machine(judge_role: Judge, statements: list[Plain]) -> None:
    violation = judge_role(RULE, *statements).only
    assert "by states:UpdateStateMachine" in violation.message
    assert "it can write a definition of its own into any state machine" in violation.message
    assert "that one's role" in violation.message


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreatePolicyVersion", "*"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/*"),
        ("iam:SetDefaultPolicyVersion", "*"),
        ("iam:AttachRolePolicy", ROLES),
        ("iam:PutRolePolicy", "*"),
        ("iam:UpdateAssumeRolePolicy", ROLES),
        ("IAM:createaccesskey", "*"),
        ("iam:Put*", "*"),
        ("iam:*", "*"),
        ("iam:AttachRolePolicy", Reference("Role", "Arn")),
        ("iam:PutRolePolicy", "arn:aws:iam::*:role/worker"),
    ],
)
def test_actions_that_are_enough(judge_role: Judge, action: str, resource: Plain) -> None:
    violation = judge_role(RULE, allow(action, resource), **WORKER).only
    assert "get itself more permissions: by iam:" in violation.message
    assert violation.resource == "Policy"


def test_ways_of_one_statement_are_one_finding(judge_role: Judge) -> None:
    actions = ["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:CreateAccessKey"]
    violation = judge_role(RULE, allow(actions, Sid="Admin")).only
    assert violation.message.endswith("; one more way")
    assert [one.message for one in violation.related] == [
        'iam:PutRolePolicy is allowed on "*"',
        'iam:CreateAccessKey is allowed on "*"',
    ]
    assert violation.subject == " ".join(["Admin", *sorted(actions)])
    both = judge_role(RULE, allow([PASS, TEST]), allow("iam:PutRolePolicy"))
    assert len(both.violations) == 2


@pytest.mark.parametrize(
    "statements",
    [
        [allow(PASS)],
        [allow([CREATE, START, TEST])],
        [allow(PASS, "arn:aws:iam::123456789012:role/task"), allow([CREATE, START, TEST])],
        [allow(PASS, "arn:aws:iam::123456789012:role/tasks/*"), allow([CREATE, START, TEST])],
        [allow([PASS, CREATE]), allow(START, MACHINE)],
        [allow(PASS, **condition("iam:PassedToService", "ecs.amazonaws.com")), allow(TEST)],
        [allow([UPDATE, START], MACHINE)],
        [allow(UPDATE)],
        [allow("states:*")],
        [allow([START, "states:*"])],
        [allow("*")],
        [allow([UPDATE, START], **condition("aws:ResourceTag/team", "orders"))],
        [allow("iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/other")],
        [allow("iam:AttachRolePolicy", **condition("iam:PolicyARN", "arn:aws:iam::1:policy/p"))],
        [allow("iam:PutRolePolicy", **condition("iam:PermissionsBoundary", "arn:aws:iam::1:p"))],
        [allow("iam:GetRole"), allow("s3:*")],
        [{"Effect": "Deny", "Action": [PASS, TEST], "Resource": "*"}],
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, allow(PASS)],
        [allow([PASS, TEST]), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}],
        [allow([PASS, TEST]), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}],
    ],
)
def test_what_is_fine(judge_role: Judge, statements: list[Plain]) -> None:
    assert judge_role(RULE, *statements, **WORKER).passes


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ([allow(PASS, OPEN), allow(TEST)], "its resources: var.x is not known"),
        ([allow([PASS, TEST], OpenList([], OPEN))], "its resources: var.x is not known"),
        ([allow(["s3:Get", OPEN])], "the action var.x is not known"),
        ([allow(Text((Piece("iam:"), Hole(OPEN))))], "the action var.x is not known"),
        ([allow(OpenList(["s3:GetObject"], OPEN))], "its actions: var.x is not known"),
        ([allow([PASS, TEST], Condition=OpenDict({}, OPEN))], "its condition: var.x is not known"),
        ([allow("iam:PutRolePolicy", Condition=UNLESS)], "is not there in any case"),
        ([allow([PASS, TEST]), FORBIDDEN], "policy 'work' forbids some of it"),
    ],
)
def test_what_is_not_known(judge_role: Judge, statements: list[Plain], reason: str) -> None:
    judged = judge_role(RULE, *statements)
    assert judged.violations == []
    assert [one for one in judged.reasons if reason in one], judged.reasons


@pytest.mark.parametrize(
    "statements",
    [
        [allow(PASS, OPEN)],
        [allow(Text((Piece("s3:"), Hole(OPEN))))],
        [allow("s3:GetObject", OPEN)],
    ],
)
def test_what_makes_no_difference_is_not_asked(judge_role: Judge, statements: list[Plain]) -> None:
    assert judge_role(RULE, *statements).passes


def boundary(*statements: Plain, document: Unread | None = None) -> Policy:
    return Policy(
        address="Boundary",
        type="AWS::IAM::ManagedPolicy",
        form=Form.CLOUDFORMATION,
        document=document or Document({"Statement": list(statements)}, None),
        managed=True,
    )


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (boundary(allow("s3:*")), "passes"),
        (boundary(allow("iam:*")), "violations"),
        (boundary({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}), "violations"),
        (boundary(document=Unread("lost")), "reasons"),
    ],
)
def test_a_permissions_boundary(judge_role: Judge, policy: Resource, outcome: str) -> None:
    judged = judge_role(
        RULE,
        allow("iam:PutRolePolicy"),
        others=[policy],
        boundary=Traced(Reference("Boundary", "")),
    )
    assert {
        "passes": judged.passes,
        "violations": bool(judged.violations),
        "reasons": any("its permissions boundary" in one for one in judged.reasons),
    } == dict.fromkeys(("passes", "violations", "reasons"), False) | {outcome: True}


def test_policies_that_were_not_read(judge_role: Judge) -> None:
    lost = PolicyDocument(name="lost", document=Unread("no such file"), address="Role")
    judged = judge_role(RULE, inline=[lost])
    assert judged.violations == []
    assert judged.reasons == ["policy 'lost' could not be read: no such file"]


@pytest.mark.in_time(20)
def test_a_role_of_very_many_statements_is_judged_in_time(judge_role: Judge) -> None:
    resources: list[Plain] = [f"arn:aws:iam::*:role/r{number}" for number in range(500)]
    statements = [allow(["iam:PutRolePolicy", PASS], resources) for _ in range(21)]
    assert len(resources) * len(statements) > MAXIMUM_COMPARISONS
    judged = judge_role(RULE, *statements)
    assert any("more actions and resources than are compared" in one for one in judged.reasons)


# Which roles are judged


def role(statement: Plain, service: str = "lambda.amazonaws.com") -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": statement}}
    properties = {"AssumeRolePolicyDocument": {"Statement": trust}, "Policies": [policy]}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def test_starters_are_judged_and_others_are_not(scanned: Callable[..., Any]) -> None:
    starter = role([allow(START, MACHINE), allow("iam:CreateAccessKey")])
    other = role([allow("iam:CreateAccessKey")])
    resources = json.dumps({"Starter": starter, "Other": other})
    (found,) = scanned(RULE, f"Resources: {resources}").findings
    assert found.violation.resource == "Starter"
    assert found.severity.label == "critical"


def test_task_roles_are_judged(scanned: Callable[..., Any]) -> None:
    states = {
        "A": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets",
            "Credentials": {"RoleArn": {"Fn::GetAtt": ["Task", "Arn"]}},
            "End": True,
        }
    }
    properties = {
        "RoleArn": "arn:aws:iam::123456789012:role/elsewhere",
        "Definition": {"StartAt": "A", "States": states},
    }
    resources = json.dumps(
        {
            "Task": role(allow("iam:PutRolePolicy"), service="ec2.amazonaws.com"),
            "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties},
        }
    )
    (found,) = scanned(RULE, f"Resources: {resources}").findings
    assert found.violation.resource == "Task"
