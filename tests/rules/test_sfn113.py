"""SFN113: roles that several state machines run as, or one and something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource, Role, StateMachine
from stepguard.deployment.values import OneOf, Plain, Reference, Traced, Unknown
from stepguard.rules.registry import load
from stepguard.rules.rule import Context

Judge = Callable[..., Any]
RULE = "SFN113"
DEFINITION: Plain = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
ROLE = Traced(Reference("Role", "Arn"))


def machine(address: str, role: Traced = ROLE, variant: str = "") -> StateMachine:
    return StateMachine(
        address=address,
        type="AWS::StepFunctions::StateMachine",
        form=Form.CLOUDFORMATION,
        definition=Document(DEFINITION, None),
        role=role,
        variant=variant,
    )


def resource(kind: str, attributes: dict[str, Any]) -> Resource:
    return Resource(
        address="Other", type=kind, form=Form.CLOUDFORMATION, attributes=Traced(attributes)
    )


def test_two_machines(judge_role: Judge) -> None:
    found = judge_role(RULE, definition=DEFINITION, others=[machine("Second")]).only
    said = "Role 'Role' is shared by state machine 'Second' and state machine 'Machine'"
    assert found.message.startswith(said)
    assert [one.message for one in found.related] == [
        "state machine 'Second' runs with it",
        "state machine 'Machine' runs with it",
    ]
    assert found.resource == "Role"


def test_one_machine_is_fine(judge_role: Judge) -> None:
    assert judge_role(RULE, definition=DEFINITION).passes
    assert not judge_role(RULE).applies


def test_alternatives_of_a_machine_are_one(judge_role: Judge) -> None:
    others = [machine("One", variant="a"), machine("One", variant="b")]
    assert judge_role(RULE, others=others).passes


def test_a_role_that_depends_on_a_condition_does_not_count() -> None:
    elsewhere = Role(address="Elsewhere", type="AWS::IAM::Role", form=Form.CLOUDFORMATION)
    either = Traced(OneOf("Prod", (ROLE, Traced(Reference("Elsewhere", "Arn")))))
    resources: list[Resource] = [
        Role(address="Role", type="AWS::IAM::Role", form=Form.CLOUDFORMATION),
        elsewhere,
        machine("First"),
        machine("Second", either),
    ]
    context = Context(Deployment(".", Form.CLOUDFORMATION, resources), Config())
    assert not load(RULE).judge(resources[0], context)
    assert load(RULE).judge(elsewhere, context) is None


def test_a_role_that_is_not_known(judge_role: Judge) -> None:
    others = [machine("Second", Traced(Unknown("var.role")))]
    judged = judge_role(RULE, definition=DEFINITION, others=others)
    assert judged.reasons == ["the role of state machine Second is not known"]


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("AWS::Lambda::Function", {"Role": ROLE}),
        ("AWS::ECS::TaskDefinition", {"TaskRoleArn": ROLE}),
        ("AWS::Events::Rule", {"Targets": Traced([Traced({"RoleArn": ROLE})])}),
        ("aws_scheduler_schedule", {"target": Traced([Traced({"role_arn": ROLE})])}),
        ("aws_pipes_pipe", {"role_arn": ROLE}),
    ],
)
def test_a_machine_and_something_else(
    judge_role: Judge, kind: str, attributes: dict[str, Any]
) -> None:
    found = judge_role(RULE, definition=DEFINITION, others=[resource(kind, attributes)]).only
    assert f"shared by state machine 'Machine' and 'Other' ({kind}):" in found.message


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("AWS::IAM::Policy", {"Roles": Traced([ROLE])}),
        ("Custom::Something", {"RoleArn": ROLE}),
        ("AWS::Lambda::Function", {"Environment": Traced({"ROLE_TO_SHOW": ROLE})}),
        ("AWS::Lambda::Function", {"Role": Traced(Reference("Elsewhere", "Arn"))}),
    ],
)
def test_what_only_speaks_of_the_role(
    judge_role: Judge, kind: str, attributes: dict[str, Any]
) -> None:
    assert judge_role(RULE, definition=DEFINITION, others=[resource(kind, attributes)]).passes


def test_instances_of_a_block_count_each(scanned: Callable[..., Any]) -> None:
    text = """
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({ Statement = [{
    Effect    = "Allow"
    Principal = { Service = "states.amazonaws.com" }
    Action    = "sts:AssumeRole"
  }] })
}
resource "aws_sfn_state_machine" "m" {
  for_each   = toset(["a", "b"])
  name       = each.key
  role_arn   = aws_iam_role.r.arn
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
}
"""
    (found,) = scanned(RULE, text).findings
    assert found.violation.resource == "aws_iam_role.r"
    assert len(found.violation.related) == 2
