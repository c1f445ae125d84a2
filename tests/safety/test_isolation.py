"""An error in one rule or one file hides nothing of the others, and changes the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stepguard.engine import scan

from . import hostile

ROOT = Path(__file__).resolve().parents[2]
GOOD = ROOT / "fixtures" / "bad" / "terraform" / "main.tf"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "checks")}

BROKEN = {
    "unclosed.yaml": "Resources:\n  M: {Type: AWS::StepFunctions::StateMachine, Properties: [",
    "binary.yaml": "AWS::StepFunctions\x00",
    "broken.tf": 'resource "aws_sfn_state_machine" "m" {\n  definition = "',
    "cut.json": '{"format_version": "1.2", "terraform_version": "1", "planned_values": {"aws_sfn',
    "loop.asl.json": '{"StartAt": ',
}
"""File to what cannot be read of it."""

FAILING_RULE = """
import sys
from stepguard.rules.sfn401_no_execution_timeout import NoExecutionTimeout
def fail(self, subject, context):
    raise ZeroDivisionError("a defect with a secret in it")
NoExecutionTimeout.judge = fail
from stepguard.cli.main import main
main()
"""
"""The command with a defect in one of its rules."""


def run(program: list[str], *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=ENVIRONMENT,
    )


def stepguard(*arguments: object) -> subprocess.CompletedProcess[str]:
    return run(["-m", "stepguard"], *arguments)


def project(directory: Path, broken: str | None = None) -> Path:
    (directory / "good").mkdir(parents=True)
    (directory / "good" / "main.tf").write_text(GOOD.read_text(encoding="utf-8"))
    if broken is not None:
        (directory / "broken").mkdir()
        (directory / "broken" / broken).write_text(BROKEN[broken], encoding="utf-8")
    return directory


def findings(report: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Return what was found in the good part."""
    return Counter(
        (one["rule"], one["resource"]) for one in report["findings"] if "/good/" in one["file"]
    )


def of_the_good(tmp_path: Path) -> Counter[tuple[str, str]]:
    done = stepguard("scan", project(tmp_path / "alone"), "--format", "json", "--fail-on", "never")
    assert done.returncode == 0, done.stderr
    found = findings(json.loads(done.stdout))
    assert len(found) > 5
    return found


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_that_cannot_be_read(broken: str, tmp_path: Path) -> None:
    top = project(tmp_path / "both", broken)
    done = stepguard("scan", top, "--format", "json", "--fail-on", "never")
    report = json.loads(done.stdout)
    assert findings(report) == of_the_good(tmp_path)
    assert [one["file"].rpartition("/")[2] for one in report["errors"]] == [broken]
    assert done.returncode == 2


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_of_a_review_that_cannot_be_read(broken: str, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    (before / "main.tf").write_text('resource "aws_sfn_activity" "a" {\n  name = "a"\n}\n')
    after = project(tmp_path / "both", broken)
    done = stepguard(
        "review", "--before", before, "--after", after, "--format", "json", "--fail-on", "never"
    )
    report = json.loads(done.stdout)
    assert findings(report) == of_the_good(tmp_path)
    assert [one["file"].rpartition("/")[2] for one in report["errors"]] == [broken]
    assert done.returncode == 2


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_of_a_sweep_that_cannot_be_read(broken: str, tmp_path: Path) -> None:
    top = project(tmp_path / "both", broken)
    manifest = tmp_path / "manifest"
    manifest.write_text(f"{top / 'broken'}\n{top / 'good'}\n{tmp_path / 'missing'}\n")
    output = tmp_path / "out"
    done = stepguard("sweep", manifest, "--output", output, "--jobs", 1)
    rows = [
        json.loads(line)
        for path in (output / "findings").iterdir()
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    found = Counter((one["rule"], one["resource"]) for one in rows if one["kind"] == "finding")
    assert {one["file"] for one in rows if one["kind"] == "error"} == {broken}
    assert +(found - of_the_good(tmp_path)) == Counter()
    assert of_the_good(tmp_path / "again") - found == Counter()
    assert "no such file or directory" in done.stdout
    assert done.returncode == 2


@pytest.mark.parametrize("command", ["scan", "review"])
def test_a_rule_with_a_defect(command: str, tmp_path: Path) -> None:
    top = project(tmp_path / "both")
    before = tmp_path / "before"
    before.mkdir()
    paths = [top] if command == "scan" else ["--before", before, "--after", top]
    done = run(["-c", FAILING_RULE], command, *paths, "--format", "json", "--fail-on", "never")
    report = json.loads(done.stdout)
    expected = of_the_good(tmp_path)
    missing = expected - findings(report)
    assert {rule for rule, _ in missing} == {"SFN401"}
    assert findings(report) - expected == Counter()
    assert [one["rule"] for one in report["not_evaluated"] if one["rule"] == "SFN401"]
    assert len(report["errors"]) == 1
    assert "SFN401" in report["errors"][0]["message"]
    assert "secret" not in done.stdout + done.stderr
    assert done.returncode == 2


def test_policies_that_are_too_many_to_compare(tmp_path: Path) -> None:
    hostile.write("json many denials", tmp_path)
    report = scan([tmp_path])
    assert [one for one in report.errors if "takes too much work" in one.message]
    assert report.exit_code(None) == 2
    # A rule has passed nothing that it did not compare.
    taken_back = [one.rule for one in report.not_evaluated if "too much work" in one.reason]
    assert taken_back
    for rule in {*taken_back, "SFN103", "SFN104"}:
        assert report.evaluated[rule]["pass"] == 0
