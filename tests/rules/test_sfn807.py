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
