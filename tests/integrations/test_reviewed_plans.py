"""What `stepguard review` says of each committed plan, as terraform made it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from stepguard.cli.main import main

PLANS = Path(__file__).resolve().parents[2] / "fixtures" / "plans"
EXPECTED = {
    # name: findings that are (introduced, fixed, unchanged)
    "create": (16, 0, 0),
    "destroy": (0, 5, 0),
    "modules": (16, 0, 0),
    "moved": (0, 0, 6),
    "no-op": (0, 0, 5),
    "replace": (0, 0, 5),
    "sensitive": (9, 0, 0),
    "update": (1, 1, 8),
}


def test_each_plan_is_expected_to_say_something() -> None:
    assert {path.parent.name for path in PLANS.glob("*/plan.json")} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_plan_introduces_and_fixes(name: str) -> None:
    plan, source = PLANS / name / "plan.json", PLANS / name
    arguments = ["review", str(plan), "--source", str(source), "--format", "json"]
    done = CliRunner().invoke(main, arguments)
    report = json.loads(done.stdout)
    status = Counter(one["status"] for one in report["findings"])
    fixed = len(report["change"]["fixed"])
    assert (status["introduced"], fixed, status["unchanged"]) == EXPECTED[name]
    assert done.exit_code == (1 if status["introduced"] else 0)


def test_a_plan_that_moves_and_imports_does_both() -> None:
    plan = json.loads((PLANS / "moved" / "plan.json").read_text(encoding="utf-8"))
    changes = {one["address"]: one for one in plan["resource_changes"]}
    moved = changes['aws_sfn_state_machine.all["orders"]']
    assert moved["previous_address"] == "aws_sfn_state_machine.orders"
    assert changes["aws_iam_role.audit"]["change"]["importing"] == {"id": "audit-workflow"}
