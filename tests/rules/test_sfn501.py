"""SFN501: Lambda tasks that a short failure of the service ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import OpenDict, Unknown

RULE = "SFN501"
UNKNOWN = Unknown("var.x", "it is not set")
INVOKE = "arn:aws:states:::lambda:invoke"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
BOTH = ["Lambda.ServiceException", "Lambda.SdkClientException"]


def task(resource: Any = INVOKE, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def handler(*errors: Any) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(errors), "Next": "B"}]


@pytest.mark.parametrize(
    "resource",
    [INVOKE, f"{INVOKE}.waitForTaskToken", FUNCTION, "arn:aws:states:::aws-sdk:lambda:invoke"],
)
def test_a_call_without_handlers(judge: Callable[..., Any], resource: str) -> None:
    found = judge(RULE, machine(A=task(resource))).only
    assert found.message.startswith("'A' calls Lambda, and a failure of the service itself")
    assert found.severity is None
    assert found.span.text == '"A"'
    assert found.suggestion.startswith('"Retry": [{"ErrorEquals": ["Lambda.ServiceException"')


def test_all_of_a_machine_are_one_finding(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(A=task(), B=task(Retry=handler("E")), C=task())).only
    assert found.message.startswith("'A', 'B', 'C' call Lambda")
    assert len(found.related) == 3


def test_beside_a_retry_another_element_is_proposed(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(A=task(Retry=handler("E")))).only
    assert found.suggestion.startswith('in Retry: {"ErrorEquals"')


@pytest.mark.parametrize(
    "fields",
    [
        {"Retry": handler(*BOTH)},
        {"Retry": handler("States.ALL")},
        {"Catch": handler("States.TaskFailed")},
        {"Retry": handler(BOTH[0]), "Catch": handler(BOTH[1])},
    ],
)
def test_what_is_handled(judge: Callable[..., Any], fields: dict[str, Any]) -> None:
    assert judge(RULE, machine(A=task(**fields))).passes


def test_one_of_the_two_is_not_enough(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(A=task(Retry=handler(BOTH[0])))).violations


@pytest.mark.parametrize("field", ["Retry", "Catch"])
def test_what_is_around_handles_it(judge: Callable[..., Any], field: str) -> None:
    around = {
        "Type": "Parallel",
        "Branches": [machine(A=task())],
        "End": True,
        field: handler("States.ALL"),
    }
    assert judge(RULE, machine(P=around)).passes
    del around[field]
    assert judge(RULE, machine(P=around)).violations


@pytest.mark.parametrize(("percentage", "is_found"), [(100, False), (0, True)])
def test_a_map_may_tolerate_failures(
    judge: Callable[..., Any], percentage: int, is_found: bool
) -> None:
    around = {
        "Type": "Map",
        "ItemProcessor": machine(A=task()),
        "ToleratedFailurePercentage": percentage,
        "End": True,
    }
    assert bool(judge(RULE, machine(M=around)).violations) is is_found


def test_a_machine_without_functions_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, machine(A=task("arn:aws:states:::sns:publish"))).applies


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (machine(A=task(Retry=UNKNOWN)), "Retry of 'A' var.x is not known"),
        (machine(A=task(Retry=handler(UNKNOWN))), "retrier 1 of 'A': an error name var.x"),
        (machine(A=OpenDict(task(), UNKNOWN)), "whether 'A' has a Retry is not known"),
        (machine(A=task(UNKNOWN)), "what 'A' calls is not known: its Resource var.x"),
        ({"StartAt": "A", "States": UNKNOWN}, "not all states of the state machine are known"),
    ],
)
def test_what_is_not_known(
    judge: Callable[..., Any], definition: dict[str, Any], reason: str
) -> None:
    (said,) = judge(RULE, Document(definition, None)).reasons
    assert said.startswith(reason)


def test_an_unknown_call_with_handlers_is_fine(judge: Callable[..., Any]) -> None:
    definition = machine(A=task(UNKNOWN, Retry=handler("States.ALL")), B=task(INVOKE))
    definition["States"]["B"]["Retry"] = handler("States.ALL")
    assert judge(RULE, Document(definition, None)).passes


def test_a_definition_that_cannot_be_read(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


@pytest.mark.parametrize(("seconds", "attempts"), [(None, 6), (127, 6), (126, 5), (20, 3), (2, 1)])
def test_the_suggested_retrier_ends_before_the_execution(
    judge: Callable[..., Any], seconds: int | None, attempts: int
) -> None:
    definition = machine(A=task())
    if seconds is not None:
        definition["TimeoutSeconds"] = seconds
    suggestion = judge(RULE, definition).only.suggestion
    assert f'"MaxAttempts": {attempts}, ' in suggestion
    proposed = json.loads(suggestion.partition(": ")[2])
    definition["States"]["A"]["Retry"] = proposed
    assert judge(RULE, definition).passes
    assert not judge("SFN503", definition).violations
