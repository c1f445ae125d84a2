"""Plans that do not do everything at once: what is left to a later one, or left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role, Tags
from stepguard.deployment.values import Reference, Unknown

Read = Callable[..., Deployment]
Load = Callable[[str], dict[str, Any]]

MACHINE = "aws_sfn_state_machine"
DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})


def resource(
    address: str, after: dict[str, Any] | None, unknown: Any = None, **more: Any
) -> dict[str, Any]:
    kind, name = address.replace("[*]", "").split(".")[-2:]
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown or {}}
    names = {"address": address, "mode": "managed", "type": kind, "name": name}
    return {**names, "change": change, **more}


def declared(address: str, **references: str) -> dict[str, Any]:
    kind, name = address.split(".")
    expressions = {key: {"references": [one]} for key, one in references.items()}
    names = {"address": address, "mode": "managed", "type": kind, "name": name}
    return {**names, "expressions": expressions, "provider_config_key": "aws"}


def plan(
    *deferred: dict[str, Any], configured: tuple[dict[str, Any], ...] = (), **more: Any
) -> dict[str, Any]:
    tags = {"default_tags": [{"tags": {"constant_value": {"Owner": "a"}}}]}
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {}},
        "resource_changes": [],
        "deferred_changes": [
            {"reason": "provider_config_unknown", "resource_change": one} for one in deferred
        ],
        "configuration": {
            "root_module": {"resources": list(configured)},
            "provider_config": {"aws": {"expressions": tags}},
        },
        **more,
    }


def errors(deployment: Deployment) -> list[str]:
    return [one.message for one in deployment.errors]


def test_what_is_deferred_is_read_as_far_as_it_is_planned(read: Read) -> None:
    deployment = read(plan(resource(f"{MACHINE}.m", {"definition": DEFINITION})))
    assert errors(deployment) == []
    (machine,) = deployment.state_machines
    assert machine.address == f"{MACHINE}.m"
    assert isinstance(machine.definition, Document)
    assert machine.span is not None
    assert machine.span.text == f'"{MACHINE}.m"'


def test_what_a_deferred_resource_has_no_value_for_may_yet_get_one(read: Read) -> None:
    """A provider that is not configured yet computes nothing, and says that of none of it."""
    role, machine = "aws_iam_role.r", f"{MACHINE}.m"
    nothing = {"arn": None, "tags_all": None, "tags": None}
    deployment = read(
        plan(
            resource(role, {"name": "r", **nothing}),
            resource(machine, {"role_arn": None, "definition": None, **nothing}),
            configured=(
                declared(role),
                declared(machine, role_arn=f"{role}.arn", definition="local.definition"),
            ),
        )
    )
    (found,) = deployment.state_machines
    assert found.role is not None
    assert found.role.value == Reference(role, "arn")
    assert [one.address for one in deployment.roles_of(found)] == [role]
    assert not isinstance(found.definition, Document)
    assert "only after apply" in found.definition.reason
    # What the configuration does not set is not set.
    assert found.logging is None
    assert isinstance(found.tags, Tags)
    assert set(found.tags.values) == {"Owner"}


def test_a_deferred_resource_without_configuration_has_nothing_that_is_absent(read: Read) -> None:
    content = plan(resource(f"{MACHINE}.m", {"definition": None, "role_arn": "x"}))
    (machine,) = read(content).state_machines
    assert not isinstance(machine.definition, Document)
    assert "known only after apply" in machine.definition.reason
    assert isinstance(machine.attributes.value["definition"].value, Unknown)


@pytest.mark.parametrize("after", [{}, None])
def test_a_resource_of_which_nothing_is_known_has_what_is_configured(
    read: Read, after: dict[str, Any] | None
) -> None:
    role, machine = "aws_iam_role.r", f"{MACHINE}.m"
    content = plan(
        configured=(declared(role), declared(machine, role_arn=f"{role}.arn", definition="x.y")),
        resource_changes=[resource(role, after, True), resource(machine, after, True)],
    )
    deployment = read(content)
    assert errors(deployment) == []
    (found,) = deployment.state_machines
    assert [one.address for one in deployment.roles_of(found)] == [role]
    assert not isinstance(found.definition, Document)
    assert "known only after apply" in found.definition.reason
    assert found.logging is None
    assert isinstance(found.tags, Tags)
    assert found.gap == ""


@pytest.mark.parametrize("after", [{}, None])
def test_a_resource_of_which_nothing_is_known_or_configured_is_an_error(
    read: Read, after: dict[str, Any] | None
) -> None:
    deployment = read(plan(resource_changes=[resource(f"{MACHINE}.m", after, True)]))
    (machine,) = deployment.state_machines
    (error,) = deployment.errors
    assert machine.gap
    assert error.hides_resources
    assert error.message == f"{MACHINE}.m: {machine.gap}"
    gone = resource(f"{MACHINE}.m", None, True)
    gone["change"]["actions"] = ["delete"]
    assert read(plan(resource_changes=[gone])).resources == []
    read_later = {**resource("data.x.y", None, True), "mode": "data"}
    assert errors(read(plan(resource_changes=[read_later]))) == []


def test_a_resource_of_which_nothing_is_known_is_taken_from_its_source(
    read: Read, tmp_path: Path
) -> None:
    definition = f"definition = jsonencode({DEFINITION})"
    source = tmp_path / "source"
    source.mkdir()
    text = f'resource "{MACHINE}" "m" {{\n  {definition}\n}}\n'
    (source / "main.tf").write_text(text, encoding="utf-8")
    change = resource(f"{MACHINE}.m", None, True)
    for configured in ((), (declared(f"{MACHINE}.m", definition="x.y"),)):
        content = plan(resource_changes=[change], configured=configured)
        deployment = read(content, source=source)
        assert errors(deployment) == []
        (machine,) = deployment.state_machines
        assert isinstance(machine.definition, Document)


def test_one_deferred_resource_stands_for_an_unknown_number(read: Read) -> None:
    address = f"module.a[*].{MACHINE}.m[*]"
    after = {"definition": DEFINITION}
    (machine,) = read(plan(resource(address, after, module_address="module.a[*]"))).state_machines
    assert machine.address == f"module.a.{MACHINE}.m"


def test_a_deferred_deletion_and_what_was_before_are_read_as_any(read: Read) -> None:
    gone = resource("aws_iam_role.gone", None)
    gone["change"].update(actions=["delete"], before={"name": "gone"})
    kept = resource("aws_iam_role.kept", {"name": "new", "path": None})
    kept["change"].update(actions=["update"], before={"name": "old", "path": None})
    content = plan(gone, kept)
    assert [one.address for one in read(content).roles] == ["aws_iam_role.kept"]
    before = read(content, is_prior=True).roles
    assert [one.address for one in before] == ["aws_iam_role.gone", "aws_iam_role.kept"]
    kept_before = before[1]
    assert isinstance(kept_before, Role)
    assert kept_before.name is not None
    assert kept_before.name.value == "old"
    assert kept_before.attributes.value["path"].value is None


@pytest.mark.parametrize(
    ("deferred", "message"),
    [
        (1, "a deferred change is no object"),
        ({"reason": "x"}, "a deferred change has no resource_change"),
        ({"resource_change": {}}, "a resource has no address, type or change"),
    ],
)
def test_a_deferred_change_that_is_none_is_an_error(
    read: Read, deferred: Any, message: str
) -> None:
    deployment = read({**plan(), "deferred_changes": [deferred]})
    assert errors(deployment) == [f"not a plan: {message}"]


def test_a_plan_that_is_not_complete_may_lack_something(read: Read, load: Load) -> None:
    deployment = read({**load("no-op"), "complete": False})
    assert errors(deployment) == []
    assert "not complete" in deployment.gap
    assert len(deployment.state_machines) == 1
    complete = read({**load("no-op"), "complete": True})
    assert (errors(complete), complete.gap) == ([], "")
    (message,) = errors(read({**load("no-op"), "complete": False, "errored": True}))
    assert "could not finish" in message


@pytest.mark.parametrize("changes", [[], {}, None])
def test_planned_values_of_which_nothing_is_said_are_an_error(
    read: Read, load: Load, changes: Any
) -> None:
    content = load("modules")
    planned = {one["address"] for one in content["resource_changes"] if one["mode"] == "managed"}
    deployment = read({**content, "resource_changes": changes})
    (error,) = deployment.errors
    assert error.hides_resources
    assert f"and {len(planned) - 1} more, which its planned_values have" in error.message


def test_a_machine_of_which_a_plan_says_nothing_is_told(read: Read, load: Load) -> None:
    content = load("modules")
    machines = [one for one in content["resource_changes"] if one["type"] == MACHINE]
    others = [one for one in content["resource_changes"] if one not in machines]
    deployment = read({**content, "resource_changes": others})
    assert errors(deployment) == []
    assert "not complete" in deployment.gap
    told = [one.address for one in deployment.unread_modules if one.declares_workflows]
    assert sorted(told) == sorted(one["address"] for one in machines) != []


def test_every_machine_of_which_a_plan_says_nothing_is_told(read: Read) -> None:
    addresses = [f"aws_sqs_queue.q{number}" for number in range(30)]
    addresses += [f"{MACHINE}.m{number}" for number in range(30)]
    addresses += ["awscc_stepfunctions_state_machine.o"]
    planned = {"resources": [{"address": one, "mode": "managed"} for one in addresses]}
    content = plan(resource(f"{MACHINE}.m", {}), planned_values={"root_module": planned})
    told = {one.address for one in read(content).unread_modules if one.declares_workflows}
    assert told == set(addresses[30:])


def test_planned_values_of_what_is_deferred_are_no_error(read: Read) -> None:
    planned = {"resources": [{"address": f"{MACHINE}.m", "mode": "managed"}]}
    content = plan(resource(f"{MACHINE}.m", {}), planned_values={"root_module": planned})
    assert errors(read(content)) == []
    (message,) = errors(read({**content, "deferred_changes": []}))
    assert f"resource_changes lack {MACHINE}.m, which" in message
