"""What a suggestion says fits in where the policy stands: its language, its module, no circle."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stepguard.engine import ScanOptions, scan

TRUST = """jsonencode({ Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "states.amazonaws.com" }
    Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
  }] })"""
ROLE = f"""
resource "aws_iam_role" "run" {{
  assume_role_policy = {TRUST}
}}
"""
MACHINE = """
resource "aws_sqs_queue" "q" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = aws_iam_role.run.arn
  definition = jsonencode({ StartAt = "Send", States = { Send = {
    Type = "Task", Resource = "arn:aws:states:::sqs:sendMessage", End = true
    Parameters = { QueueUrl = aws_sqs_queue.q.url, MessageBody = "x" }
  } } })
}
"""
WIDE = '{ "Statement": [{ "Effect": "Allow", "Action": "sqs:*", "Resource": "*" }] }'
NARROW = WIDE.replace('"Resource": "*"', '"Resource": "${aws_sqs_queue.q.arn}"')
ALL = "Write what the workflow needs: "
SAME = "Write what the workflow needs on these resources, in place of the wildcard: "


def _policy(document: str) -> str:
    return f"""
resource "aws_iam_role_policy" "p" {{
  role   = aws_iam_role.run.id
  policy = {document}
}}
"""


@pytest.fixture
def suggested(tmp_path: Path) -> Callable[..., str]:
    """Return what SFN101 suggests in a project of some files."""

    def run(files: dict[str, str], rule: str = "SFN101") -> str:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        report = scan([tmp_path], ScanOptions(rules=(rule,)))
        assert [str(error) for error in report.errors] == []
        (found,) = report.findings
        return found.violation.suggestion or ""

    return run


DATA = """
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["sqs:*"]
    resources = [%s]
  }
}
"""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            'jsonencode({ Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })',
            '{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.q.arn }',
        ),
        (
            f"<<EOF\n{WIDE}\nEOF",
            '{"Effect": "Allow", "Action": "sqs:SendMessage", '
            '"Resource": "${aws_sqs_queue.q.arn}"}',
        ),
        (
            'templatefile("${path.module}/policy.tpl", {})',
            '{"Effect": "Allow", "Action": "sqs:SendMessage", '
            '"Resource": "${aws_sqs_queue.q.arn}"} '
            "(with what stands in ${…} handed to the template as variables)",
        ),
        (
            "data.aws_iam_policy_document.d.json",
            'statement {\n  actions   = ["sqs:SendMessage"]\n'
            "  resources = [aws_sqs_queue.q.arn]\n}",
        ),
    ],
)
def test_a_statement_in_the_language_of_the_policy(
    suggested: Callable[..., str], document: str, expected: str
) -> None:
    data = DATA % '"*"'
    main = ROLE + MACHINE + _policy(document) + (data if "data." in document else "")
    assert suggested({"main.tf": main, "policy.tpl": WIDE}) == f"{ALL}{expected}"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            'jsonencode({ Statement = [{ Effect = "Allow", Action = ["sqs:*", "sns:Publish"]\n'
            "Resource = aws_sqs_queue.q.arn }] })",
            'Action = "sqs:SendMessage"',
        ),
        (
            f"<<EOF\n{NARROW}\nEOF",
            '"Action": "sqs:SendMessage"',
        ),
        ("data.aws_iam_policy_document.d.json", 'actions = ["sqs:SendMessage"]'),
    ],
)
def test_resources_that_are_those_of_the_workflow_stay(
    suggested: Callable[..., str], document: str, expected: str
) -> None:
    data = DATA % "aws_sqs_queue.q.arn"
    main = ROLE + MACHINE + _policy(document) + (data if "data." in document else "")
    assert suggested({"main.tf": main}) == f"{SAME}{expected}"


def test_a_policy_of_a_plan_is_written_as_json(suggested: Callable[..., str]) -> None:
    """Whatever the configuration has: that is right in a text and within `jsonencode`."""
    trust = {
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "states.amazonaws.com"},
            }
        ]
    }
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {
            "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
            "MessageBody": "x",
        },
        "End": True,
    }
    role = "arn:aws:iam::123456789012:role/run"
    values: dict[str, dict[str, object]] = {
        "aws_iam_role.run": {"name": "run", "arn": role, "assume_role_policy": json.dumps(trust)},
        "aws_iam_role_policy.p": {"name": "p", "role": "run", "policy": WIDE},
        "aws_sfn_state_machine.m": {
            "name": "m",
            "role_arn": role,
            "definition": json.dumps({"StartAt": "Send", "States": {"Send": task}}),
        },
    }
    changes = [
        {
            "address": address,
            "mode": "managed",
            "type": address.partition(".")[0],
            "name": address.partition(".")[2],
            "change": {"actions": ["create"], "before": None, "after": one, "after_unknown": {}},
        }
        for address, one in values.items()
    ]
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "resource_changes": changes,
        "configuration": {"root_module": {}},
    }
    found = suggested({"plan.json": json.dumps(plan)}).removeprefix(ALL)
    assert json.loads(found)["Action"] == "sqs:SendMessage"


def test_a_reference_within_a_module_is_written_without_the_module(
    suggested: Callable[..., str],
) -> None:
    found = suggested(
        {
            "main.tf": 'module "m" {\n  source = "./m"\n}\n',
            "m/main.tf": ROLE + MACHINE + _policy(f"<<EOF\n{WIDE}\nEOF"),
        }
    )
    assert found.endswith('"Resource": "${aws_sqs_queue.q.arn}"}')


def test_a_policy_that_is_handed_to_a_module_is_written_as_its_caller_would(
    suggested: Callable[..., str],
) -> None:
    inner = 'variable "json" {}\n' + ROLE + MACHINE + _policy("var.json")
    outer = f'module "m" {{\n  source = "./m"\n  json = <<EOF\n{WIDE}\nEOF\n}}\n'
    other = 'resource "aws_sqs_queue" "other" {}\n'
    found = suggested({"main.tf": outer + other, "m/main.tf": inner})
    assert found.endswith('"Resource": "<arn of module.m.aws_sqs_queue.q>"}')


def test_the_data_sources_that_there_are(suggested: Callable[..., str]) -> None:
    data = 'data "aws_region" "here" {}\ndata "aws_caller_identity" "me" {}\n'
    main = (
        ROLE
        + MACHINE.replace(
            "aws_sqs_queue.q.url", '"https://sqs.eu-west-1.amazonaws.com/123456789012/orders"'
        )
        + data
    )
    found = suggested({"main.tf": main + _policy(f"<<EOF\n{WIDE}\nEOF")})
    assert "${data.aws_region.here.name}:${data.aws_caller_identity.me.account_id}" in found


QUEUE_OF_NOBODY = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"


def _of_nobody(document: str, data: str = "") -> str:
    """Return a project whose machine sends to a queue that it does not have."""
    return ROLE + MACHINE.replace("aws_sqs_queue.q.url", f'"{QUEUE_OF_NOBODY}"') + document + data


def test_data_sources_that_there_are_not(suggested: Callable[..., str]) -> None:
    main = _of_nobody(_policy(f"<<EOF\n{WIDE}\nEOF"), 'data "aws_region" "current" {}\n')
    assert suggested({"main.tf": main}).endswith(
        ' (declare data "aws_caller_identity" "current" {} and data "aws_partition" "current" {} '
        "in the module, too)"
    )


def test_a_data_source_that_is_declared_in_json(suggested: Callable[..., str]) -> None:
    sources = {"aws_caller_identity": "me", "aws_partition": "current", "aws_region": "current"}
    declared = {"data": {kind: {name: {}} for kind, name in sources.items()}}
    main = _of_nobody(_policy(f"<<EOF\n{WIDE}\nEOF"))
    found = suggested({"main.tf": main, "data.tf.json": json.dumps(declared)})
    assert "${data.aws_caller_identity.me.account_id}" in found
    assert "declare" not in found


def test_blocks_stand_one_below_the_other(suggested: Callable[..., str]) -> None:
    data = """
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
"""
    states = """{ StartAt = "Send", States = { Send = {
    Type = "Task", Resource = "arn:aws:states:::sqs:sendMessage", Next = "Tell"
    Parameters = { QueueUrl = aws_sqs_queue.q.url, MessageBody = "x" }
  }, Tell = {
    Type = "Task", Resource = "arn:aws:states:::sns:publish", End = true
    Parameters = { TopicArn = aws_sns_topic.t.arn, Message = "x" }
  } } }"""
    machine = f"""
resource "aws_sqs_queue" "q" {{}}
resource "aws_sns_topic" "t" {{}}
resource "aws_sfn_state_machine" "m" {{
  role_arn   = aws_iam_role.run.arn
  definition = jsonencode({states})
}}
"""
    policy = _policy("data.aws_iam_policy_document.d.json")
    assert suggested({"main.tf": ROLE + machine + policy + data}) == (
        f"{ALL}statement {{\n"
        '  actions   = ["sqs:SendMessage"]\n'
        "  resources = [aws_sqs_queue.q.arn]\n"
        "}\n"
        "statement {\n"
        '  actions   = ["sns:Publish"]\n'
        "  resources = [aws_sns_topic.t.arn]\n"
        "}"
    )


INNER = """
module "send" {
  source = "terraform-aws-modules/lambda/aws"
}
output "arn" {
  value = module.send.lambda_function_arn
}
"""
INVOKING = """
resource "aws_sfn_state_machine" "m" {
  role_arn   = aws_iam_role.run.arn
  definition = jsonencode({ StartAt = "Call", States = { Call = {
    Type = "Task", Resource = "arn:aws:states:::lambda:invoke", End = true
    Parameters = { FunctionName = FUNCTION }
  } } })
}
"""


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("module.inner.arn", '"<module.send.lambda_function_arn of another module>"'),
        ("module.own.lambda_function_arn", "module.own.lambda_function_arn"),
        ("var.function_arn", '"<var.given_arn of another module>"'),
    ],
)
def test_what_a_module_inside_declares_is_not_written_outside(
    suggested: Callable[..., str], function: str, expected: str
) -> None:
    calls = """
variable "function_arn" {}
module "inner" {
  source = "./inner"
}
module "own" {
  source = "terraform-aws-modules/lambda/aws"
}
"""
    root = """
variable "given_arn" {}
module "m" {
  source       = "./m"
  function_arn = var.given_arn
}
"""
    files = {
        "main.tf": root,
        "m/main.tf": ROLE + INVOKING.replace("FUNCTION", function) + calls,
        "m/inner/main.tf": INNER,
    }
    assert suggested(files, "SFN104").endswith(f"Resource = {expected} }}")


TEMPLATE = """
Parameters:
  Prefix: {Type: String, Default: orders}
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub "${Prefix}-table"}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: states.amazonaws.com}
            Action: sts:AssumeRole
            Condition: {StringEquals: {"aws:SourceAccount": !Ref AWS::AccountId}}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement: {Effect: Allow, Action: "dynamodb:*", Resource: RESOURCE}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition:
        StartAt: Put
        States:
          Put:
            Type: Task
            Resource: arn:aws:states:::dynamodb:putItem
            Parameters: {TableName: !Sub "${Prefix}-table", Item: {}}
            End: true
"""


def test_a_name_that_a_parameter_gives_is_written_as_a_reference(
    suggested: Callable[..., str],
) -> None:
    found = suggested({"t.yaml": TEMPLATE.replace("RESOURCE", '"*"')})
    assert found == ALL + (
        '{Effect: Allow, Action: "dynamodb:PutItem", Resource: !GetAtt Table.Arn}'
    )


def test_what_is_not_needed_on_the_statements_resources_is_left_out(
    suggested: Callable[..., str],
) -> None:
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/another"
    found = suggested({"t.yaml": TEMPLATE.replace("RESOURCE", arn)})
    assert found.startswith("No state of the workflow takes any of these actions itself on these")


def test_a_target_of_the_run_time_keeps_the_limits_of_the_statement(
    suggested: Callable[..., str],
) -> None:
    template = TEMPLATE.replace(
        'TableName: !Sub "${Prefix}-table", Item', '"TableName.$": $.t, Item'
    )
    found = suggested({"t.yaml": template.replace("RESOURCE", '!Sub "${Table.Arn}*"')})
    assert found == f'{SAME}Action: "dynamodb:PutItem"'


def test_an_object_is_not_limited_to_the_bucket_that_it_is_in(
    suggested: Callable[..., str],
) -> None:
    call = """
            Resource: arn:aws:states:::aws-sdk:s3:putObject
            Parameters: {"Bucket.$": $.b, "Key.$": $.k}
"""
    start, end = (
        TEMPLATE.index("            Resource: arn:aws:states"),
        TEMPLATE.rindex("            End"),
    )
    template = TEMPLATE[:start].rstrip(" ") + call.lstrip("\n") + TEMPLATE[end:]
    template = template.replace("dynamodb:*", "s3:*")
    both = '["arn:aws:s3:::b", "arn:aws:s3:::b/in/*"]'
    assert suggested({"t.yaml": template.replace("RESOURCE", both)}) == ALL + (
        '{Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::b/in/*"}'
    )
    bucket = suggested({"t.yaml": template.replace("RESOURCE", '"arn:aws:s3:::b"')})
    assert bucket.startswith("No state of the workflow takes any of these actions itself on these")


SINGLETON = """
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt FunctionRole.Arn}
  FunctionRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: ["states:StartExecution"]
                Resource: "*"
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: states.amazonaws.com}, Action: "sts:AssumeRole"}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    DEPENDS
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
"""


@pytest.mark.parametrize(
    ("depends", "expected"),
    [
        ("", "Name the state machines that are meant, as in !GetAtt Machine.Arn"),
        (
            "DependsOn: Function",
            "Name the state machines that are meant, as in !GetAtt Machine.Arn, in an "
            "AWS::IAM::Policy of its own, since one in the role would depend on the machine, "
            "which depends on the role",
        ),
    ],
)
def test_no_policy_is_told_to_wait_for_itself(
    suggested: Callable[..., str], depends: str, expected: str
) -> None:
    template = SINGLETON.replace("DEPENDS", depends)
    assert suggested({"t.yaml": template}, "SFN121") == expected


def test_an_action_that_shares_a_statement_gets_one_of_its_own(
    suggested: Callable[..., str],
) -> None:
    template = SINGLETON.replace("DEPENDS", "").replace(
        '["states:StartExecution"]', '["states:StartExecution", "states:SendTaskSuccess"]'
    )
    assert suggested({"t.yaml": template}, "SFN121").startswith(
        "states:StartExecution in a statement of its own, on the state machines"
    )


SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Function: {Type: AWS::Serverless::Function}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Policies: [{SQSSendMessagePolicy: {QueueName: q}}]
      DefinitionSubstitutions: {Fn: !GetAtt Function.Arn}
      Definition:
        StartAt: A
        States: {A: {Type: Task, Resource: "${Fn}", End: true}}
"""


def test_a_policy_of_sam_gets_one_beside_it(suggested: Callable[..., str]) -> None:
    assert suggested({"t.yaml": SAM}, "SFN104") == (
        "Add to Policies of 'Machine': {Statement: [{Effect: Allow, "
        'Action: "lambda:InvokeFunction", Resource: !GetAtt Function.Arn}]}'
    )
