"""SFN804: Lambda functions that are called without a version or an alias."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Resource, Unread
from stepguard.deployment.values import Hole, Piece, Reference, Text, Unknown

RULE = "SFN804"
UNKNOWN = Unknown("var.x", "it is not set")
INVOKE = "arn:aws:states:::lambda:invoke"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
FUNCTION = Resource(address="Fn", type="AWS::Lambda::Function", form=Form.CLOUDFORMATION)
ALIAS = Resource(address="Live", type="AWS::Lambda::Alias", form=Form.CLOUDFORMATION)
IN_REGION = Text(
    (Piece("arn:aws:lambda:"), Hole(Reference("AWS::Region")), Piece(":1:function:f:live"))
)


def machine(**parameters: Any) -> Document:
    given = {name.replace("__", ".$"): value for name, value in parameters.items()}
    task = {"Type": "Task", "Resource": INVOKE, "Parameters": given, "End": True}
    return Document({"StartAt": "A", "States": {"A": task}}, None)


def direct(resource: Any) -> Document:
    states = {"A": {"Type": "Task", "Resource": resource, "End": True}}
    return Document({"StartAt": "A", "States": states}, None)


@pytest.mark.parametrize(
    "definition",
    [
        machine(FunctionName="f"),
        machine(FunctionName=ARN),
        machine(FunctionName=f"{ARN}:$LATEST"),
        machine(FunctionName=Reference("Fn", "Arn")),
        machine(FunctionName=Reference("Fn")),
        direct(ARN),
        direct(Reference("Fn", "Arn")),
    ],
)
def test_no_qualifier(judge: Callable[..., Any], definition: Document) -> None:
    found = judge(RULE, definition, others=[FUNCTION]).only
    assert found.message.startswith("'A' calls a Lambda function without a version or an alias")
    assert found.path[-1] in ("FunctionName", "Resource")


@pytest.mark.parametrize(
    "definition",
    [
        machine(FunctionName="f:live"),
        machine(FunctionName=f"{ARN}:7"),
        machine(FunctionName=IN_REGION),
        machine(FunctionName=Text((Hole(Reference("Fn", "Arn")), Piece(":live")))),
        machine(FunctionName=Reference("Live")),
        machine(FunctionName="f", Qualifier="live"),
        machine(FunctionName__="$.f"),
        direct(f"{ARN}:live"),
    ],
)
def test_a_qualifier(judge: Callable[..., Any], definition: Document) -> None:
    assert judge(RULE, definition, others=[FUNCTION, ALIAS]).passes


def test_several_tasks_are_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine(FunctionName="f").value
    definition["States"]["B"] = definition["States"]["A"]
    found = judge(RULE, definition).only
    assert found.message.startswith("'A', 'B' call")
    assert found.span.text == '"f"'
    assert len(found.related) == 2


def test_what_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, direct("arn:aws:states:::sns:publish")).applies


@pytest.mark.parametrize("name", [UNKNOWN, Text((Piece(f"{ARN[:-1]}"), Hole(UNKNOWN)))])
def test_what_is_not_known(judge: Callable[..., Any], name: Any) -> None:
    assert judge(RULE, machine(FunctionName=name)).reasons == [
        "whether the function of 'A' has a version or an alias is not known"
    ]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
