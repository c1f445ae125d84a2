"""SFN105: policies of AWS for administrators and for full access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Policy, PolicyAttachment
from stepguard.deployment.values import Hole, OneOf, Piece, Plain, Reference, Text, Traced, Unknown
from stepguard.finding import Severity

Judge = Callable[..., Any]
AWS = "arn:aws:iam::aws:policy/"
OPEN = Unknown("var.policy")


def text(*parts: str | Unknown | Reference) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


def attachment(policy: Plain, role: Plain = "work") -> PolicyAttachment:
    return PolicyAttachment(
        address="aws_iam_role_policy_attachment.a",
        type="aws_iam_role_policy_attachment",
        form=Form.TERRAFORM,
        policy=Traced(policy),
        roles=[Traced(role)],
    )


@pytest.mark.parametrize(
    ("policy", "words", "severity"),
    [
        (f"{AWS}AdministratorAccess", "every action of every service", Severity.CRITICAL),
        ("AdministratorAccess", "every action of every service", Severity.CRITICAL),
        (
            text("arn:", Reference("AWS::Partition"), ":iam::aws:policy/AdministratorAccess"),
            "every action of every service",
            Severity.CRITICAL,
        ),
        (f"{AWS}IAMFullAccess", "give itself any other", Severity.CRITICAL),
        (f"{AWS}PowerUserAccess", "but IAM and Organizations", None),
        (f"{AWS}AWSLambda_FullAccess", "lambda:* on every resource", None),
        (f"{AWS}job-function/SystemAdministrator", "made for administrators", None),
        (f"{AWS}AdministratorAccess-Amplify", "made for administrators", None),
        (f"{AWS}SomeNewServiceFullAccess", "made for administrators", None),
        ("arn:aws-us-gov:iam::aws:policy/AmazonS3FullAccess", "s3:*", None),
    ],
)
def test_a_broad_policy_is_found(
    judge_role: Judge, policy: Plain, words: str, severity: Severity | None
) -> None:
    violation = judge_role("SFN105", attached=[Traced(policy)]).only
    assert words in violation.message
    assert "role 'Role'" in violation.message
    assert violation.resource == "Role"
    assert violation.severity is severity


@pytest.mark.parametrize(
    "attached",
    [
        [],
        [f"{AWS}AWSXRayDaemonWriteAccess", f"{AWS}service-role/AWSLambdaBasicExecutionRole"],
        ["AmazonS3ReadOnlyAccess"],
        ["AmazonAPIGatewayInvokeFullAccess"],
        ["arn:aws:iam::123456789012:policy/AdministratorAccess"],
        [text("arn:aws:iam::", Reference("AWS::AccountId"), ":policy/AdministratorAccess")],
        [text("arn:aws:iam::", Unknown("var.account"), ":policy/orders")],
    ],
)
def test_other_policies_are_fine(judge_role: Judge, attached: list[Plain]) -> None:
    assert judge_role("SFN105", attached=[Traced(one) for one in attached]).passes


def test_an_attachment_that_is_a_resource(judge_role: Judge) -> None:
    policy = attachment(f"{AWS}AmazonSQSFullAccess")
    violation = judge_role("SFN105", name=Traced("work"), others=[policy]).only
    assert violation.resource == "aws_iam_role_policy_attachment.a"
    assert "sqs:*" in violation.message


def test_an_attachment_to_another_role(judge_role: Judge) -> None:
    policy = attachment(f"{AWS}AmazonSQSFullAccess", "other")
    assert judge_role("SFN105", name=Traced("work"), others=[policy]).passes


def test_a_policy_on_a_condition_counts(judge_role: Judge) -> None:
    policy = OneOf("Prod", (Traced("AmazonS3ReadOnlyAccess"), Traced("AmazonS3FullAccess")))
    assert "s3:*" in judge_role("SFN105", attached=[Traced(policy)]).only.message


def test_each_attachment_is_a_finding(judge_role: Judge) -> None:
    names = ("AmazonS3FullAccess", "AmazonSQSFullAccess")
    judged = judge_role("SFN105", attached=[Traced(f"{AWS}{one}") for one in names])
    assert [one.subject for one in judged.violations] == list(names)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (OPEN, "attached policy var.policy is not known"),
        (text(AWS, OPEN), "which policy is attached is not known: var.policy"),
        (text(OPEN, "/AdministratorAccess"), "which policy is attached is not known: var.policy"),
        (
            text("arn:aws:iam::", OPEN, ":policy/AdministratorAccess"),
            "which policy is attached is not known: var.policy",
        ),
    ],
)
def test_a_policy_that_is_not_known(judge_role: Judge, policy: Plain, reason: str) -> None:
    judged = judge_role("SFN105", attached=[Traced(policy)])
    assert judged.violations == []
    (found,) = judged.reasons
    assert found.startswith(reason)


def test_a_policy_of_the_project_is_fine(judge_role: Judge) -> None:
    own = Policy(
        address="Own",
        type="AWS::IAM::ManagedPolicy",
        form=Form.CLOUDFORMATION,
        document=Document({"Statement": []}, None),
        managed=True,
    )
    assert judge_role("SFN105", attached=[Traced(Reference("Own"))], others=[own]).passes


FUNCTION = """Transform: AWS::Serverless-2016-10-31
Resources:
  Starter:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Policies: [AWSStepFunctionsFullAccess]}
"""


def test_a_function_of_sam_is_a_caller(scanned: Callable[..., Any]) -> None:
    report = scanned("SFN105", FUNCTION)
    (found,) = report.findings
    assert "attached to role 'StarterRole': it allows states:*" in found.violation.message
    assert found.violation.suggestion.endswith("that its user needs instead")
    assert report.made_for == {(found.root, "StarterRole"): "Starter"}
