"""SFN503: retriers that try too often, or for longer than the execution lasts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import Traced, Unknown
from stepguard.rules.sfn503_endless_retry import total_wait

RULE = "SFN503"
UNKNOWN = Unknown("var.x", "it is not set")


def machine(whole: Any = None, **retrier: Any) -> dict[str, Any]:
    """Make a definition with a timeout unless that is `None`, and one task with one retrier."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Retry": [{"ErrorEquals": ["E"], **retrier}],
        "End": True,
    }
    limit = {} if whole is None else {"TimeoutSeconds": whole}
    return {"StartAt": "A", **limit, "States": {"A": task}}


@pytest.mark.parametrize(
    ("attempts", "interval", "rate", "longest", "seconds"),
    [
        (3, 1, 2, math.inf, 7),
        (3, 3, 2, 5, 13),
        (10, 60, 1, math.inf, 600),
        (0, 5, 2, math.inf, 0),
        (99_999_999, 1, 1, math.inf, 99_999_999),
        (99_999_999, 1, 2, 10, 1 + 2 + 4 + 8 + 10 * 99_999_995),
        (99_999_999, 0, 2, math.inf, 0),
    ],
)
def test_the_waits_add_up(
    attempts: int, interval: float, rate: float, longest: float, seconds: float
) -> None:
    assert total_wait(attempts, interval, rate, longest) == seconds


@pytest.mark.parametrize("rate", [1.000001, 1e300, 2])
def test_many_attempts_are_added_up_in_time(rate: float) -> None:
    assert total_wait(99_999_999, 99_999_999, rate, math.inf) > 1e9


def test_waits_beyond_the_timeout_of_the_machine(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(60, IntervalSeconds=2, MaxAttempts=6)).only
    assert found.message == (
        "Retrier 1 of 'A' waits 126 seconds in all between its attempts, but the whole execution "
        "lasts at most 60 seconds"
    )
    assert found.span.text == "6"
    assert found.state == "A"
    assert judge(RULE, machine(126, IntervalSeconds=2, MaxAttempts=6)).passes


def test_waits_beyond_an_express_workflow(judge: Callable[..., Any]) -> None:
    definition = machine(None, IntervalSeconds=60, MaxAttempts=6, BackoffRate=1)
    found = judge(RULE, definition, kind=Traced("EXPRESS")).only
    assert found.message.endswith("but an EXPRESS workflow lasts at most 300 seconds")
    assert judge(RULE, definition).passes


def test_waits_beyond_a_year(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(MaxAttempts=100)).only
    assert "waits for ever between its attempts" in found.message
    assert judge(RULE, machine(MaxAttempts=100, MaxDelaySeconds=60)).passes


def test_jitter_halves_the_waits(judge: Callable[..., Any]) -> None:
    definition = machine(70, IntervalSeconds=2, MaxAttempts=6, JitterStrategy="FULL")
    assert judge(RULE, definition).passes


def test_too_many_attempts(judge: Callable[..., Any]) -> None:
    definition = machine(MaxAttempts=1_001, BackoffRate=1)
    found = judge(RULE, definition).only
    assert found.message == ("Retrier 1 of 'A' tries 1001 times, and the configuration allows 1000")
    assert found.suggestion == "at most 1000"
    assert judge(RULE, definition, config=Config(maximum_attempts=2_000)).passes
    few = machine(MaxAttempts=6)
    assert judge(RULE, few, config=Config(maximum_attempts=5)).violations


def test_all_of_a_machine_are_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine(5)
    definition["States"]["B"] = definition["States"]["A"]
    found = judge(RULE, definition).only
    assert found.message.endswith("; 1 more goes too far")
    assert len(found.related) == 2
    assert found.state is None


def test_a_machine_without_retriers_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    def reasons(*timeout: Any, **retrier: Any) -> Any:
        return judge(RULE, Document(machine(*timeout, **retrier), None)).reasons

    unknown = "var.x is not known before deployment"
    assert reasons(60, MaxAttempts=UNKNOWN) == [f"retrier 1 of 'A': MaxAttempts {unknown}"]
    assert reasons(60, BackoffRate=UNKNOWN) == [f"retrier 1 of 'A': BackoffRate {unknown}"]
    assert reasons(UNKNOWN) == [f"the timeout of the state machine: {unknown}"]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


def test_what_is_certain_is_found_beside_what_is_not_known(judge: Callable[..., Any]) -> None:
    definition = machine(MaxAttempts=5_000, BackoffRate=UNKNOWN)
    assert judge(RULE, Document(definition, None)).violations
