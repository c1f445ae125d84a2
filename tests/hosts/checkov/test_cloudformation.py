"""The pack on CloudFormation and SAM templates, whose details checkov drops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stepguard.hosts.checkov_bridge.rule_table import RULES

PROJECT = Path(__file__).parent / "projects" / "cloudformation"
ORDERS = "AWS::StepFunctions::StateMachine.Orders"
ROLE = "AWS::IAM::Role.WorkflowRole"
MADE = "AWS::Serverless::StateMachine.Made"
TITLES = {row.id: row.title for row in RULES}


@pytest.fixture(scope="module")
def run(checkov: Any) -> Any:
    return checkov("-d", PROJECT, "--framework", "cloudformation")


def test_findings_are_on_the_resource_whose_text_must_change(run: Any) -> None:
    assert run.results("SFN403") == {ORDERS: "FAILED"}
    assert run.results("SFN112") == {ROLE: "FAILED", MADE: "SKIPPED"}
    assert run.results("SFN401") == {ORDERS: "PASSED", MADE: "PASSED"}


def test_the_name_carries_the_first_finding_and_counts_the_others(run: Any) -> None:
    (several,) = run.of("SFN402", ORDERS)
    line = 12
    assert several["check_name"].startswith(f"{TITLES['SFN402']}: template.yaml:{line}:13: 'Ask' ")
    assert several["check_name"].endswith(" (+1)")
    (one,) = run.of("SFN403", ORDERS)
    assert one["check_name"].startswith(f"{TITLES['SFN403']}: template.yaml:{line}:13: 'Ask' ")
    assert "(+" not in one["check_name"]


def test_only_a_failure_has_a_finding_in_its_name(run: Any) -> None:
    others = [
        one
        for one in run.records
        if one["check_id"].startswith("SFN") and one["check_result"]["result"] != "FAILED"
    ]
    assert {one["check_result"]["result"] for one in others} == {"PASSED", "SKIPPED"}
    for record in others:
        assert record["check_name"] == TITLES[record["check_id"]]


def test_what_cannot_be_told_of_a_role_that_sam_makes_is_said_of_the_machine(run: Any) -> None:
    (record,) = run.of("SFN112", MADE)
    assert record["check_result"]["suppress_comment"].startswith("not evaluated: SAM ")


def test_a_resource_in_a_file_that_stepguard_cannot_read_is_not_passed_over(
    checkov: Any, tmp_path: Path
) -> None:
    text = (PROJECT / "template.yaml").read_text(encoding="utf-8")
    (tmp_path / "template.yaml").write_bytes(b"# caf\xe9\n" + text.encode())
    run = checkov("-d", tmp_path, "--framework", "cloudformation", "-c", "SFN401,SFN112")
    assert run.results("SFN401") == {ORDERS: "SKIPPED"}
    (record,) = run.of("SFN401")
    comment = record["check_result"]["suppress_comment"]
    assert comment == "not evaluated: template.yaml: not UTF-8 text (line 1)"
    assert run.of("SFN401", ROLE) == []


def test_control_characters_of_a_template_are_not_printed(checkov: Any, tmp_path: Path) -> None:
    text = (PROJECT / "template.yaml").read_text(encoding="utf-8")
    hostile = text.replace('"Ask"', '"A\\u001b[31m\\u202esk"')
    (tmp_path / "template.yaml").write_text(hostile, encoding="utf-8")
    run = checkov("-d", tmp_path, "--framework", "cloudformation", "-c", "SFN402")
    (record,) = run.of("SFN402", ORDERS)
    assert "\\u{1b}[31m" in record["check_name"]
    assert record["check_name"].isprintable()
    shown = checkov(
        "-d", tmp_path, "--framework", "cloudformation", "-c", "SFN402", "--compact", form=None
    )
    assert "SFN402" in shown.output
    assert "\x1b[31m" not in shown.output
    assert "\u202e" not in shown.output
