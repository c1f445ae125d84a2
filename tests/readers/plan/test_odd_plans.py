"""Plans that terraform would never print: they are read, or an error, and nothing breaks."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import plain
from stepguard.readers.files import ProjectFiles
from stepguard.readers.plan.reader import read_plan
from stepguard.readers.terraform.reader import TerraformOptions

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "plans"
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, "", "x", "${x}", [], {}, [None], [[]], [True], {"": None},
    {"references": ["var.x", "", "each.value", None, 1]}, {"constant_value": {}}, "module.a[0]",
    {"references": "x"}, [{"references": ["data.aws_iam_policy_document.workflow.json"]}],
)  # fmt: skip


def containers(value: Any) -> list[Any]:
    """Return every object and list of a tree that is not empty."""
    found = []
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, (dict, list)) and one:
            found.append(one)
            stack.extend(one.values() if isinstance(one, dict) else one)
    return found


def look_at_everything(deployment: Deployment) -> None:
    for resource in deployment.resources:
        plain(resource.attributes)
        for span in (resource.span, resource.block):
            assert span is None or 0 <= span.start <= span.end <= len(span.file.text)
        if isinstance(resource, StateMachine):
            deployment.roles_of(resource)
            if isinstance(resource.definition, Document):
                resource.definition.locate(["States"])
        elif isinstance(resource, Role):
            deployment.policies_of(resource)


@pytest.mark.parametrize("name", ["create", "modules", "sensitive", "update"])
@pytest.mark.parametrize("seed", range(12))
def test_anything_may_stand_anywhere(
    tmp_path: Path, load: Callable[[str], dict[str, Any]], name: str, seed: int
) -> None:
    chance = random.Random(f"{name} {seed}")
    path = tmp_path / "plan.json"
    for _ in range(10):
        plan = load(name)
        # The more is changed, the earlier reading ends.
        for _ in range(chance.choice([1, 2, 5, 20])):
            container = chance.choice(containers(plan))
            where = chance.choice(
                list(container) if isinstance(container, dict) else range(len(container))
            )
            container[where] = copy.deepcopy(chance.choice(ODD))
        path.write_text(json.dumps(plan), encoding="utf-8")
        source = FIXTURES / name if chance.random() < 0.3 else None
        files = ProjectFiles(tmp_path, "", [] if source is None else [source])
        for is_prior in (False, True):
            deployment = read_plan(
                files, path, source=source, options=TerraformOptions(), is_prior=is_prior
            )
            look_at_everything(deployment)
            assert all("\n" not in error.message for error in deployment.errors)


def test_modules_that_refer_to_each_other_many_times_are_followed_once(
    read: Callable[..., Deployment],
) -> None:
    """Each output is made from four of the next level: without memory that is 4 to the 60th."""
    root: dict[str, Any] = {}
    module = root
    for _ in range(12):
        references = ["module.a.o", "module.a.p", "module.a.q", "module.a.r"]
        module["outputs"] = {name: {"expression": {"references": references}} for name in "opqr"}
        module["module_calls"] = {"a": {"module": {}}}
        module = module["module_calls"]["a"]["module"]
    machine = {"address": "aws_sfn_state_machine.m"}
    root["resources"] = [{**machine, "expressions": {"role_arn": {"references": ["module.a.o"]}}}]
    change = {"actions": ["create"], "after": {}, "after_unknown": {"role_arn": True}}
    names = {"type": "aws_sfn_state_machine", "name": "m", "mode": "managed"}
    plan = {
        "format_version": "1.2",
        "resource_changes": [{**machine, **names, "change": change}],
        "configuration": {"root_module": root},
    }
    deployment = read(plan)
    look_at_everything(deployment)
    assert len(deployment.state_machines) == 1


# Seconds on a busy machine; what this guards against takes minutes.
@pytest.mark.in_time(20)
def test_many_blocks_and_instances_are_read_in_time(read: Callable[..., Deployment]) -> None:
    """What is searched for among many is found without looking at all of them for each."""
    count = 5_000
    blocks = [{"name": "x", "policy": None} for _ in range(count)]
    role = {
        "address": "aws_iam_role.r",
        "type": "aws_iam_role",
        "name": "r",
        "mode": "managed",
        "change": {
            "actions": ["create"],
            "after": {"inline_policy": blocks},
            "after_unknown": {"inline_policy": [{"policy": True}] * count},
        },
    }
    expressions = [{"name": {"constant_value": "x"}, "policy": {"references": ["local.p"]}}] * count
    queue = {
        "type": "aws_sqs_queue",
        "name": "q",
        "mode": "managed",
        "change": {"actions": ["create"], "after": {}, "after_unknown": {"k": True}},
    }
    queues = [
        {**queue, "address": f'aws_sqs_queue.q["{number}"]', "index": f"{number}"}
        for number in range(count)
    ]
    reference = {"k": {"references": ["aws_sqs_queue.q", "each.key"]}}
    declared = [
        {"address": "aws_iam_role.r", "expressions": {"inline_policy": expressions}},
        {"address": "aws_sqs_queue.q", "expressions": reference, "for_each_expression": {}},
    ]
    plan = {
        "format_version": "1.2",
        "resource_changes": [role, *queues],
        "configuration": {"root_module": {"resources": declared}},
    }
    look_at_everything(read(plan, indent=None))
