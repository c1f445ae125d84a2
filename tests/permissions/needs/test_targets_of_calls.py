"""Which resources a call's parameters mean: names, ARNs, URLs, references, defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.values import (
    Hole,
    OneOf,
    OpenDict,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
)

Call = Callable[..., Any]
ROLE = "arn:aws:iam::123456789012:role/x"


def text(*parts: str | Unknown | Reference) -> Plain:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        # AWS Lambda API, Invoke: name, ARN, partial ARN, each with a version or alias.
        ({"FunctionName": "pay"}, "arn:P:lambda:R:A:function:pay"),
        ({"FunctionName": "pay:live"}, "arn:P:lambda:R:A:function:pay:live"),
        ({"FunctionName": "pay", "Qualifier": "live"}, "arn:P:lambda:R:A:function:pay:live"),
        ({"FunctionName": "pay", "Qualifier.$": "$.q"}, "arn:P:lambda:R:A:function:pay:*"),
        (
            {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:pay"},
            "arn:aws:lambda:eu-west-1:123456789012:function:pay",
        ),
        (
            {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:pay:7"},
            "arn:aws:lambda:eu-west-1:123456789012:function:pay:7",
        ),
        ({"FunctionName": text(Reference("Fn", "Arn"))}, "${Fn.Arn}"),
        ({"FunctionName": text(Reference("Fn"))}, "${Fn.Arn}"),
        ({"FunctionName": Reference("Fn", "Arn")}, "${Fn.Arn}"),
        ({"FunctionName": Reference("Live")}, "${Live}"),
        ({"FunctionName": text(Reference("Fn", "Arn"), ":live")}, "${Fn.Arn}:live"),
        ({"FunctionName": text(Reference("Fn"), ":live")}, "arn:P:lambda:R:A:function:${Fn}:live"),
        ({"FunctionName": text("x-", Unknown("var.s"))}, "arn:P:lambda:R:A:function:x-${var.s}"),
        ({"FunctionName": Unknown("var.name")}, "arn:P:lambda:R:A:function:${var.name}"),
        ({"FunctionName": Unknown("var.pay_arn")}, "${var.pay_arn}"),
        # A name that is taken out of an ARN is a name.
        (
            {"FunctionName": Unknown('split(":", var.pay_arn)[6]')},
            'arn:P:lambda:R:A:function:${split(":", var.pay_arn)[6]}',
        ),
        ({"FunctionName": Unknown("var.learning")}, "arn:P:lambda:R:A:function:${var.learning}"),
        ({"FunctionName": Unknown("one(var.pay[*].arn)")}, "${one(var.pay[*].arn)}"),
        ({"FunctionName.$": "$.fn"}, "*"),
        ({"FunctionName": "{% $fn %}"}, "*"),
        ({"FunctionName": "${Pay}"}, "arn:P:lambda:R:A:function:${Pay}"),
    ],
)
def test_a_function(
    call: Call, resource: Call, parameters: dict[str, Plain], expected: str
) -> None:
    function = resource("Fn", "AWS::Lambda::Function")
    alias = resource("Live", "AWS::Lambda::Alias", FunctionName=Reference("Fn"), Name="live")
    found = call("lambda:invoke", parameters, others=[function, alias])
    assert found.resources("lambda:InvokeFunction") == [expected]
    assert found.only("lambda:InvokeFunction").is_dynamic is (expected == "*")


@pytest.mark.parametrize("bucket", [Reference("Bucket"), text(Reference("Bucket"))])
def test_an_object_whose_key_is_chosen_at_run_time_is_not_its_bucket(
    call: Call, resource: Call, bucket: Plain
) -> None:
    found = call(
        "aws-sdk:s3:putObject",
        {"Bucket": bucket, "Key.$": "$.key"},
        others=[resource("Bucket", "AWS::S3::Bucket")],
    )
    assert found.resources("s3:PutObject") == ["arn:P:s3:::${Bucket}/*"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("arn:aws:lambda:eu-west-1:123456789012:function:pay", "function:pay"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:pay:live", "function:pay:live"),
        (Reference("Fn", "Arn"), "${Fn.Arn}"),
    ],
)
def test_a_function_named_by_the_resource(
    call: Call, resource: Call, target: Plain, expected: str
) -> None:
    found = call(target, others=[resource("Fn", "AWS::Lambda::Function")])
    (shown,) = found.resources("lambda:InvokeFunction")
    assert shown.endswith(expected)
    assert found.only("lambda:InvokeFunction").kind == "required"


@pytest.mark.parametrize(
    ("name", "parameters", "action", "expected"),
    [
        # Amazon SQS: a queue is named by its URL, in every form that AWS gives out.
        (
            "sqs:sendMessage",
            {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo"},
            "sqs:SendMessage",
            ["arn:P:sqs:R:A:orders.fifo"],
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/orders"},
            "sqs:SendMessage",
            ["arn:P:sqs:R:A:orders"],
        ),
        ("sqs:sendMessage", {"QueueUrl": Reference("Queue")}, "sqs:SendMessage", ["${Queue.Arn}"]),
        (
            "sqs:sendMessage",
            {"QueueUrl": OneOf("IsProd", ("", Reference("Queue", "QueueUrl")))},
            "sqs:SendMessage",
            ["${Queue.Arn}"],
        ),
        ("sns:publish", {"TopicArn": Reference("Topic")}, "sns:Publish", ["${Topic}"]),
        ("sns:publish", {"TargetArn": Reference("Topic")}, "sns:Publish", ["${Topic}"]),
        # What takes nothing but an ARN has one, whatever it is called where it comes from.
        ("sns:publish", {"TopicArn": Unknown("var.topic")}, "sns:Publish", ["${var.topic}"]),
        ("sns:publish", {"TopicArn": Reference("AlertTopic")}, "sns:Publish", ["${AlertTopic}"]),
        ("sns:publish", {"TopicArn": Text((Hole(Unknown("var.base")), Piece("-a")))},
         "sns:Publish", ["${var.base}-a"]),
        ("sns:publish", {"TopicArn": OneOf("IsProd", (Unknown("var.a"), "arn:aws:sns:r:1:t"))},
         "sns:Publish", ["${var.a}", "arn:aws:sns:r:1:t"]),
        ("dynamodb:getItem", {"TableName": Reference("Table")}, "dynamodb:GetItem",
         ["${Table.Arn}"]),
        (
            "dynamodb:getItem",
            {"TableName": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"},
            "dynamodb:GetItem",
            ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"],
        ),
        # EventBridge API, PutEvents: without a bus, the account's default bus.
        ("events:putEvents", {"Entries": [{"Source": "x"}]}, "events:PutEvents",
         ["arn:P:events:R:A:event-bus/default"]),
        (
            "events:putEvents",
            {"Entries": [{"EventBusName": "a"}, {"EventBusName": Reference("Bus")}]},
            "events:PutEvents",
            ["arn:P:events:R:A:event-bus/a", "${Bus.Arn}"],
        ),
        # A path in a field without `.$` is passed as it is: no task definition is called so.
        ("ecs:runTask", {"TaskDefinition": "$.Items[0].transform"}, "ecs:RunTask",
         ["*"]),
        # Amazon ECS API, RunTask: without a revision the latest, found before authorization.
        ("ecs:runTask", {"TaskDefinition": "pack"}, "ecs:RunTask",
         ["arn:P:ecs:R:A:task-definition/pack:*"]),
        ("ecs:runTask", {"TaskDefinition": "pack:3"}, "ecs:RunTask",
         ["arn:P:ecs:R:A:task-definition/pack:3"]),
        ("ecs:runTask", {"TaskDefinition": Reference("Definition")}, "ecs:RunTask",
         ["${Definition}"]),
        ("ecs:runTask", {"TaskDefinition": Unknown('split("/", aws_ecs_task_definition.d.arn)[1]')},
         "ecs:RunTask",
         ['arn:P:ecs:R:A:task-definition/${split("/", aws_ecs_task_definition.d.arn)[1]}']),
        ("dynamodb:putItem", {"TableName": Unknown('split("/", var.table_arn)[1]')},
         "dynamodb:PutItem", ['arn:P:dynamodb:R:A:table/${split("/", var.table_arn)[1]}']),
        (
            "ecs:runTask",
            {"TaskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/pack"},
            "ecs:RunTask",
            ["arn:aws:ecs:eu-west-1:123456789012:task-definition/pack:*"],
        ),
        ("glue:startJobRun", {"JobName": Reference("Job")}, "glue:StartJobRun",
         ["arn:P:glue:R:A:job/${Job}"]),
        # Amazon Athena API: the workgroup `primary` unless another one is named.
        ("athena:startQueryExecution", {"QueryString": "SELECT 1"}, "athena:startQueryExecution",
         ["arn:P:athena:R:A:workgroup/primary"]),
        ("codebuild:startBuild", {"ProjectName": Reference("Project")}, "codebuild:StartBuild",
         ["${Project.Arn}"]),
        # AWS CodeBuild API: a build's id is the project's name, a colon and a number.
        ("codebuild:batchDeleteBuilds", {"Ids": ["a:1", "b:2"]}, "codebuild:BatchDeleteBuilds",
         ["arn:P:codebuild:R:A:project/a", "arn:P:codebuild:R:A:project/b"]),
        ("states:startExecution", {"StateMachineArn": Reference("Child")}, "states:StartExecution",
         ["${Child.Arn}"]),
        (
            "states:startExecution.sync:2",
            {"StateMachineArn": Reference("Child")},
            "states:DescribeExecution",
            ["arn:P:states:R:A:execution:${Child.Name}:*"],
        ),
        (
            "states:startExecution.sync",
            {"StateMachineArn": text("arn:aws:states:", Reference("AWS::Region"),
                                     ":123456789012:stateMachine:x")},
            "states:StopExecution",
            ["arn:aws:states:R:123456789012:execution:x:*"],
        ),
        # Amazon Bedrock: an inference profile, and the model behind it wherever it runs.
        (
            "bedrock:invokeModel",
            {"ModelId": "eu.amazon.nova-lite-v1:0"},
            "bedrock:InvokeModel",
            [
                "arn:P:bedrock:R:A:inference-profile/eu.amazon.nova-lite-v1:0",
                "arn:P:bedrock:*::foundation-model/amazon.nova-lite-v1:0",
            ],
        ),
        (
            "bedrock:invokeModel",
            {"ModelId": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"},
            "bedrock:InvokeModel",
            ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"],
        ),
        # API Gateway: calls back on open connections have an action of their own.
        (
            "apigateway:invoke",
            {"ApiEndpoint": "abc.execute-api.eu-west-1.amazonaws.com", "Method": "POST",
             "Stage": "prod", "Path": "@connections/x", "AuthType": "IAM_ROLE"},
            "execute-api:ManageConnections",
            ["arn:P:execute-api:R:A:abc/prod/POST/@connections/x"],
        ),
        ("eks:deleteNodegroup", {"ClusterName": "c", "NodegroupName.$": "$.n"},
         "eks:DeleteNodegroup", ["arn:P:eks:R:A:nodegroup/c/*/*"]),
    ],
)  # fmt: skip
def test_other_targets(
    call: Call,
    resource: Call,
    name: str,
    parameters: dict[str, Plain],
    action: str,
    expected: list[str],
) -> None:
    others = [
        resource("Queue", "AWS::SQS::Queue"),
        resource("Topic", "AWS::SNS::Topic"),
        resource("Table", "AWS::DynamoDB::Table"),
        resource("Bus", "AWS::Events::EventBus"),
        resource("Definition", "AWS::ECS::TaskDefinition"),
        resource("Job", "AWS::Glue::Job"),
        resource("Project", "AWS::CodeBuild::Project"),
        resource("Child", "AWS::StepFunctions::StateMachine"),
    ]
    assert call(name, parameters, others=others).resources(action) == expected


@pytest.mark.parametrize("parameters", [{"PhoneNumber": "+49"}, {"PhoneNumber.$": "$.phone"}])
def test_a_text_message_goes_to_no_topic(call: Call, parameters: dict[str, Plain]) -> None:
    need = call("sns:publish", {**parameters, "Message": "x"}).only("sns:Publish")
    assert need.is_dynamic
    assert need.resources == ("*",)


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ({"AuthType": "IAM_ROLE"}, "required"),
        ({"AuthType": "NO_AUTH"}, None),
        ({}, None),
        ({"AuthType": Unknown("var.auth")}, "conditional"),
        ({"AuthType.$": "$.auth"}, "conditional"),
    ],
)
def test_an_api_needs_a_permission_with_iam_only(
    call: Call, auth: dict[str, Plain], kind: str | None
) -> None:
    found = call("apigateway:invoke", {"ApiEndpoint": "abc.x", "Method": "GET", **auth}).of(
        "execute-api:Invoke"
    )
    assert [need.kind for need in found] == ([] if kind is None else [kind])


def test_a_tasks_roles_are_those_of_its_definition(call: Call, resource: Call) -> None:
    definition = resource(
        "Definition",
        "AWS::ECS::TaskDefinition",
        ExecutionRoleArn=Reference("Pull", "Arn"),
        TaskRoleArn="arn:aws:iam::123456789012:role/work",
    )
    others = [definition, resource("Pull", "AWS::IAM::Role")]
    found = call("ecs:runTask", {"TaskDefinition": Reference("Definition")}, others=others)
    assert found.resources("iam:PassRole") == [
        "${Pull.Arn}",
        "arn:aws:iam::123456789012:role/work",
    ]
    assert found.only("iam:PassRole").kind == "required"
    overridden = {"TaskDefinition": Reference("Definition"), "Overrides": {"TaskRoleArn": ROLE}}
    assert ROLE in call("ecs:runTask", overridden, others=others).resources("iam:PassRole")


def test_a_task_without_roles_passes_none(call: Call, resource: Call) -> None:
    definition = resource("Definition", "AWS::ECS::TaskDefinition")
    found = call("ecs:runTask", {"TaskDefinition": Reference("Definition")}, others=[definition])
    assert found.of("iam:PassRole") == []


def test_the_roles_of_a_definition_elsewhere_are_not_known(call: Call) -> None:
    need = call("ecs:runTask", {"TaskDefinition": "pack"}).only("iam:PassRole")
    assert need.kind == "conditional"
    assert need.is_dynamic
    assert "task definition" in need.when


@pytest.mark.parametrize(
    ("name", "kind_of_target", "parameter"),
    [
        ("sqs:sendMessage", "AWS::SQS::Queue", "QueueUrl"),
        ("sns:publish", "AWS::SNS::Topic", "TopicArn"),
    ],
)
@pytest.mark.parametrize(
    ("attributes", "kind", "resources"),
    [
        ({}, None, []),
        ({"KmsMasterKeyId": "alias/aws/sqs"}, None, []),
        ({"KmsMasterKeyId": Reference("Key", "Arn")}, "required", ["${Key.Arn}"]),
        ({"KmsMasterKeyId": Reference("Key")}, "required", ["${Key.Arn}"]),
        ({"KmsMasterKeyId": "alias/orders"}, "required", ["arn:P:kms:R:A:key/*"]),
    ],
)
def test_the_key_of_a_queue_or_topic(
    call: Call,
    resource: Call,
    name: str,
    kind_of_target: str,
    parameter: str,
    attributes: dict[str, Plain],
    kind: str | None,
    resources: list[str],
) -> None:
    others = [resource("Target", kind_of_target, **attributes), resource("Key", "AWS::KMS::Key")]
    found = call(name, {parameter: Reference("Target")}, others=others)
    assert [need.kind for need in found.of("kms:Decrypt")] == ([] if kind is None else [kind])
    assert found.resources("kms:GenerateDataKey*") == resources


def test_the_key_of_a_queue_elsewhere_is_not_known(call: Call) -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
    need = call("sqs:sendMessage", {"QueueUrl": url}).only("kms:Decrypt")
    assert need.kind == "conditional"


def test_a_message_to_a_phone_needs_no_key(call: Call) -> None:
    assert call("sns:publish", {"PhoneNumber": "+4915112345678"}).of("kms:Decrypt") == []


def test_who_is_handed_a_role_is_a_condition(call: Call) -> None:
    found = call("mediaconvert:createJob", {"Role": ROLE})
    assert found.only("iam:PassRole").condition == (
        ("StringEquals", "iam:PassedToService", ("mediaconvert.amazonaws.com",)),
    )


def test_an_http_task_names_method_and_endpoint(call: Call, resource: Call) -> None:
    parameters = {
        "ApiEndpoint": "https://api.example.com/v1",
        "Method": "POST",
        "Authentication": {"ConnectionArn": Reference("Connection", "Arn")},
    }
    others = [resource("Connection", "AWS::Events::Connection")]
    found = call("http:invoke", parameters, others=others)
    assert found.resources("states:InvokeHTTPEndpoint") == ["${Machine.Arn}"]
    assert found.resources("events:RetrieveConnectionCredentials") == ["${Connection.Arn}"]
    condition = {
        key: values for _, key, values in found.only("states:InvokeHTTPEndpoint").condition
    }
    assert condition["states:HTTPMethod"] == ("POST",)
    assert condition["states:HTTPEndpoint"] == ("https://api.example.com/v1",)


@pytest.mark.parametrize(
    ("context", "kind"),
    [
        ({}, "conditional"),
        ({"QueryExecutionContext": {"Catalog": "AwsDataCatalog"}}, "conditional"),
        ({"QueryExecutionContext": {"Catalog": "hive"}}, "required"),
    ],
)
def test_a_data_catalog_is_asked_only_where_it_is_named(
    call: Call, context: dict[str, Plain], kind: str
) -> None:
    found = call("athena:startQueryExecution", {"QueryString": "SELECT 1", **context})
    assert found.only("athena:getDataCatalog").kind == kind


def test_types_that_not_every_call_names_are_conditional(call: Call) -> None:
    found = call("mediaconvert:createJob", {"Role": ROLE}).of("mediaconvert:CreateJob")
    assert [(one.kind, len(one.resources)) for one in found] == [
        ("required", 1),
        ("conditional", 2),
    ]


def test_parameters_that_may_be_there_are_unknown(call: Call) -> None:
    open_dict = OpenDict({"Message": "x"}, Unknown("var.more"))
    need = call("sqs:sendMessage", open_dict).only("sqs:SendMessage")
    assert need.kind == "required"
    assert need.resources[0] != "*"


def test_the_policy_for_open_connections_may_have_both_actions(call: Callable[..., Any]) -> None:
    path = "@connections/x"
    parameters = {"ApiEndpoint": "abc.execute-api.eu-west-1.amazonaws.com", "Method": "POST"}
    found = call("apigateway:invoke", {**parameters, "Path": path, "AuthType": "IAM_ROLE"})
    assert found.only("execute-api:Invoke").kind == "extra"
    assert found.only("execute-api:ManageConnections").kind == "required"
