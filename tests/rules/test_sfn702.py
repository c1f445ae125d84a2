"""SFN702: activities without tags, or without those that are required."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config

RULE = "SFN702"


def activity(body: str = "") -> str:
    return f"""
variable "unknown" {{}}
resource "aws_sfn_activity" "a" {{
  name = "a"
  {body}
}}
"""


@pytest.mark.parametrize("body", ["", "tags = {}", 'tags = { "aws:x" = "y" }'])
def test_no_tags(scanned: Callable[..., Any], body: str) -> None:
    (found,) = scanned(RULE, activity(body)).findings
    assert "Activity aws_sfn_activity.a has no tags: " in found.violation.message
    assert found.violation.resource == "aws_sfn_activity.a"
    assert "Project" in found.violation.suggestion


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('tags = { Owner = "x" }', ""),
        ("", 'provider "aws" {\n default_tags {\n tags = { A = "b" }\n}\n}'),
    ],
)
def test_some_tags(scanned: Callable[..., Any], body: str, text: str) -> None:
    report = scanned(RULE, activity(body) + text, is_reusable_module=bool(text))
    assert report.evaluated[RULE] == {"pass": 1}


def test_a_required_tag(scanned: Callable[..., Any]) -> None:
    config = Config(required_tags=("Owner", "cost-centre"))
    (found,) = scanned(RULE, activity('tags = { Owner = "x" }'), config=config).findings
    assert "lacks the required tag 'cost-centre'" in found.violation.message
    assert found.violation.suggestion == 'cost-centre = "…"\n# in tags'
    (bare,) = scanned(RULE, activity(""), config=config).findings
    assert bare.violation.suggestion == 'tags = {\n  Owner = "…"\n  cost-centre = "…"\n}'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("tags = var.unknown", "var.unknown"),
        ('tags = { (var.unknown) = "x" }', "var.unknown is not known: the key is not known"),
    ],
)
def test_what_is_not_known(scanned: Callable[..., Any], body: str, reason: str) -> None:
    report = scanned(RULE, activity(body), config=Config(required_tags=("Owner",)))
    assert report.findings == []
    (one,) = report.not_evaluated
    assert reason in one.reason


def test_the_caller_of_a_module_may_tag(scanned: Callable[..., Any]) -> None:
    (one,) = scanned(RULE, activity(), is_reusable_module=True).not_evaluated
    assert "its caller may tag what is in it" in one.reason


def test_a_stack_may_be_deployed_with_tags(scanned: Callable[..., Any]) -> None:
    text = "Resources:\n  A:\n    Type: AWS::StepFunctions::Activity\n    Properties: {Name: a}\n"
    (found,) = scanned(RULE, text).findings
    assert "unless its stack is deployed with some" in found.violation.message
    assert found.violation.suggestion.startswith("Tags:\n  - Key: Project")
