"""SFN208: secrets and task tokens that are written to the logs of executions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Form, Logging, Unread
from stepguard.deployment.values import OneOf, Traced, Unknown
from stepguard.structs import replace

RULE = "SFN208"
UNKNOWN = Unknown("var.x", "it is not set")
SECRET = "arn:aws:states:::aws-sdk:secretsmanager:getSecretValue"
TOKEN = "arn:aws:states:::lambda:invoke.waitForTaskToken"
PARAMETER = "arn:aws:states:::aws-sdk:ssm:getParameter"


def machine(*resources: Any, **fields: Any) -> dict[str, Any]:
    names = [f"S{number}" for number in range(len(resources))]
    states = {
        name: {"Type": "Task", "Resource": resource, "Next": "End", **fields}
        for name, resource in zip(names, resources, strict=True)
    }
    return {"StartAt": names[0], "States": {**states, "End": {"Type": "Succeed"}}}


@pytest.fixture
def logged(logging: Callable[..., Logging]) -> Callable[..., Logging]:
    """Return a logging configuration that includes execution data, or what is given for it."""

    def make(level: Any = "ALL", included: Any = True) -> Logging:
        value = None if included is None else Traced(included)
        return replace(logging(level), include_execution_data=value)

    return make


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (machine(SECRET), "State 'S0' handles secrets"),
        (machine(TOKEN), "State 'S0' handles task tokens"),
        (machine(SECRET, TOKEN), "States 'S0', 'S1' handle secrets and task tokens"),
        (machine(PARAMETER, Parameters={"WithDecryption": True}), "State 'S0' handles secrets"),
        (machine("arn:aws:states:::aws-sdk:sts:assumeRole"), "handles secrets"),
    ],
)
def test_execution_data_with_secrets(
    judge: Callable[..., Any], logged: Callable[..., Any], definition: Any, words: str
) -> None:
    found = judge(RULE, definition, logging=logged()).only
    assert words in found.message
    assert found.suggestion == "include_execution_data = false"
    assert found.related


@pytest.mark.parametrize(
    "definition",
    [
        machine("arn:aws:states:::lambda:invoke"),
        machine("arn:aws:states:::aws-sdk:secretsmanager:describeSecret"),
        machine(PARAMETER, Parameters={"Name": "x"}),
        machine(PARAMETER, Parameters={"WithDecryption": False}),
    ],
)
def test_execution_data_without_secrets(
    judge: Callable[..., Any], logged: Callable[..., Any], definition: Any
) -> None:
    assert judge(RULE, definition, logging=logged()).passes


@pytest.mark.parametrize(
    ("level", "included"), [("ERROR", True), ("FATAL", True), ("ALL", False), ("ALL", None)]
)
def test_what_does_not_log_the_data(
    judge: Callable[..., Any], logged: Callable[..., Any], level: str, included: Any
) -> None:
    assert judge(RULE, machine(SECRET), logging=logged(level, included)).passes


@pytest.mark.parametrize(
    ("level", "included", "reason"),
    [
        (UNKNOWN, True, "the log level var.x is not known before deployment"),
        ("ALL", UNKNOWN, "whether execution data are logged var.x is not known"),
        ("ALL", OneOf("c", (True, False)), "whether execution data are logged depends on"),
    ],
)
def test_a_configuration_that_is_not_known(
    judge: Callable[..., Any], logged: Callable[..., Any], level: Any, included: Any, reason: str
) -> None:
    (found,) = judge(RULE, machine(SECRET), logging=logged(level, included)).reasons
    assert reason in found


def test_a_definition_that_is_not_known(
    judge: Callable[..., Any], logged: Callable[..., Any]
) -> None:
    assert judge(RULE, Unread("it is elsewhere"), logging=logged()).reasons == [
        "the definition could not be read: it is elsewhere"
    ]


def test_a_task_that_is_not_known(scanned: Callable[..., Any]) -> None:
    text = """
variable "called" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({
    StartAt = "A"
    States  = { A = { Type = "Task", Resource = var.called, End = true } }
  })
  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "arn:aws:logs:eu-west-1:123456789012:log-group:m:*"
  }
}
"""
    (one,) = scanned(RULE, text).not_evaluated
    assert one.reason == "what state 'A' calls: var.called is not known before deployment"


def test_where_it_does_not_apply(judge: Callable[..., Any], logged: Callable[..., Any]) -> None:
    assert not judge(RULE, machine(SECRET)).applies
    assert not judge(RULE, machine(SECRET), logging=logged("OFF")).applies
    assert not judge(RULE, machine(SECRET), form=Form.ASL).applies
