"""Whether a role has a permission: policies, managed policies, boundaries, resource policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import (
    Form,
    Policy,
    PolicyAttachment,
    PolicyDocument,
    Resource,
    Role,
    Unread,
)
from stepguard.deployment.values import (
    Hole,
    OneOf,
    OpenList,
    Piece,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.permissions.decisions import Decider, Decision
from stepguard.permissions.grants import grants_of_role
from stepguard.permissions.managed import name_of_managed, statements_of_managed
from stepguard.permissions.needs import Need

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
SEND = Need("sqs:SendMessage", (QUEUE,), "required", "call", ("A",))
OPEN = Unknown("var.x", "not set")


def allow(action: Plain, resource: Plain = "*", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Plain, resource: Plain = "*", **more: Plain) -> dict[str, Plain]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def resource(address: str, kind: str, **attributes: Any) -> Resource:
    return Resource(
        address=address,
        type=kind,
        form=Form.CLOUDFORMATION,
        attributes=traced(attributes),
    )


def traced(value: Any) -> Traced:
    """Make a traced tree of a plain one."""
    if isinstance(value, dict):
        return Traced({key: traced(one) for key, one in value.items()})
    if isinstance(value, list):
        return Traced([traced(one) for one in value])
    return Traced(value)


def text(*parts: str | Unknown | Reference) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


def decide(
    *statements: Plain,
    need: Need = SEND,
    lenient: bool = False,
    others: Sequence[Resource] = (),
    **properties: Any,
) -> Decision:
    """Return what is decided about a need of a role with one policy of these statements."""
    if statements:
        document = Document({"Statement": list(statements)}, None)
        properties["inline"] = [PolicyDocument(name="work", document=document, address="Role")]
    role = Role(address="Role", type="AWS::IAM::Role", form=Form.CLOUDFORMATION, **properties)
    deployment = Deployment("", Form.CLOUDFORMATION, [role, *others])
    return Decider(grants_of_role(role, deployment), deployment, lenient=lenient).decide(need)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("sqs:SendMessage", QUEUE)], True),
        ([allow("sqs:*")], True),
        ([allow(["sns:Publish", "sqs:Send*"], ["arn:aws:s3:::b", QUEUE])], True),
        ([allow("sqs:SendMessage", "arn:aws:sqs:*:*:other")], False),
        ([allow("sqs:ReceiveMessage", QUEUE)], False),
        ([], False),
        # An explicit Deny decides, wherever it stands.
        ([allow("sqs:*"), deny("sqs:Send*")], False),
        ([deny("*", "arn:aws:sqs:*:*:other"), allow("sqs:*")], True),
        ([allow("sqs:*"), deny("sqs:*", OPEN)], None),
        ([allow("sqs:*"), deny("sqs:*", Condition={"Bool": {"aws:x": "true"}})], None),
        ([allow("sqs:*"), deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})], True),
        # What is negated.
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": ["sqs:*"], "Resource": "*"}], False),
        ([{"Effect": "Allow", "NotAction": OPEN, "Resource": "*"}], None),
        ([{"Effect": "Allow", "Action": "sqs:*", "NotResource": "arn:aws:s3:::b"}], True),
        ([{"Effect": "Allow", "Action": "sqs:*", "NotResource": QUEUE}], False),
        ([{"Effect": "Allow", "Action": "sqs:*", "NotResource": "arn:aws:sns"}], None),
        ([allow("sqs:*"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}], False),
        # What is not known.
        ([allow(OPEN)], None),
        ([allow("sqs:*", OPEN)], None),
        ([allow("sns:*", OPEN)], False),
        ([allow(OneOf("c", ("sqs:SendMessage", "sqs:ReceiveMessage")))], None),
        ([allow(OpenList(["sns:Publish"], OPEN))], None),
        ([allow("sqs:*", OpenList(["arn:aws:s3:::b"], OPEN))], None),
        ([{"Effect": OPEN, "Action": "sqs:*", "Resource": "*"}], None),
        ([OPEN], None),
        ([{"Effect": "Allow", "Action": "sqs:*"}], False),
        ([{"Effect": "Allow", "Resource": "*"}], False),
    ],
)
def test_statements(statements: list[Plain], expected: bool | None) -> None:
    assert decide(*statements).is_granted is expected


def test_the_deciding_statement_is_told() -> None:
    decision = decide(allow("s3:*"), allow("sqs:*", Sid="Send"), allow("sns:*"))
    (grant,) = decision.by
    assert grant.statement.path == ("Statement", 1)
    assert (grant.address, grant.policy) == ("Role", "work")
    forbidden = decide(allow("sqs:*"), deny("sqs:*"))
    assert forbidden.is_forbidden
    assert forbidden.reason == "policy 'work' forbids it"
    assert [one.statement.path for one in forbidden.by] == [("Statement", 1)]
    unknown = decide(allow("sqs:*", OPEN, Sid="Some"))
    assert unknown.reason == "whether statement 'Some' of policy 'work' allows it is not known"


def test_every_resource_of_a_need_must_be_allowed() -> None:
    two = Need("sqs:SendMessage", (QUEUE, "arn:aws:sqs:eu-west-1:123456789012:b"), "required", "")
    assert decide(allow("sqs:*", QUEUE), need=two).is_granted is False
    assert decide(allow("sqs:*", ["arn:aws:sqs:*:*:b", QUEUE]), need=two).is_granted is True
    assert decide(allow("sqs:*", [QUEUE, OPEN]), need=two).is_granted is None


def test_of_a_target_of_the_run_time_some_will_do_leniently() -> None:
    need = Need("lambda:InvokeFunction", ("*",), "required", "call", is_dynamic=True)
    statement = allow("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:pay")
    assert decide(statement, need=need).is_granted is None
    assert decide(statement, need=need, lenient=True).is_granted is True
    elsewhere = allow("lambda:*", "arn:aws:s3:::b")
    assert decide(elsewhere, need=need, lenient=True).is_granted is False
    wide = Need("glue:GetJobRun", ("arn:aws:glue:eu-west-1:123456789012:job/*",), "required", "")
    job = allow("glue:GetJobRun", "arn:aws:glue:*:*:job/pack")
    assert decide(job, need=wide).is_granted is None
    assert decide(job, need=wide, lenient=True).is_granted is True


def test_an_account_that_is_written_out_is_the_one_deployed_to_leniently() -> None:
    own = text("arn:aws:sqs:eu-west-1:", Reference("AWS::AccountId"), ":orders")
    need = Need("sqs:SendMessage", (own,), "required", "call")
    assert decide(allow("sqs:*", QUEUE), need=need).is_granted is None
    assert decide(allow("sqs:*", QUEUE), need=need, lenient=True).is_granted is True


@pytest.mark.parametrize(
    ("resources", "expected"),
    [("*", True), ("arn:aws:logs:eu-west-1:123456789012:log-group:x", False)],
)
def test_log_delivery_takes_no_resource(resources: str, expected: bool) -> None:
    need = Need("logs:CreateLogDelivery", ("*",), "required", "feature", feature="logging")
    statement = allow("logs:*", resources)
    assert decide(statement, need=need, lenient=True).is_granted is expected


# Conditions.


def conditioned(**operators: Plain) -> Plain:
    return allow("*", Condition=operators)


PASS = Need(
    "iam:PassRole",
    ("arn:aws:iam::123456789012:role/x",),
    "required",
    "pass-role",
    condition=(("StringEquals", "iam:PassedToService", ("sagemaker.amazonaws.com",)),),
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}, True),
        ({"StringEquals": {"IAM:passedtoservice": "sagemaker.amazonaws.com"}}, True),
        ({"StringLike": {"iam:PassedToService": "sage*"}}, True),
        ({"StringEquals": {"iam:PassedToService": "sage*"}}, False),
        ({"StringEqualsIgnoreCase": {"iam:PassedToService": "SageMaker.amazonaws.com"}}, True),
        ({"StringEquals": {"iam:PassedToService": ["x", "sagemaker.amazonaws.com"]}}, True),
        ({"StringEqualsIfExists": {"iam:PassedToService": "sagemaker.amazonaws.com"}}, True),
        ({"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}, False),
        ({"StringEquals": {"iam:PassedToService": OPEN}}, None),
        ({"StringNotEquals": {"iam:PassedToService": "x"}}, None),
        ({"ForAnyValue:StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}, None),
        ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, None),
        ({"StringEquals": {"aws:ResourceAccount": Reference("AWS::AccountId")}}, True),
        ({"StringEquals": {"aws:ResourceAccount": text(Reference("AWS::AccountId"))}}, True),
        ({"StringEquals": {"aws:ResourceAccount": "123456789012"}}, None),
        ({"StringEquals": {"aws:RequestedRegion": Reference("AWS::Region")}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": OPEN}}, None),
        (
            {
                "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"},
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
            },
            None,
        ),
        (OPEN, None),
    ],
)
def test_conditions(condition: Plain, expected: bool | None) -> None:
    assert decide(allow("*", Condition=condition), need=PASS).is_granted is expected


def test_a_condition_on_what_the_need_does_not_tell() -> None:
    condition = {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}
    need = Need("iam:PassRole", ("arn:aws:iam::123456789012:role/x",), "required", "pass-role")
    assert decide(allow("*", Condition=condition), need=need).is_granted is None


def test_the_encryption_context_of_the_machine() -> None:
    machine = resource("Machine", "AWS::StepFunctions::StateMachine")
    own = Reference("Machine", "Arn")
    key = "kms:EncryptionContext:aws:states:stateMachineArn"
    need = Need(
        "kms:Decrypt",
        (Reference("Key", "Arn"),),
        "required",
        "feature",
        condition=(("StringEquals", key, (own,)),),
    )
    others = [machine, resource("Key", "AWS::KMS::Key"), resource("Other", machine.type)]
    same = allow("kms:Decrypt", Condition={"StringEquals": {key: Reference("Machine")}})
    other = allow("kms:Decrypt", Condition={"StringEquals": {key: Reference("Other", "Arn")}})
    assert decide(same, need=need, others=others).is_granted is True
    assert decide(other, need=need, others=others).is_granted is False


# Managed policies.


def arn_of(name: str, path: str = "") -> Traced:
    return Traced(f"arn:aws:iam::aws:policy/{path}{name}")


@pytest.mark.parametrize(
    ("name", "action", "expected"),
    [
        ("AmazonSQSFullAccess", "sqs:SendMessage", True),
        ("AmazonSQSFullAccess", "sns:Publish", False),
        ("AdministratorAccess", "iam:CreateUser", True),
        ("PowerUserAccess", "sqs:SendMessage", True),
        ("PowerUserAccess", "iam:PassRole", False),
        ("PowerUserAccess", "iam:CreateServiceLinkedRole", True),
        ("ReadOnlyAccess", "sqs:SendMessage", None),
        ("AWSStepFunctionsFullAccess", "states:StartExecution", True),
        ("AWSXrayWriteOnlyAccess", "xray:PutTraceSegments", True),
        ("AWSXRayDaemonWriteAccess", "xray:GetSamplingTargets", True),
        ("CloudWatchLogsFullAccess", "logs:CreateLogDelivery", True),
        ("AmazonS3ReadOnlyAccess", "s3:GetObject", True),
        ("AmazonS3ReadOnlyAccess", "s3:PutObject", False),
        ("AWSLambda_FullAccess", "lambda:InvokeFunction", True),
        ("AWSLambda_FullAccess", "iam:PassRole", None),
        ("AWSLambda_FullAccess", "sqs:SendMessage", False),
        ("NoSuchPolicyOfAws", "sqs:SendMessage", None),
    ],
)
def test_a_policy_of_aws(name: str, action: str, expected: bool | None) -> None:
    need = Need(action, ("*",), "required", "call")
    assert decide(need=need, attached=[arn_of(name)]).is_granted is expected


@pytest.mark.parametrize(
    ("name", "action", "expected"),
    [
        ("AWSLambdaRole", "lambda:InvokeFunction", True),
        ("AWSLambdaRole", "sqs:SendMessage", False),
        ("AWSLambdaBasicExecutionRole", "logs:PutLogEvents", True),
        ("AWSLambdaBasicExecutionRole", "lambda:InvokeFunction", False),
    ],
)
def test_a_service_role_of_aws(name: str, action: str, expected: bool) -> None:
    need = Need(action, ("*",), "required", "call")
    decision = decide(need=need, attached=[arn_of(name, "service-role/")])
    assert decision.is_granted is expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", True),
        ("arn:aws:ecs:*:*:task/*", True),
        ("arn:aws:ecs:*:*:task/c/*", True),
        ("arn:aws:ecs:*:*:*", True),
        ("arn:aws:ecs:eu-west-1:123456789012:task-definition/td:*", False),
        ("arn:aws:ecs:eu-west-1:123456789012:cluster/c", False),
        ("arn:aws:s3:::task/*", False),
    ],
)
def test_an_action_on_everything_is_not_allowed_by_a_resource_of_another_type(
    resource: str, expected: bool
) -> None:
    need = Need("ecs:StopTask", ("*",), "required", "call")
    decision = decide(allow("ecs:StopTask", resource), need=need, lenient=True)
    assert decision.is_granted is expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess"),
        ("arn:aws:iam::aws:policy/service-role/AWSLambdaRole", "AWSLambdaRole"),
        (text("arn:", Reference("AWS::Partition"), ":iam::aws:policy/X"), "X"),
        ("AdministratorAccess", "AdministratorAccess"),
        ("arn:aws:iam::123456789012:policy/own", None),
        ("own", None),
        (OPEN, None),
    ],
)
def test_names_of_managed_policies(policy: Plain, expected: str | None) -> None:
    assert name_of_managed(Traced(policy)) == expected


def test_a_managed_policy_is_known_by_its_shape_only() -> None:
    found = statements_of_managed("AmazonDynamoDBFullAccess")
    assert found is not None
    actions = {one.value for each in found if each.actions for one in each.actions.entries}
    assert "dynamodb:*" in actions
    assert any(one.conditions.unread for one in found)
    assert statements_of_managed("NoSuchPolicyOfAws") is None


def test_a_managed_policy_elsewhere_is_not_read() -> None:
    attached = [Traced("arn:aws:iam::123456789012:policy/own")]
    decision = decide(attached=attached)
    assert decision.is_granted is None
    assert "not part of the project" in decision.reason
    assert decide(allow("sqs:*"), attached=attached).is_granted is True


def policy(address: str, statements: Plain, **more: Any) -> Policy:
    return Policy(
        address=address,
        type="AWS::IAM::ManagedPolicy",
        form=Form.CLOUDFORMATION,
        document=Document({"Statement": statements}, None),
        **more,
    )


def test_policies_that_are_resources_of_their_own() -> None:
    own = policy("Policy", [allow("sqs:*")], roles=[Traced(Reference("Role"))])
    decision = decide(others=[own])
    assert decision.is_granted is True
    assert [one.address for one in decision.by] == ["Policy"]
    managed = policy("Managed", [allow("sqs:*")], managed=True)
    assert decide(others=[managed]).is_granted is False
    attached = decide(others=[managed], attached=[Traced(Reference("Managed"))])
    assert attached.is_granted is True


@pytest.mark.parametrize(
    ("roles", "unread", "expected"),
    [
        ([Traced(Reference("Other"))], [], False),
        ([Traced("other")], [], False),
        ([Traced(OPEN)], [], None),
        ([Traced(text(OPEN, "-role"))], [], None),
        ([], [Unread("its roles are not known")], None),
        ([], [], False),
    ],
)
def test_a_policy_that_may_be_attached(
    roles: list[Traced], unread: list[Unread], expected: bool | None
) -> None:
    other = policy("Policy", [allow("sqs:*")], roles=roles, unread=unread)
    assert decide(others=[other], name=Traced("mine")).is_granted is expected


def test_an_attachment_to_a_role_that_is_not_known() -> None:
    attachment = PolicyAttachment(
        address="Attachment", type="x", form=Form.TERRAFORM, policy=arn_of("AdministratorAccess"),
        roles=[Traced(OPEN)],
    )  # fmt: skip
    decision = decide(others=[attachment], name=Traced("mine"))
    assert decision.is_granted is None
    assert decision.reason == "whether Attachment is attached to the role is not known"


def test_what_of_a_role_was_not_read() -> None:
    assert decide(unread=[Unread("inline policies are elsewhere")]).reason == (
        "inline policies are elsewhere"
    )
    broken = PolicyDocument(name="p", document=Unread("no JSON"), address="Role")
    assert decide(inline=[broken]).reason == "policy 'p' could not be read: no JSON"


# Permissions boundary.


@pytest.mark.parametrize(
    ("boundary", "expected", "leniently"),
    [
        (arn_of("AdministratorAccess"), True, True),
        (arn_of("AmazonSNSFullAccess"), False, False),
        (arn_of("ReadOnlyAccess"), None, None),
        (arn_of("NoSuchPolicyOfAws"), None, True),
        (Traced("arn:aws:iam::123456789012:policy/limit"), None, True),
        (Traced(Reference("Limit")), True, True),
        (Traced(Reference("Narrow")), False, False),
        (Traced(None), True, True),
    ],
)
def test_a_boundary(boundary: Traced, expected: bool | None, leniently: bool | None) -> None:
    others = [
        policy("Limit", [allow(["sqs:*", "sns:*"])], managed=True),
        policy("Narrow", [allow("sns:*")], managed=True),
    ]
    assert decide(allow("sqs:*"), others=others, boundary=boundary).is_granted is expected
    found = decide(allow("sqs:*"), others=others, boundary=boundary, lenient=True)
    assert found.is_granted is leniently


def test_a_boundary_grants_nothing() -> None:
    assert decide(boundary=arn_of("AdministratorAccess")).is_granted is False


# Policies of resources.


def queue_policy(principal: Plain, resource_arn: Plain = QUEUE, **more: Plain) -> Resource:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage",
                 "Resource": resource_arn, **more}  # fmt: skip
    return resource(
        "QueuePolicy",
        "AWS::SQS::QueuePolicy",
        PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
    )


@pytest.mark.parametrize(
    ("principal", "resource_arn", "expected"),
    [
        ({"AWS": Reference("Role", "Arn")}, QUEUE, True),
        ({"AWS": text(Reference("Role", "Arn"))}, QUEUE, True),
        ({"AWS": ["arn:aws:iam::123456789012:role/x", Reference("Role", "Arn")]}, QUEUE, True),
        ("*", QUEUE, True),
        ({"AWS": "*"}, QUEUE, True),
        ({"AWS": Reference("Role", "Arn")}, "*", None),
        ({"AWS": Reference("Role", "Arn")}, "arn:aws:sqs:*:*:other", False),
        ({"AWS": Reference("OtherRole", "Arn")}, QUEUE, False),
        # The account leaves the decision to the role's policies; a service is another principal.
        ({"AWS": "123456789012"}, QUEUE, False),
        ({"AWS": "arn:aws:iam::123456789012:root"}, QUEUE, False),
        ({"Service": "states.amazonaws.com"}, QUEUE, False),
        ({"AWS": OPEN}, QUEUE, None),
        (OPEN, QUEUE, None),
    ],
)
def test_a_policy_of_a_queue(principal: Plain, resource_arn: Plain, expected: bool | None) -> None:
    others = [
        queue_policy(principal, resource_arn),
        Role(address="OtherRole", type="AWS::IAM::Role", form=Form.CLOUDFORMATION),
    ]
    assert decide(others=others).is_granted is expected


def test_a_policy_of_a_queue_with_a_condition() -> None:
    other = queue_policy("*", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}})
    decision = decide(others=[other])
    assert decision.is_granted is None
    assert decision.reason == "the policy of QueuePolicy may allow it"


def test_a_deny_of_the_role_stands_above_a_policy_of_the_resource() -> None:
    other = queue_policy({"AWS": Reference("Role", "Arn")})
    assert decide(deny("sqs:*"), others=[other]).is_granted is False


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (Reference("Role", "Arn"), True),
        ("states.amazonaws.com", False),
        ("123456789012", False),
        ("*", True),
    ],
)
def test_a_permission_of_a_function(principal: Plain, expected: bool) -> None:
    function = "arn:aws:lambda:eu-west-1:123456789012:function:pay"
    permission = resource(
        "Permission",
        "AWS::Lambda::Permission",
        Principal=principal,
        Action="lambda:InvokeFunction",
        FunctionName=function,
    )
    need = Need("lambda:InvokeFunction", (function,), "required", "call")
    assert decide(need=need, others=[permission]).is_granted is expected


def test_a_policy_that_cannot_be_read_may_allow_it() -> None:
    other = resource("aws_sqs_queue_policy.p", "aws_sqs_queue_policy", policy=OPEN)
    assert decide(others=[other]).is_granted is None


def test_a_key_elsewhere_has_a_policy_of_its_own() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    need = Need("kms:Decrypt", (key,), "required", "feature")
    assert decide(need=need).is_granted is None
    own = Need("kms:Decrypt", (Reference("Key", "Arn"),), "required", "feature")
    here = resource("Key", "AWS::KMS::Key")
    assert decide(need=own, others=[here]).is_granted is False
    granting = resource(
        "Key",
        "AWS::KMS::Key",
        KeyPolicy={
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": Reference("Role", "Arn")},
                "Action": "kms:*",
                "Resource": "*",
            }
        },
    )
    assert decide(need=own, others=[granting]).is_granted is True


@pytest.mark.parametrize(
    ("grantee", "operations", "expected"),
    [
        (Reference("Role", "Arn"), ["Encrypt", "Decrypt"], True),
        (Reference("Role", "Arn"), ["Encrypt"], False),
        (Reference("Role", "Arn"), OPEN, None),
        (OPEN, ["Decrypt"], None),
        ("arn:aws:iam::123456789012:role/other", ["Decrypt"], False),
    ],
)
def test_a_grant_of_a_key(grantee: Plain, operations: Plain, expected: bool | None) -> None:
    key = resource("Key", "aws_kms_key")
    grant = resource(
        "Grant",
        "aws_kms_grant",
        key_id=Reference("Key", "key_id"),
        grantee_principal=grantee,
        operations=operations,
    )
    need = Need("kms:Decrypt", (Reference("Key", "arn"),), "required", "data")
    assert decide(need=need, others=[key, grant]).is_granted is expected
