"""SFN106: every role that there is may be passed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Role, Unread
from stepguard.deployment.values import (
    Hole,
    OpenDict,
    OpenList,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
)
from stepguard.finding import Severity

Judge = Callable[..., Any]
OPEN = Unknown("var.role")
PASS_ROLE = "iam:PassRole"
TASK = "arn:aws:iam::123456789012:role/task"
NOTHING: dict[str, Plain] = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}


def allow(action: Plain, resource: Plain = "*", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def schedule(target: dict[str, Plain]) -> dict[str, Plain]:
    call: dict[str, Plain] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:scheduler:createSchedule",
        "Parameters": {"Name": "n", **target},
        "End": True,
    }
    return {"StartAt": "Work", "States": {"Work": call}}


def passed_to(service: Plain, operator: str = "StringEquals") -> Plain:
    return {operator: {"iam:PassedToService": service}}


@pytest.mark.parametrize("action", [PASS_ROLE, "iam:passrole", "iam:Pass*", "iam:P*"])
@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:iam::123456789012:role/*",
        Text((Piece("arn:aws:iam::"), Hole(Reference("AWS::AccountId")), Piece(":role/*"))),
    ],
)
def test_every_role(judge_role: Judge, action: str, resource: Plain) -> None:
    violation = judge_role("SFN106", allow(action, resource, Sid="Pass"), definition=NOTHING).only
    assert violation.message.startswith(
        f"Statement 'Pass' of policy 'work' allows role 'Role' {action} on "
    )
    assert "to every service" in violation.message
    assert violation.path == ("Statement", 0, "Resource")
    assert violation.severity is None


def test_without_a_machine(judge_role: Judge) -> None:
    assert judge_role("SFN106", allow(PASS_ROLE)).only


@pytest.mark.parametrize(
    "statement",
    [
        allow(PASS_ROLE, TASK, Condition=passed_to("ecs-tasks.amazonaws.com")),
        allow(PASS_ROLE, TASK, Condition=OpenDict({}, OPEN)),
        allow("iam:GetRole"),
        allow("iam:*"),
        allow("*"),
        {"Effect": "Deny", "Action": PASS_ROLE, "Resource": "*"},
    ],
)
def test_what_is_fine(judge_role: Judge, statement: Plain) -> None:
    assert judge_role("SFN106", statement, definition=NOTHING).passes


@pytest.mark.parametrize(
    "resource",
    [
        TASK,
        "arn:aws:iam::123456789012:role/service-role/*",
        "arn:aws:iam::*:role/task-*",
        Reference("Task", "Arn"),
    ],
)
def test_named_roles_for_every_service_are_for_the_pedantic(
    judge_role: Judge, resource: Plain
) -> None:
    found = judge_role("SFN106", allow(PASS_ROLE, resource), definition=NOTHING).only
    assert (found.severity, found.tier) == (Severity.LOW, "pedantic")
    assert "to every service that these roles trust" in found.message
    assert '{"iam:PassedToService": "<service>.amazonaws.com"}' in found.suggestion
    assert found.path == ("Statement", 0, "Action")


def test_the_service_to_write_is_the_one_that_the_role_is_for(judge_role: Judge) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}}
    task = Role(
        address="Task",
        type="AWS::IAM::Role",
        form=Form.CLOUDFORMATION,
        trust=Document({"Statement": {**trust, "Action": "sts:AssumeRole"}}, None),
    )
    statement = allow(PASS_ROLE, Reference("Task", "Arn"))
    found = judge_role("SFN106", statement, definition=NOTHING, others=[task]).only
    expected = 'Condition: {StringEquals: {"iam:PassedToService": "glue.amazonaws.com"}}'
    assert found.suggestion == expected


def test_a_condition_takes_nothing_from_the_other_actions(judge_role: Judge) -> None:
    statement = allow([PASS_ROLE, "iam:GetRole"], TASK)
    found = judge_role("SFN106", statement, definition=NOTHING).only
    assert (found.suggestion or "").startswith("iam:PassRole in a statement of its own, with Cond")


def test_the_pedantic_part_is_left_out_of_a_default_scan(scanned: Callable[..., Any]) -> None:
    principal = {"Service": "states.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": allow(PASS_ROLE, TASK)}}
    properties = {"AssumeRolePolicyDocument": {"Statement": trust}, "Policies": [policy]}
    text = json.dumps({"R": {"Type": "AWS::IAM::Role", "Properties": properties}})
    assert scanned("SFN106", f"Resources: {text}").evaluated["SFN106"] == {"pass": 1}


def test_what_leads_to_more_permissions_is_left_to_another_rule(judge_role: Judge) -> None:
    both = [allow(PASS_ROLE), allow("states:TestState")]
    assert judge_role("SFN106", *both, definition=NOTHING).passes
    assert judge_role("SFN107", *both, definition=NOTHING).only


def test_callers_are_judged(scanned: Callable[..., Any]) -> None:
    statements = [allow(PASS_ROLE), allow("states:StartExecution", "arn:aws:states:*:*:*:a")]
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": statements}}
    properties = {"AssumeRolePolicyDocument": {"Statement": []}, "Policies": [policy]}
    text = json.dumps({"R": {"Type": "AWS::IAM::Role", "Properties": properties}})
    (found,) = scanned("SFN106", f"Resources: {text}").findings
    assert found.severity is Severity.HIGH


def test_a_role_that_the_input_names_may_be_any(judge_role: Judge) -> None:
    chosen = schedule({"Target": {"Arn": "a", "RoleArn.$": "$.role", "Input": "{}"}})
    assert judge_role("SFN106", allow(PASS_ROLE), definition=chosen).passes
    written = schedule({"Target": {"Arn": "a", "RoleArn": "arn:aws:iam::123456789012:role/r"}})
    assert judge_role("SFN106", allow(PASS_ROLE), definition=written).only


@pytest.mark.parametrize(
    ("condition", "severity"),
    [
        (passed_to("ecs-tasks.amazonaws.com"), Severity.MEDIUM),
        (passed_to(["a.amazonaws.com", "b.amazonaws.com"], "StringLike"), Severity.MEDIUM),
        (passed_to("*", "StringLike"), None),
        (passed_to("a.amazonaws.com", "StringNotEquals"), None),
        (passed_to("a.amazonaws.com", "StringEqualsIfExists"), None),
        ({"StringEquals": {"iam:ResourceTag/team": "orders"}}, None),
        (OpenDict({}, Unknown("var.more")), Severity.MEDIUM),
    ],
)
def test_a_condition(judge_role: Judge, condition: Plain, severity: Severity | None) -> None:
    violation = judge_role("SFN106", allow(PASS_ROLE, Condition=condition), definition=NOTHING).only
    assert violation.severity is severity


def test_one_finding_for_a_statement(judge_role: Judge) -> None:
    both = allow([PASS_ROLE, "iam:Pass*"], ["arn:aws:iam::123456789012:role/*", "*"])
    violation = judge_role("SFN106", both, definition=NOTHING).only
    assert violation.path == ("Statement", 0, "Resource", 0)
    assert [one.message for one in violation.related] == ['"*" too']


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (allow(PASS_ROLE, OPEN), "its resources: var.role is not known"),
        (allow(OPEN), "the action var.role is not known"),
        (allow(OpenList(["s3:GetObject"], OPEN)), "its actions: var.role is not known"),
    ],
)
def test_what_is_not_known(judge_role: Judge, statement: Plain, reason: str) -> None:
    judged = judge_role("SFN106", statement, definition=NOTHING)
    assert judged.violations == []
    (found,) = judged.reasons
    assert reason in found


def test_a_workflow_that_is_not_known_may_pass_any_role(judge_role: Judge) -> None:
    judged = judge_role("SFN106", allow(PASS_ROLE), definition=Unread("lost"))
    assert judged.violations == []
    assert "lost" in judged.reasons[0]


def test_what_is_not_known_of_other_resources_does_not_matter(judge_role: Judge) -> None:
    assert judge_role("SFN106", allow(OPEN, "arn:aws:s3:::b"), definition=NOTHING).passes
