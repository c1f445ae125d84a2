"""SFN404: a heartbeat that is not below the timeout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import REMOVED, OneOf, OpenDict, Unknown

RULE = "SFN404"
UNKNOWN = Unknown("var.x", "it is not set")


def task(**fields: Any) -> dict[str, Any]:
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def machine(heartbeat: Any, timeout: Any) -> dict[str, Any]:
    state = task(HeartbeatSeconds=heartbeat, TimeoutSeconds=timeout)
    return {"StartAt": "A", "States": {"A": state}}


@pytest.mark.parametrize(("heartbeat", "timeout"), [(60, 60), (61, 60), (60.0, 30)])
def test_a_late_heartbeat(judge: Callable[..., Any], heartbeat: float, timeout: float) -> None:
    found = judge(RULE, machine(heartbeat, timeout)).only
    assert found.message.startswith(
        f"'A' has a heartbeat of {int(heartbeat)} seconds, and a timeout of {timeout}: "
    )
    assert found.span.text == str(heartbeat)
    assert found.state == "A"
    assert found.suggestion.startswith(str(timeout // 3))


def test_all_of_a_machine_are_one_finding(judge: Callable[..., Any]) -> None:
    late = task(HeartbeatSeconds=9, TimeoutSeconds=9)
    found = judge(RULE, {"StartAt": "A", "States": {"A": late, "B": late}}).only
    assert found.message.startswith("'A', 'B' have a heartbeat that is not below their timeout")
    assert [one.message for one in found.related] == [
        "HeartbeatSeconds of 'A' is 9, the timeout 9",
        "HeartbeatSeconds of 'B' is 9, the timeout 9",
    ]


@pytest.mark.parametrize(
    ("heartbeat", "timeout"), [(59, 60), ("{% $x %}", 60), (OneOf("c", (10, 20)), 60)]
)
def test_what_is_in_time(judge: Callable[..., Any], heartbeat: Any, timeout: Any) -> None:
    assert judge(RULE, Document(machine(heartbeat, timeout), None)).passes


def test_whatever_decides_it_is_late(judge: Callable[..., Any]) -> None:
    late = OneOf("c", (70, 80))
    assert judge(RULE, Document(machine(late, 60), None)).violations


@pytest.mark.parametrize("fields", [{}, {"HeartbeatSeconds": 5}, {"TimeoutSeconds": 5}])
def test_tasks_without_both_are_not_concerned(
    judge: Callable[..., Any], fields: dict[str, Any]
) -> None:
    assert not judge(RULE, {"StartAt": "A", "States": {"A": task(**fields)}}).applies


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (machine(UNKNOWN, 60), "HeartbeatSeconds of 'A': var.x is not known before deployment"),
        (machine(60, UNKNOWN), "TimeoutSeconds of 'A': var.x is not known before deployment"),
        (machine(OneOf("c", (10, 90)), 60), "HeartbeatSeconds of 'A': depends on a condition"),
        (
            machine(OneOf("c", (90, REMOVED)), 60),
            "HeartbeatSeconds of 'A': HeartbeatSeconds depends on condition c",
        ),
        (
            {"StartAt": "A", "States": {"A": OpenDict(task(TimeoutSeconds=60), UNKNOWN)}},
            "HeartbeatSeconds of 'A': var.x is not known before deployment",
        ),
        ({"StartAt": "A", "States": UNKNOWN}, "not all states of the state machine are known"),
    ],
)
def test_what_is_not_known(
    judge: Callable[..., Any], definition: dict[str, Any], reason: str
) -> None:
    assert judge(RULE, Document(definition, None)).reasons == [reason]


def test_a_definition_that_cannot_be_read(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
