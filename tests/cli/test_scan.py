"""`stepguard scan` as a user runs it: a process, its streams and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stepguard.cli.main import main

FORMS = ["terraform", "cloudformation", "sam", "asl"]
DEFINITION = {
    "StartAt": "A",
    "States": {
        "A": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {},
            "End": True,
        }
    },
}


def run(*arguments: str | Path, **environment: str) -> Result:
    settings = {"NO_COLOR": "1", "FORCE_COLOR": "", **environment}
    return CliRunner().invoke(main, [str(one) for one in arguments], env=settings)


def process(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")
    }
    return subprocess.run(
        [sys.executable, "-m", "stepguard", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**kept, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    path = tmp_path / "flow.asl.json"
    path.write_text(json.dumps(DEFINITION, indent=2))
    return path


@pytest.mark.parametrize("form", FORMS)
def test_the_bad_projects(form: str, in_root: Path, snapshot: Callable[[str, str], None]) -> None:
    done = run("scan", f"fixtures/bad/{form}", "--details")
    assert done.exit_code == 1
    assert done.stderr == ""
    snapshot(f"bad-{form}.txt", done.stdout)


@pytest.mark.parametrize("form", FORMS)
def test_the_good_projects_are_judged_and_have_no_findings(form: str, in_root: Path) -> None:
    done = run("scan", f"fixtures/good/{form}", "--format", "json", "--fail-on", "low")
    report = json.loads(done.stdout)
    assert report["findings"] == []
    assert done.exit_code == 0
    assert report["errors"] == []
    assert report["summary"]["state_machines"] == 1
    assert report["summary"]["definitions"]["unresolved"] == 0
    # A project without findings proves something only where the rules ran.
    passed = {rule for rule, outcomes in report["evaluated"].items() if outcomes["pass"]}
    assert {"SFN902", "SFN114", "SFN402"} <= passed
    if form != "asl":
        assert {"SFN101", "SFN102", "SFN111", "SFN112", "SFN202", "SFN701"} <= passed
        # SAM's own type of state machine has no property for a key.
        assert ("SFN301" in passed) == (form != "sam")
        assert report["state_machines"][0]["role_read"] in ("full", "partial")


def test_json_and_sarif_say_the_same(in_root: Path) -> None:
    report = json.loads(run("scan", "fixtures/bad", "--format", "json").stdout)
    sarif = json.loads(run("scan", "fixtures/bad", "--format", "sarif").stdout)["runs"][0]
    assert [(one["rule"], one["fingerprint"]) for one in report["findings"]] == [
        (one["ruleId"], one["partialFingerprints"]["stepguard/v1"]) for one in sarif["results"]
    ]
    assert len(report["findings"]) > 10


def test_a_definition_that_a_template_names_is_read_once(in_root: Path) -> None:
    report = json.loads(run("scan", "fixtures/bad/sam", "--format", "json").stdout)
    assert [one["address"] for one in report["state_machines"]] == ["Contract"]
    named = run("scan", "fixtures/bad/sam", "fixtures/bad/sam/template.yaml", "--format", "json")
    assert json.loads(named.stdout)["findings"] == report["findings"]


def test_a_finding_points_into_the_file_that_a_template_names(in_root: Path) -> None:
    report = json.loads(run("scan", "fixtures/bad/sam", "--format", "json").stdout)
    invalid = [one for one in report["findings"] if one["rule"] == "SFN902"]
    assert {one["file"] for one in invalid} == {"fixtures/bad/sam/statemachine/contract.asl.json"}
    assert min(one["line"] for one in invalid) > 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--fail-on", "low"], 1),
        (["--fail-on", "medium"], 1),
        (["--fail-on", "critical"], 0),
        (["--fail-on", "never"], 0),
        (["--rule", "SFN402", "--fail-on", "medium"], 1),
        (["--rule", "W9402"], 1),
        (["--rule", "SFN101"], 0),
        (["--rule", "SFN402", "--rule", "SFN902", "--skip-rule", "w9402"], 0),
    ],
)
def test_exit_codes(definition: Path, arguments: list[str], code: int) -> None:
    done = run("scan", definition, *arguments)
    assert done.exit_code == code, done.output


def test_strict_fails_on_what_was_not_evaluated(tmp_path: Path) -> None:
    # Nothing in it says whether it is deployed as STANDARD or EXPRESS.
    path = tmp_path / "flow.asl.json"
    path.write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": true}}}'
    )
    assert run("scan", path, "--fail-on", "low").exit_code == 0
    assert run("scan", path, "--fail-on", "never", "--strict").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan"],
        ["scan", ".", "--rule", "SFN000"],
        ["scan", ".", "--rule", "\x1b[31m"],
        ["scan", ".", "--format", "xml"],
        ["scan", ".", "--fail-on", "severe"],
        ["scan", ".", "--parameter", "novalue"],
        ["scan", ".", "--var-file", "nowhere.tfvars"],
        ["scan", "nowhere"],
        ["frobnicate"],
        ["explain", "SFN000"],
    ],
)
def test_wrong_usage_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2
    assert "rror" in done.stderr
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.yaml",
            b"Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n\tProperties: {}\n",
        ),
        ("a.json", b'{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", '),
        (
            "plan.json",
            b'{"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"aws_sfn',
        ),
        ("a.asl.json", b'{"StartAt": "A", "States": {'),
        ("a.asl.json", b"\xff\xfe"),
        ("main.tf", b'resource "aws_sfn_state_machine" "m" {\n  name = \n}\n'),
    ],
)
def test_a_broken_input_is_one_line_with_its_file_and_the_rest_is_scanned(
    tmp_path: Path, definition: Path, name: str, content: bytes
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / name).write_bytes(content)
    done = run("scan", tmp_path, "--format", "json")
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"error: {broken.as_posix()}")
    assert "internal error" not in lines[0]
    report = json.loads(done.stdout)
    assert any(one["rule"] == "SFN403" for one in report["findings"])
    assert run("scan", broken / name).exit_code == 2


def test_the_output_goes_to_a_file(definition: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.sarif"
    done = run("scan", definition, "--format", "sarif", "--output", target)
    assert (done.exit_code, done.stdout) == (1, "")
    assert json.loads(target.read_text())["version"] == "2.1.0"
    lost = run("scan", definition, "--output", tmp_path / "nowhere" / "report.txt")
    assert lost.exit_code == 2
    assert "nowhere" in lost.stderr


def test_colours_are_for_terminals_and_those_who_ask(definition: Path) -> None:
    assert "\x1b[" not in run("scan", definition, NO_COLOR="").stdout
    assert "\x1b[" in run("scan", definition, NO_COLOR="", FORCE_COLOR="1").stdout
    assert "\x1b[" not in run("scan", definition, NO_COLOR="1", FORCE_COLOR="1").stdout


def test_a_name_that_wants_to_do_harm_is_written_out(tmp_path: Path) -> None:
    hostile = {"StartAt": "\x1b[2J", "States": {"\x1b[2J\u202e": DEFINITION["States"]["A"]}}  # type: ignore[index]  # a dict by construction
    path = tmp_path / "evil\x1b[31m.asl.json"
    path.write_text(json.dumps(hostile, ensure_ascii=False), encoding="utf-8")
    done = run("scan", tmp_path)
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output
    assert "\\u{202e}" in done.output


def test_the_command_runs_as_a_process_wherever_it_writes_to(definition: Path) -> None:
    done = process("scan", definition.name, PYTHONIOENCODING="ascii")
    assert done.returncode == 2  # a relative name, and another working directory
    done = process("scan", definition, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "SFN403" in done.stdout


def test_a_missing_module_of_a_parser_is_said(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_sfn_state_machine" "m" {}\n')
    done = run("scan", tmp_path, "--hcl-parser", "python-hcl2")
    assert done.exit_code in (0, 1, 2)
    assert "Traceback" not in done.output


def test_the_progress_bar_is_for_terminals(definition: Path) -> None:
    assert process("scan", definition).stderr == ""


def test_what_may_be_read_outside_the_path_is_what_the_user_says(tmp_path: Path) -> None:
    module = tmp_path / "modules" / "m"
    module.mkdir(parents=True)
    (module / "main.tf").write_text(
        'resource "aws_sfn_state_machine" "m" {\n  definition = "{}"\n}\n'
    )
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "main.tf").write_text('module "m" {\n  source = "../modules/m"\n}\n')
    narrow = json.loads(run("scan", stack, "--format", "json").stdout)
    assert narrow["state_machines"] == []
    wide = json.loads(run("scan", stack, "--root", tmp_path, "--format", "json").stdout)
    assert [one["address"] for one in wide["state_machines"]] == [
        "module.m.aws_sfn_state_machine.m"
    ]
