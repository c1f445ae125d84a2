"""The pack on Terraform plans, alone and with the sources that they were made from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parent / "projects" / "plan"
PLAN = PROJECT / "plan.json"
SOURCES = PROJECT / "sources"
MACHINE = "aws_sfn_state_machine.orders"
ONLY = ("--framework", "terraform_plan", "-c", "SFN201,SFN402,SFN403")


def test_a_plan_alone_does_not_know_the_definition(checkov: Any) -> None:
    run = checkov("-f", PLAN, *ONLY)
    assert run.results("SFN201") == {MACHINE: "FAILED"}
    assert run.results("SFN402") == run.results("SFN403") == {MACHINE: "SKIPPED"}
    (record,) = run.of("SFN402")
    assert record["check_result"]["suppress_comment"].startswith("not evaluated: the definition")


def test_the_sources_fill_what_the_plan_does_not_know(checkov: Any) -> None:
    run = checkov("-f", PLAN, *ONLY, "--repo-root-for-plan-enrichment", SOURCES)
    assert run.results("SFN402") == {MACHINE: "FAILED"}
    (record,) = run.of("SFN402")
    line = (SOURCES / "main.tf").read_text(encoding="utf-8").splitlines().index("      Ask = {") + 1
    assert f"main.tf:{line}:7 (state 'Ask')" in record["details"][0]


def test_inline_skips_of_the_sources_count_on_plans(checkov: Any) -> None:
    run = checkov("-f", PLAN, *ONLY, "--repo-root-for-plan-enrichment", SOURCES)
    assert run.results("SFN403") == {MACHINE: "SKIPPED"}
    (record,) = run.of("SFN403")
    assert record["check_result"]["suppress_comment"] == "whoever answers is a person"


def test_the_sources_may_lie_below_the_root_of_the_repository(checkov: Any, tmp_path: Path) -> None:
    shutil.copytree(SOURCES, tmp_path / "repository" / "infra")
    shutil.copy(PLAN, tmp_path / "plan.json")
    root = tmp_path / "repository"
    run = checkov("-d", tmp_path, *ONLY, "--repo-root-for-plan-enrichment", root)
    assert run.results("SFN402") == {MACHINE: "FAILED"}


def test_of_several_root_modules_none_is_guessed(checkov: Any, tmp_path: Path) -> None:
    for name in ("infra", "other"):
        shutil.copytree(SOURCES, tmp_path / name)
    run = checkov("-f", PLAN, *ONLY, "--repo-root-for-plan-enrichment", tmp_path)
    assert run.results("SFN402") == {MACHINE: "SKIPPED"}
