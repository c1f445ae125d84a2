"""SFN101: actions with a wildcard."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document, read_document
from stepguard.deployment.resources import PolicyDocument, Unread
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import (
    Hole,
    OneOf,
    OpenList,
    Piece,
    Plain,
    Text,
    Traced,
    Unknown,
)
from stepguard.finding import Severity

Judge = Callable[..., Any]
OPEN = Unknown("var.actions")
PUT = {
    "StartAt": "Put",
    "States": {
        "Put": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:putItem",
            "Parameters": {"TableName": "orders"},
            "End": True,
        }
    },
}


def allow(action: Plain, resource: Plain = "arn:aws:s3:::b/*", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def text(*parts: str | Unknown) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("*", "every action of every service"),
        ("*:*", "every action of every service"),
        ("dynamodb:*", "of which do more than read, and whatever AWS adds"),
        ("s3:Put*", "s3:Put*"),
        ("s3:*Object", "s3:*Object"),
        ("s3:Get?bject", "today that is s3:GetObject, and whatever AWS adds"),
        ("nosuchservice:*", "changes with the service"),
        (text(Unknown("var.service"), ":*"), "${var.service}:*"),
    ],
)
def test_a_wildcard_is_found(judge_role: Judge, action: Plain, words: str) -> None:
    violation = judge_role("SFN101", allow(action, Sid="Work"), definition=PUT).only
    assert words in violation.message
    assert "Statement 'Work' of policy 'work'" in violation.message
    assert "'Role'" in violation.message
    assert violation.resource == "Policy"
    assert violation.path == ("Statement", 0, "Action")


@pytest.mark.parametrize(
    ("action", "severity"),
    [
        ("dynamodb:*", None),
        (["s3:Get*", "dynamodb:Put*"], None),
        ("nosuchservice:Get*", None),
        (["s3:Get*", "nosuchservice:Get*"], None),
        ("lambda:Invoke*", None),
        ("s3:Get*", Severity.MEDIUM),
        (["s3:Get*", "dynamodb:Describe*"], Severity.MEDIUM),
        ("sns:Publish*", Severity.LOW),
    ],
)
def test_how_grave_it_is(judge_role: Judge, action: Plain, severity: Severity | None) -> None:
    assert judge_role("SFN101", allow(action), definition=PUT).only.severity is severity


@pytest.mark.parametrize(
    ("statement", "severity"),
    [
        (allow("*", "*"), Severity.CRITICAL),
        (allow(["s3:GetObject", "*:*"], ["arn:aws:s3:::b", "*"]), Severity.CRITICAL),
        (allow("*", "arn:aws:s3:::b/*"), None),
        (allow("s3:*", "*"), None),
        (allow("*", "*", Condition={"StringEquals": {"aws:ResourceTag/a": "b"}}), None),
    ],
)
def test_what_an_administrator_may_is_critical(
    judge_role: Judge, statement: Plain, severity: Severity | None
) -> None:
    assert judge_role("SFN101", statement, definition=PUT).only.severity is severity


def test_a_way_to_more_permissions_is_left_to_sfn107(judge_role: Judge) -> None:
    statement = allow(["iam:*", "s3:*"], "*")
    found = judge_role("SFN101", statement, definition=PUT).only
    assert "'Role' s3:*:" in found.message
    assert judge_role("SFN107", statement, definition=PUT).only.path[-1] == 0
    assert judge_role("SFN101", allow("iam:*", "*"), definition=PUT).passes
    named = allow("iam:*", "arn:aws:iam::123456789012:role/other")
    assert "iam:*" in judge_role("SFN101", named, definition=PUT).only.message


@pytest.mark.parametrize(
    "action",
    [
        "dynamodb:PutItem",
        ["dynamodb:PutItem", "dynamodb:GetItem"],
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
        ["kms:Decrypt", "KMS:generatedatakey*"],
        [],
    ],
)
def test_what_is_written_out_is_fine(judge_role: Judge, action: Plain) -> None:
    assert judge_role("SFN101", allow(action), definition=PUT).passes


def test_one_finding_for_a_statement_names_all_its_wildcards(judge_role: Judge) -> None:
    statement = allow(["dynamodb:*", "s3:GetObject", "s3:*"])
    violation = judge_role("SFN101", statement, definition=PUT).only
    assert "dynamodb:* and s3:*" in violation.message
    assert violation.path == ("Statement", 0, "Action", 0)
    assert [place.message for place in violation.related] == ["s3:* too"]


def test_it_says_which_actions_to_write(judge_role: Judge) -> None:
    used = judge_role("SFN101", allow("dynamodb:*", "*"), definition=PUT).only
    assert used.suggestion == (
        'Write what the workflow needs: {Effect: Allow, Action: "dynamodb:PutItem", '
        'Resource: !Sub "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:'
        'table/orders"}'
    )
    unused = judge_role("SFN101", allow("s3:*"), definition=PUT).only
    assert "leave them out" in unused.suggestion
    no_machine = judge_role("SFN101", allow("s3:*")).only
    assert no_machine.suggestion == "Write the actions that are needed one by one"
    unread = judge_role("SFN101", allow("s3:*"), definition=Unread("lost")).only
    assert unread.suggestion == "Write the actions that the workflow takes one by one"


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    ],
)
def test_other_statements_are_not_judged(judge_role: Judge, statement: Plain) -> None:
    assert judge_role("SFN101", statement, definition=PUT).passes


def test_a_wildcard_on_a_condition_counts(judge_role: Judge) -> None:
    statement = allow(OneOf("Prod", (["s3:GetObject"], ["s3:*"])))
    assert "s3:*" in judge_role("SFN101", statement, definition=PUT).only.message


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (OPEN, "the action var.actions is not known before deployment"),
        (text("s3:", OPEN), "the action var.actions is not known before deployment"),
        (OpenList(["s3:GetObject"], OPEN), "its actions: var.actions is not known"),
    ],
)
def test_an_action_that_is_not_known(judge_role: Judge, action: Plain, reason: str) -> None:
    judged = judge_role("SFN101", allow(action), definition=PUT)
    assert judged.violations == []
    (found,) = judged.reasons
    assert reason in found


def test_what_is_certain_is_found_beside_what_is_not(judge_role: Judge) -> None:
    judged = judge_role("SFN101", allow(OpenList(["s3:*"], OPEN)), definition=PUT)
    assert len(judged.violations) == 1
    assert len(judged.reasons) == 1


def test_policies_that_were_not_read(judge_role: Judge) -> None:
    judged = judge_role(
        "SFN101",
        definition=PUT,
        inline=[PolicyDocument(name="lost", document=Unread("no such file"), address="Role")],
        attached=[
            Traced("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"),
            Traced("AmazonS3ReadOnlyAccess"),
            Traced("arn:aws:iam::123456789012:policy/own"),
            Traced(Unknown("var.policy")),
        ],
    )
    assert judged.violations == []
    assert judged.reasons == [
        "policy 'lost' could not be read: no such file",
        "the attached policy arn:aws:iam::123456789012:policy/own is not part of the project",
        "attached policy var.policy is not known",
    ]


def test_a_role_without_policies_of_the_project_is_not_judged(judge_role: Judge) -> None:
    attached = [Traced("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")]
    assert not judge_role("SFN101", definition=PUT).applies
    assert not judge_role("SFN101", definition=PUT, attached=attached).applies


@pytest.mark.in_time(15)
def test_a_statement_of_any_length_is_judged_in_time(judge_role: Judge) -> None:
    statement = allow([f"ec2:*{number}*" for number in range(2_000)])
    violation = judge_role("SFN101", statement, definition=PUT).only
    assert "and 1994 more" in violation.message


def test_it_points_at_the_action(judge_role: Judge) -> None:
    written = json.dumps({"Statement": [allow(["s3:GetObject", "s3:*"])]}, indent=1)
    span = Span(SourceFile("policy.json", written), 0, len(written))
    document: Document = read_document(Traced(written, span))
    policy = PolicyDocument(name="work", document=document, address="Role")
    violation = judge_role("SFN101", definition=PUT, inline=[policy]).only
    assert violation.span is not None
    assert violation.span.text.strip('"') == "s3:*"


def test_statements_that_say_the_same_are_findings_of_their_own(judge_role: Judge) -> None:
    statements = [allow("s3:*", "arn:aws:s3:::a/*"), allow("s3:*", "arn:aws:s3:::b/*")]
    first, second = judge_role("SFN101", *statements, definition=PUT).violations
    assert first.subject != second.subject
