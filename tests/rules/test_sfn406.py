"""SFN406: tasks and waits that may take longer than the whole execution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import OneOf, Unknown

RULE = "SFN406"
UNKNOWN = Unknown("var.x", "it is not set")


def machine(whole: Any, *limits: Any) -> dict[str, Any]:
    """Make a definition with a timeout, and tasks with timeouts that are called A, B, …."""
    states = {
        "ABCD"[number]: {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "TimeoutSeconds": limit,
            "End": True,
        }
        for number, limit in enumerate(limits)
    }
    return {"StartAt": "A", "TimeoutSeconds": whole, "States": states}


def test_a_task_that_may_take_longer(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(60, 30, 61)).only
    assert found.message.startswith(
        "TimeoutSeconds of 'B' is 61, longer than the 60 seconds of the whole execution: "
    )
    assert found.span.text == "61"
    assert found.state == "B"


def test_all_of_a_machine_are_one_finding(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(60, 70, 80)).only
    assert ", and so is 1 more: " in found.message
    assert [one.message for one in found.related] == [
        "TimeoutSeconds of 'A' is 70",
        "TimeoutSeconds of 'B' is 80",
    ]


def test_a_wait_that_is_longer(judge: Callable[..., Any]) -> None:
    definition = machine(60, 30)
    definition["States"]["W"] = {"Type": "Wait", "Seconds": 120, "Next": "A"}
    assert judge(RULE, definition).only.state == "W"


@pytest.mark.parametrize("limit", [59, 60, "{% $t %}"])
def test_what_is_no_longer(judge: Callable[..., Any], limit: Any) -> None:
    assert judge(RULE, machine(60, limit)).passes


def test_a_machine_without_a_timeout_is_not_concerned(judge: Callable[..., Any]) -> None:
    definition = machine(60, 70)
    del definition["TimeoutSeconds"]
    assert not judge(RULE, definition).applies
    assert not judge(RULE, machine(60)).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    def reasons(*limits: Any) -> Any:
        return judge(RULE, Document(machine(*limits), None)).reasons

    unknown = "var.x is not known before deployment"
    assert reasons(UNKNOWN, 70) == [f"TimeoutSeconds of the state machine: {unknown}"]
    assert reasons(60, UNKNOWN) == [f"TimeoutSeconds of 'A': {unknown}"]
    assert reasons(60, OneOf("c", (50, 70))) == [
        "TimeoutSeconds of 'A' or that of the state machine depends on a condition"
    ]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
