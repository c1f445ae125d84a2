"""SFN114: roles of tasks that stand where Step Functions does not look for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, PolicyDocument, Role, Unread
from stepguard.deployment.values import OneOf, OpenDict, Reference, Traced, Unknown

RULE = "SFN114"
ROLE = "arn:aws:iam::210987654321:role/charge"
UNKNOWN = Unknown("var.x", "it is not set")


def machine(language: str = "JSONPath", **fields: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True, **fields}
    return {"QueryLanguage": language, "StartAt": "A", "States": {"A": task}}


@pytest.mark.parametrize("name", ["RoleArn", "RoleArn.$"])
def test_a_role_beside_the_parameters(judge: Callable[..., Any], name: str) -> None:
    found = judge(RULE, machine(Parameters={"FunctionName": "f"}, **{name: ROLE})).only
    assert found.span is not None
    assert found.span.text == f'"{name}"'
    assert found.state == "A"
    assert "does not run with that role" in found.message
    assert f'"Credentials": {{ "{name}": … }}' in found.suggestion


def test_a_role_of_a_state_that_is_no_task(judge: Callable[..., Any]) -> None:
    definition = machine()
    definition["States"]["A"]["Next"] = "B"
    definition["States"]["B"] = {"Type": "Pass", "RoleArn": ROLE, "End": True}
    assert judge(RULE, definition).only.state == "B"


def test_a_role_of_a_nested_task(judge: Callable[..., Any]) -> None:
    inner = machine(RoleArn=ROLE)
    definition = {
        "StartAt": "Each",
        "States": {"Each": {"Type": "Map", "ItemProcessor": inner, "End": True}},
    }
    found = judge(RULE, definition).only
    assert found.path == ("States", "Each", "ItemProcessor", "States", "A", "RoleArn")


def test_credentials_of_a_state_that_is_no_task(judge: Callable[..., Any]) -> None:
    definition = machine()
    definition["States"]["A"]["Next"] = "B"
    definition["States"]["B"] = {
        "Type": "Map",
        "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}},
        "Credentials": {"RoleArn": ROLE},
        "End": True,
    }
    assert "only a Task state can have" in judge(RULE, definition).only.message


@pytest.mark.parametrize(
    ("language", "field", "name"),
    [("JSONPath", "Parameters", "RoleArn.$"), ("JSONata", "Arguments", "RoleArn")],
)
def test_credentials_among_what_is_passed_to_the_service(
    judge: Callable[..., Any], language: str, field: str, name: str
) -> None:
    found = judge(
        RULE, machine(language, **{field: {"FunctionName": "f", "Credentials": {name: "$.r"}}})
    ).only
    assert f"inside its {field}" in found.message
    assert found.span is not None
    assert found.span.text == '"Credentials"'


@pytest.mark.parametrize(
    ("language", "credentials"),
    [
        ("JSONPath", {}),
        ("JSONPath", None),
        ("JSONPath", "arn:aws:iam::210987654321:role/charge"),
        ("JSONPath", {"Role": ROLE}),
        ("JSONata", {"RoleArn.$": "$.role"}),
    ],
)
def test_credentials_without_a_role(
    judge: Callable[..., Any], language: str, credentials: Any
) -> None:
    found = judge(RULE, machine(language, Credentials=credentials)).only
    assert "names no RoleArn" in found.message


@pytest.mark.parametrize("path", ["$.role", "$$.Execution.Input.role", "States.Format('{}', $.r)"])
def test_a_path_under_the_name_of_an_arn(judge: Callable[..., Any], path: str) -> None:
    found = judge(RULE, machine(Credentials={"RoleArn": path})).only
    assert "is a path" in found.message
    assert "RoleArn.$" in found.suggestion


@pytest.mark.parametrize(
    ("language", "fields"),
    [
        ("JSONPath", {"Credentials": {"RoleArn": ROLE}}),
        ("JSONPath", {"Credentials": {"RoleArn.$": "$.role"}}),
        ("JSONPath", {"Credentials": {"RoleArn.$": "States.Format('{}', $.role)"}}),
        ("JSONata", {"Credentials": {"RoleArn": "{% $states.input.role %}"}}),
        ("JSONata", {"Credentials": "{% $credentials %}"}),
        # SageMaker's own parameter, and one that is called as the field of a task is.
        ("JSONPath", {"Parameters": {"TrainingJobName": "t", "RoleArn": ROLE}}),
        ("JSONata", {"Arguments": {"Target": {"RoleArn": ROLE}}}),
        ("JSONPath", {"Parameters": {"Name": "n", "Credentials": {"SecretArn": "s"}}}),
        ("JSONPath", {}),
    ],
)
def test_what_is_in_its_place(
    judge: Callable[..., Any], language: str, fields: dict[str, Any]
) -> None:
    assert judge(RULE, machine(language, **fields)).passes


def test_a_machine_without_tasks_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE).applies


@pytest.mark.parametrize(
    "value",
    [UNKNOWN, {"RoleArn": UNKNOWN}, {"RoleArn": Reference("aws_iam_role.r", "arn")}],
)
def test_values_that_are_not_known_are_in_their_place(
    judge: Callable[..., Any], value: Any
) -> None:
    assert judge(RULE, Document(machine(Credentials=value), None)).passes


def test_credentials_in_some_cases_only(judge: Callable[..., Any]) -> None:
    value = OneOf("c", ({"RoleArn": ROLE}, {}))
    assert judge(RULE, Document(machine(Credentials=value), None)).violations == []


def test_fields_that_are_not_known(judge: Callable[..., Any]) -> None:
    task = OpenDict({"Type": "Task", "Resource": "r", "End": True}, UNKNOWN)
    definition = {"StartAt": "A", "States": {"A": task}}
    (reason,) = judge(RULE, Document(definition, None)).reasons
    assert reason == "not all fields of 'A' are known: var.x is not known before deployment"


def test_states_that_are_not_known(judge: Callable[..., Any]) -> None:
    definition = {"StartAt": "A", "States": UNKNOWN}
    (reason,) = judge(RULE, Document(definition, None)).reasons
    assert reason == "not all states of the state machine are known"
    (reason,) = judge(RULE, Unread("lost")).reasons
    assert "lost" in reason


def test_a_bare_definition_is_judged(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(RoleArn=ROLE), form=Form.ASL).violations


# Execution roles that may assume every role


CHOSEN: dict[str, Any] = {"Credentials": {"RoleArn.$": "$.role"}}


def execution_role(resource: Any, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    """Return properties for a machine whose role allows one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    policy = PolicyDocument(
        name="assume", document=Document({"Statement": statement}, None), address="Role"
    )
    role = Role(address="Role", type="AWS::IAM::Role", form=Form.CLOUDFORMATION, inline=[policy])
    return {"role": Traced(Reference("Role", "Arn")), "others": [role]}


@pytest.mark.parametrize("resource", ["*", "arn:aws:iam::*:role/*", ["arn:aws:iam::1:role/a", "*"]])
def test_a_chosen_role_that_can_be_every_role(judge: Callable[..., Any], resource: Any) -> None:
    found = judge(RULE, machine(**CHOSEN), **execution_role(resource)).only
    assert found.resource == "Role"
    assert "sts:AssumeRole on" in found.message
    assert "'A' chooses its role" in found.message
    assert [place.span.text for place in found.related] == ['"Credentials"']


def test_a_role_that_an_expression_chooses(judge: Callable[..., Any]) -> None:
    definition = machine("JSONata", Credentials={"RoleArn": "{% $states.input.role %}"})
    assert judge(RULE, definition, **execution_role("*")).only.resource == "Role"


@pytest.mark.parametrize(
    ("credentials", "given"),
    [
        (CHOSEN, execution_role("arn:aws:iam::*:role/tenant-*")),
        (CHOSEN, execution_role("*", "sts:TagSession")),
        (CHOSEN, execution_role("*", Condition={"StringEquals": {"aws:ResourceTag/a": "b"}})),
        ({"Credentials": {"RoleArn": ROLE}}, execution_role("*")),
        ({}, execution_role("*")),
    ],
)
def test_roles_that_are_limited(
    judge: Callable[..., Any], credentials: dict[str, Any], given: dict[str, Any]
) -> None:
    assert judge(RULE, machine(**credentials), **given).passes


def test_roles_that_are_not_known(judge: Callable[..., Any]) -> None:
    judged = judge(RULE, machine(**CHOSEN), **execution_role(UNKNOWN))
    assert judged.violations == []
    assert "its resources: var.x is not known" in judged.reasons[0]
    assert judge(RULE, machine(), **execution_role(UNKNOWN)).passes
