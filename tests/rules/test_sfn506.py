"""SFN506: catchers that lose the error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import Unknown

RULE = "SFN506"
UNKNOWN = Unknown("var.x", "it is not set")
SUCCEED = {"Type": "Succeed"}


def machine(*catchers: Any, **states: Any) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Catch": list(catchers),
        "End": True,
    }
    return {"StartAt": "A", "States": {"A": task, **states}}


def catcher(*errors: str, to: str = "B", **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors), "Next": to, **fields}


def test_an_error_without_a_place(judge: Callable[..., Any]) -> None:
    definition = machine(catcher("States.ALL", ResultPath=None), B={"Type": "Fail"})
    found = judge(RULE, definition).only
    assert found.message == "The error is lost: catcher 1 of 'A' has a ResultPath of null"
    assert found.span.text == "null"
    assert found.suggestion == '"$.error"'


@pytest.mark.parametrize(
    "states",
    [
        {"B": SUCCEED},
        {"B": {"Type": "Pass", "End": True}},
        {"B": {"Type": "Wait", "Seconds": 1, "Next": "C"}, "C": SUCCEED},
    ],
)
def test_an_end_that_counts_as_a_success(judge: Callable[..., Any], states: dict[str, Any]) -> None:
    found = judge(RULE, machine(catcher("States.TaskFailed"), **states)).only
    assert "which ends the execution as a success" in found.message
    assert found.span.text == '"B"'


@pytest.mark.parametrize(
    "definition",
    [
        machine(catcher("States.ALL"), B={"Type": "Fail"}),
        machine(catcher("States.ALL", ResultPath="$.error"), B={"Type": "Fail"}),
        machine(catcher("CardDeclined", ResultPath=None), B=SUCCEED),
        machine(catcher("States.ALL"), B={"Type": "Task", "Resource": "x", "End": True}),
        machine(catcher("States.ALL"), B={"Type": "Pass", "Next": "B"}),
    ],
)
def test_what_is_not_lost(judge: Callable[..., Any], definition: dict[str, Any]) -> None:
    assert judge(RULE, definition).passes


def test_the_end_of_an_item_is_no_end_of_the_execution(judge: Callable[..., Any]) -> None:
    inner = machine(catcher("States.ALL"), B=SUCCEED)
    states = {"M": {"Type": "Map", "ItemProcessor": inner, "End": True}}
    assert judge(RULE, {"StartAt": "M", "States": states}).passes


def test_several_are_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine(catcher("States.ALL"), B=SUCCEED)
    definition["States"]["C"] = definition["States"]["A"]
    found = judge(RULE, definition).only
    assert found.message.endswith("; 1 more")
    assert len(found.related) == 2


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Document(machine(catcher("E"), UNKNOWN), None)).reasons == [
        "not all of Catch of 'A' is known"
    ]
    assert not judge(RULE).applies
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
