"""Credentials, maps, features of machines, AWS SDK operations, and what happens downstream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Activity, Encryption, Form, Logging, Unread
from stepguard.deployment.values import OneOf, OpenDict, Plain, Reference, Traced, Unknown
from stepguard.permissions.needs.operations import find_operation

Call = Callable[..., Any]
ROLE = "arn:aws:iam::210987654321:role/theirs"
LOGS = {
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
XRAY = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
}
NOTHING: dict[str, Plain] = {"A": {"Type": "Succeed"}}


def logging(level: Plain) -> Logging:
    return Logging(
        level=None if level is None else Traced(level),
        include_execution_data=None,
        destinations=[],
    )


def actions(found: Any, *kinds: str) -> set[str]:
    return {one.action for one in found.all.needs if one.kind in kinds}


# Credentials: "Access resources in other AWS accounts in workflows".


def test_credentials_move_the_needs_to_the_role_that_is_taken(call: Call) -> None:
    found = call("lambda:invoke", {"FunctionName": "pay"}, Credentials={"RoleArn": ROLE})
    assert found.required() == {ROLE: ["sts:AssumeRole"]}
    ((role, need),) = found.all.task_roles
    assert (role, need.action) == (ROLE, "lambda:InvokeFunction")


@pytest.mark.parametrize("credentials", [{"RoleArn.$": "$.role"}, {"RoleArn": "{% $role %}"}])
def test_credentials_of_the_run_time(call: Call, credentials: Plain) -> None:
    need = call("lambda:invoke", {"FunctionName": "f"}, Credentials=credentials).only(
        "sts:AssumeRole"
    )
    assert need.is_dynamic
    assert need.resources == ("*",)


# Distributed maps: "IAM policies for using Distributed Map states".


def distributed(**more: Plain) -> dict[str, Plain]:
    return {
        "A": {
            "Type": "Map",
            "End": True,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "B",
                "States": {
                    "B": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::sqs:sendMessage",
                        "Parameters": {"QueueUrl": Reference("Queue"), "MessageBody": "x"},
                        "End": True,
                    }
                },
            },
            **more,
        }
    }


def test_a_distributed_map_starts_its_own_machine(needs: Call) -> None:
    found = needs(distributed())
    assert found.resources("states:StartExecution") == ["${Machine.Arn}"]
    assert found.resources("states:DescribeExecution") == [
        "arn:P:states:R:A:execution:${Machine.Name}:*"
    ]
    assert found.only("states:StopExecution").kind == "optional"
    assert found.only("states:RedriveExecution").kind == "optional"
    assert found.only("sqs:SendMessage").states == ("B",)


def test_an_inline_map_needs_nothing(needs: Call) -> None:
    states = distributed()
    states["A"]["ItemProcessor"]["ProcessorConfig"] = {"Mode": "INLINE"}
    assert needs(states).of("states:StartExecution") == []


@pytest.mark.parametrize("passed", ["Parameters", "Arguments"])
def test_what_a_map_reads_and_writes(needs: Call, resource: Call, passed: str) -> None:
    found = needs(
        distributed(
            ItemReader={
                "Resource": "arn:aws:states:::s3:getObject",
                passed: {"Bucket": Reference("Bucket"), "Key": "in/list.csv"},
            },
            ResultWriter={
                "Resource": "arn:aws:states:::s3:putObject",
                passed: {"Bucket": "results", "Prefix": "out/"},
            },
        ),
        language="JSONata" if passed == "Arguments" else "JSONPath",
        others=[resource("Bucket", "AWS::S3::Bucket")],
    )
    assert found.resources("s3:PutObject") == ["arn:P:s3:::results/out/*"]
    assert found.resources("s3:AbortMultipartUpload") == ["arn:P:s3:::results/out/*"]
    assert found.resources("s3:GetObject") == [
        "arn:P:s3:::${Bucket}/in/list.csv",
        "arn:P:s3:::results/out/*",
    ]
    assert found.of("kms:Encrypt")[0].kind == "conditional"


def test_a_map_over_a_listing(needs: Call) -> None:
    reader: dict[str, Plain] = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": "pictures", "Prefix": "in"},
    }
    found = needs(distributed(ItemReader=reader))
    assert found.resources("s3:ListBucket") == ["arn:P:s3:::pictures"]
    assert found.only("s3:ListBucket").condition == (("StringLike", "s3:prefix", ("in",)),)
    assert found.only("s3:GetObject").kind == "optional"
    reader["ReaderConfig"] = {"Transformation": "LOAD_AND_FLATTEN"}
    need = needs(distributed(ItemReader=reader)).only("s3:GetObject")
    assert need.kind == "required"


def test_a_map_whose_bucket_is_chosen_at_run_time(needs: Call) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket.$": "$.bucket", "Key.$": "$.key"},
    }
    need = needs(distributed(ItemReader=reader)).only("s3:GetObject")
    assert need.is_dynamic


def test_results_without_a_prefix(needs: Call) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "results"}}
    found = needs(distributed(ResultWriter=writer))
    assert found.resources("s3:PutObject") == ["arn:P:s3:::results/*"]


# Features of the machine.


@pytest.mark.parametrize(
    ("level", "kind"),
    [
        ("ALL", "required"),
        ("ERROR", "required"),
        ("OFF", None),
        (None, None),
        (Unknown("var.level"), "conditional"),
        (OneOf("IsProd", (Traced("ALL"), Traced("OFF"))), "conditional"),
        (OneOf("IsProd", (Traced("ALL"), Traced("ERROR"))), "required"),
    ],
)
def test_logging(needs: Call, level: Plain, kind: str | None) -> None:
    found = needs(NOTHING, logging=logging(level))
    assert actions(found, "required", "conditional") == (LOGS if kind else set())
    assert {one.kind for one in found.all.needs if one.action in LOGS} == ({kind} - {None})
    if kind:
        need = found.only("logs:CreateLogDelivery")
        assert (need.resources, need.feature, need.states) == (("*",), "logging", ())
        assert found.only("logs:PutLogEvents").kind == "optional"


def test_logging_that_could_not_be_read(needs: Call) -> None:
    assert needs(NOTHING, logging=Unread("no")).only("logs:GetLogDelivery").kind == "conditional"


@pytest.mark.parametrize(
    ("tracing", "kind"),
    [
        (Traced(True), "required"),
        (Traced("true"), "required"),
        (Traced(False), None),
        (None, None),
        (Unread("no"), "conditional"),
        (Traced(Unknown("var.trace")), "conditional"),
    ],
)
def test_tracing(needs: Call, tracing: Any, kind: str | None) -> None:
    found = needs(NOTHING, tracing=tracing)
    assert actions(found, "required", "conditional") == (XRAY if kind else set())
    assert {one.kind for one in found.all.needs} == ({kind} - {None})


def test_a_customers_key(needs: Call, resource: Call) -> None:
    encryption = Encryption(
        type=Traced("CUSTOMER_MANAGED_KMS_KEY"),
        key=Traced(Reference("Key", "Arn")),
        reuse_period_seconds=None,
    )
    key = resource("Key", "AWS::KMS::Key")
    found = needs(NOTHING, encryption=encryption, others=[key])
    assert found.required() == {"${Key.Arn}": ["kms:Decrypt", "kms:GenerateDataKey"]}
    ((operator, name, _),) = found.only("kms:Decrypt").condition
    assert (operator, name) == ("StringEquals", "kms:EncryptionContext:aws:states:stateMachineArn")
    with_logs = needs(NOTHING, encryption=encryption, logging=logging("ALL"), others=[key])
    assert len(with_logs.of("kms:GenerateDataKey")) == 2


@pytest.mark.parametrize(
    ("encryption", "kinds"),
    [
        (None, []),
        (Unread("no"), ["conditional"]),
        (Encryption(type=Traced("AWS_OWNED_KEY"), key=None, reuse_period_seconds=None), []),
        (
            Encryption(type=None, key=Traced("key"), reuse_period_seconds=None),
            ["required"],
        ),
        (
            Encryption(type=Traced(Unknown("v")), key=Traced("k"), reuse_period_seconds=None),
            ["conditional"],
        ),
    ],
)
def test_other_encryptions(needs: Call, encryption: Any, kinds: list[str]) -> None:
    found = needs(NOTHING, encryption=encryption)
    assert [one.kind for one in found.of("kms:Decrypt")] == kinds


def test_an_activity_with_a_key(call: Call) -> None:
    activity = Activity(
        address="Work",
        type="AWS::StepFunctions::Activity",
        form=Form.CLOUDFORMATION,
        encryption=Encryption(
            type=Traced("CUSTOMER_MANAGED_KMS_KEY"), key=Traced("k"), reuse_period_seconds=None
        ),
    )
    found = call(Reference("Work"), others=[activity])
    assert found.required() == {"arn:P:kms:R:A:key/k": ["kms:Decrypt", "kms:GenerateDataKey"]}
    assert call("arn:aws:states:eu-west-1:123456789012:activity:x").all.needs == []


# AWS SDK integrations: "API operations" of the Service Authorization Reference.


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("s3:getObject", {"Bucket": "b", "Key": "a/b"}, {"arn:P:s3:::b/a/b": ["s3:GetObject"]}),
        ("s3:getObject", {"Bucket": "b", "Key.$": "$.k"}, {"arn:P:s3:::b/*": ["s3:GetObject"]}),
        ("s3:listObjectsV2", {"Bucket": Reference("Bucket")}, {"${Bucket.Arn}": ["s3:ListBucket"]}),
        ("s3:headObject", {"Bucket": "b", "Key": "k"}, {"arn:P:s3:::b/k": ["s3:GetObject"]}),
        ("s3:listBuckets", {}, {"*": ["s3:ListAllMyBuckets"]}),
        (
            "sfn:startSyncExecution",
            {"StateMachineArn": Reference("Child")},
            {"${Child.Arn}": ["states:StartSyncExecution"]},
        ),
        ("dynamodb:query", {"TableName": "t"}, {"arn:P:dynamodb:R:A:table/t": ["dynamodb:Query"]}),
        (
            "dynamodb:query",
            {"TableName": "t", "IndexName": "i"},
            {"arn:P:dynamodb:R:A:table/t/index/i arn:P:dynamodb:R:A:table/t": ["dynamodb:Query"]},
        ),
        (
            "lambda:invoke",
            {"FunctionName": "f", "Qualifier": "2"},
            {"arn:P:lambda:R:A:function:f:2": ["lambda:InvokeFunction"]},
        ),
        (
            "sqs:sendMessageBatch",
            {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/q"},
            {"arn:P:sqs:R:A:q": ["sqs:SendMessage"]},
        ),
        ("sns:publishBatch", {"TopicArn": Reference("Topic")}, {"${Topic}": ["sns:Publish"]}),
        ("sns:publishBatch", {"TopicArn": Unknown("var.t")}, {"${var.t}": ["sns:Publish"]}),
        ("eventbridge:putEvents", {"Entries": []}, {"*": ["events:PutEvents"]}),
        (
            "ssm:getParameter",
            {"Name": "/app/key"},
            {"arn:P:ssm:R:A:parameter/app/key": ["ssm:GetParameter"]},
        ),
        (
            "secretsmanager:getSecretValue",
            {"SecretId": "db"},
            {"arn:P:secretsmanager:R:A:secret:db-*": ["secretsmanager:GetSecretValue"]},
        ),
        ("cloudwatchlogs:describeLogGroups", {}, {"*": ["logs:DescribeLogGroups"]}),
        ("ec2:describeInstances", {}, {"*": ["ec2:DescribeInstances"]}),
        ("bedrockruntime:converse", {"ModelId.$": "$.m"}, {"*": ["bedrock:InvokeModel"]}),
        (
            "bedrockruntime:invokeModel",
            {"ModelId": "us.amazon.nova-lite-v1:0"},
            {
                "arn:P:bedrock:R:A:inference-profile/us.amazon.nova-lite-v1:0 "
                "arn:P:bedrock:*::foundation-model/amazon.nova-lite-v1:0": ["bedrock:InvokeModel"]
            },
        ),
    ],
)  # fmt: skip
def test_operations(
    call: Call, resource: Call, name: str, parameters: dict[str, Plain], expected: Any
) -> None:
    others = [
        resource("Bucket", "AWS::S3::Bucket"),
        resource("Topic", "AWS::SNS::Topic"),
        resource("Child", "AWS::StepFunctions::StateMachine"),
    ]
    found = call(f"aws-sdk:{name}", parameters, others=others)
    assert found.required() == expected
    assert found.reasons == []


def test_an_operation_on_several_types_is_about_one_of_them(call: Call) -> None:
    assert (
        call("aws-sdk:dynamodb:query", {"TableName": "t", "IndexName": "i"})
        .only("dynamodb:Query")
        .is_dynamic
    )
    assert not call("aws-sdk:dynamodb:query", {"TableName": "t"}).only("dynamodb:Query").is_dynamic


def test_an_operation_of_several_actions_is_conditional(call: Call) -> None:
    found = call("aws-sdk:s3:copyObject", {"Bucket": "b", "Key": "k", "CopySource": "a/k"})
    assert actions(found, "conditional") >= {"s3:GetObject", "s3:PutObject"}
    assert actions(found, "required") == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"CopySource": "a/k"}, "arn:P:s3:::a/k"),
        ({"CopySource": "/a/k"}, "arn:P:s3:::a/k"),
        ({"CopySource.$": "$.from"}, "*"),
    ],
)
def test_a_copy_reads_what_it_is_made_of(
    call: Call, source: dict[str, Plain], expected: str
) -> None:
    found = call("aws-sdk:s3:copyObject", {"Bucket": "b", "Key": "k", **source})
    assert found.resources("s3:GetObject") == [expected]
    assert found.resources("s3:PutObject") == ["arn:P:s3:::b/k"]


@pytest.mark.parametrize(
    ("name", "service"),
    [("nosuchservice:do", ""), ("s3:noSuchOperation", "s3"), ("sqs:brandNew", "sqs")],
)
def test_an_operation_that_is_not_known_is_not_checked(call: Call, name: str, service: str) -> None:
    found = call(f"aws-sdk:{name}", {})
    assert found.all.needs == []
    ((reason),) = found.reasons
    assert name in reason
    assert found.all.not_checked[0].service == service


def test_names_of_operations() -> None:
    found = find_operation("sfn", "startExecution")
    assert not isinstance(found, str)
    assert [one.full_name for one in found.actions] == ["states:StartExecution"]
    assert find_operation("applicationcostprofiler", "x") == ""


@pytest.mark.parametrize(
    ("parameters", "kind", "resources"),
    [
        ({"RoleArn": ROLE}, "required", [ROLE]),
        ({"RoleArn": "run"}, "required", ["arn:P:iam::A:role/run"]),
        ({"RoleArn.$": "$.role"}, "conditional", ["arn:*:iam::*:role/*"]),
        ({}, "conditional", ["arn:*:iam::*:role/*"]),
    ],
)
def test_an_operation_that_hands_a_role_on(
    call: Call, parameters: dict[str, Plain], kind: str, resources: list[str]
) -> None:
    found = call("aws-sdk:sagemaker:createPipeline", {"PipelineName": "p", **parameters})
    assert found.only("iam:PassRole").kind == kind
    assert found.resources("iam:PassRole") == resources


def test_an_operation_without_roles_hands_none_on(call: Call) -> None:
    assert call("aws-sdk:sqs:getQueueUrl", {"QueueName": "q"}).of("iam:PassRole") == []


# Downstream.


@pytest.mark.parametrize(
    ("name", "parameters", "is_there"),
    [
        ("rekognition:detectText", {"Image": {"S3Object": {"Bucket": "b", "Name": "x"}}}, True),
        ("textract:analyzeExpense", {"Document": {"S3Object": {"Bucket.$": "$.b"}}}, True),
        ("transcribe:startTranscriptionJob", {"Media": {"MediaFileUri": "s3://b/x"}}, True),
        ("transcribe:startTranscriptionJob", {"Media": {"MediaFileUri": "https://x"}}, False),
        ("translate:translateText", {"Text.$": "$.text"}, False),
        ("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": {"Bucket": "b"}}, False),
    ],
)
def test_objects_that_a_service_reads(
    call: Call, name: str, parameters: dict[str, Plain], is_there: bool
) -> None:
    found = call(f"aws-sdk:{name}", parameters)
    assert ("s3:GetObject" in actions(found, "downstream")) is is_there
    assert "s3:GetObject" not in actions(found, "required", "conditional")


@pytest.mark.parametrize(
    ("name", "parameters", "is_there"),
    [
        ("cloudformation:createStack", {"StackName": "x"}, True),
        ("cloudformation:createStack", {"StackName": "x", "RoleARN": ROLE}, False),
        ("ssm:startAutomationExecution", {"DocumentName": "x"}, True),
        ("ssm:getParameter", {"Name": "x"}, False),
    ],
)
def test_operations_that_do_anything_for_the_caller(
    call: Call, name: str, parameters: dict[str, Plain], is_there: bool
) -> None:
    assert ("*" in actions(call(f"aws-sdk:{name}", parameters), "downstream")) is is_there


# What is not known of a workflow.


def test_needs_that_differ_in_the_state_only_are_one(needs: Call) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "pay"},
        "End": True,
    }
    need = needs({"A": state, "B": state}).only("lambda:InvokeFunction")
    assert need.states == ("A", "B")
    assert need.by == "state 'A', 'B'"


def test_what_could_not_be_read_is_not_checked(needs: Call, call: Call) -> None:
    found = needs(NOTHING, definition=Unread("it is elsewhere"))
    assert found.reasons == ["the definition could not be read: it is elsewhere"]
    open_states = OpenDict({"A": {"Type": "Succeed"}}, Unknown("var.states"))
    assert needs(open_states).reasons == ["not all states of Machine are known"]
    assert call(Unknown("var.resource")).reasons
    assert call("arn:aws:elsewhere:::x").reasons == [
        "Resource 'arn:aws:elsewhere:::x' is no integration"
    ]


@pytest.mark.parametrize(
    ("action", "part", "words", "is_vital"),
    [
        ("lambda:InvokeFunction", "call", "access denied", True),
        ("glue:GetJobRun", "poll+cancel", "never see the end", True),
        ("glue:BatchStopJobRun", "poll+cancel", "goes on", False),
        ("events:PutRule", "event-rule", "cannot be deployed", True),
        ("sagemaker:ListTags", "tags", "AWS's own policy", False),
        ("states:DescribeExecution", "feature", "AWS lists it", False),
        ("states:StartExecution", "feature", "Map state fails", True),
        ("s3:AbortMultipartUpload", "result", "large result", False),
        ("s3:GetObject", "result", "large result", False),
        ("s3:PutObject", "result", "access denied", True),
        ("logs:DeleteLogDelivery", "feature", "switched off", False),
        ("s3:GetObject", "data", "access denied", True),
    ],
)
def test_what_happens_without_it(action: str, part: str, words: str, is_vital: bool) -> None:
    from stepguard.permissions.needs import Need

    need = Need(action, ("*",), "required", part, ("A",))
    assert words in need.effect
    assert need.is_vital is is_vital


# Amazon Translate calls Comprehend to find out the language: "AWS managed policies for Translate".


@pytest.mark.parametrize(
    ("source", "kinds"),
    [("auto", ["conditional"]), ("en", []), (Unknown("var.language"), ["conditional"])],
)
def test_the_language_of_a_translation(
    call: Callable[..., Any], source: Plain, kinds: list[str]
) -> None:
    parameters = {"Text": "x", "SourceLanguageCode": source, "TargetLanguageCode": "de"}
    found = call("aws-sdk:translate:translateText", parameters)
    assert [one.kind for one in found.of("comprehend:DetectDominantLanguage")] == kinds


# The context object: `$$.StateMachine.Id` is the machine's own ARN.


@pytest.mark.parametrize(
    ("language", "parameters"),
    [
        ("JSONPath", {"StateMachineArn.$": "$$.StateMachine.Id", "Input": {}}),
        ("JSONPath", OpenDict({"StateMachineArn.$": " $$.StateMachine.Id"}, Unknown("rest"))),
        ("JSONata", {"StateMachineArn": "{% $states.context.StateMachine.Id %}", "Input": {}}),
    ],
)
def test_a_machine_that_calls_itself(
    call: Callable[..., Any], language: str, parameters: Plain
) -> None:
    found = call("states:startExecution.sync:2", parameters, language=language)
    start = found.only("states:StartExecution")
    assert not start.is_dynamic
    assert found.resources("states:StartExecution") == ["${Machine.Arn}"]
    stopped = "arn:P:states:R:A:execution:${Machine.Name}:*"
    assert found.resources("states:StopExecution") == [stopped]


@pytest.mark.parametrize(
    ("language", "parameters"),
    [
        ("JSONPath", {"StateMachineArn.$": "$.StateMachine.Id"}),
        ("JSONPath", {"StateMachineArn.$": "$$.StateMachine.Name"}),
        ("JSONata", {"StateMachineArn": "{% $states.context.StateMachine.Id & $x %}"}),
        ("JSONata", {"StateMachineArn": "$states.context.StateMachine.Id"}),
    ],
)
def test_a_machine_that_may_call_others(
    call: Callable[..., Any], language: str, parameters: Plain
) -> None:
    found = call("states:startExecution", parameters, language=language)
    assert found.resources("states:StartExecution") != ["${Machine.Arn}"]


def test_what_names_a_machine_is_no_map_run_of_it(call: Callable[..., Any]) -> None:
    parameters = {"StateMachineArn.$": "$$.StateMachine.Id"}
    found = call("aws-sdk:sfn:listExecutions", parameters)
    assert found.resources("states:ListExecutions") == ["${Machine.Arn}"]
    assert not found.only("states:ListExecutions").is_dynamic
