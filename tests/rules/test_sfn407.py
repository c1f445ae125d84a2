"""SFN407: Lambda functions that may run for longer than the task waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Resource, Unread
from stepguard.deployment.values import Hole, OneOf, Piece, Reference, Text, Traced, Unknown

RULE = "SFN407"
UNKNOWN = Unknown("var.x", "it is not set")
INVOKE = "arn:aws:states:::lambda:invoke"
ADDRESS = "aws_lambda_function.f"
ARN = Reference(ADDRESS, "arn", "aws_lambda_function.f.arn")


def function(**attributes: Any) -> Resource:
    values = {"function_name": "report", **attributes}
    return Resource(
        address=ADDRESS,
        type="aws_lambda_function",
        form=Form.TERRAFORM,
        attributes=Traced({name: Traced(value) for name, value in values.items()}),
    )


def machine(name: Any, limit: Any = 60, **fields: Any) -> Document:
    task = {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": name},
        "TimeoutSeconds": limit,
        "End": True,
        **fields,
    }
    return Document({"StartAt": "A", "States": {"A": task}}, None)


@pytest.mark.parametrize(
    "name",
    [
        ARN,
        Text((Hole(ARN),)),
        Text((Hole(ARN), Piece(":live"))),
        Reference(ADDRESS, "function_name"),
        "report",
        "report:live",
    ],
)
def test_a_function_that_goes_on(judge: Callable[..., Any], name: Any) -> None:
    found = judge(RULE, machine(name), others=[function(timeout=300)]).only
    assert found.message.startswith(
        "'A' gives up after 60 seconds, and aws_lambda_function.f may run for 300: "
    )
    assert found.suggestion == "more than 300, or a shorter timeout of the function"
    assert [one.message for one in found.related] == [
        "aws_lambda_function.f has a timeout of 300 seconds"
    ]


def test_a_function_as_the_resource_itself(judge: Callable[..., Any]) -> None:
    definition = machine(None, Resource=ARN)
    assert judge(RULE, definition, others=[function(timeout=61)]).violations


def test_a_function_behind_an_alias(judge: Callable[..., Any]) -> None:
    alias = Resource(
        address="aws_lambda_alias.live",
        type="aws_lambda_alias",
        form=Form.TERRAFORM,
        attributes=Traced({"name": Traced("live"), "function_name": Traced(ARN)}),
    )
    definition = machine(Reference("aws_lambda_alias.live", "arn"))
    assert judge(RULE, definition, others=[function(timeout=61), alias]).violations


def test_a_function_that_ends_first(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(ARN), others=[function(timeout=60)]).passes
    assert judge(RULE, machine(ARN), others=[function(timeout="30")]).passes


def test_a_function_without_a_timeout_has_three_seconds(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(ARN, 2), others=[function()]).violations
    assert judge(RULE, machine(ARN, 3), others=[function()]).passes


def test_what_is_not_concerned(judge: Callable[..., Any]) -> None:
    others = [function(timeout=300)]
    callback = machine(ARN, Resource=f"{INVOKE}.waitForTaskToken")
    assert not judge(RULE, callback, others=others).applies
    assert not judge(RULE, machine("another"), others=others).applies
    assert not judge(RULE, machine(ARN)).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(ARN), others=[function(timeout=UNKNOWN)]).reasons == [
        "the timeout of aws_lambda_function.f var.x is not known before deployment"
    ]
    assert judge(RULE, machine(ARN, UNKNOWN), others=[function(timeout=300)]).reasons == [
        "TimeoutSeconds of 'A': var.x is not known before deployment"
    ]
    maybe = OneOf("c", (Traced(30), Traced(90)))
    assert judge(RULE, machine(ARN), others=[function(timeout=maybe)]).reasons == [
        "the timeout of 'A' or of its function is conditional"
    ]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


SAM = """Transform: AWS::Serverless-2016-10-31
%sResources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States: {A: {Type: Task, Resource: !GetAtt Work.Arn, TimeoutSeconds: 60, End: true}}
  Work:
    Type: AWS::Serverless::Function
%s    Properties:
      Handler: a.b
%s"""
SHARED = "Globals: {Function: {Timeout: 300}}\n"


@pytest.mark.parametrize(
    ("shared", "attribute", "own", "is_longer"),
    [
        (SHARED, "", "", True),
        (SHARED, "", "      Timeout: 30\n", False),
        (SHARED, "    IgnoreGlobals: [Timeout]\n", "", False),
        ("", "", "", False),
        ("", "", "      Timeout: 300\n", True),
    ],
)
def test_a_timeout_that_functions_share(
    scanned: Callable[..., Any], shared: str, attribute: str, own: str, is_longer: bool
) -> None:
    report = scanned(RULE, SAM % (shared, attribute, own))
    assert report.not_evaluated == []
    assert report.evaluated[RULE] == {"violation" if is_longer else "pass": 1}


@pytest.mark.parametrize("shared", ["7", "{Function: 7}", "{Function: {Timeout: }}", "[]"])
def test_odd_shared_properties(scanned: Callable[..., Any], shared: str) -> None:
    report = scanned(RULE, SAM % (f"Globals: {shared}\n", "", ""))
    assert report.evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    ("errors", "retries"),
    [
        (["States.Timeout"], True),
        (["States.ALL"], True),
        (["States.TaskFailed"], False),
        ([], False),
    ],
)
def test_what_happens_then(judge: Callable[..., Any], errors: list[str], retries: bool) -> None:
    retry = [{"ErrorEquals": errors}] if errors else []
    found = judge(RULE, machine(ARN, Retry=retry), others=[function(timeout=300)]).only
    assert ("a retry runs beside it" in found.message) is retries
    assert "the function goes on" in found.message
