"""Findings reach every output of checkov, with severity and link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepguard.hosts.checkov_bridge.rule_table import RULES

PROJECTS = Path(__file__).parent / "projects"
ROW = next(row for row in RULES if row.id == "SFN402")
PLACE = "main.tf:32:57"
OPTIONS = ("-d", PROJECTS / "terraform", "--framework", "terraform", "-c", "SFN402")


def test_the_cli_output(checkov: Any) -> None:
    run = checkov(*OPTIONS, "--compact", form=None)
    assert f'Check: SFN402: "{ROW.title}"\n' in run.output
    assert f"Details: {PLACE} (state 'Ask'): 'Ask' waits for a task token" in run.output
    assert "Severity: MEDIUM" in run.output
    assert f"Guide: {ROW.guideline}" in run.output
    assert "Suppress comment: not evaluated: the definition could not be read" in run.output


def test_json_keeps_the_name_as_it_is(checkov: Any) -> None:
    run = checkov(*OPTIONS)
    assert {one["check_name"] for one in run.records} == {ROW.title}


@pytest.mark.parametrize("form", ["junitxml", "github_failed_only", "gitlab_sast"])
def test_an_output_without_details_has_the_finding_in_the_name(checkov: Any, form: str) -> None:
    run = checkov(*OPTIONS, form=form)
    assert f"{ROW.title}: {PLACE}: " in run.output.replace("&apos;", "'")


@pytest.mark.usefixtures("newer_checkov")
def test_csv(checkov: Any, tmp_path: Path) -> None:
    checkov(*OPTIONS, form="csv", cwd=tmp_path)
    (written,) = tmp_path.glob("*_iac.csv")
    assert f"{ROW.title}: {PLACE}: " in written.read_text(encoding="utf-8")


def test_sarif(checkov: Any, tmp_path: Path) -> None:
    checkov(*OPTIONS, form="sarif", cwd=tmp_path)
    (run,) = json.loads((tmp_path / "results.sarif").read_text(encoding="utf-8"))["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "SFN402"
    assert rule["helpUri"] == ROW.guideline
    failed = [one for one in run["results"] if "suppressions" not in one]
    assert failed
    assert {one["level"] for one in failed} == {"warning"}
    assert any(one["message"]["text"].startswith(f"{ROW.title}: {PLACE}: ") for one in failed)
    (skipped,) = [one for one in run["results"] if "suppressions" in one]
    assert skipped["suppressions"][0]["justification"].startswith("not evaluated: ")
    assert skipped["message"]["text"] == ROW.title
