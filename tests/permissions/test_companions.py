"""Actions that go with others."""

from __future__ import annotations

import pytest

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource
from stepguard.permissions.actions import find_action
from stepguard.permissions.companions import Companions
from stepguard.permissions.memory import remembered


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
        ("iam:CreateServiceLinkedRole", ["fis:StartExperiment"], True),
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
