"""SFN803: targets, roles and queries that whoever starts an execution chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import OpenDict, Unknown

RULE = "SFN803"
UNKNOWN = Unknown("var.x", "it is not set")
INPUT = "$$.Execution.Input.x"
ATHENA = "athena:startQueryExecution"


def call(service: str, name: str, value: Any, **fields: Any) -> dict[str, Any]:
    """Make a task with one parameter."""
    resource = f"arn:aws:states:::{service}"
    return {"Type": "Task", "Resource": resource, "Parameters": {name: value}, **fields}


INVOKED = call("lambda:invoke", "FunctionName.$", "$.function")
WRITER = call("lambda:invoke", "FunctionName", "f")
PIN = {
    "Type": "Choice",
    "Choices": [
        {"Or": [{"Variable": "$.function", "StringEquals": one} for one in "ab"], "Next": "A"}
    ],
}


def machine(*before: dict[str, Any], task: dict[str, Any] = INVOKED) -> dict[str, Any]:
    """Make a definition of states that come one after the other, the last called A."""
    names = [f"S{number}" for number in range(len(before))]
    states = {
        name: state if "Choices" in state else {**state, "Next": after}
        for name, state, after in zip(names, before, [*names, "A"][1:], strict=True)
    }
    return {"StartAt": [*names, "A"][0], "States": {**states, "A": {**task, "End": True}}}


@pytest.mark.parametrize(
    ("task", "what"),
    [
        (call("lambda:invoke", "FunctionName.$", INPUT), "the function that is called"),
        (call("states:startExecution", "StateMachineArn.$", INPUT), "the state machine"),
        (call("sqs:sendMessage", "QueueUrl.$", INPUT), "the queue"),
        (call("http:invoke", "ApiEndpoint.$", f"States.Format('{{}}/a', {INPUT})"), "the endpoint"),
        (call(ATHENA, "QueryString.$", INPUT), "the query"),
        (
            call("ecs:runTask", "Overrides", {"ContainerOverrides": [{"Command.$": INPUT}]}),
            "the command",
        ),
        (call("ecs:runTask", "X", {"Command": ["{% $states.context.Execution.Input.c %}"]}), "the"),
        (
            {**call("sns:publish", "M", "m"), "Credentials": {"RoleArn.$": INPUT}},
            "the role that is used",
        ),
    ],
)
def test_what_the_input_certainly_chooses(
    judge: Callable[..., Any], task: dict[str, Any], what: str
) -> None:
    found = judge(RULE, machine(WRITER, task=task)).only
    assert f"chooses {what}" in found.message
    assert "likely" not in found.message
    assert found.state == "A"


@pytest.mark.parametrize(
    "task",
    [
        call(ATHENA, "QueryString.$", f"States.Format('select {{}}', {INPUT})"),
        call("ecs:runTask", "X", {"Command": ["{% 'ls ' & $states.context.Execution.Input.c %}"]}),
    ],
)
def test_the_input_may_be_a_part_of_what_runs(
    judge: Callable[..., Any], task: dict[str, Any]
) -> None:
    found = judge(RULE, machine(WRITER, task=task)).only
    assert "Execution.Input" in found.message
    assert "becomes part of the " in found.message
    assert "likely" not in found.message
    assert found.state == "A"


def test_the_place(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine()).only
    assert found.span.text == '"$.function"'
    assert found.message.startswith(
        "'A': $.function chooses the function that is called (likely: no state before writes it)"
    )


@pytest.mark.parametrize(
    "before",
    [
        {"Type": "Wait", "Seconds": 5},
        {"Type": "Pass"},
        {"Type": "Pass", "Result": 1, "ResultPath": "$.other"},
        {**WRITER, "ResultPath": "$.result"},
        {**WRITER, "ResultPath": None},
    ],
)
def test_a_path_that_no_state_before_writes(
    judge: Callable[..., Any], before: dict[str, Any]
) -> None:
    assert judge(RULE, machine(before)).only.state == "A"


@pytest.mark.parametrize(
    "before",
    [
        WRITER,
        {**WRITER, "ResultPath": "$.function"},
        {**WRITER, "ResultPath": None, "OutputPath": "$.part"},
        {**WRITER, "ResultPath": None, "Catch": [{"ErrorEquals": ["E"], "Next": "A"}]},
        {"Type": "Pass", "Result": {"function": "f"}},
        {"Type": "Pass", "Parameters": {"function": "f"}},
        OpenDict({"Type": "Pass"}, UNKNOWN),
        PIN,
    ],
)
def test_a_path_that_may_be_something_else(
    judge: Callable[..., Any], before: dict[str, Any]
) -> None:
    definition = machine(before)
    if isinstance(before, OpenDict):
        definition["States"]["S0"] = OpenDict({"Type": "Pass", "Next": "A"}, UNKNOWN)
    assert not judge(RULE, Document(definition, None)).violations


def test_a_choice_pins_the_input_itself_too(judge: Callable[..., Any]) -> None:
    task = call("lambda:invoke", "FunctionName.$", "$$.Execution.Input.function")
    assert judge(RULE, machine(PIN, task=task)).passes
    other = {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": True, "Next": "A"}]}
    assert judge(RULE, machine(other, task=task)).violations


def test_branches_get_the_input_and_maps_get_items(judge: Callable[..., Any]) -> None:
    inner = machine()
    parallel = {"Type": "Parallel", "Branches": [inner], "End": True}
    each = {"Type": "Map", "ItemProcessor": inner, "End": True}
    assert judge(RULE, {"StartAt": "P", "States": {"P": parallel}}).violations
    assert judge(RULE, {"StartAt": "P", "States": {"P": each}}).passes
    narrowed = {**parallel, "Parameters": {"function": "f"}}
    assert judge(RULE, {"StartAt": "P", "States": {"P": narrowed}}).passes


@pytest.mark.parametrize(
    "task",
    [
        call("lambda:invoke", "FunctionName", "f"),
        call("lambda:invoke", "Payload.$", INPUT),
        call("lambda:invoke", "FunctionName.$", "$$.Execution.Name"),
        call("lambda:invoke", "FunctionName.$", f"States.Format('fixed-{{}}', {INPUT})"),
        call("sns:publish", "Command.$", INPUT),
        {**INVOKED, "InputPath": "$.part"},
    ],
)
def test_what_is_fine(judge: Callable[..., Any], task: dict[str, Any]) -> None:
    assert judge(RULE, machine(task=task)).passes


def test_several_are_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine({**INVOKED, "ResultPath": None})
    found = judge(RULE, definition).only
    assert found.message.endswith("; 1 more")
    assert found.state is None
    assert len(found.related) == 2


def test_a_machine_without_tasks_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Document({"StartAt": "A", "States": UNKNOWN}, None)).reasons
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


def test_many_values_are_followed_to_a_limit(judge: Callable[..., Any]) -> None:
    writer = {**INVOKED, "ResultPath": "$.function"}
    (reason,) = judge(RULE, Document(machine(WRITER, *[writer] * 3_000), None)).reasons
    assert reason == "only 100 values chosen at run time are followed"
