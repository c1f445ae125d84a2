"""Plans that terraform would never print: they are read, or an error, and nothing breaks."""

from __future__ import annotations

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
from stepguard.readers.plan import read_plan
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
    chance = random.Random(f"{name} {seed}")  # noqa: S311 - no secret depends on it
    path = tmp_path / "plan.json"
    for _ in range(10):
        plan = load(name)
        # The more is changed, the earlier reading ends.
        for _ in range(chance.choice([1, 2, 5, 20])):
            container = chance.choice(containers(plan))
            where = chance.choice(
                list(container) if isinstance(container, dict) else range(len(container))
            )
            container[where] = chance.choice(ODD)
        path.write_text(json.dumps(plan), encoding="utf-8")
        source = FIXTURES / name if chance.random() < 0.3 else None
        files = ProjectFiles(tmp_path, "", [] if source is None else [source])
        deployment = read_plan(files, path, source=source, options=TerraformOptions())
        look_at_everything(deployment)
        assert all("\n" not in error.message for error in deployment.errors)


def test_a_plan_of_many_modules_within_modules_is_read_in_time(
    read: Callable[..., Deployment],
) -> None:
    """Each refers to two of the next: what they are made from is followed only once."""
    depth = 60
    root: dict[str, Any] = {}
    module = root
    for number in range(depth):
        module["outputs"] = {
            "o": {"expression": {"references": ["module.a.o", "module.b.o", "module.a.p"]}},
            "p": {"expression": {"references": ["module.b.o", "module.a.o"]}},
        }
        below: dict[str, Any] = {} if number < depth - 1 else {"resources": []}
        module["module_calls"] = {"a": {"module": below}, "b": {"module": below}}
        module = below
    root["resources"] = [
        {
            "address": "aws_sfn_state_machine.m",
            "expressions": {"role_arn": {"references": ["module.a.o"]}},
        }
    ]
    change = {
        "address": "aws_sfn_state_machine.m",
        "type": "aws_sfn_state_machine",
        "name": "m",
        "mode": "managed",
        "change": {"actions": ["create"], "after": {}, "after_unknown": {"role_arn": True}},
    }
    plan = {
        "format_version": "1.2",
        "resource_changes": [change],
        "configuration": {"root_module": root},
    }
    # Written out, the tree of modules has no end; so it is read from an object with loops cut.
    text = json.dumps({**plan, "configuration": {"root_module": shortened(root, 14)}})
    look_at_everything(read(json.loads(text)))


def shortened(module: dict[str, Any], depth: int) -> dict[str, Any]:
    """Return a tree of modules down to a depth."""
    calls = module.get("module_calls", {}) if depth else {}
    inner = {name: {"module": shortened(call["module"], depth - 1)} for name, call in calls.items()}
    return {**module, "module_calls": inner}
