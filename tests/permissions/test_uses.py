"""What state machines use a role for."""

from __future__ import annotations

from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Logging, Role, StateMachine, Unread
from stepguard.deployment.values import (
    Hole,
    OpenDict,
    Piece,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.permissions.actions import find_action
from stepguard.permissions.targets import Decided
from stepguard.permissions.uses import Use, Uses, uses_of_role

WRITTEN, RUN_TIME = Decided.IN_THE_DEFINITION, Decided.AT_RUN_TIME
ROLE = Role(address="Role", type="AWS::IAM::Role", form=Form.CLOUDFORMATION)


def machine(definition: Any, **more: Any) -> StateMachine:
    more.setdefault("role", Traced(Reference("Role", "Arn")))
    read = definition if isinstance(definition, Unread) else Document(definition, None)
    return StateMachine(
        address="Machine", type="x", form=Form.CLOUDFORMATION, definition=read, **more
    )


def uses_of(*machines: StateMachine) -> Uses:
    return uses_of_role(ROLE, Deployment("t", Form.CLOUDFORMATION, [ROLE, *machines]))


def task(resource: Plain, parameters: Plain = None, **more: Plain) -> dict[str, Plain]:
    state = {"Type": "Task", "Resource": resource, "End": True, **more}
    if parameters is not None:
        state["Parameters"] = parameters
    return {"StartAt": "A", "States": {"A": state}}


def found(uses: Uses, action: str) -> list[Use]:
    known = find_action(action)
    assert known is not None
    return uses.of(known)


def decided(uses: Uses, action: str) -> list[Decided]:
    return [one.target.decided for one in found(uses, action)]


def test_an_integration_takes_the_actions_that_aws_documents() -> None:
    uses = uses_of(
        machine(task("arn:aws:states:::ecs:runTask.sync", {"TaskDefinition": Reference("Td")}))
    )
    assert uses.machines == 1
    assert (uses.unread, uses.unread_services) == ([], {})
    assert decided(uses, "ecs:RunTask") == [WRITTEN]
    assert found(uses, "ecs:RunTask")[0].target.values == (Reference("Td"),)
    (stop,) = found(uses, "ecs:StopTask")
    assert [one.name for one in stop.wide_types] == ["task"]
    assert len(found(uses, "events:PutRule")) == 1


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"TopicArn": "arn:x", "Message.$": "$"}, WRITTEN),
        ({"TopicArn.$": "$.topic"}, RUN_TIME),
        ({"PhoneNumber": "+31612345678"}, RUN_TIME),
        ({"TargetArn.$": "$.t"}, RUN_TIME),
    ],
)
def test_a_target_is_written_or_chosen_at_run_time(
    parameters: dict[str, Plain], expected: Decided
) -> None:
    uses = uses_of(machine(task("arn:aws:states:::sns:publish", parameters)))
    assert decided(uses, "sns:Publish") == [expected]


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:lambda:eu-west-1:123456789012:function:pay",
        Reference("Pay", "Arn"),
        Text((Hole(Unknown("PayArn")),)),
        Text((Hole(Unknown("PayArn")), Piece(":live"))),
        Unknown("var.pay_arn"),
    ],
)
def test_a_resource_given_as_a_whole_is_a_function(resource: Plain) -> None:
    uses = uses_of(machine(task(resource)))
    assert uses.unread == []
    assert decided(uses, "lambda:InvokeFunction") == [WRITTEN]


@pytest.mark.parametrize(
    "resource",
    [
        Text((Piece("arn:aws:states:::"), Hole(Unknown("var.service")), Piece(":publish"))),
        "arn:aws:states:::dynamodb:query",
        "arn:aws:states:::aws-sdk:nosuchservice:doIt",
        "something",
    ],
)
def test_a_call_that_is_not_known_leaves_everything_open(resource: Plain) -> None:
    uses = uses_of(machine(task(resource)))
    assert len(uses.unread) == 1
    assert "'A'" in uses.unread[0]
    action = find_action("s3:GetObject")
    assert action is not None
    assert uses.why_open(action) == uses.unread[0]


def test_an_operation_that_is_not_known_leaves_its_service_open() -> None:
    uses = uses_of(machine(task("arn:aws:states:::aws-sdk:sqs:doSomethingNew", {})))
    assert uses.unread == []
    queue, item = find_action("sqs:SendMessage"), find_action("dynamodb:PutItem")
    assert queue is not None
    assert item is not None
    assert "doSomethingNew" in (uses.why_open(queue) or "")
    assert uses.why_open(item) is None


@pytest.mark.parametrize(
    ("call", "parameters", "action", "expected"),
    [
        ("s3:getObject", {"Bucket": "b", "Key.$": "$.k"}, "s3:GetObject", WRITTEN),
        ("s3:getObject", {"Bucket.$": "$.b", "Key": "k"}, "s3:GetObject", RUN_TIME),
        ("s3:listObjectsV2", {"Bucket.$": "$.b"}, "s3:ListBucket", RUN_TIME),
        ("s3:getObjectAttributes", {"Bucket.$": "$.b"}, "s3:GetObjectAttributes", RUN_TIME),
        ("sfn:startSyncExecution", {"StateMachineArn": "x"}, "states:StartSyncExecution", WRITTEN),
        ("scheduler:createSchedule", {"Name": "n", "Target.$": "$.t"}, "iam:PassRole", RUN_TIME),
        ("glue:createJob", {"Name": "n", "Role": "arn:role"}, "iam:PassRole", WRITTEN),
        ("bedrockruntime:converse", {"ModelId.$": "$.m"}, "bedrock:InvokeModel", RUN_TIME),
    ],
)
def test_operations_of_the_sdk(
    call: str, parameters: dict[str, Plain], action: str, expected: Decided
) -> None:
    uses = uses_of(machine(task(f"arn:aws:states:::aws-sdk:{call}", parameters)))
    assert decided(uses, action) == [expected]


def test_an_operation_that_passes_no_role_on_uses_none() -> None:
    call = task("arn:aws:states:::aws-sdk:s3:putObject", {"Bucket": "b", "Body.$": "$"})
    assert found(uses_of(machine(call)), "iam:PassRole") == []


def test_credentials_move_the_call_to_another_role() -> None:
    definition = task(
        "arn:aws:states:::dynamodb:putItem",
        {"TableName.$": "$.t"},
        Credentials={"RoleArn.$": "$.role"},
    )
    uses = uses_of(machine(definition))
    assert found(uses, "dynamodb:PutItem") == []
    assert decided(uses, "sts:AssumeRole") == [RUN_TIME]


def test_a_distributed_map_and_its_data() -> None:
    definition = {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "End": True,
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "Parameters": {"Bucket": "in", "Key.$": "$.k"},
                },
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Parameters": {"Bucket.$": "$.b"},
                },
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED"},
                    "StartAt": "P",
                    "States": {"P": {"Type": "Pass", "End": True}},
                },
            }
        },
    }
    uses = uses_of(machine(definition))
    assert decided(uses, "states:StartExecution") == [WRITTEN]
    assert decided(uses, "s3:GetObject") == [WRITTEN, RUN_TIME]
    assert decided(uses, "s3:PutObject") == [RUN_TIME]


@pytest.mark.parametrize(
    ("logging", "expected"),
    [
        (None, []),
        (Logging(level=Traced("OFF"), include_execution_data=None, destinations=[]), []),
        (
            Logging(level=Traced("ERROR"), include_execution_data=None, destinations=[]),
            [Decided.NOT_NAMED],
        ),
        (
            Logging(level=Traced(Unknown("l")), include_execution_data=None, destinations=[]),
            [Decided.UNKNOWN],
        ),
        (Unread("lost"), [Decided.UNKNOWN]),
    ],
)
def test_logging(logging: Logging | Unread | None, expected: list[Decided]) -> None:
    uses = uses_of(machine({"StartAt": "A", "States": {}}, logging=logging))
    assert decided(uses, "logs:PutLogEvents") == expected


@pytest.mark.parametrize(
    ("tracing", "expected"),
    [(None, 0), (Traced(False), 0), (Traced("true"), 1), (Traced(Unknown("t")), 1)],
)
def test_tracing(tracing: Traced | None, expected: int) -> None:
    uses = uses_of(machine({"StartAt": "A", "States": {}}, tracing=tracing))
    assert len(found(uses, "xray:PutTraceSegments")) == expected


def test_what_was_not_read_says_why() -> None:
    unread = uses_of(machine(Unread("no such file")))
    assert unread.machines == 1
    assert unread.unread == ["the definition could not be read: no such file"]
    open_states = OpenDict({}, Unknown("local.states"))
    assert uses_of(machine({"StartAt": "A", "States": open_states})).unread == [
        "not all states of Machine are known"
    ]


def test_a_machine_whose_role_is_not_known_may_use_any() -> None:
    uses = uses_of(machine({"States": {}}, role=Traced(Unknown("var.role"))))
    assert uses.machines == 0
    assert uses.unread == ["the role of state machine Machine is not known"]
    elsewhere = Traced("arn:aws:iam::123456789012:role/other")
    assert uses_of(machine({"States": {}}, role=elsewhere)).unread == []
