"""No workflow and no policy is too odd for the comparison."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepguard.config import Config
from stepguard.data import load
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, PolicyDocument, Resource, Role, StateMachine
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.permission_readings import read_permissions
from stepguard.rules.registry import load as load_rule
from stepguard.rules.rule import Context

UNKNOWN = Unknown("var.x", "it is not set")
HOLES = Text((Piece("a"), Hole(UNKNOWN)))
PARAMETERS = [
    "FunctionName", "Qualifier", "TableName", "QueueUrl", "TopicArn", "PhoneNumber", "Entries",
    "EventBusName", "Cluster", "TaskDefinition", "Overrides", "JobName", "RoleArn", "Role",
    "ClusterId", "Ids", "ReportArns", "StateMachineArn", "ModelId", "Input", "Output", "S3Uri",
    "Bucket", "Key", "Prefix", "ApiEndpoint", "Path", "AuthType", "ConnectionArn", "SecretId",
    "Name",
]  # fmt: skip
INTEGRATIONS = [
    f"arn:aws:states:::{name}{suffix}"
    for name in load("integrations")["integrations"]
    for suffix in ("", ".sync", ".waitForTaskToken")
]
RESOURCES = [
    *INTEGRATIONS,
    "arn:aws:states:::aws-sdk:s3:getObject",
    "arn:aws:states:::aws-sdk:dynamodb:query",
    "arn:aws:states:::aws-sdk:bedrockruntime:invokeModel",
    "arn:aws:states:::aws-sdk:cloudformation:createStack",
    "arn:aws:states:::aws-sdk:no:such",
    "arn:aws:lambda:eu-west-1:123456789012:function:pay:live",
    Reference("Queue", "Arn"),
]
WORDS = [
    "",
    "*",
    "arn",
    "arn:aws:sqs",
    "arn:aws:s3:::b/*",
    "arn:aws:lambda:*:*:function:pay",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
    "s3://b/k",
    "${Name}",
    "${",
    "{% $x %}",
    "$.x",
    "us.amazon.nova-lite-v1:0",
    "@connections/x",
    "alias/x",
    "sqs:*",
    "kms:GenerateDataKey*",
    "s3:GetObject",
]
names = st.sampled_from([*PARAMETERS, *(f"{one}.$" for one in PARAMETERS)]) | st.just(
    PartlyKnownKey(HOLES)
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(WORDS)
    | st.sampled_from(
        [UNKNOWN, HOLES, REMOVED, Reference("Queue"), Reference("Queue", "Arn"), Reference("X")]
    )
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(names, inner, max_size=4)
    elements = st.lists(inner, max_size=3)
    return (
        members
        | elements
        | members.map(lambda value: OpenDict(value, UNKNOWN))
        | elements.map(lambda value: OpenList(value, UNKNOWN))
        | elements.map(lambda value: OneOf("c", tuple(value)))
    )


values = st.recursive(leaves, containers, max_leaves=12)
tasks = st.fixed_dictionaries(
    {
        "Type": st.just("Task"),
        "Resource": st.sampled_from(RESOURCES) | values,
        "Parameters": st.dictionaries(names, values, max_size=5) | values,
    },
    optional={"Credentials": values},
)
maps = st.fixed_dictionaries(
    {
        "Type": st.just("Map"),
        "ItemProcessor": st.just({"ProcessorConfig": {"Mode": "DISTRIBUTED"}}) | values,
    },
    optional={
        name: st.fixed_dictionaries(
            {
                "Resource": st.just("arn:aws:states:::s3:getObject") | values,
                "Parameters": st.dictionaries(names, values, max_size=3) | values,
            }
        )
        | values
        for name in ("ItemReader", "ResultWriter")
    },
)
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]) | values},
    optional={
        name: st.lists(st.sampled_from(WORDS), max_size=3) | values
        for name in ("Action", "NotAction", "Resource", "NotResource", "Condition")
    },
)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.sampled_from("ABC"), tasks | maps, max_size=3),
    st.lists(statements | values, max_size=3),
    st.sampled_from([Form.TERRAFORM, Form.CLOUDFORMATION]),
)
def test_needs_and_grants_of_anything(states: Any, policy: Any, form: Form) -> None:
    role = Role(
        address="Role",
        type="AWS::IAM::Role",
        form=form,
        trust=Document(
            {
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "states.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            },
            None,
        ),
        inline=[
            PolicyDocument(
                name="work", document=Document({"Statement": policy}, None), address="Role"
            )
        ],
    )
    machine = StateMachine(
        address="Machine",
        type="AWS::StepFunctions::StateMachine",
        form=form,
        definition=Document({"StartAt": "A", "States": states}, None),
        role=Traced(Reference("Role", "Arn")),
        tracing=Traced(True),
    )
    queue = Resource(address="Queue", type="AWS::SQS::Queue", form=form)
    deployment = Deployment(".", form, [machine, role, queue])
    context = Context(deployment, Config())
    for name in ("SFN101", "SFN102", "SFN103", "SFN104"):
        rule = load_rule(name)
        for subject in rule.subjects(context):
            for one in rule.judge(subject, context) or ():
                assert "[[" not in str(one)
    read = read_permissions([machine], deployment)
    for need in read.needs:
        assert need.resources
