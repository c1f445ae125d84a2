"""What checkov's users do to choose and to excuse works on our checks as on its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

PROJECTS = Path(__file__).parent / "projects"
TERRAFORM = """\
resource "aws_sfn_state_machine" "m" {{
  {inside}
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = <<EOT
    {{"StartAt": "A", "States": {{"A": {{"Type": "Task", "End": true,
      "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      "Parameters": {{"QueueUrl": "https://example.com/q",
         "MessageBody": {{"T.$": "$$.Task.Token"}}}}
    }}}}}}
  EOT
}}
"""
TEMPLATE = PROJECTS / "cloudformation" / "template.yaml"
MACHINE = "aws_sfn_state_machine.m"
ORDERS = "AWS::StepFunctions::StateMachine.Orders"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, "")


def write(directory: Path, inside: str) -> Path:
    (directory / "main.tf").write_text(TERRAFORM.format(inside=inside), encoding="utf-8")
    return directory


def test_an_inline_comment_skips_a_rule(checkov: Any, tmp_path: Path) -> None:
    write(tmp_path, "#checkov:skip=SFN402:the callback has its own deadline")
    run = checkov("-d", tmp_path, "--framework", "terraform", "-c", "SFN402,SFN403")
    assert run.results("SFN402") == {MACHINE: "SKIPPED"}
    assert run.results("SFN403") == {MACHINE: "FAILED"}
    (record,) = run.of("SFN402")
    assert record["check_result"]["suppress_comment"] == "the callback has its own deadline"
    assert "waits" not in record["check_name"]
    assert record["details"] == []


@pytest.mark.usefixtures("newer_checkov")
def test_one_comment_skips_several_rules(checkov: Any, tmp_path: Path) -> None:
    write(tmp_path, "#checkov:skip=SFN402,SFN403:both")
    run = checkov("-d", tmp_path, "--framework", "terraform", "-c", "SFN401,SFN402,SFN403")
    assert run.results("SFN402") == run.results("SFN403") == {MACHINE: "SKIPPED"}
    assert run.results("SFN401") == {MACHINE: "FAILED"}


def test_a_rule_that_does_not_apply_is_not_skipped(checkov: Any, tmp_path: Path) -> None:
    write(tmp_path, "#checkov:skip=SFN111:no role here")
    run = checkov("-d", tmp_path, "--framework", "terraform", "-c", "SFN111,SFN401")
    assert run.of("SFN111") == []
    assert run.results("SFN401") == {MACHINE: "FAILED"}


def test_a_comment_in_a_module_call_skips_in_the_module(checkov: Any, tmp_path: Path) -> None:
    shutil.copytree(PROJECTS / "terraform" / "modules", tmp_path / "modules")
    (tmp_path / "main.tf").write_text(
        'module "flow" {\n  #checkov:skip=SFN401:ends by itself\n  source = "./modules/flow"\n'
        '  name = "f"\n  role = "arn:aws:iam::123456789012:role/f"\n}\n'
    )
    run = checkov("-d", tmp_path, "--framework", "terraform", "-c", "SFN401,SFN201")
    address = "module.flow.aws_sfn_state_machine.this"
    assert run.results("SFN401") == {address: "SKIPPED"}
    assert run.results("SFN201") == {address: "FAILED"}


def test_skip_check(checkov: Any, project: Path) -> None:
    run = checkov("-d", project, "--framework", "terraform", "--skip-check", "SFN402,SFN2*")
    assert not run.rules & {"SFN402", "SFN201"}
    assert {"SFN401", "SFN403"} <= run.rules


def test_check_with_a_wildcard(checkov: Any, project: Path) -> None:
    run = checkov("-d", project, "--framework", "terraform", "-c", "SFN*")
    assert {"SFN401", "SFN402"} <= run.rules
    assert all(rule.startswith("SFN") for rule in run.rules)


def test_check_by_severity(checkov: Any, project: Path) -> None:
    run = checkov("-d", project, "--framework", "terraform", "-c", "MEDIUM")
    assert "SFN402" in run.rules
    assert "SFN301" not in run.rules


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("", 1),
        ("--soft-fail", 0),
        ("--soft-fail-on SFN402", 0),
        ("--soft-fail-on SFN401", 1),
        ("--soft-fail-on MEDIUM", 0),
        ("--hard-fail-on SFN402", 1),
        ("--hard-fail-on SFN401", 0),
        ("--hard-fail-on HIGH", 0),
    ],
)
def test_soft_and_hard_fail(checkov: Any, project: Path, options: str, code: int) -> None:
    run = checkov("-d", project, "--framework", "terraform", "-c", "SFN402", *options.split())
    assert run.results("SFN402") == {MACHINE: "FAILED"}
    assert run.code == code


def test_what_was_not_evaluated_does_not_fail_the_run(checkov: Any, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "d" {}\nresource "aws_sfn_state_machine" "m" {\n'
        '  role_arn   = "arn:aws:iam::123456789012:role/m"\n  definition = var.d\n}\n'
    )
    run = checkov("-d", tmp_path, "--framework", "terraform", "-c", "SFN402")
    assert run.results("SFN402") == {MACHINE: "SKIPPED"}
    assert run.code == 0


def test_a_baseline_leaves_what_is_new(checkov: Any, project: Path) -> None:
    only = ("--framework", "terraform", "-c", "SFN402,SFN403")
    checkov("-d", ".", *only, "--create-baseline", cwd=project)
    again = checkov("-d", ".", *only, "--baseline", ".checkov.baseline", cwd=project)
    assert again.code == 0
    assert "FAILED" not in {*again.results("SFN402").values(), *again.results("SFN403").values()}
    (project / "more.tf").write_text(
        (project / "main.tf").read_text().replace('"m"', '"n"'), encoding="utf-8"
    )
    more = checkov("-d", ".", *only, "--baseline", ".checkov.baseline", cwd=project)
    assert more.code == 1
    assert more.results("SFN402") == {"aws_sfn_state_machine.n": "FAILED"}


def test_cloudformation_metadata_skips_a_rule(checkov: Any, tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    metadata = (
        "    Metadata:\n      checkov:\n        skip:\n"
        "          - {id: SFN402, comment: the callback has its own deadline}\n"
    )
    kind = "    Type: AWS::StepFunctions::StateMachine\n"
    (tmp_path / "template.yaml").write_text(text.replace(kind, kind + metadata), encoding="utf-8")
    run = checkov("-d", tmp_path, "--framework", "cloudformation", "-c", "SFN402,SFN403")
    assert run.results("SFN402") == {ORDERS: "SKIPPED"}
    (record,) = run.of("SFN402")
    assert record["check_result"]["suppress_comment"] == "the callback has its own deadline"
    assert run.results("SFN403") == {ORDERS: "FAILED"}


def test_a_cloudformation_comment_skips_a_rule(checkov: Any, tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    kind = "    Type: AWS::StepFunctions::StateMachine\n"
    comment = "    # checkov:skip=SFN402:the callback has its own deadline\n"
    (tmp_path / "template.yaml").write_text(text.replace(kind, kind + comment), encoding="utf-8")
    run = checkov("-d", tmp_path, "--framework", "cloudformation", "-c", "SFN402,SFN403")
    assert run.results("SFN402") == {ORDERS: "SKIPPED"}
    assert run.results("SFN403") == {ORDERS: "FAILED"}
