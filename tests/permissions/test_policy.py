"""The least-privilege policy of a role: which statements, which trust, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.values import render
from stepguard.permissions.policy import (
    NotPrintable,
    PolicyStatement,
    RolePolicy,
    document_value,
    least_privilege,
)
from stepguard.reading import ReadOptions, read

Made = Callable[..., "list[RolePolicy | NotPrintable]"]

ROLE = """
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: states.amazonaws.com}
            Action: sts:AssumeRole
"""
RESOURCES = """
  Pay: {Type: AWS::Lambda::Function}
  Queue: {Type: AWS::SQS::Queue}
  Bucket: {Type: AWS::S3::Bucket}
"""


def machine(states: str, name: str = "Machine", more: str = "", role: str = "Role") -> str:
    """Return a state machine whose states are YAML in braces, and which has further properties."""
    return f"""
  {name}:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt {role}.Arn
      {more}
      Definition:
        StartAt: A
        States: {states}
"""


def call(service: str, parameters: str, more: str = "End: true") -> str:
    return (
        "{Type: Task, Resource: 'arn:aws:states:::" + service + "', "
        "Parameters: " + parameters + ", " + more + "}"
    )


INVOKE = call("lambda:invoke", "{FunctionName: !GetAtt Pay.Arn}")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Return the policies of the roles in a template, or in Terraform's text."""

    def run(text: str, address: str | None = None) -> list[RolePolicy | NotPrintable]:
        is_terraform = text.lstrip().startswith(("resource", "variable", "provider"))
        body = text if is_terraform or text.startswith("Parameters") else f"Resources:\n{text}"
        (tmp_path / ("main.tf" if is_terraform else "template.yaml")).write_text(body)
        reading = read([tmp_path], ReadOptions())
        assert [str(error) for error in reading.errors] == []
        return [one for each in reading.deployments for one in least_privilege(each, address)]

    return run


def only(found: list[RolePolicy | NotPrintable]) -> RolePolicy:
    (policy,) = found
    assert isinstance(policy, RolePolicy)
    return policy


def by_sid(statements: tuple[PolicyStatement, ...]) -> dict[str, dict[str, Any]]:
    """Return the statements of a document by `Sid`, with `${…}` for what is not known."""
    written = render(document_value(statements))["Statement"]
    found = {one.pop("Sid"): one for one in written}
    assert len(found) == len(written)
    return found


def test_a_state_gets_what_it_calls_and_no_more(made: Made) -> None:
    policy = only(made(ROLE + RESOURCES + machine("{A: " + INVOKE + "}")))
    assert (policy.name, policy.addresses) == ("Role", ("Machine",))
    assert by_sid(policy.permissions) == {
        "A": {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "${Pay.Arn}"}
    }
    assert policy.permissions[0].comment == "state 'A': the call"
    assert policy.notes == ()


def test_the_trust_policy_has_the_condition_against_a_confused_deputy(made: Made) -> None:
    policy = only(made(ROLE + RESOURCES + machine("{A: " + INVOKE + "}")))
    assert by_sid(policy.trust) == {
        "StepFunctions": {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
                "ArnLike": {
                    "aws:SourceArn": "arn:${AWS::Partition}:states:${AWS::Region}:"
                    "${AWS::AccountId}:stateMachine:*"
                },
            },
        }
    }


def test_states_that_take_the_same_on_the_same_share_a_statement(made: Made) -> None:
    first = call("lambda:invoke", "{FunctionName: !GetAtt Pay.Arn}", "Next: b-2")
    policy = only(made(ROLE + RESOURCES + machine("{A: " + first + ", b-2: " + INVOKE + "}")))
    (statement,) = policy.permissions
    assert (statement.sid, statement.comment) == ("AB2", "states 'A', 'b-2': the call")


def test_the_parts_of_a_call_that_stand_on_other_resources_are_statements_of_their_own(
    made: Made,
) -> None:
    run = call("ecs:runTask.sync", "{TaskDefinition: 'web:3', Cluster: c}")
    found = by_sid(only(made(ROLE + machine("{A: " + run + "}"))).permissions)
    assert found["A"]["Action"] == "ecs:RunTask"
    assert found["A"]["Resource"].endswith(":task-definition/web:3")
    assert found["APollCancel"]["Action"] == ["ecs:DescribeTasks", "ecs:StopTask"]
    assert found["AEventRule"]["Resource"].endswith(":rule/StepFunctionsGetEventsForECSTaskRule")


def test_sids_are_of_letters_and_digits_and_all_different(made: Made) -> None:
    states = ", ".join(
        f"{name}: " + call("lambda:invoke", f"{{FunctionName: f{number}}}")
        for number, name in enumerate(["A", "'a b'", "'a-b'", "'支払い'", "'払い'", "'${x}'"])
    )
    policy = only(made(ROLE + machine("{" + states + "}")))
    sids = [one.sid for one in policy.permissions]
    assert sids == ["A", "AB", "AB2", "State", "State2", "X"]


def test_many_states_are_counted_in_the_sid_and_named_in_the_comment(made: Made) -> None:
    names = ["A", "B", "C", "D"]
    policy = only(
        made(ROLE + RESOURCES + machine("{" + ", ".join(f"{n}: {INVOKE}" for n in names) + "}"))
    )
    (statement,) = policy.permissions
    assert statement.sid == "ABAnd2More"
    assert statement.comment == "states 'A', 'B', 'C', 'D': the call"


def test_machines_that_share_a_role_are_in_one_policy(made: Made) -> None:
    other = machine("{A: " + call("sqs:sendMessage", "{QueueUrl: !Ref Queue}") + "}", "Other")
    text = ROLE + RESOURCES + machine("{A: " + INVOKE + "}") + other
    policy = only(made(text))
    assert policy.addresses == ("Machine", "Other")
    assert {one.actions[0] for one in policy.permissions} >= {
        "lambda:InvokeFunction",
        "sqs:SendMessage",
    }
    # Asking for one of them must not give a policy that the other one cannot live with.
    assert only(made(text, "Other")).permissions == policy.permissions
    assert made(text, "Nothing") == []


def test_what_a_machine_says_of_itself_is_written_by_its_name(made: Made) -> None:
    states = (
        "{A: {Type: Map, End: true, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, "
        "ExecutionType: STANDARD}, StartAt: B, States: {B: {Type: Succeed}}}}}"
    )
    named = only(made(ROLE + machine(states, more="StateMachineName: flow")))
    resources = {str(one.resources[0]) for one in named.permissions}
    assert any(one.endswith(":stateMachine:flow") for one in resources)
    assert not any("${Machine" in one for one in resources)
    assert not any("of its own" in one for one in named.notes)
    unnamed = only(made(ROLE + machine(states)))
    assert any("${Machine" in str(one.resources[0]) for one in unnamed.permissions)
    assert any("keep it a policy of its own" in one for one in unnamed.notes)


def test_what_is_needed_only_sometimes_is_marked_or_said(made: Made) -> None:
    send = call("sqs:sendMessage", "{QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/orders'}")
    policy = only(made(ROLE + machine("{A: " + send + "}")))
    assert {one.actions for one in policy.permissions} == {("sqs:SendMessage",)}
    (note,) = policy.notes
    assert note.startswith("state 'A': when queue has a customer managed KMS key, add kms:Decrypt")


def test_a_target_that_is_chosen_at_run_time_is_said(made: Made) -> None:
    invoke = call("lambda:invoke", "{'FunctionName.$': $.f}")
    policy = only(made(ROLE + machine("{A: " + invoke + "}")))
    assert any("is chosen at run time" in one for one in policy.notes)


def test_what_could_not_be_checked_is_said(made: Made) -> None:
    policy = only(made(ROLE + machine("{A: " + call("nothing:atAll", "{}") + "}")))
    assert policy.permissions == ()
    (note,) = policy.notes
    assert note.startswith("not derived: state 'A': ")


def test_a_task_with_credentials_needs_to_take_the_role_which_gets_the_rest(made: Made) -> None:
    invoke = call(
        "lambda:invoke",
        "{FunctionName: !GetAtt Pay.Arn}",
        "Credentials: {RoleArn: !GetAtt Other.Arn}, End: true",
    )
    other = ROLE.replace("Role:", "Other:", 1)
    text = ROLE + other + RESOURCES + machine("{A: " + invoke + "}", more="StateMachineName: flow")
    own, taken = made(text)
    assert isinstance(own, RolePolicy)
    assert isinstance(taken, RolePolicy)
    assert by_sid(own.permissions)["A"]["Action"] == "sts:AssumeRole"
    assert by_sid(own.permissions)["A"]["Resource"] == "${Other.Arn}"
    assert by_sid(taken.permissions)["A"]["Action"] == "lambda:InvokeFunction"
    trust = by_sid(taken.trust)["TasksWithCredentials"]
    assert trust["Principal"] == {"AWS": "${Role.Arn}"}
    assert trust["Condition"]["StringEquals"]["sts:ExternalId"].endswith(":stateMachine:flow")


def test_a_machine_without_a_name_is_trusted_by_a_pattern(made: Made) -> None:
    invoke = call("lambda:invoke", "{FunctionName: f}", "Credentials: {RoleArn: !GetAtt Other.Arn}")
    other = ROLE.replace("Role:", "Other:", 1)
    _, taken = made(ROLE + other + machine("{A: " + invoke + "}"))
    assert isinstance(taken, RolePolicy)
    condition = by_sid(taken.trust)["TasksWithCredentials"]["Condition"]
    assert condition["StringLike"]["sts:ExternalId"].endswith(":stateMachine:*")


def test_a_role_of_another_account_is_said_with_what_it_needs(made: Made) -> None:
    invoke = call(
        "lambda:invoke",
        "{FunctionName: 'arn:aws:lambda:eu-west-1:222222222222:function:f'}",
        "Credentials: {RoleArn: 'arn:aws:iam::222222222222:role/far'}, End: true",
    )
    policy = only(made(ROLE + machine("{A: " + invoke + "}")))
    assert [one.actions for one in policy.permissions] == [("sts:AssumeRole",)]
    (note,) = policy.notes
    assert "role/far" in note
    assert note.endswith("needs lambda:InvokeFunction")


def test_a_role_that_is_not_of_the_project_gets_its_policy_all_the_same(made: Made) -> None:
    text = machine("{A: " + INVOKE + "}").replace(
        "!GetAtt Role.Arn", "arn:aws:iam::123456789012:role/x"
    )
    policy = only(made(RESOURCES + text))
    assert policy.role is None
    assert policy.name == "arn:aws:iam::123456789012:role/x"
    assert "A" in by_sid(policy.permissions)
    assert any("not part of the project" in one for one in policy.notes)


def test_nothing_is_printed_for_a_definition_that_is_not_known(made: Made) -> None:
    (found,) = made(
        'resource "aws_sfn_state_machine" "m" {\n  name = "m"\n  role_arn = aws_iam_role.r.arn\n'
        "  definition = data.http.x.body\n}\n"
        'resource "aws_iam_role" "r" {\n  assume_role_policy = "{}"\n}\n'
    )
    assert isinstance(found, NotPrintable)
    assert found.name == "aws_iam_role.r"
    assert "aws_sfn_state_machine.m could not be read" in found.reason


def test_one_unread_machine_of_several_is_said(made: Made) -> None:
    unread = """
  Unread:
    Type: AWS::StepFunctions::StateMachine
    Properties: {RoleArn: !GetAtt Role.Arn, DefinitionS3Location: {Bucket: b, Key: k}}
"""
    policy = only(made(ROLE + RESOURCES + machine("{A: " + INVOKE + "}") + unread))
    assert by_sid(policy.permissions).keys() == {"A"}
    assert any(one.startswith("the definition of Unread could not be read") for one in policy.notes)


def test_whoever_else_uses_the_role_is_said(made: Made) -> None:
    role = ROLE.replace("states.amazonaws.com", "[states.amazonaws.com, lambda.amazonaws.com]")
    policy = only(made(role + RESOURCES + machine("{A: " + INVOKE + "}")))
    assert policy.notes == ("what lambda.amazonaws.com needs the role for is not in here",)


def test_what_nobody_substitutes_is_not_taken_for_a_name(made: Made) -> None:
    invoke = call("lambda:invoke", "{FunctionName: 'arn:aws:lambda:eu-west-1:1:function:${F}'}")
    policy = only(made(ROLE + machine("{A: " + invoke + "}")))
    assert any(one.startswith("${F} is not known: nothing is substituted") for one in policy.notes)


def test_secrets_are_not_printed(made: Made) -> None:
    policy = only(
        made(
            """
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
}
resource "aws_sfn_state_machine" "m" {
  name     = "m"
  role_arn = aws_iam_role.r.arn
  definition = jsonencode({ StartAt = "A", States = { A = {
    Type = "Task", Resource = "arn:aws:states:::lambda:invoke", End = true,
    Parameters = { FunctionName = sensitive("hunter2") }
  } } })
}
"""
        )
    )
    written = str(render(document_value(policy.permissions))) + " ".join(policy.notes)
    assert "hunter2" not in written
    assert ":function:${" in written


def test_a_policy_that_is_too_long_for_a_role_is_said(made: Made) -> None:
    states = ", ".join(
        f"S{number}: " + call("lambda:invoke", "{FunctionName: " + "f" * 40 + f"{number}}}")
        for number in range(80)
    )
    policy = only(made(ROLE + machine("{A: {Type: Succeed}, " + states + "}")))
    assert any("may have 10,240" in one for one in policy.notes)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("arn:aws:lambda:*:*:function:team-*", ["arn:aws:lambda:*:*:function:team-*"]),
        ("arn:aws:lambda:*:*:function:*", ["*"]),
        ("'*'", ["*"]),
        ("arn:aws:sqs:*:*:queue", ["*"]),
    ],
)
def test_what_is_chosen_at_run_time_stays_limited_as_it_is(
    made: Made, given: str, expected: list[str]
) -> None:
    role = f"""{ROLE}      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement: {{Effect: Allow, Action: lambda:Invoke*, Resource: {given}}}
"""
    invoke = call("lambda:invoke", "{FunctionName.$: $.function}")
    policy = only(made(role + machine("{A: " + invoke + "}")))
    (statement,) = (one for one in policy.permissions if "lambda:InvokeFunction" in one.actions)
    assert [str(render(one)) for one in statement.resources] == expected
