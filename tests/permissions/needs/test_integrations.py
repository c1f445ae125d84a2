"""What every optimized integration needs in every pattern.

`integrations.json` holds, for each of them, the pages that say so, the parameters of a call, and
the required actions by resource: written from the pages, not from the data of the package.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.data import load

EXPECTED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "integrations.json").read_text(encoding="utf-8")
)
SUFFIXES = {
    "REQUEST_RESPONSE": "",
    "SYNC": ".sync",
    "SYNC_2": ".sync:2",
    "WAIT_FOR_TASK_TOKEN": ".waitForTaskToken",
}
DATA = load("integrations")["integrations"]
ROWS = [
    pytest.param(call, pattern, id=f"{call}{SUFFIXES[pattern]}")
    for call, row in EXPECTED.items()
    for pattern in row["needs"]
]
WITHOUT_POLICY = {"eks:runJob", "eks:call"}
"""Integrations for which AWS documents no policy."""

Call = Callable[..., Any]


def test_every_integration_and_pattern_is_here() -> None:
    documented = {(call, pattern) for call, patterns in DATA.items() for pattern in patterns}
    here = {(call, pattern) for call, row in EXPECTED.items() for pattern in row["needs"]}
    assert here == documented
    assert len(here) == 107


@pytest.mark.parametrize(("name", "pattern"), ROWS)
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_the_required_needs(call: Call, name: str, pattern: str, language: str) -> None:
    row = EXPECTED[name]
    assert row["sources"]
    found = call(f"{name}{SUFFIXES[pattern]}", row["parameters"], language=language)
    assert found.required() == row["needs"][pattern], row["sources"]
    assert bool(found.reasons) is (name in WITHOUT_POLICY)
    for need in found.all.needs:
        assert need.states == ("A",)
        assert need.sources
        assert not need.is_dynamic or need.kind != "required"


@pytest.mark.parametrize(("name", "pattern"), ROWS)
def test_every_documented_action_is_a_need(call: Call, name: str, pattern: str) -> None:
    found = call(f"{name}{SUFFIXES[pattern]}", EXPECTED[name]["parameters"])
    kinds: dict[str, set[str]] = {}
    for need in found.all.needs:
        kinds.setdefault(need.action, set()).add(need.kind)
    for statement in DATA[name][pattern]:
        if statement["need"] == "conditional":
            continue
        for action in statement["actions"]:
            expected = {"overgrant-in-docs": "extra"}.get(statement["need"], statement["need"])
            if action == "athena:getDataCatalog":
                expected = "conditional"
            assert expected in kinds[action], action


def _has_objects(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict))


def dynamic(value: Any, language: str) -> Any:
    """Return parameters in which every value is chosen at run time."""
    if isinstance(value, dict):
        if language == "JSONata":
            return {key: dynamic(one, language) for key, one in value.items()}
        return {
            key if _has_objects(one) else f"{key}.$": dynamic(one, language)
            for key, one in value.items()
        }
    if isinstance(value, list) and _has_objects(value):
        return [dynamic(one, language) for one in value]
    return "{% $x %}" if language == "JSONata" else "$.x"


@pytest.mark.parametrize(("name", "pattern"), ROWS)
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_a_target_of_the_run_time_leaves_the_actions(
    call: Call, name: str, pattern: str, language: str
) -> None:
    target = f"{name}{SUFFIXES[pattern]}"
    written = call(target, EXPECTED[name]["parameters"], language=language)
    found = call(target, dynamic(EXPECTED[name]["parameters"], language), language=language)
    needed = {one.action for one in found.all.needs if one.kind in ("required", "conditional")}
    for action in {one for actions in written.required().values() for one in actions}:
        assert action in needed
    shown = [found.shown(one) for need in found.all.needs for one in need.resources]
    assert not any("[[" in one or "$x" in one or "$.x" in one for one in shown)


@pytest.mark.parametrize(("name", "pattern"), ROWS)
@pytest.mark.parametrize("parameters", [None, "$", "{% $states.input %}"])
def test_parameters_that_are_the_input(
    call: Call, name: str, pattern: str, parameters: Any
) -> None:
    found = call(f"{name}{SUFFIXES[pattern]}", parameters)
    for need in found.all.needs:
        assert need.resources
        assert not any("[[" in found.shown(one) for one in need.resources)


def test_what_is_no_integration_is_not_checked(call: Call) -> None:
    found = call("dynamodb:query", {"TableName": "orders"})
    assert found.all.needs == []
    assert found.reasons == ["dynamodb:query is no documented integration"]
    assert call("glue:startJobRun.waitForTaskToken", {"JobName": "x"}).reasons
    assert call("eks:call", {}).reasons == ["AWS documents no permissions for eks:call"]
