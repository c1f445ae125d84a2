"""Which parameter of a call names its target, and when its value is decided."""

from __future__ import annotations

import pytest

from stepguard.deployment.values import (
    Hole,
    OneOf,
    OpenDict,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
)
from stepguard.permissions.targets import Decided, find_target, is_expression

WRITTEN, RUN_TIME = Decided.IN_THE_DEFINITION, Decided.AT_RUN_TIME
NOT_NAMED, UNKNOWN = Decided.NOT_NAMED, Decided.UNKNOWN
OPEN = Unknown("var.x")


@pytest.mark.parametrize(
    ("parameters", "names", "decided"),
    [
        ({"TableName": "orders", "Item.$": "$"}, {"table"}, WRITTEN),
        ({"TableName.$": "$.table"}, {"table"}, RUN_TIME),
        ({"TableName": "{% $table %}"}, {"table"}, RUN_TIME),
        ({"TableName": Reference("Orders")}, {"TableName"}, WRITTEN),
        ({"TableName": OPEN}, {"TableName"}, WRITTEN),
        ({"TopicArn": "arn:x"}, {"TopicName"}, WRITTEN),
        ({"QueueUrl.$": "$.url"}, {"QueueName"}, RUN_TIME),
        ({"TaskDefinition": "x", "Cluster.$": "$.c"}, {"task-definition"}, WRITTEN),
        ({"ModelId.$": "$.m"}, {"foundation-model"}, RUN_TIME),
        ({"InstanceIds.$": "$.ids"}, {"instance"}, RUN_TIME),
        ({"Name.$": "$.n"}, {"parameter"}, RUN_TIME),
        ({"ResourceArn": "arn:x"}, {"parameter"}, WRITTEN),
        ({"Entries": [{"EventBusName": "bus", "Detail.$": "$"}]}, {"EventBusName"}, WRITTEN),
        ({"Entries": [{"EventBusName.$": "$.b"}]}, {"EventBusName"}, RUN_TIME),
        ({"Entries": [{"Detail.$": "$"}]}, {"EventBusName"}, NOT_NAMED),
        ({"Entries.$": "$.entries"}, {"EventBusName"}, RUN_TIME),
        ({"Bucket": "b", "CopySource.$": "$.from"}, {"BucketName"}, RUN_TIME),
        ({"Text.$": "$.t", "SourceLanguageCode": "en"}, {"terminology"}, RUN_TIME),
        ({"Text": "t", "SourceLanguageCode": "en"}, {"terminology"}, NOT_NAMED),
        ({"Overrides": {"Name.$": "$.n"}}, {"table"}, NOT_NAMED),
        ({"StateMachineArn": "x", "Name.$": "$.n"}, {"StateMachineName"}, WRITTEN),
        (
            {"StateMachineArn": "x", "Input": {"STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"}},
            {"execution", "StateMachineName"},
            WRITTEN,
        ),
        ({"Target": {"Arn": "x", "RoleArn.$": "$.r"}}, {"role", "target"}, RUN_TIME),
        ({}, {"table"}, NOT_NAMED),
        (None, {"table"}, RUN_TIME),
        ("{% $states.input %}", {"table"}, RUN_TIME),
        (OPEN, {"table"}, UNKNOWN),
        (OpenDict({}, OPEN), {"table"}, UNKNOWN),
        (OneOf("C", ({"TableName": "a"}, {"TableName.$": "$"})), {"table"}, RUN_TIME),
    ],
)
def test_when_a_target_is_decided(parameters: Plain, names: set[str], decided: Decided) -> None:
    assert find_target(parameters, names).decided is decided


def test_the_values_that_name_the_target() -> None:
    target = find_target({"TableName": "orders", "Key": {"id": "1"}}, {"table"})
    assert target.values == ("orders",)


def test_without_guessing_only_the_name_counts() -> None:
    parameters = {"Name.$": "$.n", "Target": {"Arn": "x", "RoleArn": "arn:role"}}
    target = find_target(parameters, ("role",), guess=False)
    assert (target.decided, target.values) == (WRITTEN, ("arn:role",))
    assert find_target({"Body.$": "$"}, ("role",), guess=False).decided is NOT_NAMED


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ("{% $x %}", True),
        ("$.x", False),
        (Text((Piece("{% $x & '"), Hole(OPEN), Piece("' %}"))), True),
        (Text((Hole(OPEN), Piece("{% x %}"))), False),
        (7, False),
    ],
)
def test_what_a_jsonata_expression_is(value: Plain, expression: bool) -> None:
    assert is_expression(value) is expression


def test_deep_parameters_end() -> None:
    value: dict[str, Plain] = {}
    for _ in range(500):
        value = {"x": [value]}
    assert find_target(value, {"table"}).decided is NOT_NAMED
