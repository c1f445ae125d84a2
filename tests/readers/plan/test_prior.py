"""The state that a plan was made for, read out of the plan."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Logging, StateMachine
from stepguard.deployment.values import Plain, plain

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "plans"
Plan = dict[str, Any]
Read = Callable[..., Deployment]
Load = Callable[[str], Plan]


def addresses(deployment: Deployment) -> set[str]:
    assert deployment.errors == []
    return {one.address for one in deployment.resources if "data." not in one.address}


def machine(deployment: Deployment) -> StateMachine:
    (found,) = deployment.state_machines
    return found


def change_of(plan: Plan, kind: str = "aws_sfn_state_machine") -> Plan:
    found = next(one for one in plan["resource_changes"] if one["type"] == kind)
    assert isinstance(found, dict)
    return found


def attribute(deployment: Deployment, name: str) -> Plain:
    found = machine(deployment).attributes.get(name)
    return None if found is None else plain(found)


@pytest.mark.parametrize("name", ["create", "modules", "sensitive"])
def test_nothing_is_there_before_it_is_created(read: Read, name: str) -> None:
    assert addresses(read(name, is_prior=True)) == set()


@pytest.mark.parametrize("with_source", [False, True])
def test_what_is_destroyed_was_there(read: Read, with_source: bool) -> None:
    source = FIXTURES / "destroy" if with_source else None
    before = read("destroy", is_prior=True, source=source)
    assert {one.type for one in before.resources} >= {"aws_iam_role", "aws_sfn_state_machine"}
    assert addresses(read("destroy")) & addresses(before) < addresses(before)


def test_what_stays_is_the_same_on_both_sides(read: Read) -> None:
    for source in (None, FIXTURES / "no-op"):
        before = read("no-op", is_prior=True, source=source)
        after = read("no-op", source=source)
        assert addresses(before) == addresses(after) != set()
        for one, other in zip(before.resources, after.resources, strict=True):
            assert plain(one.attributes) == plain(other.attributes), one.address
            assert one.span is not None
            assert other.span is not None
            assert (one.span.path, one.span.start) == (other.span.path, other.span.start)


def test_what_changes_is_as_it_was(read: Read, load: Load) -> None:
    plan = load("update")
    change = change_of(plan)["change"]
    change["before"]["definition"] = '{"StartAt": "Old"}'
    change["after_unknown"]["definition"] = True
    change["after"].pop("definition")
    assert attribute(read(plan, is_prior=True), "definition") == '{"StartAt": "Old"}'
    assert "known only after apply" in repr(machine(read(plan)).attributes.get("definition"))


def test_what_is_secret_before_is_not_shown(read: Read, load: Load) -> None:
    plan = load("update")
    change = change_of(plan)["change"]
    change["before"]["definition"] = '{"StartAt": "hush"}'
    change["before_sensitive"] = {"definition": True}
    change["after_sensitive"] = {}
    for source in (None, FIXTURES / "update"):
        found = machine(read(plan, is_prior=True, source=source)).attributes.get("definition")
        assert found is not None
        assert found.sensitive
        assert "hush" not in repr(found)


def test_moved_and_imported_resources_are_at_their_new_address(read: Read, load: Load) -> None:
    plan = load("update")
    one = change_of(plan)
    one["previous_address"] = "module.old.aws_sfn_state_machine.other"
    change_of(plan, "aws_iam_role")["change"]["importing"] = {"id": "x"}
    before, after = read(plan, is_prior=True), read(plan)
    assert one["address"] in addresses(before)
    # The plan removes a policy, too.
    assert addresses(before) - addresses(after) == {"aws_iam_role_policy.export[0]"}
    assert addresses(after) < addresses(before)


def test_deposed_and_new_instances_were_not_there(read: Read, load: Load) -> None:
    plan = load("update")
    one = change_of(plan)
    extra = copy.deepcopy(one)
    extra["deposed"] = "1a2b3c4d"
    new = copy.deepcopy(one)
    new |= {"address": f'{one["address"]}["k"]', "index": "k"}
    new["change"] |= {"actions": ["create"], "before": None}
    plan["resource_changes"] += [extra, new]
    machines = read(plan, is_prior=True).state_machines
    assert [found.address for found in machines] == [one["address"]]
    assert len(read(plan).state_machines) == 2


def test_a_reuse_period_of_0_is_one_that_nobody_has_set(read: Read, load: Load) -> None:
    for is_prior in (False, True):
        encryption = machine(read("no-op", is_prior=is_prior)).encryption
        assert encryption is not None
        assert encryption.reuse_period_seconds is None  # type: ignore[union-attr]  # it is read
    plan = load("no-op")
    change = change_of(plan)
    for declared in plan["configuration"]["root_module"]["resources"]:
        if declared["address"] == change["address"]:
            block = {"kms_data_key_reuse_period_seconds": {"constant_value": 0}}
            declared["expressions"]["encryption_configuration"] = [block]
    found = machine(read(plan)).encryption
    assert found is not None
    assert found.reuse_period_seconds is not None  # type: ignore[union-attr]  # it is read


def test_nested_blocks_are_those_of_before(read: Read, load: Load) -> None:
    plan = load("update")
    change = change_of(plan)["change"]
    block = {"level": "ALL", "include_execution_data": True, "log_destination": "arn:x:*"}
    change["before"]["logging_configuration"] = [block]
    change["after"]["logging_configuration"] = [{**block, "level": "OFF"}]
    levels = []
    for is_prior in (True, False):
        logging = machine(read(plan, is_prior=is_prior)).logging
        assert isinstance(logging, Logging)
        assert logging.level is not None
        levels.append(logging.level.value)
    assert levels == ["ALL", "OFF"]


@pytest.mark.parametrize("before", [None, False, [], "x", 1])
def test_odd_states_before_are_nothing(read: Read, load: Load, before: Any) -> None:
    plan = load("update")
    change_of(plan)["change"]["before"] = before
    assert read(plan, is_prior=True).state_machines == []
