"""State machines that Terraform declares in ways that are not read: each is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepguard.engine import ScanOptions, scan
from stepguard.inputs import NO_STEP_FUNCTIONS
from stepguard.readers.terraform.syntax.parser import available_parsers
from stepguard.report import Report

ROLE = """
provider "aws" {}

resource "aws_iam_role" "r" {
  name = "runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "states.amazonaws.com" }
  }] })
}

resource "aws_iam_role_policy" "p" {
  role = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:eu-west-1:111122223333:q"
  }] })
}
"""
OTHER = """
resource "awscc_stepfunctions_state_machine" "other" {
  role_arn          = aws_iam_role.r.arn
  definition_string = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
}
"""
MACHINE = """
resource "aws_sfn_state_machine" "m" {
  role_arn   = aws_iam_role.r.arn
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
}
"""
TEMPLATE = "Resources: {M: {Type: 'AWS::StepFunctions::StateMachine'}}"


def scanned(directory: Path, parser: str | None = None, **files: str) -> Report:
    for name, content in files.items():
        (directory / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return scan([directory], ScanOptions(root=directory, hcl_parser=parser))


def plan(*resources: tuple[str, dict[str, Any], dict[str, Any]]) -> str:
    """Return a plan that makes resources: their addresses, values and marks."""
    changes = []
    for address, after, unknown in resources:
        kind, name = address.split(".")
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
        names = {"address": address, "mode": "managed", "type": kind, "name": name}
        changes.append({**names, "change": change})
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "planned_values": {"root_module": {}},
            "resource_changes": changes,
            "configuration": {"root_module": {}},
        }
    )


def told(report: Report) -> dict[str, str]:
    """Return what SFN901 is not evaluated for, and why."""
    assert report.errors == []
    return {one.resource: one.reason for one in report.not_evaluated if one.rule == "SFN901"}


def outcome(report: Report, rule: str) -> list[str]:
    return sorted(key for key, count in report.evaluated[rule].items() if count)


@pytest.mark.parametrize("parser", available_parsers())
def test_a_machine_of_another_provider_is_not_evaluated(tmp_path: Path, parser: str) -> None:
    report = scanned(tmp_path, parser, main__tf=ROLE + OTHER)
    address = "awscc_stepfunctions_state_machine.other"
    reason = "awscc_stepfunctions_state_machine is not read: only aws_sfn_state_machine is"
    assert told(report) == {address: reason}
    (one,) = [one for one in report.not_evaluated if one.rule == "SFN901"]
    assert (one.place.file, one.place.line) == ((tmp_path / "main.tf").as_posix(), 18)
    assert [one.address for one in report.state_machines] == [address]
    of_machine = [one for one in report.findings if one.violation.resource == address]
    assert of_machine == []


def test_what_a_machine_of_another_provider_may_use_is_not_unused(tmp_path: Path) -> None:
    report = scanned(tmp_path, main__tf=ROLE + MACHINE)
    assert outcome(report, "SFN103") == ["violation"]
    report = scanned(tmp_path, main__tf=ROLE + MACHINE + OTHER)
    assert outcome(report, "SFN103") == ["not_evaluated"]


def test_a_machine_of_another_provider_in_a_plan_is_not_evaluated(tmp_path: Path) -> None:
    address = "awscc_stepfunctions_state_machine.m"
    report = scanned(tmp_path, plan__json=plan((address, {}, {"definition_string": True})))
    assert list(told(report)) == [address]


@pytest.mark.parametrize(
    ("arguments", "is_told"),
    [
        (f'template_body = "{TEMPLATE}"', True),
        ('template_body = jsonencode({ a = { Type = "AWS::Serverless::StateMachine" } })', True),
        ("template_body = \"Resources: {B: {Type: 'AWS::S3::Bucket'}}\" # state-machine", False),
        ('template_url = "https://bucket.example.com/state-machine.yaml"', True),
        ('template_url = "https://bucket.example.com/bucket.yaml"', False),
        ("template_body = var.sfn_template", True),
        ("template_body = var.template", False),
        ("template_body = \"${var.start}, {B: {Type: 'AWS::S3::Bucket'}} # sfn\"", True),
    ],
)
def test_a_stack_with_a_machine_is_told(tmp_path: Path, arguments: str, is_told: bool) -> None:
    stack = f'resource "aws_cloudformation_stack" "s" {{\n  {arguments}\n}}\n'
    report = scanned(tmp_path, main__tf=stack)
    reason = (
        "the template of aws_cloudformation_stack.s is not read: the state machines that it "
        "declares were not read"
    )
    assert told(report) == ({"aws_cloudformation_stack.s": reason} if is_told else {})
    assert report.exit_code(None, strict=True) == int(is_told)
    assert NO_STEP_FUNCTIONS not in report.passed_over


@pytest.mark.parametrize(
    ("values", "unknown", "is_told"),
    [
        ({"template_body": TEMPLATE}, {}, True),
        ({"template_body": "Resources: {}", "name": "sfn"}, {}, False),
        ({"name": "orders-state-machine"}, {"template_body": True}, True),
        ({"template_url": "https://bucket.example.com/sfn.json"}, {}, True),
        ({"name": "orders"}, {"template_body": True}, False),
    ],
)
def test_a_stack_with_a_machine_in_a_plan_is_told(
    tmp_path: Path, values: dict[str, Any], unknown: dict[str, Any], is_told: bool
) -> None:
    address = "aws_cloudformation_stack.s"
    report = scanned(tmp_path, plan__json=plan((address, values, unknown)))
    assert list(told(report)) == [address] * is_told
    assert NO_STEP_FUNCTIONS not in report.passed_over


def test_a_stack_that_is_given_a_role_may_add_a_policy(tmp_path: Path) -> None:
    machine = MACHINE.replace(
        'Type = "Succeed"',
        'Type = "Task", End = true, Resource = "arn:aws:states:::lambda:invoke", Parameters = '
        '{ FunctionName = "arn:aws:lambda:eu-west-1:111122223333:function:f:1" }',
    )
    stack = (
        'resource "aws_cloudformation_stack" "s" {\n  template_body = "%s"\n'
        "  parameters = { Role = %s }\n}\n"
    )
    report = scanned(tmp_path, main__tf=ROLE + machine + stack % (TEMPLATE, '"x"'))
    assert outcome(report, "SFN104") == ["violation"]
    report = scanned(tmp_path, main__tf=ROLE + machine + stack % (TEMPLATE, "aws_iam_role.r.name"))
    assert outcome(report, "SFN104") == ["not_evaluated"]
