"""SFN102: resources that are wider than they need to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import (
    Form,
    Logging,
    PolicyDocument,
    Resource,
    StateMachine,
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

Judge = Callable[..., Any]
OPEN = Unknown("var.arn")


def text(*parts: str | Unknown | Reference) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


def allow(action: Plain, resource: Plain = "*", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def task(resource: Plain, parameters: Plain = None) -> dict[str, Plain]:
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    return {"StartAt": "Work", "States": {"Work": state}}


NOTHING: dict[str, Plain] = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
INVOKE = task("arn:aws:states:::lambda:invoke", {"FunctionName": "pay", "Payload.$": "$"})
PUT = task("arn:aws:states:::dynamodb:putItem", {"TableName": "orders", "Item.$": "$"})
CHOSEN = task("arn:aws:states:::lambda:invoke", {"FunctionName.$": "$.function"})
CHOSEN_JSONATA = {
    "QueryLanguage": "JSONata",
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "{% $states.input.function %}"},
            "End": True,
        }
    },
}
TABLES = "arn:aws:dynamodb:eu-west-1:123456789012:table/*"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:PutItem", "*"),
        ("dynamodb:putitem", "*"),
        ("dynamodb:PutItem", TABLES),
        ("dynamodb:PutItem", text("arn:aws:dynamodb:*:", Reference("AWS::AccountId"), ":table/*")),
        ("dynamodb:PutItem", ["arn:aws:dynamodb:*:*:table/orders", "*"]),
        ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*"),
        ("s3:GetObject", "arn:aws:s3:::*/*"),
        ("iam:GetRole", "*"),
        ("dynamodb:*", "*"),
        ("dynamodb:*", TABLES),
        ("dynamodb:Put*", TABLES),
        ("*", "*"),
        (["xray:PutTraceSegments", "dynamodb:PutItem"], "*"),
        ("dynamodb:PutItem", OneOf("Prod", ("arn:aws:dynamodb:*:*:table/orders", "*"))),
    ],
)
def test_what_is_too_wide(judge_role: Judge, action: Plain, resource: Plain) -> None:
    violation = judge_role("SFN102", allow(action, resource), definition=PUT).only
    assert violation.resource == "Policy"
    assert violation.path[:3] == ("Statement", 0, "Resource")
    assert "every" in violation.message


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/orders"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/orders-*"),
        ("dynamodb:PutItem", Reference("Orders", "Arn")),
        ("dynamodb:PutItem", text(Reference("Orders", "Arn"), "/index/*")),
        ("dynamodb:PutItem", text("arn:aws:dynamodb:*:*:table/", Unknown("var.table"))),
        ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:pay:*"),
        ("s3:GetObject", "arn:aws:s3:::bucket/*"),
        ("xray:PutTraceSegments", "*"),
        ("states:SendTaskSuccess", "*"),
        ("states:InvokeHTTPEndpoint", "*"),
        ("cloudwatch:PutMetricData", "*"),
        ("dynamodb:PutItem", []),
        ("iam:PassRole", "*"),
        ("iam:AttachRolePolicy", "arn:aws:iam::*:role/*"),
    ],
)
def test_what_is_fine(judge_role: Judge, action: Plain, resource: Plain) -> None:
    assert judge_role("SFN102", allow(action, resource), definition=PUT).passes


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": "dynamodb:PutItem", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "dynamodb:PutItem", "NotResource": "*"},
    ],
)
def test_other_statements_are_not_judged(judge_role: Judge, statement: Plain) -> None:
    assert judge_role("SFN102", statement, definition=PUT).passes


def test_one_finding_for_a_statement_names_actions_and_resources(judge_role: Judge) -> None:
    statement = allow(
        ["lambda:InvokeFunction", "xray:PutTraceSegments", "dynamodb:PutItem", "s3:PutObject"],
        ["*", TABLES],
        Sid="Work",
    )
    violation = judge_role("SFN102", statement, definition=INVOKE).only
    assert violation.message == (
        "Statement 'Work' of policy 'work' allows role 'Role' lambda:InvokeFunction, "
        f'dynamodb:PutItem and s3:PutObject on "*" and "{TABLES}": '
        "on every function, table and object there is"
    )
    assert violation.path == ("Statement", 0, "Resource", 0)
    assert len(violation.related) == 1


# Targets that are chosen at run time


@pytest.mark.parametrize("definition", [CHOSEN, CHOSEN_JSONATA])
@pytest.mark.parametrize("resource", ["*", "arn:aws:lambda:*:*:function:*"])
def test_a_target_chosen_at_run_time_may_be_any(
    judge_role: Judge, definition: Plain, resource: str
) -> None:
    statement = allow("lambda:InvokeFunction", resource)
    assert judge_role("SFN102", statement, definition=definition).passes


def test_it_excuses_only_the_actions_that_the_task_takes(judge_role: Judge) -> None:
    statement = allow(["lambda:InvokeFunction", "lambda:DeleteFunction"])
    violation = judge_role("SFN102", statement, definition=CHOSEN).only
    assert "lambda:DeleteFunction" in violation.message
    assert "lambda:InvokeFunction" not in violation.message


def test_a_name_below_the_target_excuses_nothing(judge_role: Judge) -> None:
    definition = task("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key.$": "$.k"})
    assert judge_role("SFN102", allow("s3:GetObject"), definition=definition).only


def test_an_action_that_hands_out_permissions_on_a_condition(judge_role: Judge) -> None:
    condition: Plain = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    statement = allow("iam:AttachRolePolicy", Condition=condition)
    assert judge_role("SFN102", statement, definition=PUT).only


# What AWS's own policies put on everything


@pytest.mark.parametrize(
    ("call", "parameters", "actions"),
    [
        ("batch:submitJob.sync", {"JobQueue": "q"}, ["batch:SubmitJob", "batch:TerminateJob"]),
        ("ecs:runTask.sync", {"TaskDefinition": "t"}, ["ecs:StopTask", "ecs:DescribeTasks"]),
        ("eks:createNodegroup", {"ClusterName": "c"}, ["eks:CreateNodegroup"]),
        (
            "elasticmapreduce:createCluster.sync",
            {"Name": "c"},
            ["elasticmapreduce:DescribeCluster", "elasticmapreduce:TerminateJobFlows"],
        ),
        ("elasticmapreduce:createCluster", {"Name": "c"}, ["elasticmapreduce:AddTags"]),
        (
            "sagemaker:createTrainingJob",
            {"TrainingJobName": "t"},
            ["sagemaker:ListTags", "sagemaker:AddTags"],
        ),
        ("mediaconvert:createJob.sync", {"Role": "r"}, ["mediaconvert:CreateJob"]),
    ],
)
def test_documented_wildcards_are_fine_where_the_workflow_calls_for_them(
    judge_role: Judge, call: str, parameters: Plain, actions: list[str]
) -> None:
    definition = task(f"arn:aws:states:::{call}", parameters)
    assert judge_role("SFN102", allow(actions), definition=definition).passes
    violation = judge_role("SFN102", allow(actions), definition=NOTHING).only
    assert [action for action in actions if action not in violation.message] == []


def test_log_delivery_is_fine_where_the_machine_logs(judge_role: Judge) -> None:
    statement = allow(["logs:CreateLogDelivery", "logs:CreateLogStream", "logs:PutLogEvents"])
    on = Logging(level=Traced("ALL"), include_execution_data=None, destinations=[])
    assert judge_role("SFN102", statement, definition=NOTHING, logging=on).passes
    off = judge_role("SFN102", statement, definition=NOTHING).only
    assert "logs:CreateLogStream and logs:PutLogEvents on" in off.message
    unknown = judge_role("SFN102", statement, definition=NOTHING, logging=Unread("lost"))
    assert unknown.violations == []
    assert len(unknown.reasons) == 1


def test_a_documented_type_does_not_excuse_another_one(judge_role: Judge) -> None:
    definition = task("arn:aws:states:::athena:startQueryExecution", {"WorkGroup": "primary"})
    catalogs = allow(
        ["athena:startQueryExecution", "athena:getDataCatalog"],
        ["arn:aws:athena:*:*:workgroup/primary", "arn:aws:athena:*:*:datacatalog/*"],
    )
    assert judge_role("SFN102", catalogs, definition=definition).passes
    everything = allow(["athena:startQueryExecution", "athena:getDataCatalog"])
    violation = judge_role("SFN102", everything, definition=definition).only
    assert "athena:startQueryExecution on" in violation.message
    assert "getDataCatalog" not in violation.message


# Conditions


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:ResourceTag/Project": "orders"}},
        {"StringLike": {"DynamoDB:ResourceTag/Project": ["orders-*"]}},
        {"StringEquals": {"aws:ResourceTag/Project": text(Unknown("var.p"), "-orders")}},
    ],
)
def test_a_condition_on_the_resource_counts_as_a_name(judge_role: Judge, condition: Plain) -> None:
    statement = allow("dynamodb:PutItem", Condition=condition)
    assert judge_role("SFN102", statement, definition=PUT).passes


def test_rules_that_a_service_manages_are_no_others(judge_role: Judge) -> None:
    managed = {"StringEquals": {"events:ManagedBy": "fis.amazonaws.com"}}
    statement = allow(["events:PutRule", "events:DeleteRule"], Condition=managed)
    assert judge_role("SFN102", statement, definition=PUT).passes


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:ResourceAccount": "123456789012"}},
        {"StringEqualsIfExists": {"aws:ResourceTag/Project": "orders"}},
        {"ForAllValues:StringEquals": {"aws:ResourceTag/Project": "orders"}},
        {"StringNotEquals": {"aws:ResourceTag/Project": "orders"}},
        {"StringLike": {"aws:ResourceTag/Project": ["orders", "*"]}},
        {"StringEquals": {"s3:ResourceTag/Project": "orders"}},
        {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        {},
    ],
)
def test_other_conditions_do_not(judge_role: Judge, condition: Plain) -> None:
    statement = allow("dynamodb:PutItem", Condition=condition)
    assert judge_role("SFN102", statement, definition=PUT).only


@pytest.mark.parametrize(
    "condition",
    [
        OPEN,
        {"StringEquals": {"aws:ResourceTag/Project": OPEN}},
        {"StringEquals": OneOf("C", ({"aws:ResourceTag/P": "x"}, {"aws:RequestTag/P": "x"}))},
    ],
)
def test_a_condition_that_is_not_known_is_not_judged(judge_role: Judge, condition: Plain) -> None:
    statement = allow("dynamodb:PutItem", Condition=condition)
    judged = judge_role("SFN102", statement, definition=PUT)
    assert judged.violations == []
    assert len(judged.reasons) == 1


def test_a_cluster_names_its_tasks(judge_role: Judge) -> None:
    condition = {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:eu-west-1:1:cluster/c"}}
    definition = task("arn:aws:states:::ecs:runTask", {"TaskDefinition": "t"})
    statement = allow("ecs:RunTask", Condition=condition)
    assert judge_role("SFN102", statement, definition=definition).passes


# What is not known


@pytest.mark.parametrize(
    ("action", "resource", "reason"),
    [
        ("dynamodb:PutItem", OPEN, "${var.arn}: var.arn is not known before deployment"),
        ("dynamodb:PutItem", text(OPEN), "${var.arn}: var.arn is not known before deployment"),
        ("dynamodb:PutItem", OpenList([], OPEN), "its resources: var.arn is not known"),
        ("dynamodb:NoSuchAction", "*", "dynamodb:NoSuchAction: the action is not known"),
        (text("dynamodb:", Unknown("var.verb")), "*", "var.verb is not known"),
    ],
)
def test_an_element_that_is_not_known(
    judge_role: Judge, action: Plain, resource: Plain, reason: str
) -> None:
    judged = judge_role("SFN102", allow(action, resource), definition=PUT)
    assert judged.violations == []
    (found,) = judged.reasons
    assert reason in found


def test_an_unknown_action_on_a_named_resource_is_fine(judge_role: Judge) -> None:
    statement = allow("dynamodb:NoSuchAction", "arn:aws:dynamodb:*:*:table/orders/*")
    assert judge_role("SFN102", statement, definition=PUT).passes


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (Unread("no such file"), "the definition could not be read: no such file"),
        (task("arn:aws:states:::dynamodb:putItem", OPEN), "what 'Work' uses it on is not known"),
        (task("arn:aws:states:::dynamodb:query", {}), "what dynamodb:query of state 'Work' needs"),
    ],
)
def test_a_workflow_that_is_not_known_may_call_for_it(
    judge_role: Judge, definition: Any, reason: str
) -> None:
    statement = allow(["dynamodb:PutItem", "dynamodb:GetItem"])
    judged = judge_role("SFN102", statement, definition=definition)
    assert judged.violations == []
    (found,) = judged.reasons
    assert reason in found
    assert "dynamodb:PutItem and dynamodb:GetItem" in found


def test_a_role_that_no_machine_uses(judge_role: Judge) -> None:
    assert judge_role("SFN102", allow("dynamodb:PutItem")).only
    documented = judge_role("SFN102", allow("ecs:StopTask"))
    assert documented.violations == []
    assert "no state machine of the project uses the role" in documented.reasons[0]


def test_a_machine_whose_role_is_not_known_may_use_it(judge_role: Judge) -> None:
    machine = StateMachine(
        address="Other",
        type="x",
        form=Form.CLOUDFORMATION,
        definition=Document(CHOSEN, None),
        role=Traced(Unknown("var.role")),
    )
    judged = judge_role("SFN102", allow("lambda:InvokeFunction"), others=[machine])
    assert judged.violations == []
    assert "the role of state machine Other is not known" in judged.reasons[0]


# What to write instead


def test_the_names_that_the_workflow_uses_are_suggested(judge_role: Judge) -> None:
    statement = allow(["dynamodb:PutItem", "s3:PutObject"])
    suggestion = judge_role("SFN102", statement, definition=PUT).only.suggestion
    assert suggestion == (
        "Name what the workflow uses: dynamodb:PutItem on "
        '!Sub "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders". '
        "No state takes s3:PutObject itself: leave that out, or name it, as in "
        "arn:${AWS::Partition}:s3:::<BucketName>/*"
    )
    terraform = judge_role("SFN102", statement, definition=PUT, form=Form.TERRAFORM).only
    assert (
        '"arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.name}:'
        '${data.aws_caller_identity.current.account_id}:table/orders"'
    ) in terraform.suggestion


@pytest.mark.parametrize(
    ("form", "type_", "address", "value", "written"),
    [
        (
            Form.CLOUDFORMATION,
            "AWS::Lambda::Function",
            "Pay",
            Reference("Pay", "Arn"),
            "!GetAtt Pay.Arn",
        ),
        (
            Form.TERRAFORM,
            "aws_lambda_function",
            "aws_lambda_function.pay",
            Reference("aws_lambda_function.pay", "function_name"),
            "aws_lambda_function.pay.arn",
        ),
        (
            Form.CLOUDFORMATION,
            "Custom::Thing",
            "Thing",
            Reference("Thing", "Arn"),
            "!GetAtt Thing.Arn",
        ),
    ],
)
def test_a_reference_is_suggested_in_the_language_of_the_form(
    judge_role: Judge, form: Form, type_: str, address: str, value: Reference, written: str
) -> None:
    target = Resource(address=address, type=type_, form=form)
    definition = task("arn:aws:states:::lambda:invoke", {"FunctionName": value})
    judged = judge_role(
        "SFN102", allow("lambda:InvokeFunction"), definition=definition, form=form, others=[target]
    )
    assert written in judged.only.suggestion


@pytest.mark.parametrize(
    ("variable", "is_told"), [("var.queue_url", True), ("var.queue_name", False)]
)
def test_what_may_be_more_than_a_name_is_told(
    judge_role: Judge, variable: str, is_told: bool
) -> None:
    definition = task(
        "arn:aws:states:::sqs:sendMessage", {"QueueUrl": Unknown(variable), "MessageBody": "x"}
    )
    suggestion = judge_role(
        "SFN102", allow("sqs:SendMessage"), definition=definition, form=Form.TERRAFORM
    ).only.suggestion
    assert f':${{{variable}}}"' in suggestion
    told = f"(where {variable} is a URL or an ARN, write the name that it ends with)"
    assert suggestion.endswith(told) is is_told


def test_what_a_call_depends_on_is_not_to_be_left_out(judge_role: Judge) -> None:
    definition = task("arn:aws:states:::aws-sdk:fis:startExperiment", {"ExperimentTemplateId": "t"})
    actions = ["iam:CreateServiceLinkedRole", "fis:ListExperiments", "sqs:SendMessage"]
    suggestion = judge_role("SFN102", allow(actions), definition=definition).only.suggestion
    assert "iam:CreateServiceLinkedRole on " in suggestion
    assert "No state takes sqs:SendMessage itself" in suggestion


def test_what_a_wildcard_may_well_allow_stays(judge_role: Judge) -> None:
    queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
    send = task("arn:aws:states:::aws-sdk:sqs:sendMessage", {"QueueUrl": queue, "MessageBody": "x"})
    purge = task("arn:aws:states:::aws-sdk:sqs:purgeQueue", {"QueueUrl.$": "$.queue"})
    states = {**send["States"], "Purge": purge["States"]["Work"]}
    judged = judge_role("SFN102", allow("sqs:*"), definition={**send, "States": states})
    suggestion = judged.only.suggestion
    assert "sqs:SendMessage on " in suggestion
    assert suggestion.endswith("; sqs:PurgeQueue as now, in another statement")


def test_a_policy_template_is_no_place_for_a_statement(scanned: Callable[..., Any]) -> None:
    template = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Policies: [{LambdaInvokePolicy: {FunctionName: "*"}}]
      Definition:
        StartAt: A
        States:
          A:
            Type: Task
            Resource: arn:aws:states:::lambda:invoke
            Parameters: {FunctionName: pay}
            End: true
"""
    (found,) = scanned("SFN102", template).findings
    assert found.violation.suggestion.endswith(
        "(a statement in place of the policy template LambdaInvokePolicy)"
    )


def test_the_rule_of_step_functions_is_suggested(judge_role: Judge) -> None:
    definition = task("arn:aws:states:::states:startExecution.sync:2", {"StateMachineArn": "arn:x"})
    suggestion = judge_role(
        "SFN102", allow("events:PutRule"), definition=definition
    ).only.suggestion
    assert "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule" in suggestion


# Bounds


@pytest.mark.in_time(15)
def test_a_policy_of_any_length_is_judged_in_time(judge_role: Judge) -> None:
    statement = allow(
        [f"ec2:*{number}*" for number in range(2_000)],
        [f"arn:aws:ec2:*:*:*/*{'*' * (number % 7)}" for number in range(2_000)],
    )
    policy = PolicyDocument(
        name="long", document=Document({"Statement": [statement]}, None), address="Policy"
    )
    judged = judge_role("SFN102", definition=PUT, inline=[policy])
    assert any("more wildcards than are compared" in reason for reason in judged.reasons)


@pytest.mark.parametrize("action", ["s3:*", "iam:*", "s3:Delete*"])
def test_a_wildcard_that_nothing_is_used_of_is_left_to_sfn101(
    judge_role: Judge, action: str
) -> None:
    statement = allow(action, "*")
    assert judge_role("SFN102", statement, definition=PUT).passes
    others = [judge_role(rule, statement, definition=PUT) for rule in ("SFN101", "SFN107")]
    assert any(one.violations for one in others)
    assert judge_role("SFN102", statement).violations


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("states:StartExecution", "every state machine there is"),
        ("events:PutRule", "every rule there is"),
        ("logs:CreateLogGroup", "every log group there is"),
    ],
)
def test_kinds_of_resources_are_words(judge_role: Judge, action: str, words: str) -> None:
    assert words in judge_role("SFN102", allow(action, "*"), definition=PUT).only.message


def test_what_is_rightly_allowed_on_everything_stays(judge_role: Judge) -> None:
    run = task("arn:aws:states:::ecs:runTask.sync", {"Cluster": "c", "TaskDefinition": "td"})
    actions = ["ecs:RunTask", "ecs:StopTask", "ecs:DescribeTasks"]
    suggestion = judge_role("SFN102", allow(actions), definition=run).only.suggestion
    assert "ecs:RunTask on " in suggestion
    assert suggestion.endswith("; ecs:StopTask and ecs:DescribeTasks as now, in another statement")
