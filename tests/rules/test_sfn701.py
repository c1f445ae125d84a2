"""SFN701: machines without tags, or without those that are required."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.resources import Form, Tags, Unread
from stepguard.deployment.values import Hole, PartlyKnownKey, Text, Traced, Unknown
from stepguard.engine import ScanOptions, scan
from stepguard.rules.languages import SAM_MACHINE

RULE = "SFN701"
UNKNOWN = Unknown("var.tags", "it is not set")


def tags(*keys: str, unread: str = "") -> Tags:
    return Tags(
        values={key: Traced("value") for key in keys},
        unread=Unread(unread) if unread else None,
    )


def requires(*keys: str) -> Config:
    return Config(required_tags=keys)


@pytest.mark.parametrize("given", [None, tags(), tags("aws:cloudformation:stack-name")])
def test_no_tags(judge: Callable[..., Any], given: Tags | None) -> None:
    found = judge(RULE, tags=given).only
    assert found.message.startswith("The state machine has no tags: ")
    assert found.suggestion == 'tags = {\n  Project = "…"\n}'


def test_the_tag_that_sam_adds_says_nothing_of_the_machine(judge: Callable[..., Any]) -> None:
    properties = {"form": Form.CLOUDFORMATION, "type": "AWS::StepFunctions::StateMachine"}
    found = judge(RULE, tags=tags("stateMachine:createdBy"), **properties).only
    assert found.message.startswith("The state machine has no tags but the one that SAM adds, ")
    assert judge(RULE, tags=tags("stateMachine:createdBy", "Owner"), **properties).passes
    found = judge(RULE, tags=tags(), form=Form.SAM, type=SAM_MACHINE).only
    assert found.message.startswith("The state machine has no tags but the one that SAM adds, ")


def test_required_tags(judge: Callable[..., Any]) -> None:
    config = requires("Owner", "Cost Centre", "Stage")
    found = judge(RULE, tags=tags("Stage", "owner"), config=config).only
    assert "lacks the required tags 'Owner' and 'Cost Centre'" in found.message
    assert '"Cost Centre" = "…"' in found.suggestion
    assert judge(RULE, tags=tags("Owner"), config=requires("Owner")).passes
    assert "lacks the required tag 'Owner'" in judge(RULE, config=requires("Owner")).only.message


def test_some_tags_are_enough_where_none_are_required(judge: Callable[..., Any]) -> None:
    assert judge(RULE, tags=tags("x")).passes
    assert judge(RULE, tags=tags("x", unread="var.tags is not known")).passes


def test_tags_that_are_not_known(judge: Callable[..., Any]) -> None:
    for given in (Unread("var.tags is not known"), tags(unread="var.tags is not known")):
        assert judge(RULE, tags=given).reasons == ["var.tags is not known"]
    given = tags("x", unread="var.tags is not known")
    assert judge(RULE, tags=given, config=requires("Owner")).reasons == ["var.tags is not known"]
    assert judge(RULE, tags=given, config=requires("x")).passes


def test_a_tag_of_which_the_key_is_not_known(judge: Callable[..., Any]) -> None:
    given = tags()
    given.values[PartlyKnownKey(Text((Hole(UNKNOWN),)))] = Traced("v")
    assert judge(RULE, tags=given).passes
    (reason,) = judge(RULE, tags=given, config=requires("Owner")).reasons
    assert reason == "the key '${var.tags}' of a tag is not known"


def test_a_reusable_module_may_be_tagged_by_its_caller(judge: Callable[..., Any]) -> None:
    (reason,) = judge(RULE, is_reusable_module=True).reasons
    assert "its caller may tag" in reason
    assert judge(RULE, tags=tags("x"), is_reusable_module=True).passes


@pytest.mark.parametrize(
    ("form", "type_", "beginning"),
    [
        (Form.CLOUDFORMATION, "AWS::StepFunctions::StateMachine", "Tags:\n  - Key: Project"),
        (Form.SAM, SAM_MACHINE, "Tags:\n  Project: …"),
    ],
)
def test_a_template_may_be_deployed_with_tags(
    judge: Callable[..., Any], form: Form, type_: str, beginning: str
) -> None:
    found = judge(RULE, form=form, type=type_).only
    assert "unless its stack is deployed with some" in found.message
    assert found.suggestion.startswith(beginning)


def test_a_bare_definition_says_nothing_about_tags(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, form=Form.ASL).applies


MACHINE = """
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
  %s
}
"""


@pytest.mark.parametrize(
    ("provider", "more", "outcome"),
    [
        ('provider "aws" {}', "", "violation"),
        ('provider "aws" {\n default_tags {\n tags = { Owner = "a" }\n }\n}', "", "pass"),
        ('provider "aws" {\n default_tags {\n tags = {}\n }\n}', "", "violation"),
        ('provider "aws" {\n default_tags {\n tags = { Owner = "a" }\n }\n}', "tags = {}", "pass"),
        (
            'variable "t" {}\nprovider "aws" {\n default_tags {\n tags = var.t\n }\n}',
            "",
            "not_evaluated",
        ),
        (
            'provider "aws" {}\nprovider "aws" {\n alias = "b"\n'
            ' default_tags {\n tags = { Owner = "a" }\n }\n}',
            "provider = aws.b",
            "pass",
        ),
        ("", "", "not_evaluated"),
        ("", 'tags = { Owner = "a" }', "pass"),
    ],
)
def test_the_default_tags_of_a_provider(
    tmp_path: Path, provider: str, more: str, outcome: str
) -> None:
    (tmp_path / "main.tf").write_text(provider + MACHINE % more, encoding="utf-8")
    report = scan([tmp_path], ScanOptions(rules=(RULE,)))
    assert [str(error) for error in report.errors] == []
    assert report.evaluated[RULE] == {outcome: 1}


@pytest.mark.parametrize(
    ("kind", "tags", "suggestion"),
    [
        (
            "AWS::StepFunctions::StateMachine",
            "[{Key: Owner, Value: x}]",
            "- Key: Project\n  Value: …",
        ),
        ("AWS::Serverless::StateMachine", "{Owner: x}", "Project: …"),
    ],
)
def test_a_tag_goes_among_those_that_are_there(
    scanned: Callable[..., Any], kind: str, tags: str, suggestion: str
) -> None:
    text = f"""Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: {kind}
    Properties:
      Tags: {tags}
      Definition: {{StartAt: A, States: {{A: {{Type: Succeed}}}}}}
"""
    (found,) = scanned(RULE, text, config=Config(required_tags=("Project",))).findings
    assert found.violation.suggestion == suggestion
