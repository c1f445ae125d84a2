"""Attributes by their path: set, not set, and perhaps set."""

from __future__ import annotations

from typing import Any

import pytest

from stepguard.deployment.attributes import elements, first_setting, setting
from stepguard.deployment.values import REMOVED, OneOf, Reference, Traced, Unknown

UNKNOWN = Unknown("var.x", "it is not set")


def tree(value: Any) -> Traced:
    if isinstance(value, dict):
        return Traced({key: tree(one) for key, one in value.items()})
    if isinstance(value, list):
        return Traced([tree(one) for one in value])
    return Traced(value)


@pytest.mark.parametrize("holder", [{"a": {"b": 1}}, {"a": [{"b": 1}]}])
def test_a_member_of_an_object_and_of_a_nested_block(holder: Any) -> None:
    found = setting(tree(holder), "a.b")
    assert found is not None
    assert found.value == 1


@pytest.mark.parametrize(
    "holder",
    [{}, {"a": None}, {"a": []}, {"a": {"b": None}}, {"a": {"b": REMOVED}}, {"a": REMOVED}],
)
def test_what_is_known_not_to_be_set(holder: Any) -> None:
    assert setting(tree(holder), "a.b") is None


@pytest.mark.parametrize(
    "holder",
    [
        Traced({"a": Traced(UNKNOWN)}),
        Traced({}, rest=UNKNOWN),
        Traced({"a": Traced({}, rest=UNKNOWN)}),
        Traced({"a": Traced(OneOf("c", (tree({"b": 1}), REMOVED)))}),
        Traced({"a": tree([{"b": 1}, {"b": 2}])}),
    ],
)
def test_what_may_be_set(holder: Traced) -> None:
    found = setting(holder, "a.b")
    assert found is not None
    assert isinstance(found.value, Unknown)


def test_the_first_that_is_set() -> None:
    found = first_setting(tree({"a": None, "b": 2, "c": 3}), ("a", "b", "c"))
    assert found is not None
    assert found.value == 2
    assert first_setting(tree({}), ("a", "b")) is None


@pytest.mark.parametrize(
    ("value", "known", "complete"),
    [
        (None, [], True),
        (Traced(None), [], True),
        (tree(["x", REMOVED, "y"]), ["x", "y"], True),
        (Traced([Traced("x")], rest=UNKNOWN), ["x"], False),
        (Traced(UNKNOWN), [], False),
        (Traced(OneOf("c", (tree(["x"]), REMOVED))), ["x"], False),
        (Traced("x"), ["x"], True),
        (Traced(Reference("Topic")), [Reference("Topic")], True),
    ],
)
def test_the_elements_of_a_list(value: Traced | None, known: list[Any], complete: bool) -> None:
    found, all_of_them = elements(value)
    assert [one.value for one in found] == known
    assert all_of_them is complete
