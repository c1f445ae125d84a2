"""The property `Policies`, and the role that SAM makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam import is_step_functions_role
from stepguard.deployment.resources import Role, Unread
from stepguard.deployment.values import Plain, Reference, plain, render

Reader = Callable[..., Deployment]

MACHINE = """
Parameters:
  Stage: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Own:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Action: sns:Publish, Resource: '*'}]}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
"""


LACKS_BUCKET = "policy template S3ReadPolicy lacks its parameter BucketName"


def with_policies(policies: str) -> str:
    """Return the template with a value for `Policies`, which is indented by six spaces."""
    return MACHINE + "      Policies:" + policies


def role_of(deployment: Deployment) -> Role:
    """Return the only role, the execution role of the only machine."""
    machine = deployment.state_machines[0]
    assert deployment.errors == []
    assert deployment.roles_of(machine) == deployment.roles
    return deployment.roles[0]


def statements(role: Role) -> list[Plain]:
    """Return every statement of a role's documents, rendered."""
    found: list[Plain] = []
    for policy in role.inline:
        assert isinstance(policy.document, Document)
        found.extend(render(policy.document.value)["Statement"])
    return found


def reasons(role: Role) -> list[str]:
    return [unread.reason for unread in role.unread]


def test_policy_template_with_a_reference(read: Reader) -> None:
    role = role_of(read(with_policies(" [DynamoDBReadPolicy: {TableName: !Ref Table}]")))
    assert len(statements(role)) == 1
    assert statements(role)[0]["Resource"] == [
        "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Table}",
        "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Table}/index/*",
    ]
    document = role.inline[0].document
    assert isinstance(document, Document)
    resource = document.value["Statement"][0]["Resource"][0]
    assert Reference("Table") in resource.holes
    assert Reference("AWS::AccountId") in resource.holes
    assert document.is_complete


def test_policy_template_without_parameters(read: Reader) -> None:
    role = role_of(read(with_policies(" [CloudWatchPutMetricPolicy: {}]")))
    assert statements(role) == [
        {"Effect": "Allow", "Action": ["cloudwatch:PutMetricData"], "Resource": "*"}
    ]


def test_parameter_of_a_template_parameters_own_name(read: Reader) -> None:
    text = with_policies(" [DynamoDBReadPolicy: {TableName: !Sub 'x-${TableName}'}]")
    text = text.replace("Stage: {Type: String}", "TableName: {Type: String, Default: orders}", 1)
    text = text.replace("!Ref Stage", "!Ref TableName")
    role = role_of(read(text))
    assert statements(role)[0]["Resource"][0].endswith(":table/x-orders")


def test_whole_resource_given_by_the_parameter(read: Reader) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf"
    role = role_of(
        read(with_policies(f" [AWSSecretsManagerGetSecretValuePolicy: {{SecretArn: '{arn}'}}]"))
    )
    assert statements(role)[0]["Resource"] == arn


def test_single_policy_needs_no_list(read: Reader) -> None:
    role = role_of(read(with_policies(" {SQSSendMessagePolicy: {QueueName: q}}")))
    assert statements(role)[0]["Action"] == ["sqs:SendMessage*"]
    role = role_of(read(with_policies(" AWSLambdaRole")))
    assert [render(plain(one)) for one in role.attached] == [
        "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaRole"
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("AWSLambdaRole", "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaRole"),
        (
            "service-role/AWSLambdaRole",
            "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaRole",
        ),
        ("AmazonS3ReadOnlyAccess", "arn:${AWS::Partition}:iam::aws:policy/AmazonS3ReadOnlyAccess"),
        (
            "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        ),
        ("job-function/AWSLambdaRole", "job-function/AWSLambdaRole"),
        ("OurOwnPolicy", "OurOwnPolicy"),
        (
            "!Sub 'arn:${AWS::Partition}:iam::aws:policy/AWSLambdaExecute'",
            "arn:${AWS::Partition}:iam::aws:policy/AWSLambdaExecute",
        ),
    ],
)
def test_managed_policy(read: Reader, given: str, expected: str) -> None:
    role = role_of(read(with_policies(f"\n        - {given}\n")))
    assert [render(plain(one)) for one in role.attached] == [expected]
    assert role.unread == []


def test_managed_policy_of_the_template(read: Reader) -> None:
    deployment = read(with_policies(" [!Ref Own]"))
    policies = deployment.policies_of(role_of(deployment))
    assert [policy.address for policy in policies.documents] == ["Own"]
    assert policies.state == "full"


def test_same_managed_policy_twice_counts_once(read: Reader) -> None:
    role = role_of(read(with_policies(" [AWSLambdaRole, AWSLambdaRole]")))
    assert len(role.attached) == 1


def test_document_and_its_places(read: Reader) -> None:
    deployment = read(
        with_policies(
            """
        - Version: '2012-10-17'
          Statement:
            - Effect: Allow
              Action: 'dynamodb:*'
              Resource: !GetAtt Table.Arn
"""
        )
    )
    role = role_of(deployment)
    policy = role.inline[0]
    document = policy.document
    assert isinstance(document, Document)
    assert document.value["Statement"][0]["Resource"] == Reference("Table", "Arn")
    place = document.locate(["Statement", 0, "Action"])
    assert place is not None
    assert place.file.line(place.line) == "              Action: 'dynamodb:*'"
    assert policy.name == "MachineRolePolicy0"
    assert policy.address == "Machine"


def test_statement_of_a_policy_template_stands_at_its_name(read: Reader) -> None:
    text = with_policies("\n        - S3CrudPolicy:\n            BucketName: photos\n")
    role = role_of(read(text))
    document = role.inline[0].document
    assert isinstance(document, Document)
    for path in (["Statement"], ["Statement", 0], ["Statement", 0, "Action", 0]):
        place = document.locate(path)
        assert place is not None
        assert place.text == "S3CrudPolicy"
    resource = document.locate(["Statement", 0, "Resource"])
    assert resource is not None
    assert resource.text == "S3CrudPolicy"
    key = document.locate(["Statement", 0, "Action"], key=True)
    assert key is not None
    assert key.text == "S3CrudPolicy"


def test_open_condition_keeps_both_ways(read: Reader) -> None:
    role = role_of(
        read(
            with_policies(
                """
        - !If [IsProd, {SNSPublishMessagePolicy: {TopicName: t}}, !Ref AWS::NoValue]
        - !If [IsProd, AWSLambdaRole, AmazonSQSFullAccess]
        - Fn::If:
            - IsProd
            - Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]
            - Statement: [{Effect: Allow, Action: 's3:PutObject', Resource: '*'}]
"""
            )
        )
    )
    actions = [statement["Action"] for statement in statements(role)]
    assert actions == [["sns:Publish"], "s3:GetObject", "s3:PutObject"]
    assert len(role.attached) == 2
    assert role.unread == []


def test_whole_list_under_a_condition(read: Reader) -> None:
    role = role_of(
        read(with_policies(" !If [IsProd, [AWSLambdaRole], [{S3ReadPolicy: {BucketName: b}}]]"))
    )
    assert len(role.attached) == 1
    assert len(role.inline) == 1


def test_parameter_under_a_condition(read: Reader) -> None:
    role = role_of(
        read(with_policies(" [LambdaInvokePolicy: {FunctionName: !If [IsProd, live, test]}]"))
    )
    document = role.inline[0].document
    assert isinstance(document, Document)
    resource = document.value["Statement"][0]["Resource"]
    names = sorted(str(render(one)).rpartition(":")[2] for one in resource.alternatives)
    assert names == ["live*", "test*"]


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        (" [S3ReadPolicy: {}]", LACKS_BUCKET),
        (" [S3ReadPolicy: ]", LACKS_BUCKET),
        (" [S3ReadPolicy: {Bucket: b}]", LACKS_BUCKET),
        (" [S3ReadPolicy: {BucketName: }]", LACKS_BUCKET),
        (" [S3ReadPolicy: b]", "the parameters of S3ReadPolicy are not known: "),
        (" [NoSuchPolicy: {BucketName: b}]", "NoSuchPolicy is no policy template of SAM"),
        (
            " [{S3ReadPolicy: {BucketName: b}, S3WritePolicy: {BucketName: b}}]",
            "policy 1 of Policies is neither one policy template nor a document",
        ),
        (
            " [AWSLambdaRole, {Effect: Allow, Action: 's3:*', Resource: '*'}]",
            "policy 2 of Policies is neither one policy template nor a document",
        ),
        (" [[AWSLambdaRole]]", "policy 1 of Policies is no policy"),
        (" [7]", "policy 1 of Policies is no policy"),
    ],
)
def test_what_is_no_policy_is_not_passed_over(read: Reader, policies: str, reason: str) -> None:
    deployment = read(with_policies(policies))
    role = role_of(deployment)
    assert reasons(role)[0].startswith(reason)
    assert role.unread[0].span is not None
    assert deployment.policies_of(role).state != "full"


def test_unknown_policy_is_unread(read: Reader) -> None:
    deployment = read(with_policies(" [!Ref Stage, !ImportValue shared-policy]"))
    policies = deployment.policies_of(role_of(deployment))
    assert len(policies.unread) == 2
    assert policies.state == "none"


def test_machine_without_policies_has_a_role_that_may_do_nothing(read: Reader) -> None:
    deployment = read(MACHINE)
    role = role_of(deployment)
    policies = deployment.policies_of(role)
    assert (policies.documents, policies.managed, policies.unread) == ([], [], [])
    assert role.generated
    assert role.address == "MachineRole"
    assert role.span is not None
    assert role.span.text == "Machine"
    assert isinstance(role.trust, Document)
    assert role.trust.value["Statement"][0]["Principal"] == {"Service": ["states.amazonaws.com"]}


def test_documents_of_any_other_form_are_unread(read: Reader) -> None:
    role = role_of(read(with_policies(" [{Statement: !ImportValue statements}]")))
    document = role.inline[0].document
    assert isinstance(document, Document)
    assert not document.is_complete
    assert not isinstance(document, Unread)


FUNCTION = """
Resources:
  Starter:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Policies:
        - AWSStepFunctionsReadOnlyAccess
        - StepFunctionsExecutionPolicy: {StateMachineName: orders}
        - Statement: [{Effect: Allow, Action: 'states:StopExecution', Resource: '*'}]
  Other: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}
  Given:
    Type: AWS::Serverless::Function
    Properties: {Role: 'arn:aws:iam::123456789012:role/given', Policies: AWSLambdaExecute}
"""


def test_a_function_with_policies_has_a_role(read: Reader) -> None:
    deployment = read(FUNCTION)
    (role,) = deployment.roles
    assert (role.address, role.generated) == ("StarterRole", False)
    assert not is_step_functions_role(role, deployment)
    assert role.unread == []
    assert [one.address for one in role.inline] == ["Starter", "Starter"]
    actions = [one["Action"] for one in statements(role)]  # type: ignore[index, call-overload]
    assert actions == [["states:StartExecution"], "states:StopExecution"]
    assert len(role.attached) == 1
