"""A definition becomes scopes, states and tasks, whatever of it is not known."""

from __future__ import annotations

from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    PartlyKnownKey,
    Reference,
    Text,
    Unknown,
)
from stepguard.deployment.workflow import (
    MAXIMUM_STATES,
    Task,
    Workflow,
    has_any,
    may_nest_more,
    read_workflow,
)

UNKNOWN = Unknown("var.x", "it is not set")
CALL = "arn:aws:states:::lambda:invoke"


def read(value: Any, deployment: Deployment | None = None) -> Workflow:
    return read_workflow(Document(value, None), deployment)


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states), ""), "States": states}


NESTED = machine(
    Fan={
        "Type": "Parallel",
        "Branches": [machine(One={"Type": "Pass"}), machine(Two={"Type": "Task"})],
    },
    Each={
        "Type": "Map",
        "ItemProcessor": machine(Inner={"Type": "Map", "Iterator": machine(Deep={})}),
    },
    Done={"Type": "Succeed"},
)


def test_states_are_in_the_order_of_the_definition() -> None:
    workflow = read(NESTED)
    assert [state.name for state in workflow.states] == [
        "Fan",
        "One",
        "Two",
        "Each",
        "Inner",
        "Deep",
        "Done",
    ]
    assert [scope.container for scope in workflow.scopes] == [
        "machine",
        "Branches",
        "Branches",
        "ItemProcessor",
        "Iterator",
    ]
    assert [scope.label for scope in workflow.scopes] == [
        "the state machine",
        "branch 1 of 'Fan'",
        "branch 2 of 'Fan'",
        "the ItemProcessor of 'Each'",
        "the Iterator of 'Inner'",
    ]


def test_a_state_knows_where_it_is() -> None:
    workflow = read(NESTED)
    deep = workflow.states[5]
    assert deep.path == (
        *("States", "Each", "ItemProcessor", "States", "Inner", "Iterator", "States", "Deep"),
    )
    assert [parent.name for parent in deep.parents] == ["Each", "Inner"]
    assert deep.scope.owner is workflow.states[4]
    two = workflow.states[2]
    assert two.path == ("States", "Fan", "Branches", 1, "States", "Two")
    assert deep.scope.start_at == "Deep"
    assert workflow.start_at == "Fan"


def test_only_tasks_are_tasks() -> None:
    workflow = read(
        machine(
            A={"Type": "Task", "Resource": CALL},
            B={"Type": UNKNOWN},
            C={"Type": "Pass", "Resource": CALL},
        )
    )
    assert [task.name for task in workflow.tasks] == ["A"]
    assert workflow.tasks[0].integration.name == "lambda:invoke"


@pytest.mark.parametrize(
    ("own", "language", "parameters"),
    [
        ({}, "JSONPath", "p"),
        ({"QueryLanguage": "JSONata"}, "JSONata", "a"),
        ({"QueryLanguage": "JSONPath"}, "JSONPath", "p"),
        ({"QueryLanguage": UNKNOWN}, None, "a"),
        ({"QueryLanguage": OneOf("c", ("JSONata", REMOVED))}, None, "a"),
        ({"QueryLanguage": "XPath"}, None, "a"),
    ],
)
def test_the_query_language_of_a_state(own: Any, language: str | None, parameters: str) -> None:
    task = {"Type": "Task", "Parameters": "p", "Arguments": "a", **own}
    (found,) = read(machine(A=task)).tasks
    assert found.query_language == language
    assert found.parameters == parameters


def test_the_query_language_of_the_machine_is_that_of_all_states() -> None:
    definition = {**NESTED, "QueryLanguage": "JSONata"}
    workflow = read(definition)
    assert workflow.query_language == "JSONata"
    assert {state.query_language for state in workflow.states} == {"JSONata"}
    assert {state.query_language for state in read(NESTED).states} == {"JSONPath"}
    assert {
        state.query_language for state in read({**NESTED, "QueryLanguage": UNKNOWN}).states
    } == {None}


def test_a_map_does_not_pass_its_query_language_on() -> None:
    each = {"Type": "Map", "QueryLanguage": "JSONata", "ItemProcessor": machine(A={})}
    workflow = read(machine(Each=each))
    assert [state.query_language for state in workflow.states] == ["JSONata", "JSONPath"]


def test_fields_of_a_task() -> None:
    (task,) = read(
        machine(
            A={
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "TimeoutSecondsPath": "$.t",
                "HeartbeatSeconds": OneOf("c", (1, REMOVED)),
                "Credentials": {"RoleArn": "r"},
                "Gone": REMOVED,
            }
        )
    ).tasks
    assert task.has_timeout is True
    assert task.has_heartbeat is None
    assert task.waits
    assert task.credentials == {"RoleArn": "r"}
    assert task.has("Gone") is False
    assert task.get("Gone") is None
    assert task.get("Nothing") is None


def test_any_of_several_members() -> None:
    perhaps = OneOf("c", (1, REMOVED))
    assert has_any({"a": 1}, "a", "b") is True
    assert has_any({"a": perhaps, "b": 1}, "a", "b") is True
    assert has_any({"a": perhaps}, "a", "b") is None
    assert has_any({}, "a", "b") is False
    assert has_any({}) is False


def test_references_are_read_with_the_resources_of_the_deployment() -> None:
    activity = Resource(
        address="Work", type="AWS::StepFunctions::Activity", form=Form.CLOUDFORMATION
    )
    deployment = Deployment("t.yaml", Form.CLOUDFORMATION, [activity])
    definition = machine(A={"Type": "Task", "Resource": Reference("Work")})
    assert read(definition, deployment).tasks[0].waits
    assert read(definition).tasks[0].integration.kind == "unknown"
    part = Resource(address="Work", type="AWS::Serverless::Connector", form=Form.SAM)
    deployment = Deployment("t.yaml", Form.SAM, [activity, part])
    assert read(definition, deployment).tasks[0].waits


@pytest.mark.parametrize("value", [None, 1, "text", [], UNKNOWN, OneOf("c", (1, 2))])
def test_what_is_no_machine_has_no_states(value: Any) -> None:
    workflow = read(value)
    assert workflow.body is None
    assert workflow.states == []
    assert workflow.scopes == []
    assert workflow.is_open
    assert workflow.start_at is None
    assert workflow.timeout_seconds is None


@pytest.mark.parametrize(
    ("definition", "is_open", "state"),
    [
        (machine(A={"Type": "Pass"}), False, "resolved"),
        (machine(A={"Type": "Task", "Resource": Reference("f", "arn")}), False, "resolved"),
        (machine(A={"Type": "Task", "Resource": UNKNOWN}), False, "partial"),
        (machine(A=UNKNOWN), False, "partial"),
        ({"StartAt": "A", "States": UNKNOWN}, True, "unresolved"),
        ({"StartAt": "A", "States": OpenDict({"A": {}}, UNKNOWN)}, True, "partial"),
        ({"StartAt": "A", "States": OpenDict({}, UNKNOWN)}, True, "unresolved"),
        (OpenDict({"StartAt": "A"}, UNKNOWN), True, "unresolved"),
        ({"StartAt": "A"}, False, "resolved"),
        ({"StartAt": "A", "States": []}, False, "resolved"),
        (machine(A=OneOf("c", ({"Type": "Pass"}, REMOVED))), True, "partial"),
        (machine(**{PartlyKnownKey(Text((Hole(UNKNOWN),))): {}}), True, "partial"),
    ],
)
def test_how_much_is_known(definition: Any, is_open: bool, state: str) -> None:
    workflow = read(definition)
    assert workflow.is_open is is_open
    assert workflow.definition_state == state


def test_a_state_that_is_no_object() -> None:
    for value in (UNKNOWN, 1, [], "Pass"):
        (state,) = read(machine(A=value)).states
        assert not state.is_object
        assert state.body == {}
        assert state.type is None
        assert state.written is value


def test_a_removed_state_is_not_there() -> None:
    assert [state.name for state in read(machine(A=REMOVED, B={"Type": "Pass"})).states] == ["B"]


def test_a_choice_between_states_is_one_state() -> None:
    value = OneOf("c", ({"Type": "Task", "Resource": CALL}, {"Type": "Task", "Resource": UNKNOWN}))
    (task,) = read(machine(A=value)).tasks
    assert isinstance(task, Task)
    assert task.resource == OneOf("c", (CALL, UNKNOWN))


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, False),
        ({"Branches": []}, False),
        ({"Branches": [machine(A={})]}, False),
        ({"Branches": [1]}, False),
        ({"Branches": UNKNOWN}, True),
        ({"Branches": [UNKNOWN]}, True),
        ({"Branches": OpenList([machine(A={})], UNKNOWN)}, True),
        ({"ItemProcessor": UNKNOWN}, True),
        ({"ItemProcessor": machine(A={})}, False),
        ({"Iterator": "text"}, False),
    ],
)
def test_containers_that_could_not_be_read(fields: dict[str, Any], answer: bool) -> None:
    kind = "Parallel" if "Branches" in fields else "Map"
    for state_type in (kind, UNKNOWN):
        state = read(machine(Outer={"Type": state_type, **fields})).states[0]
        assert may_nest_more(state) is answer
    state = read(machine(Outer={"Type": "Pass", **fields})).states[0]
    assert not may_nest_more(state)


def test_fields_that_are_not_known_may_hold_containers() -> None:
    for state_type, answer in (("Parallel", True), ("Map", True), ("Task", False)):
        state = read(machine(Outer=OpenDict({"Type": state_type}, UNKNOWN))).states[0]
        assert may_nest_more(state) is answer


def test_reading_ends() -> None:
    states = {f"S{number}": {"Type": "Pass"} for number in range(MAXIMUM_STATES + 5)}
    assert len(read(machine(**states)).states) == MAXIMUM_STATES
    deep: dict[str, Any] = machine(A={"Type": "Pass"})
    for number in range(2_000):
        deep = machine(**{f"M{number}": {"Type": "Map", "ItemProcessor": deep}})
    assert len(read(deep).states) == 2_001
