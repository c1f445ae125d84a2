"""SFN904: a definition that refers to what the project does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.values import OneOf, Unknown

RULE = "SFN904"
NO_NAME = "the name of a resource that there is, or a resource of this name"
TERRAFORM = """resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "r"
  definition = jsonencode({
    StartAt = "A"
    States  = { A = { Type = "Task", Resource = %s, End = true } }
  })
}
"""
TEMPLATE = """Resources:
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      DefinitionSubstitutions:
        Given: arn:aws:lambda:eu-west-1:123456789012:function:f
      DefinitionString: !Sub |
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "%s", "End": true}}}
"""


def machine(resource: Any, **fields: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": resource, **fields}}}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TERRAFORM % "aws_lambda_function.gone.arn", "aws_lambda_function.gone.arn"),
        (TERRAFORM % '"${aws_lambda_function.gone.arn}:live"', "aws_lambda_function.gone.arn"),
        (TERRAFORM % "aws_sfn_activity.gone.id", "aws_sfn_activity.gone.id"),
        (TEMPLATE % "${Gone.Arn}", "Gone.Arn"),
    ],
)
def test_a_resource_that_is_not_there(scanned: Callable[..., Any], text: str, name: str) -> None:
    (found,) = scanned(RULE, text).findings
    violation = found.violation
    assert violation.message == f"'A': {name} is declared nowhere, and the deployment fails"
    assert violation.state == "A"
    assert name in violation.span.text or violation.span.text.startswith("{")


@pytest.mark.parametrize(
    "text",
    [
        TERRAFORM % "data.aws_lambda_function.f.arn"
        + 'data "aws_lambda_function" "f" { function_name = "f" }\n',
        TERRAFORM % '"arn:aws:lambda:eu-west-1:123456789012:function:elsewhere"',
        TERRAFORM % "var.function" + 'variable "function" {}\n',
        TERRAFORM % "module.f.arn" + 'module "f" { source = "somebody/module/aws" }\n',
        TEMPLATE % "${!Given}",
        TEMPLATE % "arn:${AWS::Partition}:states:::lambda:invoke",
    ],
)
def test_what_is_there_or_may_be(scanned: Callable[..., Any], text: str) -> None:
    report = scanned(RULE, text)
    assert [one.violation.message for one in report.findings] == []
    assert report.evaluated[RULE] == {"pass": 1}


def test_what_nothing_replaces(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, TEMPLATE % "${!Forgotten}").findings
    assert found.violation.message == (
        "'A': nothing replaces ${Forgotten}, which is no name of anything"
    )
    assert found.violation.suggestion == "Forgotten in DefinitionSubstitutions"


def test_what_nothing_replaces_in_terraform(judge: Callable[..., Any]) -> None:
    definition = machine("arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "${f}"})
    found = judge(RULE, definition).only
    assert found.suggestion == "templatefile with a variable f"
    assert found.span.text == '"${f}"'


def test_other_texts_may_have_braces(judge: Callable[..., Any]) -> None:
    parameters = {"Command": "${HOME}", "FunctionName": "a-${b}"}
    assert judge(RULE, machine("arn:aws:states:::x:y", Parameters=parameters)).passes


def test_a_name_in_several_places_is_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine("${f}")
    definition["States"]["B"] = definition["States"]["A"]
    found = judge(RULE, definition).only
    assert found.message.endswith("(in 2 places)")
    assert len(found.related) == 1
    assert found.state is None


def test_a_bare_definition_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, machine("${f}"), form=Form.ASL).applies


def test_an_alternative_may_never_come_about(judge: Callable[..., Any]) -> None:
    gone = Unknown("aws_x.gone", "aws_x.gone is not declared")
    assert judge(RULE, Document(machine(OneOf("c", (gone, "arn"))), None)).passes
    assert judge(RULE, Document(machine(gone), None)).violations


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    unknown = Unknown("var.x", "it is not set")
    assert judge(RULE, Document({"StartAt": "A", "States": unknown}, None)).reasons
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        (
            TERRAFORM % "aws_lambda_function.chekc.arn"
            + 'resource "aws_lambda_function" "check" {}\n',
            "aws_lambda_function.check.arn",
        ),
        (TEMPLATE % "${Chekc.Arn}" + "  Check: {Type: AWS::Lambda::Function}\n", "Check.Arn"),
        (TEMPLATE % "${Gone.Arn}", NO_NAME),
        (
            TERRAFORM % "aws_lambda_function.gone.arn"
            + 'resource "aws_lambda_function" "process" {}\n'
            + 'resource "aws_sfn_activity" "gane" {}\n',
            NO_NAME,
        ),
    ],
)
def test_what_was_probably_meant(scanned: Callable[..., Any], text: str, suggestion: str) -> None:
    (found,) = scanned(RULE, text).findings
    assert found.violation.suggestion == suggestion


ROLE = (
    TEMPLATE
    + """
  FunctonRole: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
"""
)


def test_a_role_was_never_meant_for_a_function(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, ROLE % "${FunctionRole.Arn}").findings
    assert found.violation.suggestion == NO_NAME
    worker = ROLE.replace("AWS::IAM::Role", "AWS::Lambda::Function")
    (found,) = scanned(RULE, worker % "${FunctionRole.Arn}").findings
    assert found.violation.suggestion == "FunctonRole.Arn"


def test_the_machine_itself_was_never_meant(scanned: Callable[..., Any]) -> None:
    text = """
Resources:
  Orders:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/m
      DefinitionString: !Sub |
        {"StartAt": "A", "States": {"A": {"Type": "Task", "End": true, "Resource": "${Order.Arn}"}}}
"""
    (found,) = scanned(RULE, text).findings
    assert found.violation.suggestion == NO_NAME
