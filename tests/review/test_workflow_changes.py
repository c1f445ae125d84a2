"""What becomes of workflows by a change: states, safeguards, settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .changes import machine_of, reviewed, template

RETRY = {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 4}
CATCH = {"ErrorEquals": ["States.ALL"], "Next": "Tell"}
WORK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::ecs:runTask.sync",
    "TimeoutSeconds": 600,
    "HeartbeatSeconds": 60,
    "Retry": [RETRY],
    "Catch": [CATCH],
    "Next": "Done",
}
DONE = {"Type": "Succeed"}
TELL = {"Type": "Fail"}


def states(**fields: Any) -> dict[str, Any]:
    """Return the states of a workflow, with other fields of `Work`; `None` takes a field away."""
    work = {key: value for key, value in {**WORK, **fields}.items() if value is not None}
    return {"Work": work, "Done": DONE, "Tell": TELL}


LOST: dict[str, tuple[dict[str, Any], str]] = {
    "no timeout": ({"TimeoutSeconds": None}, "timeout"),
    "a longer timeout": ({"TimeoutSeconds": 6000}, "timeout"),
    "no heartbeat": ({"HeartbeatSeconds": None}, "heartbeat"),
    "no retry": ({"Retry": None}, "Retry"),
    "no catch": ({"Catch": None}, "Catch"),
}


@pytest.mark.parametrize("name", LOST)
def test_a_safeguard_that_is_gone_or_weaker_is_said(name: str, tmp_path: Path) -> None:
    fields, word = LOST[name]
    report = reviewed(tmp_path, template(states=states()), template(states=states(**fields)))
    change = machine_of(report)
    assert change is not None
    assert len(change.safeguards_lost) == 1
    assert "'Work'" in change.safeguards_lost[0]
    assert word in change.safeguards_lost[0]


def test_a_safeguard_that_is_new_is_no_loss(tmp_path: Path) -> None:
    bare = states(TimeoutSeconds=None, HeartbeatSeconds=None, Retry=None, Catch=None)
    change = machine_of(reviewed(tmp_path, template(states=bare), template(states=states())))
    assert change is not None
    assert change.safeguards_lost == ()
    assert [(one.name, one.fate) for one in change.states] == [("Work", "changed")]


def test_states_that_are_added_and_removed_are_listed(tmp_path: Path) -> None:
    after = {**states(Next="Wait"), "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Done"}}
    change = machine_of(reviewed(tmp_path, template(states=states()), template(states=after)))
    assert change is not None
    fates = {one.name: one.fate for one in change.states}
    assert fates == {"Work": "changed", "Wait": "added"}


def test_the_way_back_removes_the_state(tmp_path: Path) -> None:
    before = {**states(Next="Wait"), "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Done"}}
    change = machine_of(reviewed(tmp_path, template(states=before), template(states=states())))
    assert change is not None
    assert {one.name: one.fate for one in change.states} == {"Work": "changed", "Wait": "removed"}


def test_states_in_another_order_are_no_change(tmp_path: Path) -> None:
    definition = {"StartAt": "Work", "States": states()}
    reversed_states = dict(reversed(list(states().items())))
    other = {"States": reversed_states, "StartAt": "Work"}
    before, after = template(definition=definition), template(definition=other)
    assert machine_of(reviewed(tmp_path, before, after)) is None


def test_a_definition_as_text_is_the_same_as_one_as_an_object(tmp_path: Path) -> None:
    definition = {"StartAt": "Work", "States": states()}
    before, after = template(definition=definition), template(definition=definition)
    properties = after["Resources"]["Flow"]["Properties"]
    properties["DefinitionString"] = json.dumps(properties.pop("Definition"))
    assert machine_of(reviewed(tmp_path, before, after)) is None


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({"StateMachineType": "EXPRESS"}, "EXPRESS"),
    "logging": ({"LoggingConfiguration": {"Level": "ERROR"}}, "ERROR"),
    "tracing": ({"TracingConfiguration": {"Enabled": True}}, "racing"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_changes_is_said(name: str, tmp_path: Path) -> None:
    machine, word = SETTINGS[name]
    before, after = template(states=states()), template(states=states(), machine=machine)
    change = machine_of(reviewed(tmp_path, before, after))
    assert change is not None
    assert change.states == ()
    assert any(word in one for one in change.settings)


def test_a_machine_that_is_gone_is_removed(tmp_path: Path) -> None:
    before, after = template(states=states()), template(states=states())
    del after["Resources"]["Flow"]
    change = machine_of(reviewed(tmp_path, before, after))
    assert change is not None
    assert change.fate == "removed"


def test_a_definition_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    before, after = template(states=states()), template(states=states())
    properties = after["Resources"]["Flow"]["Properties"]
    del properties["Definition"]
    properties["DefinitionString"] = {"Fn::ImportValue": "definition"}
    change = machine_of(reviewed(tmp_path, before, after))
    assert change is not None
    assert change.unread


def test_a_state_inside_a_map_is_named_with_its_map(tmp_path: Path) -> None:
    def nested(seconds: int) -> dict[str, Any]:
        inner = {"Pause": {"Type": "Wait", "Seconds": seconds, "End": True}}
        processor = {"StartAt": "Pause", "States": inner}
        return {"Each": {"Type": "Map", "ItemProcessor": processor, "End": True}}

    report = reviewed(tmp_path, template(states=nested(1)), template(states=nested(2)))
    change = machine_of(report)
    assert change is not None
    assert [one.fate for one in change.states] == ["changed"]
    assert "Pause" in change.states[0].name
