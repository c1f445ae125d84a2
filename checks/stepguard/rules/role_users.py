"""Who else has a role: functions, containers, event rules, jobs, and whom it lets in."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.principals import STEP_FUNCTIONS
from stepguard.deployment.iam.trust import lets_anyone_in, trust_of
from stepguard.deployment.resources import Resource, Role
from stepguard.deployment.values import OneOf, Traced
from stepguard.rules.grants import shown
from stepguard.rules.once import once
from stepguard.structs import Struct

_ROLES: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Method": ("Integration.Credentials",),
    "AWS::ApiGatewayV2::Integration": ("CredentialsArn",),
    "AWS::AppSync::DataSource": ("ServiceRoleArn",),
    "AWS::CodeBuild::Project": ("ServiceRole",),
    "AWS::CodePipeline::Pipeline": ("RoleArn",),
    "AWS::ECS::TaskDefinition": ("TaskRoleArn", "ExecutionRoleArn"),
    "AWS::Events::Rule": ("RoleArn", "Targets.RoleArn"),
    "AWS::Glue::Crawler": ("Role",),
    "AWS::Glue::Job": ("Role",),
    "AWS::IAM::InstanceProfile": ("Roles",),
    "AWS::IoT::TopicRule": ("TopicRulePayload.Actions.StepFunctions.RoleArn",),
    "AWS::KinesisFirehose::DeliveryStream": ("ExtendedS3DestinationConfiguration.RoleARN",),
    "AWS::Lambda::Function": ("Role",),
    "AWS::Pipes::Pipe": ("RoleArn",),
    "AWS::SageMaker::Model": ("ExecutionRoleArn",),
    "AWS::SageMaker::NotebookInstance": ("RoleArn",),
    "AWS::Scheduler::Schedule": ("Target.RoleArn",),
    "AWS::Serverless::Function": ("Role",),
    "aws_api_gateway_integration": ("credentials",),
    "aws_apigatewayv2_integration": ("credentials_arn",),
    "aws_appsync_datasource": ("service_role_arn",),
    "aws_cloudwatch_event_rule": ("role_arn",),
    "aws_cloudwatch_event_target": ("role_arn",),
    "aws_codebuild_project": ("service_role",),
    "aws_codepipeline": ("role_arn",),
    "aws_ecs_task_definition": ("task_role_arn", "execution_role_arn"),
    "aws_glue_crawler": ("role",),
    "aws_glue_job": ("role_arn",),
    "aws_iam_instance_profile": ("role",),
    "aws_iot_topic_rule": ("step_functions.role_arn",),
    "aws_kinesis_firehose_delivery_stream": ("extended_s3_configuration.role_arn",),
    "aws_lambda_function": ("role",),
    "aws_pipes_pipe": ("role_arn",),
    "aws_sagemaker_model": ("execution_role_arn",),
    "aws_sagemaker_notebook_instance": ("role_arn",),
    "aws_scheduler_schedule": ("target.role_arn",),
}
"""Where a type of resource names the role that it runs with: paths of attributes."""


class RoleUser(Struct, frozen=True):
    """A resource that runs with a role, and where it names the role."""

    resource: Resource
    value: Traced


def other_users_of(role: Role, deployment: Deployment) -> list[RoleUser]:
    """Return what runs with a role and is no state machine; each resource once."""
    return _users(deployment).get(id(role), [])


def who_else_may_assume(role: Role) -> str:
    """Return who besides Step Functions may assume a role; empty when nobody may."""
    if role.generated:
        return ""
    trust = trust_of(role)
    if trust is None or trust.unread:
        return "whoever the trust policy names, which could not be read,"
    for statement in trust.known:
        if not lets_anyone_in(statement):
            continue
        principals = statement.principals
        if principals is None or principals.unread or statement.not_principals is not None:
            return "whoever the trust policy names, which could not be read,"
        for principal in principals.known:
            if principal.service != STEP_FUNCTIONS:
                return shown(principal.entry.value)
    return ""


@once
def _users(deployment: Deployment) -> dict[int, list[RoleUser]]:
    found: dict[int, list[RoleUser]] = {}
    for resource in deployment.resources:
        for path in _ROLES.get(resource.type, ()):
            for value in _at(resource.attributes, path.split(".")):
                for role in deployment.resolve(value, Role):
                    users = found.setdefault(id(role), [])
                    if all(one.resource is not resource for one in users):
                        users.append(RoleUser(resource, value))
    return found


def _at(node: Traced, path: list[str]) -> Iterator[Traced]:
    """Yield the values at a path of members, in every element and every alternative."""
    value = node.value
    if isinstance(value, (list, OneOf)):
        for one in value if isinstance(value, list) else value.alternatives:
            if isinstance(one, Traced):
                yield from _at(one, path)
    elif not path:
        yield node
    elif isinstance(value, dict):
        member = value.get(path[0])
        if isinstance(member, Traced):
            yield from _at(member, path[1:])
