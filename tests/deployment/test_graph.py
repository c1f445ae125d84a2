"""Links of a deployment: machines to roles, roles to policies."""

from __future__ import annotations

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment, last_name
from stepguard.deployment.resources import (
    Form,
    Policy,
    PolicyAttachment,
    PolicyDocument,
    Resource,
    Role,
    StateMachine,
    Unread,
)
from stepguard.deployment.values import Hole, OneOf, Piece, Reference, Text, Traced, Unknown

DOCUMENT = Document({"Statement": []}, None)
ACCOUNT = Reference("AWS::AccountId")


def machine(role: Traced | None) -> StateMachine:
    return StateMachine(
        address="aws_sfn_state_machine.m",
        type="aws_sfn_state_machine",
        form=Form.TERRAFORM,
        definition=Unread("not of interest"),
        role=role,
    )


def role(address: str = "aws_iam_role.r", name: str | None = None, **fields: object) -> Role:
    named = None if name is None else Traced(name)
    return Role(address=address, type="aws_iam_role", form=Form.TERRAFORM, name=named, **fields)


def deployment(*resources: Resource) -> Deployment:
    return Deployment("root", Form.TERRAFORM, list(resources))


@pytest.mark.parametrize(
    "value",
    [
        Traced(Reference("aws_iam_role.r", "arn")),
        Traced("arn:aws:iam::123456789012:role/service/runner"),
        Traced(Text((Piece("arn:aws:iam::"), Hole(ACCOUNT), Piece(":role/runner")))),
        Traced(Text((Hole(Reference("aws_iam_role.r", "arn")),))),
        Traced(
            OneOf("C", (Traced("arn:aws:iam::1:role/else"), Traced(Reference("aws_iam_role.r"))))
        ),
    ],
)
def test_a_machine_finds_its_role_by_reference_arn_or_name(value: Traced) -> None:
    runner = role(name="runner")
    state_machine = machine(value)
    project = deployment(runner, role("aws_iam_role.other", "other"), state_machine)
    assert project.roles_of(state_machine) == [runner]
    assert project.machines_of(runner) == [state_machine]


@pytest.mark.parametrize(
    "value", [None, Traced(Unknown("var.role")), Traced("arn:aws:iam::1:role/elsewhere")]
)
def test_a_role_that_is_not_in_the_project_is_not_found(value: Traced | None) -> None:
    state_machine = machine(value)
    assert deployment(role(name="runner"), state_machine).roles_of(state_machine) == []


def test_a_reference_without_instance_key_means_every_instance() -> None:
    instances = [role('aws_iam_role.r["a"]'), role('aws_iam_role.r["b"]')]
    state_machine = machine(Traced(Reference("aws_iam_role.r", "arn")))
    assert deployment(*instances, state_machine).roles_of(state_machine) == instances


def test_policies_come_from_the_block_from_policies_and_from_attachments() -> None:
    inline = PolicyDocument(name="inline", document=DOCUMENT, address="aws_iam_role.r")
    runner = role(
        name="runner",
        inline=[inline],
        attached=[Traced("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")],
    )
    own = Policy(
        address="aws_iam_role_policy.p",
        type="aws_iam_role_policy",
        form=Form.TERRAFORM,
        document=Document({"Statement": [1]}, None),
        roles=[Traced("runner")],
    )
    managed = Policy(
        address="aws_iam_policy.m",
        type="aws_iam_policy",
        form=Form.TERRAFORM,
        document=Document({"Statement": [2]}, None),
        managed=True,
    )
    attachment = PolicyAttachment(
        address="aws_iam_role_policy_attachment.a",
        type="aws_iam_role_policy_attachment",
        form=Form.TERRAFORM,
        policy=Traced(Reference("aws_iam_policy.m", "arn")),
        roles=[Traced(Reference("aws_iam_role.r", "name"))],
    )
    policies = deployment(runner, own, managed, attachment).policies_of(runner)
    addresses = [one.address for one in policies.documents]
    assert addresses == ["aws_iam_role.r", "aws_iam_role_policy.p", "aws_iam_policy.m"]
    assert [one.value for one in policies.managed] == [
        "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
    ]
    assert policies.state == "full"


def test_what_is_attached_and_unknown_makes_the_role_partly_read() -> None:
    inline = PolicyDocument(name="inline", document=DOCUMENT, address="aws_iam_role.r")
    runner = role(inline=[inline], attached=[Traced(Unknown("var.policy"))])
    policies = deployment(runner).policies_of(runner)
    assert policies.state == "partial"
    assert "var.policy" in policies.unread[0].reason
    unread = role(attached=[Traced(Unknown("var.policy"))])
    assert deployment(unread).policies_of(unread).state == "none"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Traced("runner"), "runner"),
        (Traced("arn:aws:iam::1:role/a/runner"), "runner"),
        (Traced("arn:aws:states:r:1:stateMachine:name"), "name"),
        (Traced(Text((Hole(Unknown("var.p")), Piece("-runner")))), "${var.p}-runner"),
        (Traced(Text((Hole(Reference("x")), Piece(":role/"), Hole(Unknown("v"))))), "${v}"),
        (Traced(Unknown("var.x")), None),
        (Traced(7), None),
        (Traced(None), None),
    ],
)
def test_the_last_name_of_an_arn_or_a_name(value: Traced, name: str | None) -> None:
    assert last_name(value) == name
