"""The committed plans are what terraform makes of the configurations beside them."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "plans"
PLUGINS = "STEPGUARD_TERRAFORM_PLUGINS"
MOTO = "STEPGUARD_MOTO_SERVER"

pytestmark = pytest.mark.skipif(
    PLUGINS not in os.environ or shutil.which("terraform") is None,
    reason=f"{PLUGINS} is not set, or terraform is not there",
)


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    path = Path(__file__).with_name("make_plans.py")
    spec = importlib.util.spec_from_file_location("make_plans", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def told(plan: dict[str, Any]) -> dict[str, Any]:
    """Return what a plan says of documents and links."""
    said = {}
    for change in plan["resource_changes"]:
        after = change["change"]["after"] or {}
        unknown = change["change"]["after_unknown"] or {}
        said[change["address"]] = {
            "actions": change["change"]["actions"],
            **{
                name: after.get(name, "known after apply" if unknown.get(name) else None)
                for name in ("definition", "policy", "assume_role_policy", "role_arn", "role")
            },
        }
    return said


@pytest.mark.parametrize("name", ["create", "moved", "sensitive", "update"])
def test_a_plan_made_again_says_the_same(maker: ModuleType, name: str) -> None:
    command = shlex.split(os.environ.get(MOTO, "moto_server"))
    if shutil.which(command[0]) is None:
        pytest.skip(f"{MOTO} does not name moto's server")
    plugins = Path(os.environ[PLUGINS]).resolve()
    with maker.aws(command) as endpoint:
        made = json.loads(maker.make_plan(FIXTURES / name, plugins, endpoint))
    committed = json.loads((FIXTURES / name / "plan.json").read_text(encoding="utf-8"))
    assert told(made) == told(committed)
    assert made["configuration"] == committed["configuration"]
