"""SFN104: permissions that the workflow needs and its role lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import (
    Encryption,
    Form,
    PolicyDocument,
    Resource,
    Role,
    Unread,
)
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Plain, Reference, Traced, Unknown
from stepguard.engine import ScanOptions, scan
from stepguard.finding import Severity, Violation

Judge = Callable[..., Any]
OPEN = Unknown("var.x", "not set")
ARN = "arn:aws:iam::123456789012:role/run"


def allow(action: Plain, resource: Plain = "*", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def task(resource: str, parameters: Plain = None, **more: Plain) -> dict[str, Plain]:
    state: dict[str, Plain] = {"Type": "Task", "Resource": resource, "End": True, **more}
    if parameters is not None:
        state["Parameters"] = parameters
    return state


def workflow(**states: Plain) -> dict[str, Plain]:
    return {"StartAt": next(iter(states)), "States": states}


SEND = workflow(
    Send=task("arn:aws:states:::sqs:sendMessage", {"QueueUrl": Reference("aws_sqs_queue.q", "url")})
)
RUN = workflow(Run=task("arn:aws:states:::glue:startJobRun.sync", {"JobName": "pack"}))
QUEUE = Resource(address="aws_sqs_queue.q", type="aws_sqs_queue", form=Form.TERRAFORM)


def role(*statements: Plain, address: str = "aws_iam_role.r", **more: Any) -> Role:
    if statements:
        document = Document({"Statement": list(statements)}, None)
        more["inline"] = [PolicyDocument(name="work", document=document, address="policy")]
    file = SourceFile("iam.tf", 'resource "aws_iam_role" "r" {}\n')
    return Role(
        address=address, type="aws_iam_role", form=Form.TERRAFORM, span=Span(file, 0, 27), **more
    )


@pytest.fixture
def judge_needs(judge: Judge) -> Judge:
    """Return what the rule says about a machine with a role of some statements."""

    def run(
        definition: Plain,
        *statements: Plain,
        others: Sequence[Resource] = (QUEUE,),
        properties: dict[str, Any] | None = None,
        **role_properties: Any,
    ) -> Any:
        return judge(
            "SFN104",
            definition if isinstance(definition, Unread) else Document(definition, None),
            others=[role(*statements, **role_properties), *others],
            role=Traced(Reference("aws_iam_role.r", "arn")),
            **(properties or {}),
        )

    return run


def test_a_call_that_nothing_allows(judge_needs: Judge) -> None:
    violation = judge_needs(SEND, allow("s3:GetObject", "arn:aws:s3:::b/*")).only
    assert violation.message == (
        "State 'Send' needs sqs:SendMessage on ${aws_sqs_queue.q.arn}, but no policy of role "
        "'aws_iam_role.r' allows it: the state fails with access denied"
    )
    assert violation.resource == "policy"
    assert violation.state == "Send"
    assert violation.path == ("States", "Send")
    assert violation.subject == "aws_sfn_state_machine.m sqs:SendMessage"
    assert violation.severity is None
    assert violation.suggestion == (
        "Add to policy 'work': "
        '{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.q.arn }'
    )
    assert violation.related[0].message == "policy 'work' does not allow it"
    assert violation.related[0].span.path == "iam.tf"


def test_a_role_without_policies_is_where_to_write_it(judge_needs: Judge) -> None:
    violation = judge_needs(SEND).only
    assert violation.resource == "aws_iam_role.r"
    assert violation.suggestion.startswith("Add to role 'aws_iam_role.r': ")


@pytest.mark.parametrize(
    "statement",
    [
        allow("sqs:SendMessage", Reference("aws_sqs_queue.q", "arn")),
        allow("sqs:Send*", "arn:aws:sqs:*:*:*"),
        allow("*"),
    ],
)
def test_a_call_that_is_allowed(judge_needs: Judge, statement: Plain) -> None:
    assert judge_needs(SEND, statement).passes


def test_what_a_job_needs_besides(judge_needs: Judge) -> None:
    job = "arn:aws:glue:eu-west-1:123456789012:job/pack"
    poll = judge_needs(RUN, allow(["glue:StartJobRun", "glue:BatchStopJobRun"], job)).only
    assert "glue:GetJobRun and glue:GetJobRuns on " in poll.message
    assert poll.message.endswith("the execution may never see the end of what it waits for")
    assert poll.severity is None
    stop = judge_needs(RUN, allow(["glue:StartJobRun", "glue:GetJobRun*"], job)).only
    assert stop.message.endswith("when the execution is stopped, what it started goes on")
    assert stop.severity is Severity.MEDIUM
    both = judge_needs(RUN, allow("glue:StartJobRun", job)).only
    assert "glue:GetJobRun, glue:GetJobRuns and glue:BatchStopJobRun" in both.message
    assert ", and when the execution is stopped" in both.message
    assert both.severity is None


def test_states_that_need_the_same_are_one_finding(judge_needs: Judge) -> None:
    send = SEND["States"]["Send"]
    violation = judge_needs(workflow(One=send, Two=send), allow("s3:*")).only
    assert violation.message.startswith("States 'One', 'Two' need sqs:SendMessage")
    assert [(one.message, one.state) for one in violation.related[1:]] == [
        ("'One' needs sqs:SendMessage", "One"),
        ("'Two' needs sqs:SendMessage", "Two"),
    ]
    assert violation.states == ("One", "Two")


def test_different_needs_are_findings_of_their_own(judge_needs: Judge) -> None:
    states = {**SEND["States"], **RUN["States"]}
    assert len(judge_needs(workflow(**states), allow("s3:*")).violations) == 2


def test_what_is_forbidden(judge_needs: Judge) -> None:
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    violation = judge_needs(SEND, allow("sqs:*"), deny).only
    assert "but policy 'work' forbids it: the state fails" in violation.message
    assert violation.suggestion.startswith("Leave sqs:SendMessage out of what is forbidden")
    boundary = Traced("arn:aws:iam::aws:policy/AmazonSNSFullAccess")
    limited = judge_needs(SEND, allow("sqs:*"), boundary=boundary).only
    assert "the permissions boundary of the role does not allow it" in limited.message


def test_traces_arrive_without_the_sampling_rules(judge_needs: Judge) -> None:
    traced = {"tracing": Traced(True)}
    definition = workflow(Done={"Type": "Succeed"})
    writing = allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"])
    violation = judge_needs(definition, writing, properties=traced).only
    assert violation.message.endswith(": X-Ray's sampling rules do not count")


@pytest.mark.parametrize(
    ("feature", "action", "words", "severity"),
    [
        ("logging", "logs:CreateLogDelivery", "cannot be deployed", None),
        ("tracing", "xray:PutTraceSegments", "no traces arrive", Severity.MEDIUM),
        ("encryption", "kms:Decrypt", "the execution fails", None),
    ],
)
def test_features_of_the_machine(
    judge_needs: Judge,
    logging: Judge,
    feature: str,
    action: str,
    words: str,
    severity: Severity | None,
) -> None:
    file = SourceFile("main.tf", "key = aws_kms_key.k.arn\n")
    span = Span(file, 0, 23)
    key = Resource(address="aws_kms_key.k", type="aws_kms_key", form=Form.TERRAFORM)
    given = {
        "logging": logging("ALL"),
        "tracing": Traced(True, span),
        "encryption": Encryption(
            type=Traced("CUSTOMER_MANAGED_KMS_KEY"),
            key=Traced(Reference("aws_kms_key.k", "arn")),
            reuse_period_seconds=None,
            span=span,
        ),
    }
    definition = workflow(Done={"Type": "Succeed"})
    properties = {feature: given[feature]}
    found = judge_needs(definition, allow("s3:*"), others=[key], properties=properties)
    violation = found.only
    assert action in violation.message
    assert violation.message.startswith(f"The machine's {feature} needs ")
    assert words in violation.message
    assert violation.severity is severity
    assert violation.state is None
    assert violation.span is not None
    assert violation.span.path == "main.tf"


def test_logging_allowed_on_the_log_group_only(judge_needs: Judge, logging: Judge) -> None:
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/x:*"
    definition = workflow(Done={"Type": "Succeed"})
    found = judge_needs(definition, allow("logs:*", group), properties={"logging": logging("ALL")})
    assert "logs:CreateLogDelivery" in found.only.message
    on_all = judge_needs(definition, allow("logs:*"), properties={"logging": logging("ALL")})
    assert on_all.passes


def test_a_role_that_a_task_takes_is_judged_for_the_task(judge_needs: Judge) -> None:
    taken = role(allow("s3:*"), address="aws_iam_role.taken", trust=None)
    definition = workflow(
        Send={
            **SEND["States"]["Send"],
            "Credentials": {"RoleArn": Reference("aws_iam_role.taken", "arn")},
        }
    )
    assume = allow("sts:AssumeRole", Reference("aws_iam_role.taken", "arn"))
    violation = judge_needs(definition, assume, others=[QUEUE, taken]).only
    assert "role 'aws_iam_role.taken'" in violation.message
    assert "sqs:SendMessage" in violation.message
    elsewhere = workflow(Send={**SEND["States"]["Send"], "Credentials": {"RoleArn": ARN}})
    assert judge_needs(elsewhere, allow("sts:AssumeRole", ARN)).passes
    missing = judge_needs(elsewhere, allow("sqs:*")).only
    assert "sts:AssumeRole" in missing.message


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (allow("sqs:*", OPEN), "is not known: whether statement of policy 'work' allows it"),
        (allow("sqs:*", Condition={"Bool": {"aws:x": "true"}}), "whether statement"),
        (OPEN, "policy 'work': a statement is not known"),
    ],
)
def test_what_cannot_be_known(judge_needs: Judge, statement: Plain, reason: str) -> None:
    (told,) = judge_needs(SEND, statement).reasons
    assert told.startswith("whether role 'aws_iam_role.r' has sqs:SendMessage for state 'Send'")
    assert reason in told


def test_an_unread_policy_lets_nothing_be_called_missing(judge_needs: Judge) -> None:
    attached = [Traced("arn:aws:iam::123456789012:policy/other")]
    found = judge_needs(SEND, allow("s3:*"), attached=attached)
    assert found.violations == []
    (reason,) = found.reasons
    assert "not part of the project" in reason
    assert judge_needs(SEND, allow("sqs:*"), attached=attached).passes


def test_a_machine_without_a_role_of_the_project(judge: Judge) -> None:
    definition = Document(SEND, None)
    elsewhere = judge("SFN104", definition, role=Traced(ARN), others=[QUEUE])
    assert elsewhere.reasons == [f"the role {ARN} is not part of the project"]
    hidden = judge("SFN104", definition, role=Traced(ARN, sensitive=True), others=[QUEUE])
    assert hidden.reasons == ["the role (sensitive) is not part of the project"]
    absent = judge("SFN104", definition, others=[QUEUE])
    assert absent.reasons == ["the source does not say which role the machine has"]
    assert not judge("SFN104", definition, form=Form.ASL).applies


def test_a_machine_that_needs_nothing_has_nothing_to_be_judged(judge: Judge) -> None:
    assert not judge("SFN104", role=Traced(ARN)).applies


def test_what_is_not_checked_is_told(judge_needs: Judge) -> None:
    definition = workflow(New=task("arn:aws:states:::aws-sdk:newservice:call", {}))
    assert judge_needs(definition, allow("s3:*")).reasons == [
        "state 'New': no IAM action is known for aws-sdk:newservice:call"
    ]
    assert judge_needs(Unread("it is elsewhere"), allow("s3:*")).reasons == [
        "the definition could not be read: it is elsewhere"
    ]


def test_reasons_are_told_as_one(judge_needs: Judge) -> None:
    new = task("arn:aws:states:::aws-sdk:newservice:call", {})
    definition = workflow(One=new, Two=new, **SEND["States"])
    (reason,) = judge_needs(definition, allow("sqs:*", OPEN)).reasons
    assert reason == (
        "state 'One': no IAM action is known for aws-sdk:newservice:call (and 2 more)"
    )


def test_optional_and_conditional_needs_are_not_missed(judge_needs: Judge) -> None:
    run = workflow(Run=task("arn:aws:states:::ecs:runTask", {"TaskDefinition": "pack:1"}))
    assert judge_needs(run, allow("ecs:RunTask")).passes


def test_a_target_of_the_run_time(judge_needs: Judge) -> None:
    call = workflow(Call=task("arn:aws:states:::lambda:invoke", {"FunctionName.$": "$.fn"}))
    pay = "arn:aws:lambda:eu-west-1:123456789012:function:pay"
    assert judge_needs(call, allow("lambda:InvokeFunction", pay)).passes
    assert judge_needs(call, allow("lambda:GetFunction", pay)).violations


def test_a_qualified_function(judge_needs: Judge) -> None:
    pay = "arn:aws:lambda:eu-west-1:123456789012:function:pay"
    call = workflow(Call=task(f"{pay}:live"))
    assert judge_needs(call, allow("lambda:InvokeFunction", f"{pay}:*")).passes
    assert judge_needs(call, allow("lambda:InvokeFunction", pay)).violations
    plain = workflow(Call=task(pay))
    assert judge_needs(plain, allow("lambda:InvokeFunction", f"{pay}:*")).violations
    assert judge_needs(plain, allow("lambda:InvokeFunction", [pay, f"{pay}:*"])).passes


TEMPLATE = """\
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Pay
        States:
          Pay:
            Type: Task
            Resource: arn:aws:states:::lambda:invoke
            Parameters: {FunctionName: !Ref Pay, Payload.$: $}
            End: true
      Policies:
        - %s
  Pay:
    Type: AWS::Lambda::Function
    Properties: {Role: r, Code: {ZipFile: x}, Handler: h, Runtime: python3.12}
"""


@pytest.mark.parametrize(
    ("policy", "is_missing"),
    [
        ("LambdaInvokePolicy: {FunctionName: !Ref Pay}", False),
        ("AWSLambdaRole", False),
        ("SQSSendMessagePolicy: {QueueName: orders}", True),
        ("AmazonSQSFullAccess", True),
    ],
)
def test_policies_of_sam(tmp_path: Path, policy: str, is_missing: bool) -> None:
    header = "Transform: AWS::Serverless-2016-10-31\n"
    (tmp_path / "template.yaml").write_text(header + TEMPLATE % policy, encoding="utf-8")
    report = scan([tmp_path], ScanOptions(rules=("SFN104",)))
    assert bool(report.findings) is is_missing
    if is_missing:
        violation: Violation = report.findings[0].violation
        assert violation.span is not None
        assert violation.span.text == "Pay"
        assert violation.span.line == 9
    else:
        assert report.evaluated["SFN104"]["pass"] == 1


@pytest.mark.in_time(60)
def test_policies_and_workflows_of_any_length_are_judged_in_time(judge_needs: Judge) -> None:
    states = {
        f"S{number}": task(
            "arn:aws:states:::dynamodb:getItem", {"TableName": f"orders-*-{number}{'*' * 9}"}
        )
        for number in range(2_000)
    }
    statements = [allow("dynamodb:*", f"arn:aws:dynamodb:*:*:table/*a*{n}*") for n in range(500)]
    found = judge_needs(workflow(**states), *statements)
    assert "not known" in found.reasons[0]


SELF = """Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          Effect: Allow
          Principal: {Service: states.amazonaws.com}
          Action: sts:AssumeRole
      Policies:
        - PolicyName: work
          PolicyDocument:
            Statement: {Effect: Allow, Action: 'states:StartExecution', Resource: '*'}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition:
        StartAt: Each
        States:
          Each:
            Type: Map
            ItemProcessor:
              ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}
              StartAt: Done
              States: {Done: {Type: Pass, End: true}}
            End: true
"""


def test_what_aws_only_lists_goes_into_a_policy_that_waits_for_the_machine(
    scanned: Callable[..., Any],
) -> None:
    (found,) = scanned("SFN104", SELF).findings
    assert found.severity is Severity.LOW
    assert found.violation.message.endswith("the permissions of a distributed Map")
    assert found.violation.suggestion.startswith("Add an AWS::IAM::Policy of its own, since ")
    (wide,) = scanned("SFN102", SELF).findings
    assert "Machine.Arn, in an AWS::IAM::Policy of its own" in wide.violation.suggestion
    (every,) = scanned("SFN101", SELF.replace("states:StartExecution", "states:Start*")).findings
    assert "; what refers to the machine in an AWS::IAM::Policy" in every.violation.suggestion
