"""Actions that go with others, and how statements are written."""

from __future__ import annotations

import pytest

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, Unknown
from stepguard.permissions.actions import find_action
from stepguard.permissions.companions import Companions
from stepguard.permissions.memory import remembered
from stepguard.permissions.notation import write_resource, write_statement


@pytest.mark.parametrize(
    ("action", "used", "expected"),
    [
        ("s3:GetObjectVersion", ["s3:GetObject"], True),
        ("s3:ListBucket", ["s3:GetObject"], True),
        ("s3:PutObjectAcl", ["s3:PutObject"], True),
        ("s3:PutObjectAcl", ["s3:GetObject"], False),
        ("s3:DeleteObject", ["s3:PutObject"], False),
        ("iam:PassRole", ["ecs:RunTask"], True),
        ("iam:PassRole", ["lambda:InvokeFunction"], False),
        ("batch:TagResource", ["batch:SubmitJob"], True),
        ("batch:TagResource", ["batch:DescribeJobs"], False),
        ("batch:TagResource", ["ecs:RunTask"], False),
        ("sagemaker:AddTags", ["sagemaker:CreateTrainingJob"], True),
        ("kms:Decrypt", ["sqs:SendMessage"], True),
        ("kms:GenerateDataKey*", ["s3:PutObject"], True),
        ("kms:Decrypt", ["ec2:DescribeInstances"], False),
        ("iam:CreateServiceLinkedRole", ["eks:CreateNodegroup"], True),
        ("iam:CreateServiceLinkedRole", ["eks:DescribeCluster"], False),
        ("lambda:InvokeAsync", ["lambda:InvokeFunction"], True),
        ("lambda:InvokeAsync", ["lambda:GetFunction"], False),
        ("states:DescribeExecution", ["states:StartExecution"], True),
        ("xray:GetSamplingStatisticSummaries", ["xray:PutTraceSegments"], True),
        ("dynamodb:Scan", ["dynamodb:Query"], False),
        ("athena:GetPreparedStatement", ["athena:startQueryExecution"], True),
    ],
)
def test_what_goes_with_what(action: str, used: list[str], expected: bool) -> None:
    companions = Companions(used)
    assert companions.may_include(action) is expected
    assert companions.may_include(action.upper()) is expected


def test_the_data_names_actions_that_exist() -> None:
    data = load("companion_actions")
    assert len(data["dependent"]) > 500
    for name, companions in [*data["operations"].items(), *list(data["dependent"].items())[::50]]:
        assert find_action(name) is not None, name
        assert all(find_action(one) is not None for one in companions), companions


QUEUE = Reference("aws_sqs_queue.q", "arn", "aws_sqs_queue.q.arn")
PLACE = Text(
    (
        Piece("arn:"),
        Hole(Reference("AWS::Partition")),
        Piece(":sqs:"),
        Hole(Reference("AWS::Region", "", "AWS::Region")),
        Piece(":"),
        Hole(Reference("AWS::AccountId", "", "local.account")),
        Piece(":"),
        Hole(Unknown("var.name")),
    )
)


@pytest.mark.parametrize(
    ("value", "terraform", "cloudformation"),
    [
        ("*", '"*"', '"*"'),
        (Text((Hole(QUEUE),)), "aws_sqs_queue.q.arn", "!GetAtt aws_sqs_queue.q.arn"),
        (Reference("Topic"), "Topic", "!Ref Topic"),
        (Unknown("Name"), "Name", "!Ref Name"),
        (
            PLACE,
            '"arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.name}:'
            '${local.account}:${var.name}"',
            '!Sub "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${var.name}"',
        ),
    ],
)
def test_resources_are_written(value: Plain, terraform: str, cloudformation: str) -> None:
    assert write_resource(value, Form.TERRAFORM) == terraform
    assert write_resource(value, Form.PLAN) == terraform
    assert write_resource(value, Form.CLOUDFORMATION) == cloudformation
    assert write_resource(value, Form.SAM) == cloudformation


def test_statements_are_written() -> None:
    actions = ["sqs:SendMessage", "sqs:GetQueueUrl"]
    assert write_statement(actions, [Text((Hole(QUEUE),))], Form.TERRAFORM) == (
        '{ Effect = "Allow", Action = ["sqs:SendMessage", "sqs:GetQueueUrl"], '
        "Resource = aws_sqs_queue.q.arn }"
    )
    assert write_statement(actions[:1], ["a", Reference("Q", "Arn")], Form.SAM) == (
        '{Effect: Allow, Action: "sqs:SendMessage", Resource: ["a", !GetAtt Q.Arn]}'
    )


def test_results_are_kept_for_the_last_deployment_only() -> None:
    asked: list[str] = []

    @remembered
    def name(subject: Resource, deployment: Deployment) -> str:
        asked.append(f"{deployment.root} {subject.address}")
        return subject.address

    one, other = (Resource(address=x, type="t", form=Form.SAM) for x in "ab")
    first, second = Deployment("1", Form.SAM), Deployment("2", Form.SAM)
    assert [name(one, first), name(other, first), name(one, first)] == ["a", "b", "a"]
    assert asked == ["1 a", "1 b"]
    name(one, second)
    name(one, first)
    assert asked == ["1 a", "1 b", "2 a", "1 a"]
