"""Which resource a value means: by reference, by ARN, by name, or perhaps."""

from __future__ import annotations

from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.values import Hole, OneOf, Piece, Reference, Text, Traced, Unknown
from stepguard.rules.links import means, resources_meant

KIND = "aws_sfn_state_machine"
UNKNOWN = Unknown("var.x", "it is not set")


def machine(label: str, name: Any) -> Resource:
    attributes = Traced({} if name is None else {"name": Traced(name)})
    return Resource(
        address=f"{KIND}.{label}", type=KIND, form=Form.TERRAFORM, attributes=attributes
    )


ORDERS, BILLING, UNNAMED = (
    machine("a", "orders"),
    machine("b", "billing"),
    machine("c", Unknown("var.name", "")),
)
FIRST, SECOND = machine("many[0]", "first"), machine("many[1]", "second")
DEPLOYMENT = Deployment(".", Form.TERRAFORM, [ORDERS, BILLING, UNNAMED, FIRST, SECOND])


def text(*parts: Any) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (Reference(f"{KIND}.a", "arn"), True),
        (text(Reference(f"{KIND}.a", "id")), True),
        (Reference(f"{KIND}.b", "arn"), False),
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:orders", True),
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:order", False),
        ("orders", True),
        ("billing", False),
        (text("arn:aws:states:", Reference("AWS::Region"), ":1:stateMachine:orders"), True),
        (text("arn:aws:states:", Reference("AWS::Region"), ":1:stateMachine:x"), False),
        (UNKNOWN, None),
        (text("arn:aws:states:eu-west-1:1:stateMachine:", UNKNOWN), None),
        (7, None),
    ],
)
def test_whether_a_value_means_a_resource(value: Any, answer: bool | None) -> None:
    assert means(value, ORDERS, DEPLOYMENT) is answer


def test_a_name_that_is_not_known_may_be_any() -> None:
    assert means("arn:aws:states:eu-west-1:1:stateMachine:orders", UNNAMED, DEPLOYMENT) is None


def test_instances_are_told_apart_when_the_value_does() -> None:
    assert means(Reference(f"{KIND}.many[0]", "arn"), FIRST, DEPLOYMENT) is True
    assert means(Reference(f"{KIND}.many[0]", "arn"), SECOND, DEPLOYMENT) is False
    assert means(Reference(f"{KIND}.many", "arn"), FIRST, DEPLOYMENT) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Reference(f"{KIND}.a", "arn"), [ORDERS]),
        (text(Reference(f"{KIND}.b", "arn"), ":*"), [BILLING]),
        (OneOf("c", (Reference(f"{KIND}.a", "arn"), "billing", UNKNOWN)), [ORDERS, BILLING]),
        ("arn:aws:states:eu-west-1:1:stateMachine:billing", [BILLING]),
        ("elsewhere", []),
        (UNKNOWN, []),
    ],
)
def test_the_resources_that_a_value_certainly_means(value: Any, found: list[Resource]) -> None:
    assert resources_meant(value, (KIND,), DEPLOYMENT) == found
    assert resources_meant(value, ("aws_sqs_queue",), DEPLOYMENT) == []
