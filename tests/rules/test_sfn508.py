"""SFN508: distributed maps that one item can end, or whose results may be too large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import REMOVED, OneOf

RULE = "SFN508"
WRITER = {"Resource": "arn:aws:states:::s3:putObject"}


def each(mode: str = "DISTRIBUTED", **fields: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"},
        "StartAt": "I",
        "States": {"I": {"Type": "Fail"}},
    }
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}


def machine(*maps: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "A", "States": dict(zip("ABC", maps, strict=False))}


def test_both_are_missing(judge: Callable[..., Any]) -> None:
    strict, unwritten = judge(RULE, machine(each(), each())).violations
    assert strict.message.startswith("'A', 'B' tolerate no failure: ")
    assert strict.suggestion == '"ToleratedFailurePercentage": 5'
    assert unwritten.message.startswith("'A', 'B' have no ResultWriter: ")
    assert strict.subject != unwritten.subject


@pytest.mark.parametrize(
    "field",
    [
        "ToleratedFailureCount",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentage",
        "ToleratedFailurePercentagePath",
    ],
)
def test_a_tolerance_is_a_decision(judge: Callable[..., Any], field: str) -> None:
    assert judge(RULE, machine(each(ResultWriter=WRITER, **{field: 0}))).passes
    found = judge(RULE, machine(each(**{field: 0}))).only
    assert found.message.startswith("'A' has no ResultWriter")
    assert found.state == "A"


def test_inline_maps_are_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, machine(each("INLINE"))).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    maybe = OneOf("c", (5, REMOVED))
    definition = machine(each(ResultWriter=WRITER, ToleratedFailureCount=maybe))
    assert judge(RULE, Document(definition, None)).reasons == ["not all fields of 'A' are known"]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


def test_items_that_cannot_fail(judge: Callable[..., Any]) -> None:
    safe = each(ResultWriter=WRITER)
    safe["ItemProcessor"]["States"]["I"] = {"Type": "Pass", "Result": 1, "End": True}
    assert judge(RULE, machine(safe)).passes
    safe["ItemProcessor"]["States"]["I"] = {"Type": "Pass", "InputPath": "$.a", "End": True}
    assert judge(RULE, machine(safe)).violations
