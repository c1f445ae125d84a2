"""SFN807: APIs that any state machine of any account may call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN807"
TEMPLATE = """Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      DefinitionString: '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Policy:
        Statement:
          - Effect: %s
            Principal: %s
            Action: execute-api:Invoke
            Resource: "*"
            Condition: %s
"""
STATES = "{Service: states.amazonaws.com}"
NO_CONDITION = "{}"


def test_an_api_for_every_state_machine(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, TEMPLATE % ("Allow", STATES, NO_CONDITION)).findings
    violation = found.violation
    assert violation.resource == "Api"
    assert "lets in states.amazonaws.com without aws:SourceArn" in violation.message
    assert violation.span.text == STATES


@pytest.mark.parametrize(
    "condition",
    [
        '{ArnEquals: {"aws:SourceArn": "arn:aws:states:eu-west-1:1:stateMachine:m"}}',
        '{StringEquals: {"aws:SourceAccount": "123456789012"}}',
    ],
)
def test_an_api_for_some_state_machines(scanned: Callable[..., Any], condition: str) -> None:
    report = scanned(RULE, TEMPLATE % ("Allow", STATES, condition))
    assert report.evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    ("effect", "principal"),
    [
        ("Deny", STATES),
        ("Allow", '{AWS: "1234"}'),
        ("Allow", "{Service: s3.amazonaws.com}"),
    ],
)
def test_what_is_not_concerned(scanned: Callable[..., Any], effect: str, principal: str) -> None:
    report = scanned(RULE, TEMPLATE % (effect, principal, NO_CONDITION))
    assert report.evaluated[RULE] == {}


def test_what_is_not_known(scanned: Callable[..., Any]) -> None:
    parameters = "Parameters:\n  Who: {Type: String}\n"
    text = parameters + TEMPLATE % ("Allow", "{Service: !Ref Who}", NO_CONDITION)
    report = scanned(RULE, text)
    assert [one.reason for one in report.not_evaluated] == [
        "whether statement 1 of the policy is open to Step Functions is not known"
    ]


SAM = """Transform: AWS::Serverless-2016-10-31
%sResources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A, States: {A: {Type: Succeed}}}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
%s"""
STATEMENT = (
    '{Effect: Allow, Principal: {Service: states.amazonaws.com}, Action: "execute-api:Invoke", '
    'Resource: "*"%s}'
)
AUTH = "Auth: {ResourcePolicy: {CustomStatements: [%s]}}"
LIMITED = ', Condition: {StringEquals: {"aws:SourceAccount": !Ref "AWS::AccountId"}}'


def test_statements_of_sam(scanned: Callable[..., Any]) -> None:
    report = scanned(RULE, SAM % ("", f"      {AUTH % (STATEMENT % '')}\n"))
    (found,) = report.findings
    assert found.violation.resource == "Api"
    assert found.violation.span.text == STATES
    report = scanned(RULE, SAM % ("", f"      {AUTH % (STATEMENT % LIMITED)}\n"))
    assert report.evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize("own", ["", "      Auth: {DefaultAuthorizer: AWS_IAM}\n"])
def test_statements_that_apis_share(scanned: Callable[..., Any], own: str) -> None:
    shared = f"Globals: {{Api: {{{AUTH % (STATEMENT % '')}}}}}\n"
    assert len(scanned(RULE, SAM % (shared, own)).findings) == 1


def test_a_policy_in_a_description(scanned: Callable[..., Any]) -> None:
    body = '{openapi: "3.0.1", paths: {}, x-amazon-apigateway-policy: {Statement: [%s]}}'
    report = scanned(RULE, SAM % ("", f"      DefinitionBody: {body % (STATEMENT % '')}\n"))
    assert [one.violation.span.text for one in report.findings] == [STATES]


def test_a_policy_in_a_description_of_terraform(scanned: Callable[..., Any]) -> None:
    terraform = """
    resource "aws_sfn_state_machine" "m" {
      definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
    }
    resource "aws_api_gateway_rest_api" "api" {
      body = jsonencode({ "x-amazon-apigateway-policy" = { Statement = [{
        Effect = "Allow", Principal = { Service = "states.amazonaws.com" }, Resource = "*",
        Action = "execute-api:Invoke" }] } })
    }
    """
    (found,) = scanned(RULE, terraform).findings
    assert "states.amazonaws.com" in found.violation.span.text


@pytest.mark.parametrize(
    "properties",
    [
        "      DefinitionUri: s3://bucket/api.yaml\n",
        "      DefinitionBody: !Ref Elsewhere\n",
        "      DefinitionBody: {paths: {}}\n",
        "      Auth: {ResourcePolicy: {IpRangeBlacklist: [10.0.0.0/8]}}\n",
    ],
)
def test_apis_without_a_policy(scanned: Callable[..., Any], properties: str) -> None:
    text = SAM % ("Parameters:\n  Elsewhere: {Type: String}\n", properties)
    assert scanned(RULE, text).evaluated[RULE] == {}
