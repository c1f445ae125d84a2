"""The pack on Terraform: addresses, results, details, and what checkov knows besides."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from stepguard.hosts.checkov_bridge.rule_table import RULES

PROJECTS = Path(__file__).parent / "projects"
PROJECT = PROJECTS / "terraform"
MACHINES = {
    "aws_sfn_state_machine.plain",
    "aws_sfn_state_machine.counted[0]",
    "aws_sfn_state_machine.counted[1]",
    'aws_sfn_state_machine.keyed["a.b"]',
    'aws_sfn_state_machine.keyed["c"]',
    "aws_sfn_state_machine.open",
}
FLOWS = {
    'module.flow["x"].aws_sfn_state_machine.this',
    'module.flow["y"].aws_sfn_state_machine.this',
}


@pytest.fixture(scope="module")
def run(checkov: Any) -> Any:
    return checkov("-d", PROJECT, "--framework", "terraform")


def failed(run: Any, rule: str) -> set[str]:
    return {one for one, result in run.results(rule).items() if result == "FAILED"}


def test_findings_are_on_every_instance(run: Any) -> None:
    assert failed(run, "SFN402") == MACHINES
    assert run.results("SFN401") == {
        **dict.fromkeys(MACHINES | FLOWS, "FAILED"),
        "aws_sfn_state_machine.limited": "PASSED",
        "aws_sfn_state_machine.remote": "SKIPPED",
    }
    assert run.code == 1


def test_what_could_not_be_read_is_skipped_with_its_reason(run: Any) -> None:
    (record,) = run.of("SFN401", "aws_sfn_state_machine.remote")
    comment = record["check_result"]["suppress_comment"]
    assert comment.startswith("not evaluated: the definition could not be read: ")
    assert "data.aws_s3_object.definition" in comment


def test_a_rule_that_does_not_apply_has_no_record(run: Any) -> None:
    assert run.of("SFN402", FLOWS.copy().pop()) == []
    assert [one for one in run.records if one["resource"] == "aws_iam_role.unrelated"] != []
    assert not any(
        one["check_id"].startswith("SFN")
        for one in run.records
        if one["resource"] == "aws_iam_role.unrelated"
    )


def test_a_finding_is_on_the_resource_whose_text_must_change(run: Any) -> None:
    assert failed(run, "SFN101") == {"aws_iam_role_policy.work"}
    (record,) = run.of("SFN101", "aws_iam_role_policy.work")
    (detail,) = record["details"]
    line = (PROJECT / "main.tf").read_text().splitlines().index('    actions   = ["sqs:*"]') + 1
    assert detail.startswith(f"main.tf:{line}:")


def test_details_say_where_in_which_state_and_what_to_write(run: Any) -> None:
    (record,) = run.of("SFN402", "aws_sfn_state_machine.plain")
    (detail,) = record["details"]
    block = (PROJECT / "main.tf").read_text().splitlines()
    line = block.index('resource "aws_sfn_state_machine" "plain" {') + 4
    assert detail.startswith(f"main.tf:{line}:57 (state 'Ask'): 'Ask' waits for a task token")
    assert "; help: " in detail
    assert record["file_path"] == "/main.tf"


def test_a_check_has_the_rules_identity(run: Any) -> None:
    by_id = {row.id: row for row in RULES}
    ours = [one for one in run.records if one["check_id"].startswith("SFN")]
    assert len({one["check_id"] for one in ours}) > 5
    for record in ours:
        row = by_id[record["check_id"]]
        assert record["check_name"] == row.title
        assert record["severity"] == row.severity
        assert record["guideline"] == row.guideline


def test_checkovs_own_checks_run_too(run: Any) -> None:
    assert "CKV_AWS_284" in run.rules


def test_variables_of_a_file_are_used(checkov: Any) -> None:
    variables = PROJECTS / "express.tfvars"
    plain = checkov("-d", PROJECT, "--framework", "terraform", "-c", "SFN207")
    assert plain.records == []
    varied = checkov(
        "-d", PROJECT, "--framework", "terraform", "-c", "SFN207", "--var-file", variables
    )
    assert varied.results("SFN207") == {"aws_sfn_state_machine.limited": "FAILED"}


def test_a_single_file_is_judged_with_its_directory(checkov: Any) -> None:
    run = checkov("-f", PROJECT / "main.tf", "-c", "SFN402", "--framework", "terraform")
    assert failed(run, "SFN402") == MACHINES


def test_nothing_above_the_given_directory_is_read(checkov: Any, tmp_path: Path) -> None:
    (tmp_path / "workflow.asl.json").write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": true}}}'
    )
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text(
        'resource "aws_sfn_state_machine" "m" {\n'
        '  role_arn   = "arn:aws:iam::123456789012:role/m"\n'
        '  definition = file("../workflow.asl.json")\n'
        "}\n"
    )
    inside = ("--framework", "terraform", "-c", "SFN401")
    assert checkov("-d", "infra", *inside, cwd=tmp_path).results("SFN401") == {
        "aws_sfn_state_machine.m": "SKIPPED"
    }
    assert checkov("-d", ".", *inside, cwd=tmp_path).results("SFN401") == {
        "aws_sfn_state_machine.m": "FAILED"
    }


def test_modules_that_checkov_has_downloaded_are_read(checkov: Any, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'provider "aws" {\n  region = "eu-west-1"\n}\n'
        'module "flow" {\n'
        '  source = "git::https://git.example.com/acme/flow?ref=v1"\n'
        '  name   = "flow"\n'
        '  role   = "arn:aws:iam::123456789012:role/flow"\n'
        "}\n"
    )
    downloaded = tmp_path / ".external_modules" / "git.example.com" / "acme" / "flow" / "v1"
    shutil.copytree(PROJECT / "modules" / "flow", downloaded)
    options = ("--framework", "terraform", "-c", "SFN401", "--download-external-modules", "true")
    run = checkov("-d", tmp_path, *options)
    assert run.results("SFN401") == {"module.flow.aws_sfn_state_machine.this": "FAILED"}


@pytest.mark.usefixtures("newer_checkov")
def test_terraform_in_json_is_found_by_file_and_name(checkov: Any) -> None:
    run = checkov("-d", PROJECTS / "json", "--framework", "terraform_json", "-c", "SFN*")
    assert run.results("SFN201") == {"resource.alone": "FAILED"}
    # The caller of the module decides its type; checkov does not follow the call.
    assert run.results("SFN207") == {"resource.part": "FAILED"}
    (record,) = run.of("SFN207")
    assert record["details"][0].startswith("modules/part/part.tf.json:5:")
