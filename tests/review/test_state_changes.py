"""States that are added, removed and changed, and what is said of them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from stepguard.change import MachineChange
from stepguard.engine import ScanOptions
from stepguard.review import workflow_changes
from stepguard.review.reviewing import review
from stepguard.review.sides import sides_of_plan

from .changes import SEND, machine_of, reviewed, template
from .projects import terraform

PLANS = Path(__file__).resolve().parents[2] / "fixtures" / "plans"
PASS = {"Type": "Pass", "End": True}
FAILED = {"Type": "Fail"}


def changed(directory: Path, before: dict[str, Any], after: dict[str, Any]) -> MachineChange:
    change = machine_of(reviewed(directory, before, after))
    assert change is not None
    assert (change.address, change.fate) == ("Flow", "changed")
    return change


def of_states(directory: Path, before: dict[str, Any], after: dict[str, Any]) -> MachineChange:
    return changed(directory, template(states=before), template(states=after))


def leading(state: dict[str, Any], target: str) -> dict[str, Any]:
    """Return a state that another one follows."""
    return {**{key: value for key, value in state.items() if key != "End"}, "Next": target}


def test_what_is_different(tmp_path: Path) -> None:
    before = {"Send": leading(SEND, "Old"), "Old": PASS}
    send = {
        **leading(SEND, "New"),
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": {"Ref": "Queue"}, "MessageBody": "hush"},
    }
    after = {"Send": send, "New": {"Type": "Wait", "Seconds": 5, "End": True}}
    change = of_states(tmp_path, before, after)
    assert [(one.name, one.fate) for one in change.states] == [
        ("Send", "changed"),
        ("New", "added"),
        ("Old", "removed"),
    ]
    assert change.states[0].details == (
        "Resource: arn:aws:states:::sqs:sendMessage.waitForTaskToken "
        "(was arn:aws:states:::sqs:sendMessage)",
        "Parameters changed: MessageBody",
        "Next: New (was Old)",
    )
    assert change.states[0].place is not None
    assert change.states[1].details == ("Type Wait",)
    assert change.states[2].place is None
    # What a task passes on is data: it is not told.
    assert "hush" not in repr(change)


def nested(*names: str) -> dict[str, Any]:
    """Return a Map and a Parallel state; each name is a branch."""
    branches = [{"StartAt": name, "States": {name: PASS}} for name in names]
    inner = {"StartAt": "Inner", "States": {"Inner": PASS}}
    return {
        "Each": {"Type": "Map", "ItemProcessor": inner, "Next": "Both"},
        "Both": {"Type": "Parallel", "Branches": branches, "End": True},
    }


def test_states_in_branches(tmp_path: Path) -> None:
    change = of_states(tmp_path, nested("A", "B"), nested("A", "C", "D"))
    assert [(one.name, one.fate, one.details) for one in change.states] == [
        ("Both", "changed", ("Branches: 3 (were 2)",)),
        ("C", "added", ("in branch 2 of 'Both'", "Type Pass")),
        ("D", "added", ("in branch 3 of 'Both'", "Type Pass")),
        ("B", "removed", ("in branch 2 of 'Both'",)),
    ]


def test_how_a_map_runs(tmp_path: Path) -> None:
    distributed = nested("A")
    distributed["Each"]["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED"}
    change = of_states(tmp_path, nested("A"), distributed)
    assert [one.details for one in change.states] == [("ItemProcessor: ProcessorConfig added",)]


def test_a_state_that_moves_into_another_one(tmp_path: Path) -> None:
    change = of_states(tmp_path, {**nested("A"), "B": PASS}, nested("A", "B"))
    moved = next(one for one in change.states if one.name == "B")
    assert moved.fate == "changed"
    assert moved.details == ("moved from the state machine to branch 2 of 'Both'",)


def test_the_order_of_branches_matters_and_that_of_states_does_not(tmp_path: Path) -> None:
    change = of_states(tmp_path, nested("A", "B"), nested("B", "A"))
    assert [one.name for one in change.states] == ["Both"]
    turned = dict(reversed(nested("A", "B").items()))
    definition = {"StartAt": "Each", "States": nested("A", "B")}
    other = {"States": turned, "Comment": "c", "StartAt": "Each"}
    report = reviewed(tmp_path, template(definition=definition), template(definition=other))
    assert machine_of(report) is None


def test_a_machine_that_is_new(tmp_path: Path) -> None:
    there = template(states={"Send": SEND, "Failed": FAILED})
    nothing = copy.deepcopy(there)
    del nothing["Resources"]["Flow"]
    new = machine_of(reviewed(tmp_path, nothing, there))
    assert new is not None
    assert (new.fate, new.states, new.unread) == ("added", (), ())
    assert new.settings == (
        "2 states",
        "type: STANDARD",
        "role: Role",
        "log level: OFF",
        "tracing: off",
    )


def test_a_definition_that_can_be_read_on_neither_side(tmp_path: Path) -> None:
    unread = template()
    properties = unread["Resources"]["Flow"]["Properties"]
    del properties["Definition"]
    properties["DefinitionS3Location"] = {"Bucket": "b", "Key": "one"}
    assert machine_of(reviewed(tmp_path, unread, unread)) is None
    other = copy.deepcopy(unread)
    other["Resources"]["Flow"]["Properties"]["DefinitionS3Location"]["Key"] = "two"
    change = changed(tmp_path, unread, other)
    assert [one.split(" could")[0] for one in change.unread] == [
        "the definition before the change",
        "the definition",
    ]


def test_states_that_may_still_be_there_are_not_removed(tmp_path: Path) -> None:
    before = template(states={"Send": SEND, "Failed": FAILED})
    after = template(definition={"StartAt": "Send", "States": {"Fn::ImportValue": "states"}})
    change = changed(tmp_path, before, after)
    assert change.states == ()
    assert change.unread == (
        "not known on both sides: whether 'Send' is gone, whether 'Failed' is gone",
    )


def test_terraform(tmp_path: Path) -> None:
    before = terraform("flow")
    after = before.replace("Seconds = 5,", "Seconds = 500,").replace(
        "  definition =", '  type = "EXPRESS"\n  definition ='
    )
    change = machine_of(reviewed(tmp_path, before, after, "tf"))
    assert change is not None
    assert change.address == "aws_sfn_state_machine.flow"
    assert [one.details for one in change.states] == [("Seconds: 500 (was 5)",)]
    assert change.settings == ("type: EXPRESS (was STANDARD)",)
    assert change.states[0].place is not None
    assert change.states[0].place.line == 15


def test_a_plan() -> None:
    options = ScanOptions(source=PLANS / "update")
    change = machine_of(review(sides_of_plan(PLANS / "update" / "plan.json", options), options))
    assert change is not None
    assert [(one.name, one.details) for one in change.states] == [
        ("Read", ("Retry 1: MaxAttempts: 5 (was 2)",))
    ]
    assert (change.safeguards_lost, change.unread) == ((), ())


@pytest.mark.parametrize("name", ["no-op", "replace"])
def test_a_plan_that_changes_no_state(name: str) -> None:
    options = ScanOptions(source=PLANS / name)
    report = review(sides_of_plan(PLANS / name / "plan.json", options), options)
    assert report.change is not None
    assert [one for one in report.change.machines if one.states or one.safeguards_lost] == []


def test_more_states_than_the_bound_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow_changes, "MAXIMUM_STATES", 3)
    many = {f"S{number}": PASS for number in range(9)}
    change = of_states(tmp_path, {"Send": SEND}, {"Send": SEND, **many})
    assert len(change.states) == 3
    assert change.unread == ("6 more states differ",)


def test_a_defect_of_the_comparison_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("hush")

    monkeypatch.setattr("stepguard.review.workflow_changes.pair_states", broken)
    change = of_states(tmp_path, {"Send": SEND}, {"Send": PASS})
    assert "internal error in the comparison of workflows" in change.unread[0]
    assert "hush" not in change.unread[0]
