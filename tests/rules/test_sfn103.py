"""SFN103: permissions that no state machine with the role uses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, PolicyDocument, Resource, StateMachine, Unread
from stepguard.deployment.values import OneOf, Plain, Reference, Traced, Unknown
from stepguard.engine import ScanOptions, scan

Judge = Callable[..., Any]
OPEN = Unknown("var.x", "not set")
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"


def allow(action: Plain, resource: Plain = TABLE, **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def workflow(resource: str, parameters: Plain = None, **more: Plain) -> dict[str, Plain]:
    state: dict[str, Plain] = {"Type": "Task", "Resource": resource, "End": True, **more}
    if parameters is not None:
        state["Parameters"] = parameters
    return {"StartAt": "Do", "States": {"Do": state}}


PUT = workflow("arn:aws:states:::dynamodb:putItem", {"TableName": "orders"})


def test_an_action_that_nothing_takes(judge_role: Judge) -> None:
    statement = allow(["dynamodb:PutItem", "dynamodb:Scan", "s3:GetObject"], Sid="Work")
    violation = judge_role("SFN103", statement, definition=PUT).only
    assert violation.message == (
        "Statement 'Work' of policy 'work' allows role 'Role' dynamodb:Scan and s3:GetObject, "
        "which no state and no feature of its state machines uses"
    )
    assert violation.resource == "Policy"
    assert violation.path == ("Statement", 0, "Action", 1)
    assert violation.suggestion == "Remove dynamodb:Scan and s3:GetObject"
    assert violation.subject == "Work dynamodb:Scan s3:GetObject"
    assert [one.message for one in violation.related] == ["s3:GetObject too"]


def test_a_statement_of_which_nothing_is_used(judge_role: Judge) -> None:
    violation = judge_role("SFN103", allow("sqs:SendMessage", "*"), definition=PUT).only
    assert violation.suggestion == "Remove the statement"


def test_one_finding_for_each_statement(judge_role: Judge) -> None:
    found = judge_role(
        "SFN103", allow("dynamodb:PutItem"), allow("s3:PutObject"), allow("sns:Publish"),
        definition=PUT,
    )  # fmt: skip
    assert [one.path[1] for one in found.violations] == [1, 2]


@pytest.mark.parametrize(
    ("definition", "action"),
    [
        # What the call needs, in any case, and what AWS's own template for it has besides.
        (PUT, "dynamodb:PutItem"),
        (PUT, "dynamodb:putitem"),
        (PUT, "dynamodb:GetItem"),
        (PUT, "dynamodb:UpdateItem"),
        # Keys and tags that a service handles on the role's behalf.
        (PUT, "kms:Decrypt"),
        (PUT, "kms:GenerateDataKey*"),
        # Optional ones, about which AWS's sources disagree.
        (workflow("arn:aws:states:::batch:submitJob.sync", {}), "batch:TagResource"),
        (
            workflow("arn:aws:states:::sagemaker:createTrainingJob", {"TrainingJobName": "x"}),
            "sagemaker:AddTags",
        ),
        # Conditional ones: whether the task definition has roles is not known.
        (workflow("arn:aws:states:::ecs:runTask", {"TaskDefinition": "p"}), "iam:PassRole"),
        # What the called service does: Athena reads and writes objects and tables.
        (workflow("arn:aws:states:::athena:startQueryExecution", {}), "glue:GetTable"),
        (
            workflow(
                "arn:aws:states:::aws-sdk:rekognition:detectText",
                {"Image": {"S3Object": {"Bucket": "b"}}},
            ),
            "s3:GetObject",
        ),
        # The superset of the operation.
        (
            workflow("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"}),
            "s3:GetObjectVersion",
        ),
        # Whatever a stack is told to do.
        (workflow("arn:aws:states:::aws-sdk:cloudformation:createStack", {}), "ec2:RunInstances"),
        # What is judged elsewhere, or not known.
        (PUT, "s3:*"),
        (PUT, "*"),
        (PUT, "s3:NoSuchAction"),
        (PUT, OPEN),
    ],
)
def test_what_is_fine(judge_role: Judge, definition: Plain, action: Plain) -> None:
    assert judge_role("SFN103", allow(action, "*"), definition=definition).passes


@pytest.mark.parametrize("feature", ["logging", "tracing", "none"])
def test_features_use_their_actions(judge_role: Judge, logging: Judge, feature: str) -> None:
    given = {"logging": {"logging": logging("ALL")}, "tracing": {"tracing": Traced(True)}}
    statements = (
        allow("logs:CreateLogDelivery", "*", Sid="logging"),
        allow("xray:PutTraceSegments", "*", Sid="tracing"),
    )
    found = judge_role("SFN103", *statements, definition=PUT, **given.get(feature, {}))
    unused = {one.subject.split()[0] for one in found.violations}
    assert unused == {"logging", "tracing"} - {feature}


def test_resources_that_the_action_is_not_taken_on(judge_role: Judge) -> None:
    other = "arn:aws:dynamodb:eu-west-1:123456789012:table/payments"
    violation = judge_role(
        "SFN103", allow("dynamodb:PutItem", [TABLE, other]), definition=_own_account()
    ).only
    assert violation.message == (
        f"Statement 1 of policy 'work' allows role 'Role' dynamodb:PutItem on {other}; its state "
        "machines do that, but on other resources"
    )
    assert violation.path == ("Statement", 0, "Resource", 1)
    assert violation.suggestion.startswith(f"Remove {other}")


def _own_account() -> Plain:
    return workflow("arn:aws:states:::dynamodb:putItem", {"TableName": TABLE})


@pytest.mark.parametrize(
    "resource",
    [
        TABLE,
        [TABLE, f"{TABLE}/index/*"],
        "arn:aws:dynamodb:*:*:table/*",
        "*",
        OPEN,
        OneOf("c", (TABLE, "arn:aws:dynamodb:eu-west-1:123456789012:table/payments")),
        [TABLE, ""],
    ],
)
def test_resources_that_are_touched(judge_role: Judge, resource: Plain) -> None:
    found = judge_role("SFN103", allow("dynamodb:PutItem", resource), definition=_own_account())
    assert found.passes


def test_the_bucket_of_an_object_is_touched(judge_role: Judge) -> None:
    definition = workflow("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"})
    statement = allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::b", "arn:aws:s3:::b/*"])
    assert judge_role("SFN103", statement, definition=definition).passes


def test_a_target_of_the_run_time_may_be_anything(judge_role: Judge) -> None:
    definition = workflow("arn:aws:states:::lambda:invoke", {"FunctionName.$": "$.fn"})
    pay = "arn:aws:lambda:eu-west-1:123456789012:function:pay"
    assert judge_role("SFN103", allow("lambda:InvokeFunction", pay), definition=definition).passes


def test_a_function_with_its_versions_is_touched(judge_role: Judge) -> None:
    pay = "arn:aws:lambda:eu-west-1:123456789012:function:pay"
    statement = allow("lambda:InvokeFunction", [pay, f"{pay}:*"])
    assert judge_role("SFN103", statement, definition=workflow(pay)).passes


def states(*services: str) -> dict[str, Plain]:
    return {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("trust", "reason"),
    [
        (
            states("states.amazonaws.com", "lambda.amazonaws.com"),
            "lambda.amazonaws.com may assume the role too, and need what no state machine uses",
        ),
        (
            [
                states("states.amazonaws.com"),
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "123456789012"},
                    "Action": "sts:AssumeRole",
                },
            ],
            "123456789012 may assume the role too, and need what no state machine uses",
        ),
        (
            Unread("no"),
            "whoever the trust policy names, which could not be read, may assume the role too, "
            "and need what no state machine uses",
        ),
    ],
)
def test_a_role_that_others_may_assume(judge_role: Judge, trust: Any, reason: str) -> None:
    found = judge_role("SFN103", allow("s3:GetObject"), definition=PUT, trust=trust)
    assert found.reasons == [reason]


@pytest.mark.parametrize(
    "trust",
    [
        states("states.amazonaws.com"),
        states("states.eu-west-1.amazonaws.com"),
        {**states("lambda.amazonaws.com"), "Effect": "Deny"},
    ],
)
def test_a_role_of_step_functions_alone(judge_role: Judge, trust: Any) -> None:
    statements = [states("states.amazonaws.com"), trust]
    assert judge_role("SFN103", allow("s3:GetObject"), definition=PUT, trust=statements).violations


def test_what_of_the_workflow_could_not_be_read(judge_role: Judge) -> None:
    def reasons(definition: Plain | Unread, **more: Any) -> list[str]:
        found: list[str] = judge_role(
            "SFN103", allow("s3:GetObject"), definition=definition, **more
        ).reasons
        return found

    assert reasons(Unread("elsewhere")) == ["the definition could not be read: elsewhere"]
    assert reasons(workflow("arn:aws:states:::eks:call", {})) == [
        "state 'Do': AWS documents no permissions for eks:call"
    ]
    stranger = StateMachine(
        address="Stranger",
        type="AWS::StepFunctions::StateMachine",
        form=Form.CLOUDFORMATION,
        definition=Document(PUT, None),
        role=Traced(OPEN),
    )
    assert reasons(PUT, others=[stranger]) == ["the role of state machine Stranger is not known"]


def test_a_role_that_no_machine_uses(judge_role: Judge) -> None:
    found = judge_role("SFN103", allow("s3:GetObject"))
    assert found.reasons == ["no state machine of the project is known to use the role"]


def test_an_operation_that_is_not_known_leaves_its_service_open(judge_role: Judge) -> None:
    definition = workflow("arn:aws:states:::aws-sdk:s3:brandNew", {})
    found = judge_role(
        "SFN103", allow(["s3:GetObject"]), allow("sqs:SendMessage"), definition=definition
    )
    assert [one.path for one in found.violations] == [("Statement", 1, "Action")]
    (reason,) = found.reasons
    assert reason.startswith("Statement 1 of policy 'work': whether s3:GetObject is used is not ")


def test_a_role_that_a_task_takes_uses_what_the_task_does(judge_role: Judge) -> None:
    taking = StateMachine(
        address="Taking",
        type="AWS::StepFunctions::StateMachine",
        form=Form.CLOUDFORMATION,
        definition=Document(
            workflow(
                "arn:aws:states:::sqs:sendMessage",
                {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/q"},
                Credentials={"RoleArn": Reference("Role", "Arn")},
            ),
            None,
        ),
        role=Traced("arn:aws:iam::123456789012:role/other"),
    )
    statement = allow(["dynamodb:PutItem", "sqs:SendMessage"], "*")
    assert judge_role("SFN103", statement, definition=PUT, others=[taking]).passes
    assert judge_role("SFN103", statement, definition=PUT).violations


def test_a_role_that_allows_nothing_is_not_judged(judge_role: Judge) -> None:
    assert not judge_role("SFN103", definition=PUT).applies
    broken = PolicyDocument(name="p", document=Unread("no"), address="Role")
    assert not judge_role("SFN103", definition=PUT, inline=[broken]).applies


def test_policies_that_aws_manages_are_not_judged(judge_role: Judge) -> None:
    attached = [Traced("arn:aws:iam::aws:policy/AdministratorAccess")]
    found = judge_role("SFN103", allow("dynamodb:PutItem"), definition=PUT, attached=attached)
    assert found.passes


SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Put
        States:
          Put:
            Type: Task
            Resource: arn:aws:states:::dynamodb:putItem
            Parameters: {TableName: !Ref Table, Item: {}}
            End: true
      Policies:
        - DynamoDBWritePolicy: {TableName: !Ref Table}
        - SQSSendMessagePolicy: {QueueName: orders}
  Table:
    Type: AWS::Serverless::SimpleTable
"""


def test_a_policy_template_is_judged_as_one(tmp_path: Path) -> None:
    """Of a template of SAM nobody can leave a part out; only one that is no use is found."""
    (tmp_path / "template.yaml").write_text(SAM, encoding="utf-8")
    report = scan([tmp_path], ScanOptions(rules=("SFN103",)))
    ((finding),) = report.findings
    violation = finding.violation
    assert violation.message.startswith("'SQSSendMessagePolicy' allows role ")
    assert violation.suggestion == "Remove 'SQSSendMessagePolicy'"
    assert violation.span is not None
    assert violation.span.line == 16


def test_the_machines_of_a_shared_role_count_together(judge_role: Judge) -> None:
    second = StateMachine(
        address="Second",
        type="AWS::StepFunctions::StateMachine",
        form=Form.CLOUDFORMATION,
        definition=Document(
            workflow("arn:aws:states:::sns:publish", {"TopicArn": Reference("Topic")}), None
        ),
        role=Traced(Reference("Role", "Arn")),
    )
    topic = Resource(address="Topic", type="AWS::SNS::Topic", form=Form.CLOUDFORMATION)
    statements = (allow("dynamodb:PutItem"), allow("sns:Publish", Reference("Topic")))
    found = judge_role("SFN103", *statements, definition=PUT, others=[second, topic])
    assert found.passes


@pytest.mark.in_time(60)
def test_policies_and_workflows_of_any_length_are_judged_in_time(judge_role: Judge) -> None:
    states = {
        f"S{number}": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Parameters": {"TableName": f"orders-{number}"},
            "End": True,
        }
        for number in range(2_000)
    }
    statements = [
        allow(["dynamodb:GetItem", "kms:GenerateDataKey*"], f"arn:aws:dynamodb:*:*:table/*a*{n}")
        for n in range(500)
    ]
    judge_role("SFN103", *statements, definition={"StartAt": "S0", "States": states})


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        (
            ["xray:PutTraceSegments", "xray:GetSamplingRules"],
            ", or turn on the tracing that it is for",
        ),
        (["logs:CreateLogDelivery"], ", or turn on the logging that it is for"),
        (["xray:PutTraceSegments", "logs:CreateLogDelivery"], "Remove the statement"),
    ],
)
def test_what_a_feature_is_for_that_is_off(
    judge_role: Judge, actions: list[str], words: str
) -> None:
    found = judge_role("SFN103", allow(actions, "*"), definition=PUT).only
    assert found.suggestion.endswith(words)
