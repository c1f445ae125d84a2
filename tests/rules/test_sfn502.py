"""SFN502: tasks whose failure is handled nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import OneOf, Unknown
from stepguard.engine import ScanOptions, scan
from stepguard.finding import Severity

RULE = "SFN502"
UNKNOWN = Unknown("var.x", "it is not set")
JOB = "arn:aws:states:::glue:startJobRun.sync"
CALL = "arn:aws:states:::sns:publish"
CATCH = [{"ErrorEquals": ["States.Timeout"], "Next": "B"}]


def task(resource: Any = JOB, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (JOB, "a job"),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "a task token"),
        ("arn:aws:states:eu-west-1:123456789012:activity:a", "an activity's worker"),
    ],
)
def test_a_task_that_waits(judge: Callable[..., Any], resource: str, words: str) -> None:
    found = judge(RULE, machine(A=task(resource))).only
    assert found.message.startswith(f"'A' waits for {words}, and a failure is neither")
    assert (found.severity, found.tier) == (Severity.LOW, "default")
    assert found.suggestion.startswith('"Catch": [{"ErrorEquals": ["States.ALL"]')


def test_other_tasks_are_for_the_pedantic(judge: Callable[..., Any]) -> None:
    waiting, others = judge(RULE, machine(A=task(CALL), B=task(), C=task(CALL))).violations
    assert waiting.message.startswith("'B' waits for a job")
    assert others.message.startswith("A failure of 'A', 'C' is neither retried nor caught")
    assert (others.severity, others.tier) == (Severity.LOW, "pedantic")
    assert waiting.subject != others.subject


@pytest.mark.parametrize(
    ("pedantic", "found", "outcome"), [(False, 0, "pass"), (True, 1, "violation")]
)
def test_the_pedantic_part_of_a_report(
    tmp_path: Path, pedantic: bool, found: int, outcome: str
) -> None:
    text = (
        f'{{"StartAt": "A", "States": {{"A": {{"Type": "Task", "Resource": "{CALL}",'
        '"End": true}}}'
    )
    (tmp_path / "one.asl.json").write_text(text, encoding="utf-8")
    report = scan([tmp_path], ScanOptions(pedantic=pedantic))
    assert len([one for one in report.findings if one.rule == RULE]) == found
    assert report.evaluated[RULE] == {outcome: 1}


@pytest.mark.parametrize(
    "fields",
    [{"Catch": CATCH}, {"Retry": [{"ErrorEquals": ["E"]}]}, {"Catch": OneOf("c", (CATCH,))}],
)
def test_what_is_handled(judge: Callable[..., Any], fields: dict[str, Any]) -> None:
    assert not judge(RULE, Document(machine(A=task(**fields)), None)).violations


def test_a_retrier_that_does_not_try_again(judge: Callable[..., Any]) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]
    assert judge(RULE, machine(A=task(Retry=retry))).violations


def test_what_is_around_handles_it(judge: Callable[..., Any]) -> None:
    around = {"Type": "Map", "ItemProcessor": machine(A=task()), "End": True}
    assert judge(RULE, machine(M=around)).violations
    assert judge(RULE, machine(M={**around, "Catch": CATCH})).passes
    assert judge(RULE, machine(M={**around, "ToleratedFailurePercentage": 5})).passes


def test_a_machine_without_tasks_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE).applies


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (machine(A=task(Catch=UNKNOWN)), "Catch of 'A' var.x is not known before deployment"),
        ({"StartAt": "A", "States": UNKNOWN}, "not all states of the state machine are known"),
    ],
)
def test_what_is_not_known(
    judge: Callable[..., Any], definition: dict[str, Any], reason: str
) -> None:
    assert judge(RULE, Document(definition, None)).reasons == [reason]


def test_what_is_not_known_is_said_beside_what_is_pedantic(judge: Callable[..., Any]) -> None:
    judged = judge(RULE, Document(machine(A=task(CALL), B=task(Catch=UNKNOWN)), None))
    assert [one.tier for one in judged.violations] == ["pedantic"]
    assert judged.reasons


def test_a_definition_that_cannot_be_read(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


@pytest.mark.parametrize(
    "states",
    [
        {"A": task(CALL, Next="B", Catch=CATCH), "B": task()},
        {"A": {"Type": "Map", "Next": "W"}, "W": {"Type": "Wait", "Next": "B"}, "B": task()},
        {"A": {"Type": "Map", "Iterator": {"StartAt": "B", "States": {"B": task()}}, "End": True}},
    ],
)
def test_what_was_done_before_makes_it_worse(
    judge: Callable[..., Any], states: dict[str, Any]
) -> None:
    found = judge(RULE, machine(**states)).violations[0]
    assert found.severity is Severity.MEDIUM


def test_what_only_waited_before_does_not(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(A={"Type": "Wait", "Seconds": 1, "Next": "B"}, B=task())).only
    assert found.severity is Severity.LOW
