"""Connectors, as resources and as attribute: what they give a state machine's role."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment, RolePolicies
from stepguard.deployment.values import render

Reader = Callable[..., Deployment]

BASE = """
Parameters:
  Unset: {Type: String}
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Queue: {Type: AWS::SQS::Queue}
  Bucket: {Type: AWS::S3::Bucket}
  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}
  Child:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: arn:aws:iam::111122223333:role/child
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
  Flow: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
  Native:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Flow.Arn
      DefinitionString: '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
"""


def connector(source: str, destination: str, permissions: str = "[Write]") -> str:
    return (
        f"{BASE}  Link:\n    Type: AWS::Serverless::Connector\n    Properties:\n"
        f"      Source: {source}\n      Destination: {destination}\n"
        f"      Permissions: {permissions}\n"
    )


def embedded(*lines: str) -> str:
    return BASE + "    Connectors:\n" + "".join(f"      {line}\n" for line in lines)


def policies(deployment: Deployment, role: str = "MachineRole") -> RolePolicies:
    found = next(one for one in deployment.roles if one.address == role)
    return deployment.policies_of(found)


def grants(policies: RolePolicies) -> list[tuple[object, object]]:
    found: list[tuple[object, object]] = []
    for policy in policies.documents:
        assert isinstance(policy.document, Document)
        for statement in render(policy.document.value)["Statement"]:
            found.append((statement["Action"], statement["Resource"]))
    return found


def reasons(policies: RolePolicies) -> list[str]:
    return [one.reason for one in policies.unread]


def test_connector_to_a_function(read: Reader) -> None:
    deployment = read(connector("{Id: Machine}", "{Id: Worker}"))
    assert deployment.errors == []
    found = policies(deployment)
    assert grants(found) == [(["lambda:InvokeAsync", "lambda:InvokeFunction"], ["${Worker.Arn}"])]
    assert [policy.address for policy in found.documents] == ["Link"]
    assert found.state == "full"


def test_statements_stand_at_their_permission(read: Reader) -> None:
    deployment = read(connector("{Id: Machine}", "{Id: Table}", "[Read, Write]"))
    document = policies(deployment).documents[0].document
    assert isinstance(document, Document)
    for number, permission in enumerate(("Read", "Write")):
        place = document.locate(["Statement", number, "Action", 0])
        assert place is not None
        assert place.text == permission


def test_several_destinations(read: Reader) -> None:
    deployment = read(connector("{Id: Machine}", "[{Id: Queue}, {Id: Bucket}]"))
    found = policies(deployment)
    assert [policy.name for policy in found.documents] == [
        "LinkPolicyDestination0",
        "LinkPolicyDestination1",
    ]
    assert grants(found)[0] == (["sqs:SendMessage"], ["${Queue.Arn}"])
    assert grants(found)[1][1] == ["${Bucket.Arn}", "${Bucket.Arn}/*"]


def test_embedded_connector(read: Reader) -> None:
    deployment = read(
        embedded(
            "ToTable: {Properties: {Destination: {Id: Table}, Permissions: [Read]}}",
            "ToQueue: {Properties: {Destination: {Id: Queue}, Permissions: [Write]}}",
        )
    )
    assert deployment.errors == []
    found = policies(deployment)
    assert [policy.name for policy in found.documents] == [
        "MachineToTablePolicy",
        "MachineToQueuePolicy",
    ]
    assert [policy.address for policy in found.documents] == ["Machine", "Machine"]
    assert found.documents[0].span is not None
    assert found.documents[0].span.text == "ToTable"
    assert len(deployment.state_machines) == 3


def test_source_with_a_role_of_the_template(read: Reader) -> None:
    deployment = read(connector("{Id: Native}", "{Id: Worker}"))
    assert len(grants(policies(deployment, "Flow"))) == 1
    assert grants(policies(deployment)) == []


def test_ends_by_type_and_arn(read: Reader) -> None:
    deployment = read(
        connector(
            "{Type: AWS::StepFunctions::StateMachine, RoleName: !Ref Flow}",
            "{Type: AWS::Serverless::Function, Arn: !ImportValue worker}",
        )
    )
    found = policies(deployment, "Flow")
    assert [action for action, _ in grants(found)] == [
        ["lambda:InvokeAsync", "lambda:InvokeFunction"]
    ]
    assert found.state == "partial"


def test_machine_to_machine_needs_read(read: Reader) -> None:
    found = policies(read(connector("{Id: Machine}", "{Id: Child}", "[Read, Write]")))
    assert len(grants(found)) == 5
    assert grants(found)[0][1] == [
        "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${Child.Name}:*"
    ]
    alone = policies(read(connector("{Id: Machine}", "{Id: Child}", "[Write]")))
    assert reasons(alone) == ["connector Link: its Permissions must be Read or Read and Write"]


def test_connector_between_others_gives_the_machine_nothing(read: Reader) -> None:
    deployment = read(connector("{Id: Worker}", "{Id: Machine}", "[Read]"))
    assert deployment.errors == []
    assert policies(deployment).documents == []
    assert policies(deployment).unread == []


@pytest.mark.parametrize(
    ("destination", "permissions", "reason"),
    [
        ("{Id: Missing}", "[Write]", "there is no resource Missing"),
        ("{Id: !Ref Unset}", "[Write]", "one of its ends: Unset is not known: "),
        ("{Id: [Table]}", "[Write]", "one of its ends: it has a form that CloudFormation"),
        ("{Arn: 'arn:aws:sns:eu-west-1:1:t'}", "[Write]", "one of its ends has no Type"),
        ("{Id: Flow}", "[Write]", "SAM has no connector from AWS::StepFunctions::StateMachine to"),
        ("{Id: Queue}", "[Read]", "Read is no permission from"),
        ("{Id: Queue}", "[]", "it has no Permissions"),
        ("{Id: Queue}", "[!Ref Unset]", "one of its Permissions: Unset is not known"),
        ("{Id: Queue}", "!Ref Unset", "Unset is not known"),
        ("{Id: Queue}", "[7]", "one of its Permissions: it has a form"),
        ("{Type: AWS::SQS::Queue}", "[Write]", "DestinationArn is not given"),
        ("7", "[Write]", "one of its ends: it has a form"),
        ("{Type: {Ref: Unset}, Arn: x}", "[Write]", "one of its ends has no Type that is known"),
    ],
)
def test_what_cannot_be_computed_is_a_reason_on_the_role(
    read: Reader, destination: str, permissions: str, reason: str
) -> None:
    deployment = read(connector("{Id: Machine}", destination, permissions))
    found = policies(deployment)
    assert len(found.unread) == 1
    assert found.unread[0].reason.startswith(f"connector Link: {reason}")
    assert found.unread[0].span is not None
    assert deployment.errors == []


def test_one_bad_destination_leaves_the_other(read: Reader) -> None:
    found = policies(read(connector("{Id: Machine}", "[{Id: Missing}, {Id: Queue}]")))
    assert reasons(found) == ["connector Link: there is no resource Missing"]
    assert len(found.documents) == 1
    assert found.state == "partial"


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("{Id: Missing}", "{Id: 7}"),
        ("7", "7"),
        ("{Id: Child}", "{Id: Queue}"),
        ("{Type: AWS::StepFunctions::StateMachine}", "{Id: Queue}"),
    ],
)
def test_connector_for_no_role_that_is_known_is_an_error(
    read: Reader, source: str, destination: str
) -> None:
    deployment = read(connector(source, destination))
    assert len(deployment.errors) == 1
    assert deployment.errors[0].message.startswith("connector Link: ")
    assert deployment.errors[0].span is not None


@pytest.mark.parametrize("attribute", ["7", "[]", "{ToTable: 7}", "{ToTable: {Properties: 7}}"])
def test_odd_attribute_is_not_passed_over(read: Reader, attribute: str) -> None:
    deployment = read(f"{BASE}    Connectors: {attribute}\n")
    assert deployment.errors or policies(deployment).unread


def test_role_of_an_event_rule_that_a_machine_shares(read: Reader) -> None:
    deployment = read(
        connector("{Id: Rule}", "{Id: Native}")
        + """\
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Targets:
        - {Id: a, Arn: !GetAtt Queue.Arn, RoleArn: !GetAtt Other.Arn}
        - {Id: b, Arn: !Ref Native, RoleArn: !GetAtt Flow.Arn}
"""
    )
    assert grants(policies(deployment, "Flow")) == [(["states:StartExecution"], ["${Native}"])]


def test_too_many_connectors_are_an_error_and_not_a_hang(read: Reader) -> None:
    destinations = ", ".join(["{Id: Queue}"] * 2500)
    deployment = read(connector("{Id: Machine}", f"[{destinations}]"))
    assert len(policies(deployment).documents) == 2000
    assert [error.message for error in deployment.errors] == [
        "it has too many connectors: the rest is not read"
    ]
