"""The rules as checkov's processes need them; written by `generators/checkov_table.py`."""

from __future__ import annotations

from typing import NamedTuple

TERRAFORM_RESOURCES = (
    "aws_sfn_state_machine",
    "aws_sfn_activity",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_policy_attachment",
    "aws_cloudwatch_log_group",
)
TERRAFORM_DATA = ("aws_iam_policy_document",)
CLOUDFORMATION_RESOURCES = (
    "AWS::StepFunctions::StateMachine",
    "AWS::StepFunctions::Activity",
    "AWS::Serverless::StateMachine",
    "AWS::IAM::Role",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::Logs::LogGroup",
)


class RuleRow(NamedTuple):
    """A rule: its id, checkov's name, severity, category and link for it, and its tier."""

    id: str
    title: str
    severity: str
    category: str
    guideline: str
    pedantic: bool


RULES: tuple[RuleRow, ...] = (
    RuleRow(
        "SFN101",
        "A policy of a Step Functions role that allows actions by a wildcard",
        "HIGH",
        "IAM",
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
        False,
    ),
    RuleRow(
        "SFN102",
        "A policy of a Step Functions role that allows an action on every resource of a type",
        "MEDIUM",
        "IAM",
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
        False,
    ),
    RuleRow(
        "SFN111",
        "A Step Functions role that others may assume too, or that Step Functions may not assume",
        "MEDIUM",
        "IAM",
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
        False,
    ),
    RuleRow(
        "SFN112",
        "A trust policy that does not say for which account Step Functions may assume the role",
        "MEDIUM",
        "IAM",
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy",
        False,
    ),
    RuleRow(
        "SFN114",
        "A role for a task that is not written in `Credentials`, where it belongs",
        "MEDIUM",
        "IAM",
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html",
        False,
    ),
    RuleRow(
        "SFN201",
        "A Standard workflow whose executions are not logged to CloudWatch Logs",
        "MEDIUM",
        "LOGGING",
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
        False,
    ),
    RuleRow(
        "SFN202",
        "A log level that leaves out events which the project wants to have",
        "LOW",
        "LOGGING",
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-log-level",
        False,
    ),
    RuleRow(
        "SFN207",
        "An Express workflow whose executions leave no trace, because they are not logged",
        "HIGH",
        "LOGGING",
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
        False,
    ),
    RuleRow(
        "SFN301",
        "A state machine that is encrypted with a key that AWS owns",
        "LOW",
        "ENCRYPTION",
        "https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html",
        False,
    ),
    RuleRow(
        "SFN401",
        "A Standard workflow whose executions can run for a year",
        "MEDIUM",
        "APPLICATION_SECURITY",
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#sfn-stuck-execution",
        False,
    ),
    RuleRow(
        "SFN402",
        "Tasks that have no timeout, so that only the execution's or the service's ends them",
        "MEDIUM",
        "APPLICATION_SECURITY",
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#sfn-stuck-execution",
        False,
    ),
    RuleRow(
        "SFN403",
        "Callbacks and activities that need give no sign of life",
        "MEDIUM",
        "APPLICATION_SECURITY",
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token",
        False,
    ),
    RuleRow(
        "SFN701",
        "A state machine without tags, or without one that the project requires",
        "LOW",
        "CONVENTION",
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#concepts-tagging",
        False,
    ),
    RuleRow(
        "SFN902",
        "A definition that Step Functions refuses when it is deployed",
        "HIGH",
        "CONVENTION",
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html",
        False,
    ),
)
