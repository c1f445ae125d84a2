"""SFN112: for which account Step Functions may assume a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
)

Judge = Callable[..., Any]
ACCOUNT = Reference("AWS::AccountId")
OPEN = Unknown("var.source")
MACHINES = "arn:aws:states:eu-west-1:123456789012:stateMachine:*"


def text(*parts: str | Unknown | Reference) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


def trust(condition: Plain = None, service: Plain = "states.amazonaws.com") -> dict[str, Plain]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return statement if condition is None else {**statement, "Condition": condition}


def test_no_condition_at_all(judge_role: Judge) -> None:
    violation = judge_role("SFN112", trust=trust()).only
    assert violation.message == (
        "The trust policy of role 'Role' lets Step Functions assume it on behalf of any account: "
        "its statement 1 has no condition on aws:SourceArn or aws:SourceAccount"
    )
    assert violation.path == ("Statement", "Principal", "Service")
    assert "!Ref AWS::AccountId" in violation.suggestion
    terraform = judge_role("SFN112", trust=trust(), form=Form.TERRAFORM).only
    assert terraform.suggestion.startswith("Condition = {")
    assert "data.aws_caller_identity.current.account_id" in terraform.suggestion


def test_the_place_is_that_of_the_service(judge_role: Judge) -> None:
    services: Plain = ["lambda.amazonaws.com", "states.amazonaws.com"]
    document = trust()
    document["Principal"] = {"AWS": "111122223333", "Service": services}
    assert judge_role("SFN112", trust=document).only.path == (
        *("Statement", "Principal", "Service"),
        1,
    )


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnLike": {"aws:SourceArn": MACHINES}},
        {"ArnEquals": {"AWS:sourcearn": MACHINES}},
        {"StringLike": {"aws:SourceArn": [MACHINES, "arn:aws:states:*:123456789012:*"]}},
        {"ArnLikeIfExists": {"aws:SourceArn": MACHINES}},
        {"ArnLike": {"aws:SourceArn": text("arn:aws:states:*:", ACCOUNT, ":stateMachine:*")}},
        {"ArnLike": {"aws:SourceArn": text("arn:aws:states:*:", Unknown("var.account"), ":*")}},
        {"ArnEquals": {"aws:SourceArn": Reference("Machine", "Arn")}},
        {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        {"StringEquals": {"aws:SourceAccount": ["123456789012", "210987654321"]}},
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {"StringEquals": {"aws:SourceAccount": 123456789012}},
        {"StringEquals": {"aws:SourceOrgID": "o-abcdef"}},
        {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-a/r-b/*"}},
        {
            "StringEquals": {
                "aws:SourceAccount": OneOf("Prod", ("123456789012", "210987654321")),
            }
        },
        {
            "Bool": {"aws:SecureTransport": "true"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
    ],
)
def test_a_condition_that_names_the_account(judge_role: Judge, condition: Plain) -> None:
    assert judge_role("SFN112", trust=trust(condition)).passes


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"ArnLike": {"aws:SourceArn": "arn:aws:states:eu-west-1:*:stateMachine:pay"}},
        {"ArnLike": {"aws:SourceArn": ["arn:aws:states:*:*:stateMachine:*", MACHINES]}},
        {"StringLike": {"aws:SourceArn": "*"}},
        {"StringLike": {"aws:SourceAccount": "*"}},
        {"StringNotEquals": {"aws:SourceAccount": "123456789012"}},
        {"ArnNotLike": {"aws:SourceArn": MACHINES}},
        {"Null": {"aws:SourceArn": "false"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-abcdef"}},
        {"StringEquals": {"sts:ExternalId": "x"}},
    ],
)
def test_a_condition_that_does_not(judge_role: Judge, condition: Plain) -> None:
    assert judge_role("SFN112", trust=trust(condition)).only


def test_a_pattern_for_any_account_is_pointed_at(judge_role: Judge) -> None:
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:states:*:*:stateMachine:*"}}
    violation = judge_role("SFN112", trust=trust(condition)).only
    assert "a pattern that fits any account" in violation.message
    assert violation.path == ("Statement", "Condition", "ArnLike", "aws:SourceArn")


def test_each_statement_needs_its_own(judge_role: Judge) -> None:
    bound = trust({"StringEquals": {"aws:SourceAccount": ACCOUNT}})
    regional = trust(service="states.eu-west-1.amazonaws.com")
    violation = judge_role("SFN112", trust=[bound, regional]).only
    assert "statement 2" in violation.message
    other = trust(service="lambda.amazonaws.com")
    assert judge_role("SFN112", trust=[bound, other]).passes


def test_statements_that_say_the_same_are_findings_of_their_own(judge_role: Judge) -> None:
    first, second = judge_role("SFN112", trust=[trust(), trust()]).violations
    assert first.subject != second.subject


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (trust(OPEN), "its condition var.source is not known"),
        (
            trust({"StringEquals": {"aws:SourceAccount": OPEN}}),
            "the value of aws:sourceaccount is not known",
        ),
        (
            trust({"StringEquals": OneOf("C", ({"aws:SourceAccount": "1"}, {"x:y": "2"}))}),
            "whether the condition on aws:sourceaccount is there is not known",
        ),
        (
            trust(OneOf("C", ({"StringEquals": {"aws:SourceAccount": "1"}}, REMOVED))),
            "whether the condition on aws:sourceaccount is there is not known",
        ),
    ],
)
def test_a_condition_that_is_not_known(judge_role: Judge, statement: Plain, reason: str) -> None:
    judged = judge_role("SFN112", trust=statement)
    assert judged.violations == []
    (found,) = judged.reasons
    assert reason in found


def test_a_principal_that_is_not_known(judge_role: Judge) -> None:
    bound = trust({"StringEquals": {"aws:SourceAccount": ACCOUNT}})
    judged = judge_role("SFN112", trust=[bound, trust(service=OPEN)])
    assert judged.violations == []
    assert "whether statement 2 of the trust policy lets Step Functions in" in judged.reasons[0]


def test_a_trust_policy_that_was_not_read(judge_role: Judge) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    judged = judge_role("SFN112", trust=Unread("no such file"), definition=definition)
    assert judged.reasons == ["the trust policy could not be read: no such file"]


def test_a_role_that_step_functions_may_not_assume_is_not_judged(judge_role: Judge) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    statement = trust(service="lambda.amazonaws.com")
    assert not judge_role("SFN112", trust=statement, definition=definition).applies


def test_the_role_that_sam_makes_is_not_evaluated(judge_role: Judge) -> None:
    judged = judge_role("SFN112", generated=True)
    assert judged.violations == []
    assert "SAM writes the trust policy" in judged.reasons[0]


INSTANCES = """
data "aws_iam_policy_document" "trust" {
  for_each = toset(["states", "lambda"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.value}.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "one" {
  assume_role_policy = data.aws_iam_policy_document.trust["states"].json
}
resource "aws_iam_role" "each" {
  for_each           = toset(["states", "lambda"])
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}
"""


def test_a_trust_policy_that_is_one_instance_of_several(scanned: Callable[..., Any]) -> None:
    found = scanned("SFN112", INSTANCES).findings
    assert sorted(one.violation.resource for one in found) == [
        'aws_iam_role.each["states"]',
        "aws_iam_role.one",
    ]


IN_A_DOCUMENT = """
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "run" {
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
"""
IN_A_ROLE = """
resource "aws_iam_role" "run" {
  assume_role_policy = jsonencode({ Statement = {
    Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "states.amazonaws.com" }
  } })
}
"""
IN_A_TEXT = """
resource "aws_iam_role" "run" {
  assume_role_policy = <<EOF
{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
  "Principal": {"Service": "states.amazonaws.com"}}}
EOF
}
"""
DECLARE = 'eclare data "aws_caller_identity" "current" {} in the module, too'


@pytest.mark.parametrize(
    ("project", "account", "remark"),
    [
        (
            IN_A_DOCUMENT,
            "[data.aws_caller_identity.NAME.account_id]",
            f"\n# D{DECLARE}.",
        ),
        (IN_A_ROLE, "= data.aws_caller_identity.NAME.account_id }", f"\n# D{DECLARE}."),
        (IN_A_TEXT, '"${data.aws_caller_identity.NAME.account_id}"', f" (d{DECLARE})"),
    ],
)
def test_the_account_is_that_of_the_modules_data_source(
    scanned: Callable[..., Any], project: str, account: str, remark: str
) -> None:
    (without,) = scanned("SFN112", project).findings
    assert account.replace("NAME", "current") in without.violation.suggestion
    assert without.violation.suggestion.endswith(remark)
    declared = 'data "aws_caller_identity" "me" {}\n'
    (found,) = scanned("SFN112", project + declared).findings
    assert account.replace("NAME", "me") in found.violation.suggestion
    assert DECLARE not in found.violation.suggestion
