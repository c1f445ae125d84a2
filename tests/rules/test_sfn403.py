"""SFN403: callbacks and activities without a heartbeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Activity, Form, Unread
from stepguard.deployment.values import REMOVED, OneOf, Reference, Unknown
from stepguard.finding import Severity

RULE = "SFN403"
UNKNOWN = Unknown("var.x", "it is not set")
CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
ACTIVITY = "arn:aws:states:eu-west-1:123456789012:activity:a"


def task(resource: Any = CALLBACK, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


@pytest.mark.parametrize(
    ("resource", "severity"), [(CALLBACK, Severity.LOW), (ACTIVITY, Severity.MEDIUM)]
)
def test_no_heartbeat(judge: Callable[..., Any], resource: str, severity: Severity) -> None:
    found = judge(RULE, machine(A=task(resource))).only
    assert found.severity is severity
    assert "without a heartbeat" in found.message
    assert "nothing tells" in found.message
    assert found.span is not None
    assert found.span.text == '"A"'
    assert '"HeartbeatSeconds": 300' in found.suggestion


def test_with_a_timeout_it_is_lighter(judge: Callable[..., Any]) -> None:
    for field in ("TimeoutSeconds", "TimeoutSecondsPath"):
        found = judge(RULE, machine(A=task(**{field: 60}))).only
        assert found.severity is Severity.LOW
        assert "only its timeout tells" in found.message


def test_with_a_timeout_of_the_execution_it_is_lighter(judge: Callable[..., Any]) -> None:
    definition = {**machine(A=task(ACTIVITY), B=task(TimeoutSeconds=1)), "TimeoutSeconds": 90}
    bare, limited = judge(RULE, definition).violations
    assert bare.severity is limited.severity is Severity.LOW
    assert "only the timeout of the whole execution tells" in bare.message
    assert '"HeartbeatSeconds": 45' in bare.suggestion
    assert "only its timeout tells" in limited.message
    definition["TimeoutSeconds"] = OneOf("c", (90, REMOVED))
    bare, _ = judge(RULE, Document(definition, None)).violations
    assert bare.severity is Severity.MEDIUM


def test_all_of_a_machine_are_one_finding_for_each_severity(judge: Callable[..., Any]) -> None:
    definition = machine(A=task(), B=task(TimeoutSeconds=1), C=task(ACTIVITY), D=task("arn"))
    bare, limited = judge(RULE, definition).violations
    assert bare.message.startswith("'A', 'C' wait for a task token and an activity's worker")
    assert [place.span.text for place in bare.related] == ['"A"', '"C"']
    assert limited.message.startswith("'B' waits for a task token")
    assert bare.subject != limited.subject


@pytest.mark.parametrize(
    "fields",
    [{"HeartbeatSeconds": 1}, {"HeartbeatSecondsPath": "$.h"}, {"HeartbeatSeconds": UNKNOWN}],
)
def test_any_heartbeat(judge: Callable[..., Any], fields: dict[str, Any]) -> None:
    assert judge(RULE, Document(machine(A=task(**fields)), None)).passes


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::glue:startJobRun.sync",
        "arn:aws:states:::lambda:invoke",
        "arn:aws:lambda:eu-west-1:123456789012:function:f",
        Reference("aws_lambda_function.f", "arn"),
    ],
)
def test_what_has_no_heartbeat_is_not_concerned(judge: Callable[..., Any], resource: Any) -> None:
    assert not judge(RULE, Document(machine(A=task(resource)), None)).applies


def test_an_activity_of_the_same_project(judge: Callable[..., Any]) -> None:
    activity = Activity(
        address="Work", type="AWS::StepFunctions::Activity", form=Form.CLOUDFORMATION
    )
    definition = Document(machine(A=task(Reference("Work"))), None)
    assert judge(RULE, definition, others=[activity], form=Form.CLOUDFORMATION).violations


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"Resource": UNKNOWN},
            "whether 'A' waits for an answer is not known: its Resource var.x is not known",
        ),
        (
            {"HeartbeatSeconds": OneOf("c", (1, REMOVED))},
            "whether 'A' has a HeartbeatSeconds is not known: HeartbeatSeconds depends on",
        ),
    ],
)
def test_what_is_not_known(judge: Callable[..., Any], fields: dict[str, Any], reason: str) -> None:
    (said,) = judge(RULE, Document(machine(A={**task(), **fields}), None)).reasons
    assert said.startswith(reason)


def test_an_unknown_call_with_a_heartbeat_is_no_matter(judge: Callable[..., Any]) -> None:
    definition = machine(A=task(UNKNOWN, HeartbeatSeconds=1))
    assert not judge(RULE, Document(definition, None)).applies


def test_a_timeout_that_may_be_there_is_taken_for_one(judge: Callable[..., Any]) -> None:
    definition = machine(A=task(TimeoutSeconds=OneOf("c", (60, REMOVED))))
    assert judge(RULE, Document(definition, None)).only.severity is Severity.LOW


def test_a_definition_that_cannot_be_read(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
    states = Document({"StartAt": "A", "States": UNKNOWN}, None)
    assert judge(RULE, states).reasons == ["not all states of the state machine are known"]
