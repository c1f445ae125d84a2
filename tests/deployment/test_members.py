"""Members of objects of which not everything is known."""

from __future__ import annotations

from typing import Any

import pytest

from stepguard.deployment.members import (
    as_object,
    is_open,
    present,
    why_open,
    why_unknown,
)
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Unknown,
)

UNKNOWN = Unknown("var.x", "it is not set")
KEY = PartlyKnownKey(Text((Piece("a-"), Hole(UNKNOWN))))


@pytest.mark.parametrize(
    ("members", "answer"),
    [
        ({"a": 1}, True),
        ({"a": None}, True),
        ({"a": UNKNOWN}, True),
        ({"a": OneOf("c", (1, 2))}, True),
        ({}, False),
        ({"b": 1}, False),
        ({"a": REMOVED}, False),
        ({"a": OneOf("c", (1, REMOVED))}, None),
        ({"a": OneOf("c", (1, OneOf("d", (2, REMOVED))))}, None),
        (OpenDict({}, UNKNOWN), None),
        (OpenDict({"a": 1}, UNKNOWN), True),
        ({KEY: 1}, None),
    ],
)
def test_present(members: dict[str, Any], answer: bool | None) -> None:
    assert present(members, "a") is answer


def test_open_objects() -> None:
    assert is_open(OpenDict({}, UNKNOWN))
    assert is_open({KEY: 1})
    assert not is_open({"a": UNKNOWN})


def test_an_object_is_itself() -> None:
    value = {"a": 1}
    assert as_object(value) is value
    for other in (None, 1, "a", [], UNKNOWN, OneOf("c", (1, [])), OneOf("c", (REMOVED,))):
        assert as_object(other) is None


def test_a_choice_between_objects_is_an_object_of_choices() -> None:
    value = OneOf("c", ({"same": 1, "other": 1, "first": 1}, {"same": 1, "other": 2}))
    found = as_object(value)
    assert found is not None
    assert found["same"] == 1
    assert found["other"] == OneOf("c", (1, 2))
    assert [present(found, name) for name in ("same", "other", "first", "none")] == [
        True,
        True,
        None,
        False,
    ]


@pytest.mark.parametrize(
    "value",
    [
        OneOf("c", ({"a": 1}, UNKNOWN)),
        OneOf("c", ({"a": 1}, OpenDict({"a": 1}, UNKNOWN))),
    ],
)
def test_a_choice_with_something_unknown_is_open(value: OneOf) -> None:
    found = as_object(value)
    assert found is not None
    assert found["a"] == 1
    assert present(found, "b") is None
    assert why_open(found, "b") == "c is not known before deployment"


def test_nested_choices_are_one() -> None:
    found = as_object(OneOf("c", (OneOf("d", ({"a": 1}, {"a": 2})), {"a": 1}, REMOVED)))
    assert found == {"a": OneOf("c", (1, 2, 1))}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"a": OneOf("c", (1, REMOVED))}, "a depends on condition c"),
        (OpenDict({}, UNKNOWN), "var.x is not known before deployment"),
        ({KEY: 1}, "the name of the member a-${var.x} is not known"),
    ],
)
def test_why_a_member_may_be_there(members: dict[str, Any], words: str) -> None:
    assert why_open(members, "a") == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (UNKNOWN, "var.x is not known before deployment"),
        (Unknown(""), "a value is not known before deployment"),
        (OneOf("Prod", (1, 2)), "depends on condition Prod"),
        (Reference("f", "Arn"), "f.Arn is not known before deployment"),
        (Reference("f"), "f is not known before deployment"),
        (Reference("f", "arn", "aws_f.f.arn"), "aws_f.f.arn is not known before deployment"),
        (Text((Piece("a"), Hole(UNKNOWN))), "var.x is not known before deployment"),
        (Text((Piece("a"),)), "is not known"),
        (1, "is not known"),
    ],
)
def test_why_a_value_is_not_known(value: Any, words: str) -> None:
    assert why_unknown(value) == words
