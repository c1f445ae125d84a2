"""SFN505: error names that nothing reports, or that nothing catches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.states_language import ERROR_NAMES
from stepguard.deployment.values import Unknown

RULE = "SFN505"
UNKNOWN = Unknown("var.x", "it is not set")


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True, **fields}


def machine(*names: Any) -> dict[str, Any]:
    """Make a definition of one task with one retrier."""
    return {"StartAt": "A", "States": {"A": task(Retry=[{"ErrorEquals": list(names)}])}}


def test_a_name_that_does_not_exist(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine("E", "States.TimedOut")).only
    assert found.message.startswith("Retrier 1 of 'A' names 'States.TimedOut': Step Functions")
    assert found.suggestion == '"States.Timeout"'
    assert found.span.text == '"States.TimedOut"'
    assert found.state == "A"


def test_case_matters(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine("States.All")).only.suggestion == '"States.ALL"'


def test_a_name_that_nothing_catches(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine("States.Runtime")).only
    assert found.message == (
        "Retrier 1 of 'A' names 'States.Runtime', which nothing retries or catches"
    )


def test_all_of_a_machine_are_one_finding(judge: Callable[..., Any]) -> None:
    retry = [{"ErrorEquals": ["States.Runtime"]}]
    catch = [{"ErrorEquals": ["States.Xyz"], "Next": "B"}]
    states = {"A": task(Retry=retry, Catch=catch), "B": task(Retry=retry)}
    found = judge(RULE, {"StartAt": "A", "States": states}).only
    assert found.message.startswith("3 places name 'States.Runtime' and 'States.Xyz': ")
    assert found.message.endswith(", and States.Runtime is never caught")
    assert len(found.related) == 3
    assert found.subject == "States.Runtime States.Xyz"


@pytest.mark.parametrize(
    "name",
    [
        *sorted(ERROR_NAMES - {"States.Runtime"}),
        "States.Http.StatusCode.429",
        "Lambda.ServiceException",
        "CardDeclined",
    ],
)
def test_names_that_can_be_caught(judge: Callable[..., Any], name: str) -> None:
    assert judge(RULE, machine(name)).passes


def test_the_name_of_a_fail_state_is_let_through(judge: Callable[..., Any]) -> None:
    definition = machine("States.Odd")
    definition["States"]["F"] = {"Type": "Fail", "Error": "States.Odd"}
    assert judge(RULE, definition).passes


def test_a_machine_without_handlers_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    (reason,) = judge(RULE, Document(machine("E", UNKNOWN), None)).reasons
    assert reason == "retrier 1 of 'A': an error name var.x is not known before deployment"
    assert judge(RULE, Document(machine("States.Odd", UNKNOWN), None)).violations
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
