"""Policies of resources that let a role act on them, whatever the role's own policies say.

In one account, a resource's policy that names a role allows as much as a policy of the role
(IAM User Guide, "Policy evaluation logic"). One that names a service does not: Step Functions
calls other services as the execution role, and only delivers logs in its own name. A grant on a
key allows what no policy has to (AWS KMS Developer Guide, "Grants in AWS KMS").
"""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document, DocumentError, read_document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols
from stepguard.deployment.iam.principals import Principal
from stepguard.deployment.iam.statements import Statement, read_statements
from stepguard.deployment.resources import Resource, Role
from stepguard.deployment.values import UNREAD, Hole, Plain, Reference, Text, Traced, plain
from stepguard.permissions.identity import arns_of, expand
from stepguard.permissions.matching import matches
from stepguard.permissions.memory import remembered_of_deployment
from stepguard.permissions.names import Names
from stepguard.structs import Struct

_DOCUMENTS: dict[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": ("ResourcePolicy.PolicyDocument",),
    "AWS::ECR::Repository": ("RepositoryPolicyText",),
    "AWS::Events::EventBus": ("Policy",),
    "AWS::Events::EventBusPolicy": ("Statement",),
    "AWS::KMS::Key": ("KeyPolicy",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy",),
    "AWS::ApiGateway::RestApi": ("Policy",),
    "aws_api_gateway_rest_api": ("policy",),
    "aws_api_gateway_rest_api_policy": ("policy",),
    "aws_cloudwatch_event_bus_policy": ("policy",),
    "aws_dynamodb_resource_policy": ("policy",),
    "aws_ecr_repository_policy": ("policy",),
    "aws_kms_key": ("policy",),
    "aws_kms_key_policy": ("policy",),
    "aws_s3_bucket": ("policy",),
    "aws_s3_bucket_policy": ("policy",),
    "aws_secretsmanager_secret": ("policy",),
    "aws_secretsmanager_secret_policy": ("policy",),
    "aws_sns_topic": ("policy",),
    "aws_sns_topic_policy": ("policy",),
    "aws_sqs_queue": ("policy",),
    "aws_sqs_queue_policy": ("policy",),
}
"""Where a type of resource has a policy document: paths of attributes."""

_KEY_GRANT = "aws_kms_grant"

_PERMISSIONS: dict[str, tuple[str, str, str]] = {
    "AWS::Lambda::Permission": ("Principal", "Action", "FunctionName"),
    "aws_lambda_permission": ("principal", "action", "function_name"),
    "AWS::Events::EventBusPolicy": ("Principal", "Action", ""),
    "aws_cloudwatch_event_permission": ("principal", "action", ""),
    _KEY_GRANT: ("grantee_principal", "operations", ""),
}
"""Types that are one statement: the attributes of its principal, action and resource."""


class ResourceGrant(Struct, frozen=True):
    """A statement of a resource's policy, and whether it is certainly about the role."""

    statement: Statement
    address: str
    is_certain: bool


def resource_grants(role: Role, deployment: Deployment) -> Iterator[ResourceGrant]:
    """Yield the statements of resource policies of the project that name a role, or may."""
    statements = _all_statements(deployment)
    if not statements:
        return
    names = Names(deployment)
    own = arns_of(role, deployment)
    for address, statement in statements:
        named = _names(statement, own, deployment, names)
        if named is not False:
            yield ResourceGrant(statement, address, named is True)


_TYPES = _DOCUMENTS.keys() | _PERMISSIONS.keys()


@remembered_of_deployment
def _all_statements(deployment: Deployment) -> list[tuple[str, Statement]]:
    return [
        (_holder(resource), statement)
        for resource in deployment.resources
        if resource.type in _TYPES
        for statement in _statements(resource)
    ]


def _holder(resource: Resource) -> str:
    """Return the address of the resource that a statement is about where it names none."""
    if resource.type == _KEY_GRANT:
        key = resource.attributes.get("key_id")
        if key is not None and isinstance(key.value, Reference):
            return key.value.target
    return resource.address


def _statements(resource: Resource) -> Iterator[Statement]:
    for path in _DOCUMENTS.get(resource.type, ()):
        value: Traced | None = resource.attributes
        for step in path.split("."):
            value = None if value is None else value.get(step)
        if value is None or value.value is None:
            continue
        yield from _of_document(value)
    attributes = _PERMISSIONS.get(resource.type)
    if attributes is not None:
        principal, action, target = (
            resource.attributes.get(one) if one else None for one in attributes
        )
        if principal is not None and action is not None:
            actions = plain(action)
            if resource.type == _KEY_GRANT:
                actions = _actions_of_operations(actions)
            yield _permission(plain(principal), actions, target)


def _actions_of_operations(operations: Plain) -> Plain:
    """Return the actions of a grant's operations, which stand there without their service."""
    if isinstance(operations, list):
        return [f"kms:{one}" if isinstance(one, str) else one for one in operations]
    return operations


def _of_document(value: Traced) -> Iterator[Statement]:
    try:
        document = read_document(value)
    except DocumentError as error:
        # It may say anything, of the role as well.
        yield Statement((), "", None, unread=(error.reason,))
        return
    if isinstance(document.value, dict) and "Effect" in document.value:
        document = Document({"Statement": document.value}, document.span)
    found = read_statements(document)
    yield from found.known
    for reason in found.unread:
        yield Statement((), "", None, unread=(reason,))


def _permission(principal: Plain, action: Plain, target: Traced | None) -> Statement:
    value = {
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": principal},
        "Action": action,
        "Resource": "*" if target is None else plain(target),
    }
    (statement,) = read_statements(Document({"Statement": value}, None)).known
    return statement


def _names(
    statement: Statement, own: list[Symbols], deployment: Deployment, names: Names
) -> bool | None:
    """Tell whether a statement is about the role, as one of its principals."""
    if statement.unread and statement.principals is None:
        return None
    if statement.not_principals is not None:
        return None
    principals = statement.principals
    if principals is None:
        return False
    found = [_is_role(one, own, deployment, names) for one in principals.known]
    if True in found:
        return True
    return None if None in found or principals.unread else False


def _is_role(
    principal: Principal, own: list[Symbols], deployment: Deployment, names: Names
) -> bool | None:
    if principal.kind == "Everyone":
        return True
    if principal.kind != "AWS" or principal.is_whole_account:
        # Naming the account leaves the decision to the policies of the role.
        return False
    value = principal.entry.value
    if isinstance(value, str) and "." in value and not value.startswith("arn:"):
        return False
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Hole):
        value = value.parts[0].value
    given = expand(value, deployment)
    answers = [matches(one, other, names) for one in given for other in own]
    if True in answers:
        return True
    if isinstance(value, UNREAD) and not answers:
        return None
    return None if None in answers else False
