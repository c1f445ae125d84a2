"""SFN805: integrations that do not exist, and patterns that they do not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.data import load
from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import Traced, Unknown
from stepguard.finding import Severity

RULE = "SFN805"
UNKNOWN = Unknown("var.x", "it is not set")
EXPRESS = Traced("EXPRESS")
PREFIX = "arn:aws:states:::"
ENDINGS = {
    "REQUEST_RESPONSE": "",
    "SYNC": ".sync",
    "SYNC_2": ".sync:2",
    "WAIT_FOR_TASK_TOKEN": ".waitForTaskToken",
}


def task(resource: Any) -> dict[str, Any]:
    is_short = isinstance(resource, str) and not resource.startswith("arn:")
    return {"Type": "Task", "Resource": PREFIX + resource if is_short else resource, "End": True}


def machine(**resources: Any) -> dict[str, Any]:
    states = {name: task(resource) for name, resource in resources.items()}
    return {"StartAt": next(iter(states)), "States": states}


@pytest.mark.parametrize(
    ("resource", "words", "suggestion"),
    [
        ("dynamodb:query", "no such optimized", "aws-sdk:dynamodb:query"),
        ("dynamodb:getitem", "no such optimized", f"{PREFIX}dynamodb:getItem"),
        ("s3:getObject", "no such optimized", "aws-sdk:s3:getObject"),
        ("nothing:here", "no such optimized", "aws-sdk:SERVICE:ACTION"),
        ("lambda:invoke.sync", "cannot wait for a job", f'"{PREFIX}lambda:invoke"'),
        ("glue:startJobRun.sync:2", "cannot wait for a job", "glue:startJobRun.sync"),
        ("lambda:invoke.wait", "an ending that does not exist", "lambda:invoke"),
        ("dynamodb:getItem.waitForTaskToken", "cannot wait for a task token", "getItem"),
        ("aws-sdk:glue:startJobRun.sync", "cannot wait for a job", "a loop that asks"),
        ("aws-sdk:glue:startJobRun.wait", "an ending that does not exist", "startJobRun"),
        ("aws-sdk:logs:putLogEvents", "no service 'logs'", "aws-sdk:cloudwatchlogs:"),
    ],
)
def test_what_does_not_exist(
    judge: Callable[..., Any], resource: str, words: str, suggestion: str
) -> None:
    found = judge(RULE, machine(A=resource)).only
    assert found.message.startswith("'A': ")
    assert words in found.message
    assert suggestion in found.suggestion
    assert found.span.text == f'"{PREFIX}{resource}"'
    assert found.severity is Severity.MEDIUM


@pytest.mark.parametrize("resource", ["batch:submitJob", "eks:call", "glue:startJobRun"])
def test_what_the_documentation_disagrees_about(judge: Callable[..., Any], resource: str) -> None:
    found = judge(RULE, machine(A=f"{resource}.waitForTaskToken")).only
    assert found.severity is Severity.LOW
    assert "by the table of integrations" in found.message


def test_every_documented_integration_exists(judge: Callable[..., Any]) -> None:
    table = load("integrations")["integrations"]
    resources = {
        f"{name}{ENDINGS[pattern]}": f"{name}{ENDINGS[pattern]}"
        for name, patterns in table.items()
        for pattern in patterns
    }
    assert len(resources) > 100
    assert judge(RULE, machine(**resources)).passes


@pytest.mark.parametrize(
    "resource",
    [
        "aws-sdk:dynamodb:query",
        "aws-sdk:sqs:sendMessage.waitForTaskToken",
        "aws-sdk:anewservice:doIt",
        "aws-sdk:iotevents:listAlarmModels",
        "arn:aws:lambda:eu-west-1:123456789012:function:f",
        "arn:aws:states:eu-west-1:123456789012:activity:a",
    ],
)
def test_what_exists(judge: Callable[..., Any], resource: str) -> None:
    assert judge(RULE, machine(A=resource)).passes


@pytest.mark.parametrize(
    ("resource", "suggestion"),
    [
        ("glue:startJobRun.sync", f'"{PREFIX}glue:startJobRun", or a STANDARD workflow'),
        ("sqs:sendMessage.waitForTaskToken", f'"{PREFIX}sqs:sendMessage", or a STANDARD workflow'),
        ("arn:aws:states:eu-west-1:123456789012:activity:a", "a STANDARD workflow"),
    ],
)
def test_an_express_workflow_waits_for_nothing(
    judge: Callable[..., Any], resource: str, suggestion: str
) -> None:
    found = judge(RULE, machine(A=resource), kind=EXPRESS).only
    assert "does not exist in an EXPRESS workflow" in found.message
    assert found.suggestion == suggestion
    assert judge(RULE, machine(A=resource)).passes


def test_child_workflows_may_be_express(judge: Callable[..., Any]) -> None:
    def around(kind: str) -> dict[str, Any]:
        config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
        processor = {**machine(A="glue:startJobRun.sync"), "ProcessorConfig": config}
        state = {"Type": "Map", "ItemProcessor": processor, "End": True}
        return {"StartAt": "M", "States": {"M": state}}

    assert judge(RULE, around("EXPRESS")).only.state == "A"
    assert judge(RULE, around("STANDARD")).passes
    messages = [one.message for one in judge(RULE, around("STANDARD"), kind=EXPRESS).violations]
    assert messages[0] == "'M': a Distributed Map does not exist in an EXPRESS workflow"


def test_tasks_that_share_an_integration_are_one_finding(judge: Callable[..., Any]) -> None:
    judged = judge(RULE, machine(A="dynamodb:query", B="dynamodb:scan", C="dynamodb:query"))
    first, second = judged.violations
    assert first.message.startswith("'A', 'C': dynamodb:query does not exist")
    assert [one.message for one in first.related] == [
        "'A' calls dynamodb:query",
        "'C' calls dynamodb:query",
    ]
    assert second.state == "B"


def test_a_machine_without_tasks_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Document(machine(A=UNKNOWN), None)).reasons == [
        "what 'A' calls is not known: its Resource var.x is not known before deployment"
    ]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
