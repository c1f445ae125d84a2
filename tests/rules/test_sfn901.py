"""SFN901: definitions that are no JSON, are not there, or could not be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import OpenDict, Unknown
from stepguard.engine import ScanOptions, scan

RULE = "SFN901"
UNKNOWN = Unknown("var.x", "it is not set")

TERRAFORM = """
resource "aws_sfn_state_machine" "m" {
  role_arn   = "arn:aws:iam::123456789012:role/r"
  definition = <<-EOT
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "%s", "End": true}%s}}
  EOT
}
resource "aws_lambda_function" "f" {}
variable "x" {}
"""
TEMPLATE = """
Resources:
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      %s
"""


@pytest.mark.parametrize("resource", ["arn", "${aws_lambda_function.f.arn}"])
def test_what_is_no_json(scanned: Callable[..., Any], resource: str) -> None:
    (found,) = scanned(RULE, TERRAFORM % (resource, ",")).findings
    assert found.violation.message == (
        "The definition is not valid JSON (expecting property name enclosed in double quotes): "
        "Step Functions refuses it, and nothing in it can be checked"
    )
    assert found.violation.span.text == "}"
    assert scanned(RULE, TERRAFORM % (resource, "")).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the text is empty"),
        ('{"StartAt": "A", // the first\n"States": {}}', "JSON has no comments"),
        ("StartAt: A", "expecting value"),
    ],
)
def test_other_texts_that_are_no_json(scanned: Callable[..., Any], text: str, why: str) -> None:
    terraform = f'resource "aws_sfn_state_machine" "m" {{\n  definition = {json.dumps(text)}\n}}\n'
    (found,) = scanned(RULE, terraform).findings
    assert f"({why}): Step Functions refuses it" in found.violation.message


def test_what_may_become_json(scanned: Callable[..., Any]) -> None:
    report = scanned(RULE, TERRAFORM % ("arn", ', "B": ${var.x} "C": 1'))
    assert report.findings == []
    (one,) = report.not_evaluated
    assert one.reason.startswith("not valid JSON: ")
    assert one.reason.endswith("; mend the text of the definition")


@pytest.mark.parametrize("properties", ["", "DefinitionUri: a.asl.json", "DefinitionString:"])
def test_a_template_without_a_definition(scanned: Callable[..., Any], properties: str) -> None:
    (found,) = scanned(RULE, TEMPLATE % properties).findings
    assert found.violation.message.startswith("The state machine has no definition: ")
    assert found.violation.suggestion.startswith("Definition:")
    assert found.violation.span.text == "M"


@pytest.mark.parametrize("definition", ["", "definition = null"])
def test_terraform_without_a_definition(scanned: Callable[..., Any], definition: str) -> None:
    text = f'resource "aws_sfn_state_machine" "m" {{\n  role_arn = "r"\n  {definition}\n}}\n'
    (found,) = scanned(RULE, text).findings
    assert "has no definition" in found.violation.message


def test_a_file_that_is_no_json(tmp_path: Any) -> None:
    (tmp_path / "machine.json").write_text('{"StartAt": "A" "States": {}}', encoding="utf-8")
    text = 'resource "aws_sfn_state_machine" "m" {\n  definition = file("machine.json")\n}\n'
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    (found,) = scan([tmp_path], ScanOptions(rules=(RULE,))).findings
    assert found.violation.span is not None
    assert found.violation.span.path.endswith("machine.json")


@pytest.mark.parametrize(
    ("reason", "way"),
    [
        ("it is stored in S3, at s3://bucket/key", "name a file of the project in its place"),
        ("m.definition is not known: module m is not installed", "run terraform init first"),
        ("var.d is not known: variable has no value", "give the variable's value with --var-file"),
        ("D is not known: it is a parameter without a default", "give the parameter's value with"),
        ("it depends on condition IsProd", "write each alternative as a machine of its own"),
        ("x.asl.json: no such file", "make the file first"),
        ("not valid JSON: nothing is substituted for ${A}", "give it a value in Definition"),
        ("not valid JSON: expecting value", "mend the text of the definition"),
    ],
)
def test_how_to_make_it_readable(judge: Callable[..., Any], reason: str, way: str) -> None:
    (shown,) = judge(RULE, Unread(reason)).reasons
    assert shown.startswith(f"{reason}; {way}")


def test_what_nobody_knows_a_way_for(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Unread("lost")).reasons == ["lost"]


def test_the_reasons_of_readers_have_a_way(scanned: Callable[..., Any]) -> None:
    parameters = "Parameters:\n  D: {Type: String}\n"
    for text, way in (
        (parameters + TEMPLATE % "DefinitionString: !Ref D", "--parameter"),
        (TEMPLATE % "DefinitionS3Location: {Bucket: b, Key: k}", "name a file of the project"),
    ):
        (one,) = scanned(RULE, text).not_evaluated
        assert way in one.reason
    text = 'variable "x" {}\nresource "aws_sfn_state_machine" "m" { definition = var.x }\n'
    assert "--var-file" in scanned(RULE, text).not_evaluated[0].reason


def test_what_is_read(judge: Callable[..., Any]) -> None:
    assert judge(RULE).passes
    task = {"Type": "Task", "Resource": UNKNOWN, "End": True}
    assert judge(RULE, Document({"StartAt": "A", "States": {"A": task}}, None)).passes


@pytest.mark.parametrize("states", [UNKNOWN, OpenDict({}, UNKNOWN)])
def test_states_that_are_not_known(judge: Callable[..., Any], states: Any) -> None:
    assert judge(RULE, Document({"StartAt": "A", "States": states}, None)).reasons == [
        "not all states of the state machine are known"
    ]
