"""SFN507: choices that may find no rule that is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import OpenDict, OpenList, Unknown

RULE = "SFN507"
UNKNOWN = Unknown("var.x", "it is not set")


def machine(*rules: Any, **fields: Any) -> dict[str, Any]:
    choices = [{**rule, "Next": "B"} if type(rule) is dict else rule for rule in rules]
    states = {"A": {"Type": "Choice", "Choices": choices, **fields}, "B": {"Type": "Succeed"}}
    return {"StartAt": "A", "States": states}


def rule(**test: Any) -> dict[str, Any]:
    return {"Variable": "$.x", **test}


@pytest.mark.parametrize(
    "rules",
    [
        [rule(StringEquals="a")],
        [rule(BooleanEquals=True)],
        [rule(BooleanEquals=True), {"Variable": "$.y", "BooleanEquals": False}],
        [rule(NumericGreaterThan=1), rule(NumericLessThan=1)],
        [rule(NumericGreaterThan=1), rule(NumericLessThanEquals=0)],
        [{"Condition": "{% $x > 1 %}"}],
    ],
)
def test_rules_that_may_all_be_false(judge: Callable[..., Any], rules: list[Any]) -> None:
    found = judge(RULE, machine(*rules)).only
    assert found.message.startswith("'A' has no Default: ")
    assert found.suggestion == '"Default": "…"'
    assert found.span.text == '"A"'


@pytest.mark.parametrize(
    "rules",
    [
        [rule(BooleanEquals=True), rule(BooleanEquals=False)],
        [rule(IsPresent=False), rule(StringEquals="a"), rule(IsPresent=True)],
        [rule(StringEquals="a"), {"Not": rule(StringEquals="a")}],
        [{"Not": rule(StringEquals="a")}, rule(StringEquals="a")],
        [rule(NumericGreaterThan=1), rule(NumericLessThanEquals=1)],
        [rule(TimestampLessThan="t"), rule(TimestampGreaterThanEquals="t")],
        [{"Condition": "{% $x > 1 %}"}, {"Condition": "{% true %}"}],
        [{"Condition": "{% $x > 1 %}"}, {"Condition": "{% $not($x > 1) %}"}],
        [{"Condition": "{% $not($x) %}"}, {"Condition": "{% $x %}"}],
    ],
)
def test_rules_that_cover_everything(judge: Callable[..., Any], rules: list[Any]) -> None:
    assert judge(RULE, machine(*rules)).passes


def test_a_default(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(rule(StringEquals="a"), Default="B")).passes


def test_several_are_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine(rule(StringEquals="a"))
    definition["States"]["C"] = definition["States"]["A"]
    found = judge(RULE, definition).only
    assert found.message.startswith("'A', 'C' have no Default")
    assert len(found.related) == 2


def test_a_machine_without_choices_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    reason = "whether the rules of 'A' cover everything is not known"
    for definition in (
        machine(UNKNOWN),
        {**machine(), "States": {"A": {"Type": "Choice", "Choices": OpenList([], UNKNOWN)}}},
        {**machine(), "States": {"A": OpenDict({"Type": "Choice", "Choices": []}, UNKNOWN)}},
    ):
        assert judge(RULE, Document(definition, None)).reasons == [reason]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
