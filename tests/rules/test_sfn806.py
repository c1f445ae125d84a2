"""SFN806: task tokens that are written where they can be read at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Resource, Unread
from stepguard.deployment.values import OneOf, Reference, Traced, Unknown

RULE = "SFN806"
UNKNOWN = Unknown("var.x", "it is not set")
QUEUE = Reference("aws_sqs_queue.q", "url")
TOPIC = Reference("aws_sns_topic.t", "arn")
TOKEN = {"Token.$": "$$.Task.Token"}


def resource(address: str, **attributes: Any) -> Resource:
    return Resource(
        address=address,
        type=address.split(".")[0],
        form=Form.TERRAFORM,
        attributes=Traced({name: Traced(value) for name, value in attributes.items()}),
    )


def machine(service: str, **parameters: Any) -> Document:
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{service}",
        "Parameters": parameters,
        "End": True,
    }
    return Document({"StartAt": "A", "States": {"A": task}}, None)


SENT = machine("sqs:sendMessage.waitForTaskToken", QueueUrl=QUEUE, MessageBody=TOKEN)
PUBLISHED = machine("sns:publish.waitForTaskToken", TopicArn=TOPIC, Message=TOKEN)
LOGGED = machine("aws-sdk:cloudwatchlogs:putLogEvents", LogEvents=[TOKEN])


def test_a_queue_without_encryption(judge: Callable[..., Any]) -> None:
    queue = resource("aws_sqs_queue.q", sqs_managed_sse_enabled=False)
    found = judge(RULE, SENT, others=[queue]).only
    assert found.message.startswith(
        "'A' writes its task token to queue aws_sqs_queue.q, whose encryption is switched off: "
    )
    assert found.suggestion == "sqs_managed_sse_enabled = true in the queue"
    assert found.path == ("States", "A", "Parameters", "MessageBody", "Token.$")
    assert len(found.related) == 1


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"sqs_managed_sse_enabled": True},
        {"kms_master_key_id": "alias/own", "sqs_managed_sse_enabled": False},
        {"kms_master_key_id": UNKNOWN, "sqs_managed_sse_enabled": False},
    ],
)
def test_a_queue_with_encryption(judge: Callable[..., Any], attributes: dict[str, Any]) -> None:
    assert judge(RULE, SENT, others=[resource("aws_sqs_queue.q", **attributes)]).passes


def test_a_topic_is_encrypted_only_with_a_key(judge: Callable[..., Any]) -> None:
    assert judge(RULE, PUBLISHED, others=[resource("aws_sns_topic.t")]).violations
    keyed = resource("aws_sns_topic.t", kms_master_key_id="alias/aws/sns")
    assert judge(RULE, PUBLISHED, others=[keyed]).passes


def test_a_log(judge: Callable[..., Any]) -> None:
    found = judge(RULE, LOGGED).only
    assert found.message.startswith("'A' writes its task token to a log: ")


def test_what_is_not_concerned(judge: Callable[..., Any]) -> None:
    queue = resource("aws_sqs_queue.q", sqs_managed_sse_enabled=False)
    plain = machine("sqs:sendMessage", QueueUrl=QUEUE, MessageBody={"Text": "hello"})
    assert not judge(RULE, plain, others=[queue]).applies
    assert not judge(RULE, SENT).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    queue = resource("aws_sqs_queue.q", sqs_managed_sse_enabled=UNKNOWN)
    assert judge(RULE, SENT, others=[queue]).reasons == [
        "the encryption of aws_sqs_queue.q var.x is not known before deployment"
    ]
    key = Traced(OneOf("c", (Traced("alias/own"), Traced(""))))
    topic = resource("aws_sns_topic.t", kms_master_key_id=key.value)
    assert judge(RULE, PUBLISHED, others=[topic]).reasons == [
        "the key of aws_sns_topic.t depends on condition c"
    ]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
