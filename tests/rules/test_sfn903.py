"""SFN903: what is larger than Step Functions takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Tags, Unread
from stepguard.deployment.values import (
    Hole,
    OneOf,
    OpenDict,
    PartlyKnownKey,
    Piece,
    Text,
    Traced,
    Unknown,
)

RULE = "SFN903"
UNKNOWN = Unknown("var.x", "it is not set")
DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def machine(name: str = "A", **fields: Any) -> dict[str, Any]:
    """Make a definition of one state."""
    return {"StartAt": name, "States": {name: {"Type": "Succeed", **fields}}}


def each(mode: dict[str, str] = DISTRIBUTED, **fields: Any) -> dict[str, Any]:
    """Make a definition of one map."""
    processor = {**machine("I"), "ProcessorConfig": mode}
    return machine("M", **{"Type": "Map", "ItemProcessor": processor, "End": True, **fields})


def test_a_definition_that_is_too_large(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Document(machine(Comment="x" * 1_048_000), None)).passes
    found = judge(RULE, Document(machine(Comment="é" * 525_000), None)).only
    assert found.message.startswith("The definition has 1,050,0")
    assert found.subject == "size"


def test_blanks_do_not_count(judge: Callable[..., Any]) -> None:
    definition = machine()
    definition["States"]["A"]["Choices"] = [{"a": 1}] * 100_000
    assert judge(RULE, Document(definition, None)).passes


def test_a_long_name_of_a_state(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine("A" * 81)).only
    assert "has 81 characters; 80 are allowed" in found.message
    assert found.span.text == f'"{"A" * 81}"'
    assert judge(RULE, machine("A" * 80)).passes


def test_a_name_that_is_not_known_is_not_counted(judge: Callable[..., Any]) -> None:
    name = PartlyKnownKey(Text((Piece("A" * 81), Hole(UNKNOWN))))
    assert not judge(RULE, Document(machine(name), None)).violations


@pytest.mark.parametrize(
    ("name", "words"),
    [("m" * 81, "has 81 characters"), ("a b", "is not allowed there"), ("a/b", "not allowed")],
)
def test_the_name_of_the_machine(judge: Callable[..., Any], name: str, words: str) -> None:
    found = judge(RULE, name=Traced(name)).only
    assert words in found.message
    assert judge(RULE, name=Traced(OneOf("c", (Traced(name), Traced("fine"))))).passes


@pytest.mark.parametrize("name", ["m" * 80, "Import_v2-eu", "größe", UNKNOWN])
def test_names_that_are_fine(judge: Callable[..., Any], name: Any) -> None:
    assert judge(RULE, name=Traced(name)).passes


@pytest.mark.parametrize(("label", "words"), [("x" * 41, "has 41"), ("a b", "not allowed")])
def test_a_label(judge: Callable[..., Any], label: str, words: str) -> None:
    found = judge(RULE, each(Label=label)).only
    assert words in found.message
    assert found.span.text == f'"{label}"'
    assert judge(RULE, each(Label="x" * 40)).passes


def test_child_executions(judge: Callable[..., Any]) -> None:
    found = judge(RULE, each(MaxConcurrency=10_001)).only
    assert "above the 10,000 child executions" in found.message
    assert judge(RULE, each(MaxConcurrency=10_000)).passes
    assert judge(RULE, each({"Mode": "INLINE"}, MaxConcurrency=10_001)).passes


def test_tags(judge: Callable[..., Any]) -> None:
    def tags(number: int) -> Tags:
        return Tags(values={f"k{one}": Traced("v") for one in range(number)})

    assert judge(RULE, tags=tags(51)).only.message == (
        "The state machine has 51 tags; 50 are allowed"
    )
    assert judge(RULE, tags=tags(50)).passes


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    definition = {"StartAt": "A", "States": OpenDict({}, UNKNOWN)}
    assert judge(RULE, Document(definition, None)).reasons
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
    assert judge(RULE, Unread("lost"), name=Traced("a b")).violations
