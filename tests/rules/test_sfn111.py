"""SFN111: who may assume a role of Step Functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.resources import Form, Resource, Unread
from stepguard.deployment.values import (
    Hole,
    OpenList,
    Piece,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.finding import Severity

Judge = Callable[..., Any]
ACCOUNT = Reference("AWS::AccountId")
OPEN = Unknown("var.principal")
STATES = "states.amazonaws.com"
MACHINE: dict[str, Plain] = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
OTHER = "arn:aws:iam::210987654321:role/other"


def text(*parts: str | Unknown | Reference) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


def trust(principal: Plain, action: Plain = "sts:AssumeRole", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


@pytest.mark.parametrize(
    "principal",
    [
        {"Service": STATES},
        {"Service": ["states.eu-west-1.amazonaws.com", STATES]},
        {"Service": text("states.", Reference("AWS::Region"), ".", Reference("AWS::URLSuffix"))},
    ],
)
def test_step_functions_alone_is_fine(judge_role: Judge, principal: Plain) -> None:
    assert judge_role("SFN111", trust=trust(principal), definition=MACHINE).passes
    assert judge_role("SFN111", trust=trust(principal)).passes


@pytest.mark.parametrize(
    ("principal", "severity", "words"),
    [
        ({"Service": [STATES, "lambda.amazonaws.com"]}, Severity.MEDIUM, "lambda.amazonaws.com"),
        ({"Service": STATES, "AWS": "*"}, Severity.CRITICAL, "everybody"),
        ({"Service": STATES, "AWS": ["*", OTHER]}, Severity.CRITICAL, "everybody"),
        ({"Service": STATES, "AWS": "210987654321"}, Severity.HIGH, "210987654321"),
        ({"Service": STATES, "AWS": ACCOUNT}, Severity.MEDIUM, "the whole account"),
        (
            {"Service": STATES, "AWS": text("arn:aws:iam::", ACCOUNT, ":root")},
            Severity.MEDIUM,
            "the whole account ${AWS::AccountId}",
        ),
        ({"Service": STATES, "AWS": OTHER}, Severity.HIGH, OTHER),
        (
            {"Service": STATES, "AWS": text("arn:aws:iam::", ACCOUNT, ":role/debug")},
            Severity.MEDIUM,
            "role/debug",
        ),
        ({"Service": STATES, "AWS": Reference("Debug", "Arn")}, Severity.MEDIUM, "${Debug.Arn}"),
        ({"Service": STATES, "Federated": "accounts.google.com"}, Severity.MEDIUM, "google"),
    ],
)
def test_others_are_found(
    judge_role: Judge, principal: Plain, severity: Severity, words: str
) -> None:
    violation = judge_role("SFN111", trust=trust(principal), definition=MACHINE).only
    assert (violation.severity or Severity.MEDIUM) is severity
    assert words in violation.message
    assert "'Role'" in violation.message
    assert violation.resource == "Role"
    assert violation.path[:3] == ("Statement", "Principal", *violation.path[2:3])


def test_another_statement_is_judged_by_itself(judge_role: Judge) -> None:
    statements = [trust({"Service": STATES}), trust({"Service": "events.amazonaws.com"})]
    violation = judge_role("SFN111", trust=statements, definition=MACHINE).only
    assert violation.path == ("Statement", 1, "Principal", "Service")


def test_one_finding_for_a_statement_begins_with_the_gravest(judge_role: Judge) -> None:
    principal = {"Service": [STATES, "lambda.amazonaws.com"], "AWS": [OTHER]}
    violation = judge_role("SFN111", trust=trust(principal), definition=MACHINE).only
    assert violation.severity is Severity.HIGH
    assert f"lets {OTHER} and lambda.amazonaws.com assume it" in violation.message
    assert len(violation.related) == 1


@pytest.mark.parametrize(
    ("condition", "severity"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-123"}}, Severity.MEDIUM),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/ci"}}, Severity.MEDIUM),
        ({"StringLike": {"aws:PrincipalArn": "*"}}, Severity.HIGH),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-123"}}, Severity.HIGH),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, Severity.HIGH),
        (OPEN, Severity.HIGH),
    ],
)
def test_a_condition_on_who_calls_makes_it_less_grave(
    judge_role: Judge, condition: Plain, severity: Severity
) -> None:
    statement = trust({"Service": STATES, "AWS": "*"}, Condition=condition)
    violation = judge_role("SFN111", trust=statement, definition=MACHINE).only
    assert violation.severity is severity


@pytest.mark.parametrize("principal", ["210987654321", "arn:aws:iam::210987654321:root", OTHER])
def test_an_account_that_is_trusted_may_be_there(judge_role: Judge, principal: str) -> None:
    statement = trust({"Service": STATES, "AWS": principal})
    config = Config(trusted_accounts=("210987654321",))
    assert judge_role("SFN111", trust=statement, config=config, definition=MACHINE).passes


def test_statements_that_let_nobody_in_are_not_judged(judge_role: Judge) -> None:
    statements = [
        trust({"Service": STATES}),
        trust({"AWS": "*"}, Effect="Deny"),
        trust({"AWS": "210987654321"}, "sts:TagSession"),
    ]
    assert judge_role("SFN111", trust=statements, definition=MACHINE).passes


def test_everybody_but_some(judge_role: Judge) -> None:
    statement = {
        "Effect": "Allow",
        "NotPrincipal": {"AWS": OTHER},
        "Action": "sts:AssumeRole",
    }
    statements = [trust({"Service": STATES}), statement]
    violation = judge_role("SFN111", trust=statements, definition=MACHINE).only
    assert violation.severity is Severity.HIGH
    assert violation.path == ("Statement", 1, "NotPrincipal")


@pytest.mark.parametrize(
    "statements",
    [
        [trust({"Service": "lambda.amazonaws.com"})],
        [trust({"Service": STATES}, "sts:TagSession")],
        [trust({"Service": STATES}, Effect="Deny")],
        [],
    ],
)
def test_a_role_that_step_functions_may_not_assume(
    judge_role: Judge, statements: list[Plain]
) -> None:
    found = judge_role("SFN111", trust=statements, definition=MACHINE).violations
    (violation,) = (one for one in found if "does not let Step Functions" in one.message)
    assert "'Machine'" in violation.message
    assert STATES in violation.suggestion


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ([trust(OPEN)], "its principal: var.principal is not known before deployment"),
        (
            [trust({"Service": OpenList(["lambda.amazonaws.com"], OPEN)})],
            "whether the trust policy lets Step Functions in is not known",
        ),
        ([OPEN], "the trust policy: a statement is not known"),
        ([trust({"Service": STATES, "AWS": OPEN})], "its principal var.principal is not known"),
    ],
)
def test_what_is_not_known_is_not_judged(
    judge_role: Judge, statements: list[Plain], reason: str
) -> None:
    judged = judge_role("SFN111", trust=statements, definition=MACHINE)
    assert not any("does not let" in one.message for one in judged.violations)
    assert any(reason in found for found in judged.reasons)


def test_a_trust_policy_that_was_not_read(judge_role: Judge) -> None:
    judged = judge_role("SFN111", trust=Unread("no such file"), definition=MACHINE)
    assert judged.violations == []
    assert judged.reasons == ["the trust policy could not be read: no such file"]


def test_the_role_that_sam_makes_is_not_judged(judge_role: Judge) -> None:
    assert not judge_role("SFN111", generated=True, definition=MACHINE).applies


def test_the_suggestion_is_in_the_language_of_the_form(judge_role: Judge) -> None:
    statement = trust({"Service": [STATES, "lambda.amazonaws.com"]})
    terraform = judge_role("SFN111", trust=statement, form=Form.TERRAFORM).only
    assert 'Principal = { Service = "states.amazonaws.com" }' in terraform.suggestion
    template = judge_role("SFN111", trust=statement).only
    assert "Principal: {Service: states.amazonaws.com}" in template.suggestion


PASSED = """Resources:
  Job:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          Effect: Allow
          Principal: {Service: [glue.amazonaws.com, states.amazonaws.com]}
          Action: sts:AssumeRole
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/work
      Definition:
        StartAt: Make
        States:
          Make:
            Type: Task
            Resource: arn:aws:states:::aws-sdk:glue:createJob
            Parameters: {Name: job, Given: [{ExecutionRoleArn: !GetAtt Job.Arn}]}
            End: true
"""


def test_a_role_that_a_task_passes_on(scanned: Callable[..., Any]) -> None:
    report = scanned("SFN111", PASSED)
    assert report.findings == []
    (left,) = report.not_evaluated
    assert "a task passes the role on, so that glue.amazonaws.com may be" in left.reason
    everybody = PASSED.replace("{Service: [glue.amazonaws.com, states.amazonaws.com]}", "'*'")
    with_service = everybody.replace("'*'", "{AWS: '*', Service: states.amazonaws.com}")
    (found,) = scanned("SFN111", with_service).findings
    assert "everybody" in found.violation.message


def test_whoever_uses_the_role_is_named(judge_role: Judge) -> None:
    function = Resource(
        address="Worker",
        type="AWS::Lambda::Function",
        form=Form.CLOUDFORMATION,
        attributes=Traced({"Role": Traced(Reference("Role", "Arn"))}),
    )
    both = trust({"Service": [STATES, "lambda.amazonaws.com"]})
    found = judge_role("SFN111", trust=both, definition=MACHINE, others=[function]).only
    assert found.suggestion.endswith("and give 'Worker' a role of its own")


ALONE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: [lambda.amazonaws.com, states.amazonaws.com]}
            Action: sts:AssumeRole
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Role.Arn}
"""


def test_a_role_of_something_else_is_not_for_step_functions(scanned: Callable[..., Any]) -> None:
    (found,) = (one.violation for one in scanned("SFN111", ALONE).findings)
    assert found.message.endswith(
        "lets Step Functions assume it besides lambda.amazonaws.com, and no state machine of the "
        "project runs as it"
    )
    assert found.suggestion == "Leave states.amazonaws.com out: the role is that of 'Worker'"
    assert found.span.text == STATES
    (nobody,) = (one.violation for one in scanned("SFN111", ALONE.split("  Worker:")[0]).findings)
    assert "lets lambda.amazonaws.com assume it, with every permission that it has" in (
        nobody.message
    )
