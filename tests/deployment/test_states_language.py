"""The tables of the Amazon States Language agree with each other."""

from __future__ import annotations

import pytest

from stepguard.deployment.states_language import (
    CATCHER_FIELDS,
    CHOICE_FIELDS,
    COMPARISON_OPERATORS,
    CONTINUING_TYPES,
    EXCLUSIVE_FIELDS,
    ONE_OF_FIELDS,
    PROCESSOR_FIELDS,
    REQUIRED_FIELDS,
    STATE_TYPES,
    TERMINAL_TYPES,
    fields_of,
    types_with,
)


@pytest.mark.parametrize("state_type", STATE_TYPES)
def test_a_type_has_what_it_needs(state_type: str) -> None:
    everything = fields_of(state_type, None)
    assert everything == fields_of(state_type, "JSONPath") | fields_of(state_type, "JSONata")
    assert {"Type", "Comment", "QueryLanguage"} <= fields_of(state_type, "JSONata")
    assert set(REQUIRED_FIELDS.get(state_type, ())) <= fields_of(state_type, "JSONata")
    assert set(ONE_OF_FIELDS.get(state_type, ())) <= everything
    assert ("Next" in everything) is (state_type in CONTINUING_TYPES)
    assert ("End" in everything) is (state_type in CONTINUING_TYPES)


def test_a_state_goes_on_ends_or_chooses() -> None:
    assert set(STATE_TYPES) == {*CONTINUING_TYPES, *TERMINAL_TYPES, "Choice"}


def test_the_query_languages_differ_in_paths() -> None:
    for state_type in STATE_TYPES:
        assert not [one for one in fields_of(state_type, "JSONata") if one.endswith("Path")]
    assert "Parameters" not in fields_of("Task", "JSONata")
    assert "Arguments" not in fields_of("Task", "JSONPath")
    assert "ResultSelector" not in fields_of("Pass", None)
    assert "QueryLanguage" not in PROCESSOR_FIELDS


@pytest.mark.parametrize(
    ("field", "types"),
    [
        ("TimeoutSeconds", ("Task",)),
        ("Catch", ("Task", "Parallel", "Map")),
        ("Retry", ("Task", "Parallel", "Map")),
        ("Choices", ("Choice",)),
        ("Arguments", ("Task", "Parallel")),
        ("RoleArn", ()),
    ],
)
def test_the_types_that_have_a_field(field: str, types: tuple[str, ...]) -> None:
    assert types_with(field) == types


def test_what_excludes_each_other_is_in_one_type() -> None:
    for first, second in EXCLUSIVE_FIELDS:
        assert set(types_with(first)) & set(types_with(second)), (first, second)


def test_the_operators_of_choice_rules() -> None:
    # Three kinds with five relations, each with a path as well; two for booleans; six tests for
    # what a value is, and patterns.
    assert len(COMPARISON_OPERATORS) == 3 * 5 * 2 + 2 + 6 + 1
    assert "StringMatchesPath" not in COMPARISON_OPERATORS
    assert CHOICE_FIELDS["JSONata"] & COMPARISON_OPERATORS == frozenset()
    assert CATCHER_FIELDS["JSONPath"] ^ CATCHER_FIELDS["JSONata"] == {"ResultPath", "Output"}
