"""SFN401: Standard workflows whose executions have no timeout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import REMOVED, OneOf, OpenDict, Traced, Unknown
from stepguard.finding import Severity
from stepguard.rules.machines import member

RULE = "SFN401"
UNKNOWN = Unknown("var.x", "it is not set")
JOB = "arn:aws:states:::glue:startJobRun.sync"
CALL = "arn:aws:states:::lambda:invoke"


def machine(resource: str = CALL, **more: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": resource, "End": True}
    return {"StartAt": "A", **more, "States": {"A": task}}


def test_no_timeout(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine()).only
    assert found.message == (
        "The definition has no TimeoutSeconds: how long an execution may take is left to what it "
        "calls"
    )
    assert found.severity is Severity.LOW
    assert found.span is not None
    assert found.span.text == '"StartAt"'
    assert found.suggestion.startswith('"TimeoutSeconds": 3600 beside StartAt')
    assert found.related == ()


def test_what_waits_is_named(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(JOB)).only
    assert found.message == (
        "The definition has no TimeoutSeconds: an execution that does not end by itself stays open "
        "for a year; 'A' waits without a timeout, too"
    )
    assert found.severity is Severity.MEDIUM
    assert [place.span.text for place in found.related] == ['"A"']
    definition = machine(JOB)
    definition["States"]["A"]["TimeoutSeconds"] = 60
    assert "too" not in judge(RULE, definition).only.message


def test_a_heartbeat_bounds_a_callback_and_no_job(judge: Callable[..., Any]) -> None:
    callback = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    for resource, severity in ((callback, Severity.LOW), (JOB, Severity.MEDIUM)):
        definition = machine(resource)
        definition["States"]["A"]["HeartbeatSeconds"] = 60
        assert judge(RULE, definition).only.severity is severity


@pytest.mark.parametrize("is_inner", [False, True])
def test_states_that_lead_back_can_go_on_for_ever(
    judge: Callable[..., Any], is_inner: bool
) -> None:
    states = {
        "Poll": {"Type": "Task", "Resource": CALL, "Next": "Done?"},
        "Done?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.d", "BooleanEquals": True, "Next": "Done"}],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Poll"},
        "Done": {"Type": "Succeed"},
    }
    loop: dict[str, Any] = {"StartAt": "Poll", "States": states}
    around = {"Type": "Map", "ItemProcessor": loop, "End": True}
    found = judge(RULE, {"StartAt": "M", "States": {"M": around}} if is_inner else loop).only
    assert found.severity is Severity.MEDIUM
    assert "stays open for a year" in found.message
    states["Wait"]["Next"] = "Done"
    straight = judge(RULE, {"StartAt": "M", "States": {"M": around}} if is_inner else loop).only
    assert straight.severity is Severity.LOW


@pytest.mark.parametrize("value", [60, "{% $timeout %}", UNKNOWN, OneOf("c", (60, 90))])
def test_any_timeout(judge: Callable[..., Any], value: Any) -> None:
    assert judge(RULE, Document(machine(TimeoutSeconds=value), None)).passes


@pytest.mark.parametrize("kind", ["EXPRESS", "express", OneOf("c", ("EXPRESS", "EXPRESS"))])
def test_an_express_workflow_ends_by_itself(judge: Callable[..., Any], kind: Any) -> None:
    assert not judge(RULE, machine(), kind=Traced(kind)).applies


@pytest.mark.parametrize(
    "waiting",
    [
        machine(JOB),
        machine("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
        machine("arn:aws:states:eu-west-1:123456789012:activity:a"),
        {
            "StartAt": "A",
            "States": {
                "A": {
                    "Type": "Map",
                    "ItemProcessor": {
                        **machine(),
                        "ProcessorConfig": {"Mode": "DISTRIBUTED"},
                    },
                    "End": True,
                }
            },
        },
    ],
)
def test_the_definition_decides_where_the_type_is_not_known(
    judge: Callable[..., Any], waiting: dict[str, Any]
) -> None:
    for properties in (
        {"kind": Traced(UNKNOWN)},
        {"kind": Traced(OneOf("c", ("EXPRESS", REMOVED)))},
        {"form": Form.ASL},
    ):
        assert judge(RULE, waiting, **properties).violations
        (reason,) = judge(RULE, machine(), **properties).reasons
        assert "type" in reason or "STANDARD or EXPRESS" in reason
        assert judge(RULE, machine(TimeoutSeconds=60), **properties).passes


@pytest.mark.parametrize(
    "states",
    [
        {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}},
        {"A": {"Type": "Map", "ItemProcessor": {"States": {"B": {"Type": "Pass"}}}}},
        {},
    ],
)
def test_what_has_nothing_to_wait_for_is_not_concerned(
    judge: Callable[..., Any], states: dict[str, Any]
) -> None:
    assert not judge(RULE, {"StartAt": "A", "States": states}).applies
    assert judge(RULE, {"States": states, "TimeoutSeconds": 1}).passes


@pytest.mark.parametrize("kind", ["Task", "Wait"])
def test_a_nested_state_that_takes_time_is_enough(judge: Callable[..., Any], kind: str) -> None:
    inner = {"StartAt": "B", "States": {"B": {"Type": kind, "End": True}}}
    each = {"Type": "Map", "ItemProcessor": inner, "End": True}
    assert judge(RULE, {"StartAt": "A", "States": {"A": each}}).violations


@pytest.mark.parametrize(
    "states",
    [
        OpenDict({"A": {"Type": "Pass"}}, UNKNOWN),
        {"A": UNKNOWN},
        {"A": {"Type": UNKNOWN}},
        {"A": {"Type": "Map", "ItemProcessor": UNKNOWN}},
    ],
)
def test_there_may_be_a_state_that_takes_time(judge: Callable[..., Any], states: Any) -> None:
    assert judge(RULE, Document({"StartAt": "A", "States": states}, None)).reasons


def test_a_timeout_that_may_be_there(judge: Callable[..., Any]) -> None:
    for definition in (
        OpenDict(machine(), UNKNOWN),
        machine(TimeoutSeconds=OneOf("c", (60, REMOVED))),
    ):
        (reason,) = judge(RULE, Document(definition, None)).reasons
        assert reason.startswith("whether there is a timeout is not known: ")


def test_a_definition_that_cannot_be_read(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
    assert judge(RULE, []).reasons == ["the definition is no object"]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ('{"StartAt" = "A"}', '"TimeoutSeconds" = 3600'),
        ("{StartAt = 1}", "TimeoutSeconds = 3600"),
        ("{StartAt : 1}", "TimeoutSeconds: 3600"),
        ("StartAt: A", "TimeoutSeconds: 3600"),
        ('{"StartAt": "A"}', '"TimeoutSeconds": 3600'),
        (r'"{\"StartAt\": \"A\"}"', '"TimeoutSeconds": 3600'),
    ],
)
def test_the_suggestion_is_written_as_its_neighbour(text: str, suggestion: str) -> None:
    start = text.index("StartAt")
    span = Span(SourceFile("f", text), start, start + len("StartAt"))
    assert member(span, "TimeoutSeconds", "3600") == suggestion


def test_times_that_the_execution_is_given_are_told(judge: Callable[..., Any]) -> None:
    wait = {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}
    found = judge(RULE, {"StartAt": "W", "States": {"W": wait}}, kind=Traced("STANDARD")).only
    assert found.message.endswith("is left to the times that it is given to wait for")
