"""SFN704: policies that ask for tags which a state machine lacks, or which do not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN704"

TEXT = """
variable "unknown" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
  TAGS
}
resource "aws_iam_policy" "p" {
  name   = "operators"
  policy = jsonencode({ Statement = [{
    Effect    = "Allow"
    Action    = ["ACTION"]
    Resource  = RESOURCE
    Condition = { CONDITION }
  }] })
}
"""
DEFAULTS = {
    "TAGS": "",
    "ACTION": "states:StartExecution",
    "RESOURCE": "aws_sfn_state_machine.m.arn",
    "CONDITION": 'StringEquals = { "aws:ResourceTag/Project" = "orders" }',
}
TAGGED = 'tags = { Project = "orders" }'


def text(**parts: str) -> str:
    filled = TEXT
    for name, value in {**DEFAULTS, **parts}.items():
        filled = filled.replace(name, value)
    return filled


def test_a_machine_without_the_tag(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, text()).findings
    assert "lacks the tag 'Project'" in found.violation.message
    assert "states:StartExecution on it is denied" in found.violation.message
    assert found.violation.resource == "aws_sfn_state_machine.m"
    assert found.violation.related[0].span.text == '"orders"'
    assert "Project" in found.violation.suggestion


def test_a_machine_with_another_value(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, text(TAGS='tags = { Project = "billing" }')).findings
    assert "has the tag 'Project' with 'billing'" in found.violation.message
    assert found.violation.span.text in ("billing", '"billing"')
    assert 'Project = "orders"' in found.violation.suggestion
    pattern = 'StringLike = { "aws:ResourceTag/Project" = "ord*" }'
    (found,) = scanned(RULE, text(TAGS='tags = { Project = "b" }', CONDITION=pattern)).findings
    assert 'Project = "…"' in found.violation.suggestion


@pytest.mark.parametrize(
    "parts",
    [
        {"TAGS": TAGGED},
        {"TAGS": TAGGED, "CONDITION": 'StringLike = { "aws:resourcetag/project" = "ord*" }'},
        {"RESOURCE": '"*"'},
        {"RESOURCE": '"arn:aws:states:eu-west-1:123456789012:stateMachine:*"'},
    ],
)
def test_a_tag_that_is_there_and_machines_that_are_not_meant(
    scanned: Callable[..., Any], parts: dict[str, str]
) -> None:
    assert scanned(RULE, text(**parts)).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    "parts",
    [
        {"TAGS": "tags = var.unknown"},
        {"TAGS": "tags = { Project = var.unknown }"},
        {
            "TAGS": TAGGED,
            "CONDITION": 'StringEquals = { "aws:ResourceTag/Project" = '
            '"$${aws:PrincipalTag/Project}" }',
        },
    ],
)
def test_what_is_not_known(scanned: Callable[..., Any], parts: dict[str, str]) -> None:
    report = scanned(RULE, text(**parts))
    assert report.findings == []
    assert len(report.not_evaluated) == 1


def test_the_caller_of_a_module_may_tag(scanned: Callable[..., Any]) -> None:
    (one,) = scanned(RULE, text(), is_reusable_module=True).not_evaluated
    assert "its caller may tag" in one.reason


def test_http_tasks_do_not_go_by_tags(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, text(TAGS=TAGGED, ACTION="states:InvokeHTTPEndpoint")).findings
    assert "allows states:InvokeHTTPEndpoint by a tag" in found.violation.message
    assert found.violation.resource == "aws_iam_policy.p"


@pytest.mark.parametrize(
    "parts",
    [
        {"ACTION": "sqs:SendMessage"},
        {"CONDITION": 'StringEquals = { "aws:RequestTag/Project" = "orders" }'},
        {"CONDITION": 'StringNotEquals = { "aws:ResourceTag/Project" = "orders" }'},
    ],
)
def test_statements_that_are_not_judged(scanned: Callable[..., Any], parts: dict[str, str]) -> None:
    assert scanned(RULE, text(**parts)).evaluated[RULE] == {}
