"""SFN703: roles of Step Functions without tags, or without those that are required."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.resources import Tags, Unread
from stepguard.deployment.values import Hole, PartlyKnownKey, Piece, Text, Traced, Unknown

RULE = "SFN703"
WAITER = """Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: "sts:AssumeRole", \
Principal: {Service: states.amazonaws.com}}]}
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt R.Arn
      DefinitionString: '{"StartAt": "framework-isComplete-task", "States":
        {"framework-isComplete-task": {"Type": "Succeed"},
        "framework-onTimeout-task": {"Type": "Succeed"}}}'
"""


def test_no_tags(judge_role: Callable[..., Any]) -> None:
    found = judge_role(RULE).only
    assert "Role 'Role' has no tags" in found.message
    assert found.subject == "tags"


def test_some_tags(judge_role: Callable[..., Any]) -> None:
    tags = Tags(values={"Owner": Traced("x")})
    assert judge_role(RULE, tags=tags).passes
    found = judge_role(RULE, tags=tags, config=Config(required_tags=("Project",))).only
    assert "lacks the required tag 'Project'" in found.message


def test_tags_that_are_not_known(judge_role: Callable[..., Any]) -> None:
    assert judge_role(RULE, tags=Unread("var.tags is not known")).reasons == [
        "var.tags is not known"
    ]
    tags = Tags(values={}, unread=Unread("there may be more"))
    assert judge_role(RULE, tags=tags).reasons == ["there may be more"]
    key = PartlyKnownKey(Text((Piece("x-"), Hole(Unknown("var.key")))))
    (reason,) = judge_role(
        RULE, tags=Tags(values={key: Traced("x")}), config=Config(required_tags=("Owner",))
    ).reasons
    assert reason == "the key 'x-${var.key}' of a tag is not known"


def test_a_role_that_sam_makes(judge_role: Callable[..., Any]) -> None:
    assert not judge_role(RULE, generated=True).applies


@pytest.mark.parametrize("of_sam", ["stateMachine:createdBy", "lambda:createdBy"])
def test_a_role_that_sam_has_made(judge_role: Callable[..., Any], of_sam: str) -> None:
    assert not judge_role(RULE, tags=Tags(values={of_sam: Traced("SAM")})).applies
    tags = Tags(values={of_sam: Traced("SAM"), "Owner": Traced("x")})
    assert judge_role(RULE, tags=tags).passes


def test_the_role_of_the_waiter_of_the_cdk(scanned: Callable[..., Any]) -> None:
    assert not scanned(RULE, WAITER).evaluated.get(RULE)
    own = WAITER.replace("framework-onTimeout-task", "other")
    assert scanned(RULE, own).evaluated[RULE] == {"violation": 1}
