"""SFN808: targets in another region, or in another account that cannot let them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import Hole, Piece, Reference, Text, Traced, Unknown

RULE = "SFN808"
UNKNOWN = Unknown("var.x", "it is not set")
ROLE = Traced("arn:aws:iam::111111111111:role/r")


def function(region: Any = "eu-west-1", account: str = "111111111111") -> str:
    return f"arn:aws:lambda:{region}:{account}:function:f"


def call(service: str, **parameters: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::{service}"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}


def machine(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "A", "States": dict(zip("ABCDE", tasks, strict=False))}


INVOKED = call("lambda:invoke", FunctionName=function())
ABROAD = call("sns:publish", TopicArn="arn:aws:sns:us-east-1:111111111111:t")


@pytest.mark.parametrize(
    "other",
    [
        ABROAD,
        {"Type": "Task", "Resource": function("us-east-1"), "End": True},
        call("sqs:sendMessage", QueueUrl="https://sqs.us-east-1.amazonaws.com/111111111111/q"),
        call("events:putEvents", Entries=[{"EventBusName": "arn:aws:events:us-east-1:1:x/y"}]),
    ],
)
def test_another_region(judge: Callable[..., Any], other: dict[str, Any]) -> None:
    found = judge(RULE, machine(INVOKED, INVOKED, other)).only
    assert found.message == (
        "'C' calls us-east-1, and 'A' eu-west-1: Step Functions calls in its own region only"
    )
    assert found.state == "C"
    assert [one.message for one in found.related] == [
        "'C' calls us-east-1",
        "'A' calls eu-west-1",
    ]


def test_one_region_alone_is_fine(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(INVOKED, INVOKED)).passes
    assert judge(RULE, machine(ABROAD)).passes
    here = Text((Piece("arn:aws:sns:"), Hole(Reference("AWS::Region")), Piece(":1:t")))
    open_region = call("sns:publish", TopicArn=here)
    assert judge(RULE, Document(machine(INVOKED, open_region), None)).passes


STARTED = call(
    "states:startExecution",
    StateMachineArn="arn:aws:states:eu-west-1:222222222222:stateMachine:m",
)


def test_another_account(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(STARTED), role=ROLE).only
    assert found.message.startswith("'A' calls account 222222222222 with a role of 111111111111")
    assert "Credentials" in found.suggestion
    with_role = {**STARTED, "Credentials": {"RoleArn": "arn:aws:iam::222222222222:role/r"}}
    assert judge(RULE, machine(with_role), role=ROLE).passes
    assert judge(RULE, machine(STARTED)).passes


def test_the_own_account_is_not_known(judge: Callable[..., Any]) -> None:
    definition = machine(STARTED, INVOKED)
    for role in (None, Traced(Reference("aws_iam_role.r", "arn")), Traced(UNKNOWN)):
        assert judge(RULE, definition, role=role).reasons == [
            "which of the accounts 111111111111, 222222222222 is the machine's own is not known"
        ]
    with_role = {**STARTED, "Credentials": {"RoleArn": "arn:aws:iam::222222222222:role/r"}}
    assert judge(RULE, machine(with_role, INVOKED)).passes


def test_a_policy_may_let_another_account_in(judge: Callable[..., Any]) -> None:
    foreign = call("lambda:invoke", FunctionName=function(account="222222222222"))
    assert judge(RULE, machine(foreign), role=ROLE).reasons == [
        "whether account 222222222222 lets 'A' call its lambda resource is not known"
    ]


def test_what_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, machine(call("lambda:invoke", FunctionName="f"))).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Document({"StartAt": "A", "States": UNKNOWN}, None)).reasons
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
