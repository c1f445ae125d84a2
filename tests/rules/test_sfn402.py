"""SFN402: tasks without a timeout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.values import REMOVED, OneOf, OpenDict, OpenList, Traced, Unknown
from stepguard.finding import Severity

RULE = "SFN402"
UNKNOWN = Unknown("var.x", "it is not set")
JOB = "arn:aws:states:::glue:startJobRun.sync"
CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
ACTIVITY = "arn:aws:states:eu-west-1:123456789012:activity:a"
CALL = "arn:aws:states:::lambda:invoke"


def machine(**resources: Any) -> dict[str, Any]:
    """Make a definition of tasks, one after the other, by name and resource or fields."""
    names = list(resources)
    states = {}
    for name, after in zip(names, [*names[1:], None], strict=True):
        fields = resources[name]
        if not isinstance(fields, dict):
            fields = {"Resource": fields}
        states[name] = {"Type": "Task", **fields, **({"Next": after} if after else {"End": True})}
    return {"StartAt": names[0], "States": states}


@pytest.mark.parametrize(
    ("resource", "words"),
    [(JOB, "a job"), (CALLBACK, "a task token"), (ACTIVITY, "an activity's worker")],
)
def test_a_task_that_waits(judge: Callable[..., Any], resource: str, words: str) -> None:
    found = judge(RULE, machine(A=resource)).only
    assert found.message.startswith(f"'A' waits for {words} without a timeout: ")
    bound = "until the service itself ends the job" if resource == JOB else "for a year"
    assert bound in found.message
    assert found.severity is Severity.MEDIUM
    assert found.state == "A"
    assert found.span is not None
    assert found.span.text == '"A"'
    assert found.suggestion.startswith('"TimeoutSeconds": 3600 in each state')


BEHIND = {"B": {"Type": "Task", "Resource": CALL, "End": True}}


def test_a_job_that_no_service_ends_can_take_a_year(judge: Callable[..., Any]) -> None:
    run = "arn:aws:states:::ecs:runTask.sync"
    assert "for a year" in judge(RULE, machine(A=JOB, B=run)).only.message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("EXPRESS", "of the child execution ends it as a whole, and no Catch"),
        ("STANDARD", "left to the service"),
    ],
)
def test_a_child_of_a_distributed_map_ends_as_its_type_does(
    judge: Callable[..., Any], kind: str, words: str
) -> None:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    processor = {"ProcessorConfig": config, **machine(A=CALL)}
    each = {"Type": "Map", "ItemProcessor": processor, "End": True}
    assert words in judge(RULE, {"StartAt": "M", "States": {"M": each}}).only.message
    both = {"StartAt": "M", "States": {"M": {**each, "End": False, "Next": "B"}, **BEHIND}}
    shared = "or the end of the child execution" if kind == "EXPRESS" else words
    assert shared in judge(RULE, both).only.message


def test_all_of_a_machine_are_one_finding_for_each_severity(judge: Callable[..., Any]) -> None:
    judged = judge(RULE, machine(A=JOB, B=CALL, C=CALLBACK, D=JOB, E="arn:aws:states:::x:y"))
    waiting, others = judged.violations
    assert waiting.severity is Severity.MEDIUM
    assert others.severity is Severity.LOW
    assert waiting.message.startswith("'A', 'C', 'D' wait for a job and a task token without")
    assert [place.message for place in waiting.related] == [
        "'A' waits for a job",
        "'C' waits for a task token",
        "'D' waits for a job",
    ]
    assert others.message.startswith("'B', 'E' have no timeout")
    assert [place.span.text for place in others.related] == ['"B"', '"E"']
    assert waiting.subject != others.subject
    assert waiting.state is None


def test_many_states_are_counted_in_the_message(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(**{f"S{number}": CALL for number in range(9)})).only
    assert "'S5' and 3 more have no timeout" in found.message
    assert len(found.related) == 9


def test_the_timeout_of_the_execution_is_no_substitute(judge: Callable[..., Any]) -> None:
    found = judge(RULE, {**machine(A=JOB), "TimeoutSeconds": 60}).only
    assert "which no Catch sees" in found.message
    assert "year" not in found.message


@pytest.mark.parametrize(
    "fields",
    [
        {"Resource": JOB, "TimeoutSeconds": 60},
        {"Resource": JOB, "TimeoutSecondsPath": "$.t"},
        {"Resource": CALL, "TimeoutSeconds": UNKNOWN},
        {"Resource": "arn:aws:states:::http:invoke"},
    ],
)
def test_what_ends_in_time(judge: Callable[..., Any], fields: dict[str, Any]) -> None:
    assert judge(RULE, Document(machine(A=fields), None)).passes


def test_what_ends_a_call_is_told(judge: Callable[..., Any]) -> None:
    service = "how long a call may take is left to the service that is called"
    whole = "ends it as a whole, and no Catch sees that"
    timeout, five_minutes = "timeout of the execution", "five minutes of an EXPRESS execution"
    assert judge(RULE, machine(A=CALL)).only.message.endswith(service)
    bounded = judge(RULE, {**machine(A=CALL), "TimeoutSeconds": 9}).only.message
    assert bounded.endswith(f"{timeout} {whole}")
    express = judge(RULE, machine(A=CALL), kind=Traced("EXPRESS")).only.message
    assert express.endswith(f"{five_minutes} {whole}")
    assert judge(RULE, machine(A=CALL), kind=Traced(UNKNOWN)).only.message.endswith(service)


def test_what_ends_a_wait_is_told(judge: Callable[..., Any]) -> None:
    express = judge(RULE, machine(A=JOB), kind=Traced("EXPRESS")).only.message
    assert express.endswith(
        "only the five minutes of an EXPRESS execution end that, which no Catch sees"
    )
    assert "for a year" in judge(RULE, machine(A=CALLBACK), kind=Traced(UNKNOWN)).only.message


def test_nested_tasks_are_found(judge: Callable[..., Any]) -> None:
    definition = {
        "StartAt": "Each",
        "States": {"Each": {"Type": "Map", "ItemProcessor": machine(A=JOB), "End": True}},
    }
    found = judge(RULE, definition).only
    assert found.path == ("States", "Each", "ItemProcessor", "States", "A")


def test_every_form_and_type_is_judged(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(A=CALL), form=Form.ASL).violations
    assert judge(RULE, machine(A=CALL), kind=Traced("EXPRESS")).violations


def test_a_machine_without_tasks_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE).applies


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ({"StartAt": "A", "States": UNKNOWN}, "not all states of the state machine are known"),
        (
            {"StartAt": "A", "States": {"A": {"Type": UNKNOWN}}},
            "the type of 'A' is not known: var.x is not known before deployment",
        ),
        ({"StartAt": "A", "States": {"A": UNKNOWN}}, "state 'A' is not known"),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Parallel", "Branches": UNKNOWN}}},
            "not all states within 'A' are known",
        ),
        (
            {
                "StartAt": "A",
                "States": {"A": {"Type": "Parallel", "Branches": OpenList([], UNKNOWN)}},
            },
            "not all states within 'A' are known",
        ),
        (
            {
                "StartAt": "A",
                "States": {"A": OpenDict({"Type": "Task", "Resource": JOB}, UNKNOWN)},
            },
            "whether 'A' has a TimeoutSeconds is not known: var.x is not known",
        ),
        (
            machine(A={"Resource": JOB, "TimeoutSeconds": OneOf("c", (60, REMOVED))}),
            "whether 'A' has a TimeoutSeconds is not known: TimeoutSeconds depends on condition c",
        ),
    ],
)
def test_what_is_not_known(
    judge: Callable[..., Any], definition: dict[str, Any], reason: str
) -> None:
    (said,) = judge(RULE, Document(definition, None)).reasons
    assert said.startswith(reason)


def test_a_state_that_is_certainly_no_object_is_no_task(judge: Callable[..., Any]) -> None:
    definition = machine(A={"Resource": JOB, "TimeoutSeconds": 60})
    definition["States"]["QueryLanguage"] = "JSONata"
    assert judge(RULE, definition).passes


def test_what_is_certain_is_found_beside_what_is_not_known(judge: Callable[..., Any]) -> None:
    states = OpenDict(machine(A=JOB)["States"], UNKNOWN)
    judged = judge(RULE, Document({"StartAt": "A", "States": states}, None))
    assert judged.only.state == "A"


def test_a_definition_that_cannot_be_read(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
    assert judge(RULE, []).reasons == ["the definition is no object"]


def test_what_ends_by_silence_is_no_finding(judge: Callable[..., Any]) -> None:
    callback = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    state = {"Type": "Task", "Resource": callback, "HeartbeatSeconds": 60, "End": True}
    assert judge(RULE, {"StartAt": "A", "States": {"A": state}}).passes
    state["Resource"] = "arn:aws:states:::glue:startJobRun.sync"
    assert judge(RULE, {"StartAt": "A", "States": {"A": state}}).only.severity is Severity.MEDIUM


def test_what_is_suggested_ends_before_the_execution(judge: Callable[..., Any]) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True}
    definition = {"StartAt": "A", "TimeoutSeconds": 30, "States": {"A": state}}
    assert '"TimeoutSeconds": 15 in each' in judge(RULE, definition).only.suggestion
