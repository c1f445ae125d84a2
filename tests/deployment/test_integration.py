"""What a task's `Resource` means."""

from __future__ import annotations

from typing import Any

import pytest

from stepguard.deployment.integration import (
    UNKNOWN_INTEGRATION,
    Integration,
    is_unread,
    read_integration,
)
from stepguard.deployment.values import Hole, OneOf, Piece, Reference, Text, Unknown

UNKNOWN = Unknown("var.x")
PARTITION = Reference("AWS::Partition")
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
ACTIVITY = "arn:aws:states:eu-west-1:123456789012:activity:a"


def text(*parts: Any) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


@pytest.mark.parametrize(
    ("resource", "name", "flags"),
    [
        ("arn:aws:states:::lambda:invoke", "lambda:invoke", ""),
        ("arn:aws-cn:states:::sns:publish", "sns:publish", ""),
        ("arn:aws:states:::glue:startJobRun.sync", "glue:startJobRun.sync", "job"),
        ("arn:aws:states:::states:startExecution.sync:2", "states:startExecution.sync:2", "job"),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "sqs:sendMessage.waitForTaskToken",
            "callback",
        ),
        ("arn:aws:states:::aws-sdk:s3:getObject", "aws-sdk:s3:getObject", ""),
        (
            "arn:aws:states:::aws-sdk:lambda:invoke.waitForTaskToken",
            "aws-sdk:lambda:invoke.waitForTaskToken",
            "callback",
        ),
        ("arn:aws:states:eu-west-1:123456789012:lambda:invoke", "lambda:invoke", ""),
        (
            text("arn:", PARTITION, ":states:", UNKNOWN, ":", UNKNOWN, ":aws-sdk:s3:getObject"),
            "aws-sdk:s3:getObject",
            "",
        ),
        ("arn:aws:states:::glue:startJobRun.Sync", "glue:startJobRun.Sync", ""),
        (FUNCTION, "a Lambda function", ""),
        (f"{FUNCTION}:live", "a Lambda function", ""),
        (ACTIVITY, "an activity", "activity"),
        (
            text("arn:", PARTITION, ":states:::ecs:runTask.sync"),
            "ecs:runTask.sync",
            "job",
        ),
        (text("arn:aws:lambda:", UNKNOWN, ":", UNKNOWN, ":function:f"), "a Lambda function", ""),
        (text("arn:aws:states:", UNKNOWN, ":", UNKNOWN, ":activity:a"), "an activity", "activity"),
    ],
)
def test_what_is_called(resource: Any, name: str, flags: str) -> None:
    call = read_integration(resource)
    assert call.name == name
    assert (call.is_job, call.is_callback, call.is_activity) == (
        flags == "job",
        flags == "callback",
        flags == "activity",
    )


@pytest.mark.parametrize(
    "resource",
    [
        None,
        7,
        "",
        "createToken",
        "arn:aws:states:::lambda",
        "arn:aws:states:::aws-sdk:s3",
        "arn:nowhere:states:::lambda:invoke",
        "arn:aws:states:eu-west-1:123456789012:stateMachine:m",
        "arn:aws:states:eu-west-1:123456789012:execution:m:e",
        "arn:aws:lambda:eu-west-1:123456789012:layer:l",
        "arn:aws:sns:eu-west-1:123456789012:topic",
        UNKNOWN,
        PARTITION,
        text(UNKNOWN),
        text("arn:aws:states:::", UNKNOWN, ":invoke"),
        text("arn:aws:states:::lambda:invoke", UNKNOWN),
        text(UNKNOWN, ":states:::lambda:invoke"),
        OneOf("c", (FUNCTION, ACTIVITY)),
        OneOf("c", (FUNCTION, UNKNOWN)),
        OneOf("c", ()),
    ],
)
def test_what_cannot_be_told(resource: Any) -> None:
    assert read_integration(resource) == UNKNOWN_INTEGRATION
    assert read_integration(resource).name == "an unknown resource"


def test_a_choice_that_changes_nothing() -> None:
    both = OneOf("c", (FUNCTION, f"{FUNCTION}:live"))
    assert read_integration(both) == Integration("lambda-arn")


@pytest.mark.parametrize(
    ("resource", "types", "kind"),
    [
        (Reference("aws_lambda_function.f", "arn"), None, "lambda-arn"),
        (Reference("module.a.aws_lambda_alias.f", "arn"), None, "lambda-arn"),
        (Reference("aws_sfn_activity.a", "id"), None, "activity"),
        (Reference("aws_sns_topic.t", "arn"), None, "unknown"),
        (Reference("module.functions", "arn"), {"aws_lambda_function.f": "x"}, "unknown"),
        (Reference("F", "Arn"), {"F": "AWS::Serverless::Function"}, "lambda-arn"),
        (Reference("V"), {"V": "AWS::Lambda::Version"}, "lambda-arn"),
        (Reference("A"), {"A": "AWS::StepFunctions::Activity"}, "activity"),
        (Reference("T"), {"T": "AWS::SNS::Topic"}, "unknown"),
        # A logical id that is not among the resources: SAM makes versions and aliases so.
        (Reference("FAliaslive"), {}, "lambda-arn"),
        (Reference("F", "Arn"), None, "unknown"),
        (text(Reference("F", "Arn")), {"F": "AWS::Lambda::Function"}, "lambda-arn"),
        (text(Reference("F", "Arn"), ":live"), {"F": "AWS::Lambda::Function"}, "lambda-arn"),
        (text(Reference("F", "Arn"), "-x"), {"F": "AWS::Lambda::Function"}, "unknown"),
    ],
)
def test_a_reference_means_what_it_points_at(
    resource: Any, types: dict[str, str] | None, kind: str
) -> None:
    assert read_integration(resource, types).kind == kind


def test_an_unknown_suffix_is_kept() -> None:
    call = read_integration("arn:aws:states:::glue:startJobRun.async")
    assert (call.action, call.suffix, call.pattern) == (
        "startJobRun",
        "async",
        "REQUEST_RESPONSE",
    )


def test_what_was_not_read() -> None:
    assert all(map(is_unread, (UNKNOWN, PARTITION, text("a", UNKNOWN), OneOf("c", ("a",)))))
    assert not any(map(is_unread, ("createToken", None, 7, {})))
