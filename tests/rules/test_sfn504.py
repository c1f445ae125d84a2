"""SFN504: States.ALL beside other names, or before other handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import REMOVED, OneOf, OpenDict, OpenList, Unknown

RULE = "SFN504"
UNKNOWN = Unknown("var.x", "it is not set")


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True, **fields}


def machine(**fields: Any) -> dict[str, Any]:
    """Make a definition of one task with some fields."""
    return {"StartAt": "A", "States": {"A": task(**fields)}}


def errors(*lists: Any) -> list[dict[str, Any]]:
    """Make handlers of lists of error names."""
    return [{"ErrorEquals": one} for one in lists]


def test_a_handler_behind_it(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(Retry=errors(["States.ALL"], ["E"], ["F"]))).only
    assert found.message.startswith("States.ALL stands before 2 more in retrier 1 of 'A': ")
    assert found.path == ("States", "A", "Retry", 0, "ErrorEquals")
    assert "States.ALL" in found.span.text
    assert found.state == "A"
    assert "in the last retrier" in found.suggestion


def test_names_beside_it(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(Catch=errors(["E", "States.ALL"]))).only
    assert found.message.startswith("States.ALL stands beside other names in catcher 1 of 'A': ")
    assert "in the last catcher" in found.suggestion


def test_all_of_a_machine_are_one_finding(judge: Callable[..., Any]) -> None:
    wrong = task(Retry=errors(["States.ALL"], ["E"]), Catch=errors(["States.ALL", "E"]))
    inner = {"StartAt": "B", "States": {"B": wrong}}
    states = {"A": {"Type": "Map", "ItemProcessor": inner, "Next": "C"}, "C": wrong}
    found = judge(RULE, {"StartAt": "A", "States": states}).only
    assert "in 'B', 'C':" in found.message
    assert found.state is None
    assert [one.message for one in found.related] == [
        "before 1 more in retrier 1 of 'B'",
        "beside other names in catcher 1 of 'B'",
        "before 1 more in retrier 1 of 'C'",
        "beside other names in catcher 1 of 'C'",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"Retry": errors(["E"], ["States.ALL"])},
        {"Catch": errors(["States.ALL"])},
        {"Retry": errors(["States.ALL"]), "Catch": errors(["States.ALL"])},
        {"Retry": errors(["States.TaskFailed"], ["E"])},
    ],
)
def test_what_is_in_its_place(judge: Callable[..., Any], fields: dict[str, Any]) -> None:
    assert judge(RULE, machine(**fields)).passes


def test_a_handler_that_may_not_be_there_does_not_count(judge: Callable[..., Any]) -> None:
    maybe = OneOf("c", (REMOVED, {"ErrorEquals": ["E"]}))
    retry = [*errors(["States.ALL"]), maybe]
    assert not judge(RULE, Document(machine(Retry=retry), None)).violations


def test_a_machine_without_handlers_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, machine()).applies
    assert not judge(RULE).applies


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (machine(Retry=UNKNOWN), "Retry of 'A' var.x is not known"),
        (machine(Retry=OpenList([], UNKNOWN)), "not all of Retry of 'A' is known"),
        (machine(Retry=[UNKNOWN]), "not all of Retry of 'A' is known"),
        (machine(Retry=errors(UNKNOWN)), "retrier 1 of 'A': ErrorEquals var.x is not known"),
        (machine(Catch=errors([UNKNOWN])), "catcher 1 of 'A': an error name var.x is not known"),
        (machine(Catch=[OpenDict({}, UNKNOWN)]), "catcher 1 of 'A': var.x is not known"),
        ({"StartAt": "A", "States": UNKNOWN}, "not all states of the state machine are known"),
        (
            {"StartAt": "A", "States": {"A": OpenDict(task(), UNKNOWN)}},
            "whether 'A' has a Retry is not known",
        ),
    ],
)
def test_what_is_not_known(
    judge: Callable[..., Any], definition: dict[str, Any], reason: str
) -> None:
    (said,) = judge(RULE, Document(definition, None)).reasons
    assert said.startswith(reason)


def test_a_definition_that_cannot_be_read(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
