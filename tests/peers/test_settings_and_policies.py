"""Rules of other tools on logging, tracing, tags, names and policies, on properties of our own.

Each test is named after the rule of the other tool, and asks whether the same property gets the
right verdict here. Where the other tool is wrong, the name says so. What their rules look at was
read in their sources: checkov 3.3, cfn-lint-serverless, cdk-nag, trivy-checks, tflint's rule sets
for AWS, and the documentation of AWS Control Tower.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from stepguard.config import Config

Verdicts = Callable[..., dict[str, str]]

TERRAFORM = """
provider "aws" {}

resource "aws_sfn_state_machine" "orders" {
  name       = "orders"
  role_arn   = "arn:aws:iam::123456789012:role/orders"
  type       = "%s"
  definition = jsonencode({ StartAt = "Done", States = { Done = { Type = "Succeed" } } })
  %s
}
"""
TEMPLATE = """
Resources:
  Orders:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/orders
      Definition: {StartAt: Done, States: {Done: {Type: Succeed}}}
      %s
"""
SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: Done, States: {Done: {Type: Succeed}}}
      %s
"""


def machine(properties: str = "", kind: str = "STANDARD") -> str:
    """Return Terraform with one machine that has further attributes."""
    return TERRAFORM % (kind, properties)


def template(properties: str = "") -> str:
    """Return a CloudFormation template with one machine that has further properties."""
    return TEMPLATE % properties


def sam(properties: str = "") -> str:
    """Return a SAM template with one machine that has further properties."""
    return SAM % properties


GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/orders:*"


def logging(level: str | None, *, data: bool = False, group: bool = True) -> str:
    """Return a logging configuration of Terraform."""
    lines = [f"include_execution_data = {str(data).lower()}"]
    if level is not None:
        lines.append(f'level = "{level}"')
    if group:
        lines.append(f'log_destination = "{GROUP}"')
    return "logging_configuration {\n" + "\n".join(lines) + "\n}"


def logging_of_template(level: str, *, group: bool = True) -> str:
    """Return the value of a logging configuration of CloudFormation or SAM."""
    destination = f"{{CloudWatchLogsLogGroup: {{LogGroupArn: '{GROUP}'}}}}"
    destinations = f", Destinations: [{destination}]" if group else ""
    return f"{{Level: '{level}', IncludeExecutionData: false{destinations}}}"


# Tracing


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (machine(), "violation"),
        (machine("tracing_configuration {\n enabled = false\n}"), "violation"),
        (machine("tracing_configuration {\n enabled = true\n}"), "pass"),
    ],
)
def test_checkov_ckv_aws_284_and_tflint_sfn_state_machine_tracing(
    verdicts: Verdicts, text: str, verdict: str
) -> None:
    assert verdicts(text, "SFN206") == {"SFN206": verdict}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (template(), "violation"),
        (template("TracingConfiguration: {Enabled: false}"), "violation"),
        (template("TracingConfiguration: {Enabled: true}"), "pass"),
    ],
)
def test_cfn_lint_serverless_ws5000_and_cdk_nag_sf2(
    verdicts: Verdicts, text: str, verdict: str
) -> None:
    assert verdicts(text, "SFN206") == {"SFN206": verdict}


@pytest.mark.parametrize(
    ("properties", "verdict"),
    [
        ("", "violation"),
        ("Tracing: {Enabled: false}", "violation"),
        ("Tracing: {Enabled: true}", "pass"),
    ],
)
def test_trivy_aws_0117(verdicts: Verdicts, properties: str, verdict: str) -> None:
    assert verdicts(sam(properties), "SFN206") == {"SFN206": verdict}


# Logging


def test_checkov_ckv_aws_285_passes_the_level_off(verdicts: Verdicts) -> None:
    """It looks at `include_execution_data` alone; Turbot's and Brainiac's rules do the same."""
    off = logging("OFF", data=True)
    assert verdicts(machine(off), "SFN201") == {"SFN201": "violation"}
    assert verdicts(machine(off, "EXPRESS"), "SFN207") == {"SFN207": "violation"}


def test_checkov_ckv_aws_285_fails_what_keeps_data_out_of_logs(verdicts: Verdicts) -> None:
    found = verdicts(machine(logging("ALL", data=False)), "SFN201", "SFN202", "SFN208")
    assert found == {"SFN201": "pass", "SFN202": "pass", "SFN208": "pass"}


@pytest.mark.parametrize(
    ("properties", "verdict"),
    [
        ("", "violation"),
        (logging(None), "violation"),
        (logging("ALL", group=False), "violation"),
        (logging("ALL", data=True), "pass"),
    ],
)
def test_checkov_ckv_aws_285_where_it_is_right(
    verdicts: Verdicts, properties: str, verdict: str
) -> None:
    assert verdicts(machine(properties), "SFN201") == {"SFN201": verdict}


@pytest.mark.parametrize(
    ("level", "found"),
    [
        ("OFF", {"SFN201": "violation", "SFN202": "none"}),
        ("FATAL", {"SFN201": "pass", "SFN202": "violation"}),
        ("ERROR", {"SFN201": "pass", "SFN202": "violation"}),
        ("ALL", {"SFN201": "pass", "SFN202": "pass"}),
    ],
)
def test_cdk_nag_sf1_wants_the_level_all(
    verdicts: Verdicts, level: str, found: dict[str, str]
) -> None:
    """With the option `log-level` the same is wanted here; by default `ERROR` is enough."""
    text = template(f"LoggingConfiguration: {logging_of_template(level)}")
    assert verdicts(text, "SFN201", "SFN202", config=Config(log_level="ALL")) == found


@pytest.mark.parametrize(
    ("level", "group", "is_right"),
    [
        ("ERROR", True, True),
        ("ALL", True, True),
        ("FATAL", True, False),
        ("OFF", True, False),
        ("ALL", False, False),
    ],
)
def test_control_tower_ct_stepfunctions_pr_1(
    verdicts: Verdicts, level: str, group: bool, is_right: bool
) -> None:
    text = template(f"LoggingConfiguration: {logging_of_template(level, group=group)}")
    found = verdicts(text, "SFN201", "SFN202")
    assert ("violation" not in found.values()) is is_right


@pytest.mark.parametrize(
    ("properties", "verdict"),
    [
        ("", "violation"),
        (f"Logging: {logging_of_template('OFF')}", "violation"),
        (f"Logging: {logging_of_template('ERROR')}", "pass"),
    ],
)
def test_trivy_aws_0119(verdicts: Verdicts, properties: str, verdict: str) -> None:
    assert verdicts(sam(properties), "SFN201") == {"SFN201": verdict}


# Names and tags


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("orders", "pass"), ("o" * 81, "violation"), ("orders of today", "violation")],
)
def test_tflint_aws_sfn_state_machine_invalid_name(
    verdicts: Verdicts, name: str, verdict: str
) -> None:
    text = machine().replace('name       = "orders"', f'name = "{name}"')
    assert verdicts(text, "SFN903") == {"SFN903": verdict}


def test_tflint_aws_sfn_state_machine_invalid_definition(verdicts: Verdicts) -> None:
    """It counts characters; here the text has to be a definition, too."""
    written = 'jsonencode({ StartAt = "Done", States = { Done = { Type = "Succeed" } } })'
    text = machine().replace(written, '""')
    assert verdicts(text, "SFN901") == {"SFN901": "violation"}
    comment = "x" * 1_100_000
    long = written.replace("StartAt", f'Comment = "{comment}", StartAt', 1)
    assert verdicts(machine().replace(written, long), "SFN903") == {"SFN903": "violation"}


def test_tflint_aws_resource_missing_tags(verdicts: Verdicts) -> None:
    wanted = Config(required_tags=("Owner",))
    tagged = 'tags = { Owner = "orders" }'
    for properties, verdict in (("", "violation"), (tagged, "pass")):
        found = verdicts(machine(properties), "SFN701", config=wanted)
        assert found == {"SFN701": verdict}
        activity = f'resource "aws_sfn_activity" "a" {{\n  name = "a"\n  {properties}\n}}\n'
        found = verdicts(machine() + activity, "SFN702", config=wanted)
        assert found == {"SFN702": verdict}


# Policies and trust

ROLE = """
Resources:
  Orders:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition: {StartAt: Done, States: {Done: {Type: Succeed}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Principal: %s, Action: "sts:AssumeRole"}
"""


@pytest.mark.parametrize("principal", ['"*"', '{AWS: "*"}', '{AWS: ["*"]}'])
def test_checkov_ckv_aws_60_passes_a_principal_that_is_everybody(
    verdicts: Verdicts, principal: str
) -> None:
    """It looks at `Principal.AWS` alone, and passes `"Principal": "*"`."""
    assert verdicts(ROLE % principal, "SFN111") == {"SFN111": "violation"}


def test_checkov_ckv_aws_61_whole_account(verdicts: Verdicts) -> None:
    whole = '{AWS: "arn:aws:iam::210987654321:root"}'
    assert verdicts(ROLE % whole, "SFN111") == {"SFN111": "violation"}


@pytest.mark.parametrize(
    ("action", "verdict"), [("'*'", "violation"), ("'sqs:*'", "violation"), ("sqs:X", "pass")]
)
def test_trivy_aws_0120_which_has_no_body_any_more(
    verdicts: Verdicts, action: str, verdict: str
) -> None:
    policy = f"Policies: [{{Statement: [{{Effect: Allow, Action: {action}, Resource: '*'}}]}}]"
    assert verdicts(sam(policy), "SFN101") == {"SFN101": verdict}


def test_checkov_passes_a_policy_that_is_known_after_apply(verdicts: Verdicts) -> None:
    """Nine of its checks of policies pass where a plan does not say what the policy is."""
    provider = "registry.terraform.io/hashicorp/aws"
    known = {
        "aws_sfn_state_machine.orders": {"name": "orders", "type": "STANDARD"},
        "aws_iam_role.orders": {
            "name": "orders",
            "assume_role_policy": json.dumps({"Statement": []}),
        },
        "aws_iam_role_policy.orders": {"role": "orders", "name": "work"},
    }
    unknown = {
        "aws_sfn_state_machine.orders": {"definition": True, "role_arn": True},
        "aws_iam_role_policy.orders": {"policy": True},
    }
    references = {
        "aws_sfn_state_machine.orders": {
            "role_arn": {"references": ["aws_iam_role.orders.arn", "aws_iam_role.orders"]}
        },
        "aws_iam_role_policy.orders": {
            "role": {"references": ["aws_iam_role.orders.name", "aws_iam_role.orders"]},
            "policy": {"references": ["aws_sqs_queue.orders.arn", "aws_sqs_queue.orders"]},
        },
    }
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [
            {
                "address": address,
                "mode": "managed",
                "type": address.split(".")[0],
                "name": address.split(".")[1],
                "provider_name": provider,
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": after,
                    "after_unknown": unknown.get(address, {}),
                },
            }
            for address, after in known.items()
        ],
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "full_name": provider}},
            "root_module": {
                "resources": [
                    {
                        "address": address,
                        "mode": "managed",
                        "type": address.split(".")[0],
                        "name": address.split(".")[1],
                        "provider_config_key": "aws",
                        "expressions": references.get(address, {}),
                    }
                    for address in known
                ]
            },
        },
    }
    found = verdicts(json.dumps(plan), "SFN101", "SFN102", "SFN401", name="plan.json")
    assert found == dict.fromkeys(("SFN101", "SFN102", "SFN401"), "not_evaluated")
