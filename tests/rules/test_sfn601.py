"""SFN601: state machines whose failures nobody hears of, and what counts as being told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, StateMachine, Unread
from stepguard.finding import Violation
from stepguard.rules.registry import load
from stepguard.rules.rule import Context

RULE = "SFN601"

MACHINE = """
variable "unknown" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Fail" } } })
  type       = "STANDARD"
}
resource "aws_sfn_state_machine" "other" {
  count      = 0
  name       = "other"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Fail" } } })
}
"""
OWN = "{ StateMachineArn = aws_sfn_state_machine.m.arn }"


def alarm(metric: str = '"ExecutionsFailed"', dimensions: str = OWN, more: str = "") -> str:
    return f"""
resource "aws_cloudwatch_metric_alarm" "a" {{
  namespace   = "AWS/States"
  metric_name = {metric}
  dimensions  = {dimensions}
  {more}
}}
"""


def event_rule(pattern: str, target: str = "aws_cloudwatch_event_rule.r.name", on: str = "") -> str:
    return f"""
resource "aws_cloudwatch_event_rule" "r" {{
  name          = "r"
  event_pattern = jsonencode({pattern})
  {on}
}}
resource "aws_cloudwatch_event_target" "t" {{
  rule = {target}
  arn  = "arn:aws:sns:eu-west-1:123456789012:operators"
}}
"""


def pattern(status: str = '["FAILED"]', arn: str = "[aws_sfn_state_machine.m.arn]") -> str:
    return (
        '{ source = ["aws.states"], detail-type = ["Step Functions Execution Status Change"], '
        f"detail = {{ status = {status}, stateMachineArn = {arn} }} }}"
    )


def test_no_alarm(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, MACHINE).findings
    assert "No alarm of the project is on ExecutionsFailed" in found.violation.message
    assert found.violation.resource == "aws_sfn_state_machine.m"
    assert "StateMachineArn = aws_sfn_state_machine.m.arn" in found.violation.suggestion


@pytest.mark.parametrize(
    "dimensions",
    [
        OWN,
        "{ StateMachineArn = aws_sfn_state_machine.m.id }",
        '{ StateMachineArn = "arn:aws:states:eu-west-1:123456789012:stateMachine:m" }',
        "{ StateMachineArn = aws_sfn_state_machine.m.name }",
        "{}",
    ],
)
def test_an_alarm_on_the_metric(scanned: Callable[..., Any], dimensions: str) -> None:
    report = scanned(RULE, MACHINE + alarm(dimensions=dimensions))
    assert report.evaluated[RULE] == {"pass": 1}


QUERY = """
resource "aws_cloudwatch_metric_alarm" "a" {{
  metric_query {{
    id          = "e1"
    expression  = "{expression}"
    return_data = true
  }}
  metric_query {{
    id = "m1"
    metric {{
      namespace   = "AWS/States"
      metric_name = "{metric}"
      dimensions  = {{ StateMachineArn = aws_sfn_state_machine.m.arn }}
    }}
  }}
}}
"""
INSIGHTS = 'SELECT SUM(ExecutionsFailed) FROM SCHEMA(\\"AWS/States\\", StateMachineArn)'


@pytest.mark.parametrize(
    ("expression", "metric"),
    [("m1 * 2", "ExecutionsFailed"), (INSIGHTS, "ExecutionsStarted")],
)
def test_metric_maths_and_queries_count(
    scanned: Callable[..., Any], expression: str, metric: str
) -> None:
    report = scanned(RULE, MACHINE + QUERY.format(expression=expression, metric=metric))
    assert report.evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    "text",
    [
        alarm('"ExecutionsTimedOut"'),
        alarm().replace("AWS/States", "Custom"),
        alarm(dimensions='{ StateMachineArn = "arn:aws:states:eu-west-1:1:stateMachine:x" }'),
        QUERY.format(expression="m1 * 2", metric="ExecutionsStarted"),
    ],
)
def test_an_alarm_on_something_else(scanned: Callable[..., Any], text: str) -> None:
    assert len(scanned(RULE, MACHINE + text).findings) == 1


@pytest.mark.parametrize(
    "text",
    [
        alarm(metric="var.unknown"),
        alarm(dimensions="var.unknown"),
        alarm(dimensions="{ StateMachineArn = var.unknown }"),
        alarm('"Other"', more='dynamic "metric_query" {\nfor_each = var.unknown\ncontent {}\n}'),
        event_rule(pattern(status="var.unknown")),
        event_rule(pattern(arn="[var.unknown]")),
        event_rule(pattern(), target="var.unknown"),
        event_rule("var.unknown"),
    ],
)
def test_what_is_not_known(scanned: Callable[..., Any], text: str) -> None:
    report = scanned(RULE, MACHINE + text)
    assert report.findings == []
    (one,) = report.not_evaluated
    assert one.reason.startswith("whether ")
    assert one.reason.endswith(" of this machine is not known")


@pytest.mark.parametrize(
    "given",
    [
        pattern(),
        pattern(status='["TIMED_OUT", "FAILED"]'),
        pattern(status='[{ anything-but = ["SUCCEEDED", "RUNNING"] }]'),
        pattern(status='[{ prefix = "FAIL" }]'),
        '{ source = ["aws.states"] }',
        '{ detail-type = ["Step Functions Execution Status Change"] }',
    ],
)
def test_an_event_rule_counts(scanned: Callable[..., Any], given: str) -> None:
    report = scanned(RULE, MACHINE + event_rule(given))
    assert report.evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    "text",
    [
        event_rule(pattern(status='["SUCCEEDED"]')),
        event_rule(pattern(status='[{ anything-but = "FAILED" }]')),
        event_rule(pattern(arn='["arn:aws:states:eu-west-1:123456789012:stateMachine:x"]')),
        event_rule(pattern(), target='"other"'),
        event_rule(pattern(), on='state = "DISABLED"'),
        event_rule(pattern(), on="is_enabled = false"),
        event_rule('{ source = ["aws.s3"] }'),
        event_rule('{ detail = { status = ["FAILED"] } }'),
    ],
)
def test_an_event_rule_that_is_about_something_else(scanned: Callable[..., Any], text: str) -> None:
    assert len(scanned(RULE, MACHINE + text).findings) == 1


def test_an_express_workflow_emits_no_events(scanned: Callable[..., Any]) -> None:
    text = MACHINE + event_rule(pattern())
    assert len(scanned(RULE, text.replace('"STANDARD"', '"EXPRESS"')).findings) == 1
    assert len(scanned(RULE, text.replace('"STANDARD"', "var.unknown")).not_evaluated) == 1


def test_events_of_sam_and_rules_of_cloudformation_count(scanned: Callable[..., Any]) -> None:
    machine = """Transform: AWS::Serverless-2016-10-31
Resources:
  M:
    Type: AWS::Serverless::StateMachine
    Properties: {Definition: {StartAt: A, States: {A: {Type: Fail}}}}
"""
    function = """
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Failed:
          Type: EventBridgeRule
          Properties: {Pattern: {source: [aws.states], detail: {stateMachineArn: [!Ref M]}}}
"""
    rule = """
  R:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.states], detail: {status: [FAILED]}}
      Targets: [{Id: a, Arn: "arn:aws:sns:eu-west-1:123456789012:operators"}]
"""
    assert len(scanned(RULE, machine).findings) == 1
    assert scanned(RULE, machine + function).evaluated[RULE] == {"pass": 1}
    assert scanned(RULE, machine + rule).evaluated[RULE] == {"pass": 1}
    assert len(scanned(RULE, machine + rule.replace("Targets", "X")).findings) == 1


def test_what_may_be_elsewhere(scanned: Callable[..., Any]) -> None:
    config = Config(alarms_here=("ExecutionsTimedOut",))
    (one,) = scanned(RULE, MACHINE, config=config).not_evaluated
    assert "lets alarms on ExecutionsFailed be in another project" in one.reason
    (one,) = scanned(RULE, MACHINE, is_reusable_module=True).not_evaluated
    assert one.reason == "this is a module without provider, and its caller may set alarms"
    module = 'module "alarms" {\n  source = "example/alarms/aws"\n}\n'
    (one,) = scanned(RULE, MACHINE + module).not_evaluated
    assert "example/alarms/aws is not installed, and may set the alarm" in one.reason
    assert scanned(RULE, MACHINE + module + alarm()).evaluated[RULE] == {"pass": 1}


def test_a_bare_definition_is_not_judged(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, form=Form.ASL).applies


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ('module.a["x.y"].aws_sfn_state_machine.m[0]', "aws_sfn_state_machine.m[0].arn"),
        ("aws_sfn_state_machine.m", "aws_sfn_state_machine.m.arn"),
    ],
)
def test_the_suggestion_names_the_machine_as_its_module_does(address: str, name: str) -> None:
    machine = StateMachine(
        address=address, type="aws_sfn_state_machine", form=Form.TERRAFORM, definition=Unread("")
    )
    context = Context(Deployment(".", Form.TERRAFORM, [machine], []), Config())
    (found,) = load(RULE).judge(machine, context) or ()
    assert isinstance(found, Violation)
    assert f"{{ StateMachineArn = {name} }}" in found.suggestion


@pytest.mark.parametrize(
    ("state", "can_fail"),
    [
        ('{ Type = "Succeed" }', False),
        ('{ Type = "Pass", Result = { "a.$" = "$.a" }, End = true }', False),
        ('{ Type = "Pass", Parameters = { a = [1, "b"] }, End = true }', False),
        ('{ Type = "Wait", Seconds = 5, End = true }', False),
        ('{ Type = "Pass", Parameters = { a = [{ "b.$" = "$.b" }] }, End = true }', True),
        ('{ Type = "Pass", Output = "{% $states.input.a %}", End = true }', True),
        ('{ Type = "Pass", InputPath = "$.a", End = true }', True),
        ('{ Type = "Pass", Parameters = { a = var.unknown }, End = true }', True),
        ('{ Type = "Wait", SecondsPath = "$.a", End = true }', True),
        ('{ Type = "Succeed", OutputPath = "$.a" }', True),
        ("var.unknown", True),
        ('merge({ Type = "Succeed" }, var.unknown)', True),
        ('{ Type = "Pass", Parameters = merge({ a = 1 }, var.unknown), End = true }', True),
        ('{ Type = "Pass", Parameters = { (var.unknown) = 1 }, End = true }', True),
        ('{ Type = "Pass", Parameters = { a = concat([1], var.unknown) }, End = true }', True),
    ],
)
def test_a_machine_that_cannot_fail_needs_no_alarm(
    scanned: Callable[..., Any], state: str, can_fail: bool
) -> None:
    text = MACHINE.replace('{ Type = "Fail" }', state) + 'provider "aws" {}\n'
    report = scanned(RULE, text)
    assert bool(report.evaluated.get(RULE)) is can_fail
