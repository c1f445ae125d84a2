"""What is no plan, and what is not all of one: one clear line, with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import plain
from stepguard.readers.files import ProjectFiles
from stepguard.readers.plan.reader import read_plan
from stepguard.readers.plan.recognition import looks_like_plan
from stepguard.readers.terraform.reader import TerraformOptions

Read = Callable[..., Deployment]
Load = Callable[[str], dict[str, Any]]


def only_error(deployment: Deployment) -> str:
    assert len(deployment.errors) == 1, deployment.errors
    message = deployment.errors[0].message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ('{"format_version": "1.2",\n "planned_values": {', "cut off", 2, 21),
        ('{"format_version": "1.2",\n "planned_values": {"a": "b', "cut off", 2, 26),
        ('{"format_version": "1.2",\n x}', "no JSON", 2, 2),
        ('{"format_version": "1.2" "a": 1}', "no JSON", 1, 26),
        ('{"format_version": "2.0",\n "planned_values": {}}', "2.0 is not supported", 1, 20),
        ('{"format_version": 1.2,\n "planned_values": {}}', "format_version is no string", 1, 20),
        ('{"planned_values": {}}', "no format_version", 1, 1),
        ('{"format_version": "1.2"}', "neither resource_changes nor values", 1, 1),
        ('{"format_version": "1.2", "planned_values": {}}\n{}', "behind its end", 2, 1),
        ("\n [1]", "prints an object", 2, 2),
        (
            '{"format_version": "1.2", "resource_changes": [\n {"address": "a"}]}',
            "a resource has no address, type or change",
            2,
            2,
        ),
        (
            '{"format_version": "1.0", "values": {"root_module": {"resources": [1]}}}',
            "a resource has no address, type or values",
            1,
            68,
        ),
    ],
)
def test_what_is_no_plan_is_an_error_with_its_place(
    read_text: Callable[[str], Deployment], text: str, message: str, line: int, column: int
) -> None:
    deployment = read_text(text)
    assert message in only_error(deployment)
    span = deployment.errors[0].span
    assert span is not None
    assert (span.line, span.column) == (line, column)
    assert deployment.resources == []


def test_a_plan_that_is_cut_off_anywhere_is_an_error(
    read_text: Callable[[str], Deployment], load: Load
) -> None:
    text = json.dumps(load("no-op"))
    for length in range(1, len(text), 97):
        deployment = read_text(text[:length])
        assert only_error(deployment)
        assert deployment.errors[0].span is not None
        assert deployment.resources == []


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_a_plan_that_is_nested_too_deeply_is_an_error(
    read_text: Callable[[str], Deployment], opened: str
) -> None:
    for key in ("resource_changes", "planned_values", "anything"):
        text = f'{{"format_version": "1.2", "{key}": ' + opened * 100_000
        assert only_error(read_text(text))


def test_a_plan_without_resource_changes_is_not_taken_for_an_empty_one(
    read: Read, load: Load
) -> None:
    plan = load("no-op")
    del plan["resource_changes"]
    deployment = read(plan)
    assert "no resource_changes" in only_error(deployment)


def test_a_plan_of_nothing_is_empty(read_text: Callable[[str], Deployment]) -> None:
    plan = {"format_version": "1.2", "planned_values": {"root_module": {}}, "configuration": {}}
    deployment = read_text(json.dumps(plan))
    assert (deployment.errors, deployment.resources) == ([], [])


def test_a_plan_that_terraform_could_not_finish_says_so(read: Read, load: Load) -> None:
    deployment = read({**load("no-op"), "errored": True})
    assert "could not finish" in only_error(deployment)
    assert len(deployment.state_machines) == 1


def test_a_plan_without_configuration_says_so_and_guesses_nothing(read: Read, load: Load) -> None:
    plan = load("create")
    del plan["configuration"]
    deployment = read(plan)
    assert "no configuration" in only_error(deployment)
    machine = deployment.find("aws_sfn_state_machine.audit")[0]
    assert isinstance(machine, StateMachine)
    assert deployment.roles_of(machine) == []
    # It may have been set, and be known after apply.
    assert machine.logging is not None
    assert machine.tracing is not None


def test_a_state_is_read_as_what_is_there(read: Read, load: Load) -> None:
    plan = load("update")
    state = {**plan["prior_state"], "terraform_version": "1.11.4"}
    deployment = read(state)
    assert deployment.errors == []
    machine = deployment.find("aws_sfn_state_machine.reports")[0]
    assert isinstance(machine, StateMachine)
    role = deployment.find("aws_iam_role.workflow")[0]
    assert isinstance(role, Role)
    assert deployment.roles_of(machine) == [role]
    policies = deployment.policies_of(role)
    assert sorted(policy.name for policy in policies.documents) == ["export", "table"]
    assert role.inline == []
    assert machine.span is not None
    assert json.loads(machine.span.text) == machine.address
    assert looks_like_plan(json.dumps(state))


def test_a_state_with_modules_is_read(read: Read) -> None:
    def resource(address: str, **values: Any) -> dict[str, Any]:
        named = address.rsplit(".", 2)
        names = {"type": named[-2], "name": named[-1].split("[")[0], "mode": "managed"}
        marks = {"name": True} if "secret" in address else {}
        return {"address": address, **names, "values": values, "sensitive_values": marks}

    inner = {
        "resources": [resource("module.a.module.b[0].aws_sqs_queue.q", name="q")],
        "address": "module.a.module.b[0]",
    }
    silent = resource("aws_sqs_queue.silent")
    del silent["values"]
    state = {
        "format_version": "1.0",
        "terraform_version": "1.11.4",
        "values": {
            "root_module": {
                "resources": [resource("aws_sqs_queue.secret", name="hush"), silent],
                "child_modules": [{"address": "module.a", "child_modules": [inner]}],
            }
        },
    }
    deployment = read(state)
    found = {one.address: plain(one.attributes) for one in deployment.resources}
    assert found["module.a.module.b[0].aws_sqs_queue.q"] == {"name": "q"}
    assert found["aws_sqs_queue.silent"] == {}
    assert "hush" not in repr(found)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    options = TerraformOptions()
    path = tmp_path / "no.json"
    deployment = read_plan(ProjectFiles(tmp_path), path, source=None, options=options)
    assert only_error(deployment) == "no such file"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"format_version": "1.2", "planned_values": {}}', True),
        ('\n{"resource_changes": [], "format_version": "1.2"}', True),
        ('{"format_version": "1.0", "values": {"root_module": {', True),
        ('{"version": 4, "terraform_version": "1.11.4", "resources": []}', False),
        ('{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}', False),
        ('"format_version" and "planned_values"', False),
        ("", False),
    ],
)
def test_a_plan_is_recognised(text: str, expected: bool) -> None:
    assert looks_like_plan(text) is expected
