"""Write the table of rules that the checkov pack imports: `python generators/checkov_table.py`.

The table is what the registry of rules says, so that checkov's processes need not import it. Which
kinds of resources a rule says anything of is seen by running it on all examples and fixtures.
`tests/hosts/checkov/test_rule_table.py` fails when the table is out of date, or when a rule says
something of a resource for which checkov would not ask it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stepguard.config import Config
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form
from stepguard.hosts.lookup import Results
from stepguard.judging import judge
from stepguard.reading import ReadOptions, read
from stepguard.rules.registry import AnyRule, describe, load, rule_ids

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "checks" / "stepguard"
TABLE = PACKAGE / "hosts" / "checkov_bridge" / "rule_table.py"
EVIDENCE = (PACKAGE / "rules" / "examples", ROOT / "fixtures", ROOT / "docs" / "examples")

CATEGORIES = {
    "1": "IAM",
    "2": "LOGGING",
    "3": "ENCRYPTION",
    "4": "APPLICATION_SECURITY",
    "5": "BACKUP_AND_RECOVERY",
    "6": "LOGGING",
    "7": "CONVENTION",
    "8": "GENERAL_SECURITY",
    "9": "CONVENTION",
}
"""checkov's category for each family of rules, by the first digit."""

TERRAFORM = {
    "MACHINE": ("aws_sfn_state_machine",),
    "ACTIVITY": ("aws_sfn_activity",),
    "ACCESS": (
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_policy",
        "aws_iam_user_policy",
        "aws_iam_group_policy",
        "aws_iam_role_policy_attachment",
        "aws_iam_policy_attachment",
    ),
    "LOG_GROUP": ("aws_cloudwatch_log_group",),
    "KEY": ("aws_kms_key", "aws_kms_key_policy"),
    "ALARM": ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"),
    "TRAIL": ("aws_cloudtrail",),
    "API": ("aws_api_gateway_rest_api", "aws_api_gateway_rest_api_policy"),
}
"""Terraform's resource types, by kind: a rule that judges one of a kind may judge all of it."""

TERRAFORM_DATA = {"ACCESS": ("aws_iam_policy_document",)}
"""Terraform's data sources, by kind."""

CLOUDFORMATION = {
    "MACHINE": ("AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"),
    "ACTIVITY": ("AWS::StepFunctions::Activity",),
    # In SAM, state machines, functions and connectors have policies of their own.
    "ACCESS": (
        "AWS::IAM::Role",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::User",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::Group",
        "AWS::IAM::GroupPolicy",
        "AWS::Serverless::StateMachine",
        "AWS::Serverless::Function",
        "AWS::Serverless::Connector",
        "AWS::Events::Rule",
    ),
    "LOG_GROUP": ("AWS::Logs::LogGroup",),
    "KEY": ("AWS::KMS::Key",),
    "ALARM": ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"),
    "TRAIL": ("AWS::CloudTrail::Trail",),
    "API": ("AWS::ApiGateway::RestApi", "AWS::Serverless::Api"),
}
"""CloudFormation's resource types, by kind."""

ALWAYS = {"SFN1": ("MACHINE", "ACCESS"), "SFN305": ("ACTIVITY",)}
"""Kinds that rules may judge, by the beginning of their ids, whether an example shows it or not."""

_HEAD = '''\
"""The rules as checkov's processes need them; written by `generators/checkov_table.py`."""

from __future__ import annotations

from typing import NamedTuple


class RuleRow(NamedTuple):
    """A rule: its id, checkov's name, severity, category and link for it, its tier, and the kinds
    of resources that it judges.
    """

    id: str
    title: str
    severity: str
    category: str
    guideline: str
    pedantic: bool
    kinds: tuple[str, ...]


'''


def table() -> str:
    """Return the text of the table."""
    parts = [
        _HEAD,
        _types("TERRAFORM", TERRAFORM),
        _types("TERRAFORM_DATA", TERRAFORM_DATA),
        _types("CLOUDFORMATION", CLOUDFORMATION),
    ]
    rules = [load(identifier) for identifier in rule_ids()]
    types = types_judged(rules, read(EVIDENCE, ReadOptions()).deployments)
    rows = "".join(_row(rule, types[rule.id]) for rule in rules)
    return "".join([*parts, f"RULES: tuple[RuleRow, ...] = (\n{rows})\n"])


def _types(name: str, kinds: Mapping[str, tuple[str, ...]]) -> str:
    rows = "".join(
        f'    "{kind}": (\n' + "".join(f'        "{one}",\n' for one in types) + "    ),\n"
        for kind, types in kinds.items()
    )
    return f"{name}: dict[str, tuple[str, ...]] = {{\n{rows}}}\n\n"


def _row(rule: AnyRule, types: set[str]) -> str:
    strings = (
        rule.id,
        describe(rule).summary.rstrip("."),
        rule.severity.name,
        CATEGORIES[rule.id[3]],
        rule.references[0],
    )
    members = [json.dumps(one, ensure_ascii=False) for one in strings]
    members.append(str(rule.tier == "pedantic"))
    always = [one for start, kinds in ALWAYS.items() if rule.id.startswith(start) for one in kinds]
    kinds = dict.fromkeys((*kinds_of(types), *always))
    members.append(repr(tuple(kinds)).replace("'", '"'))
    inner = "".join(f"        {member},\n" for member in members)
    return f"    RuleRow(\n{inner}    ),\n"


def kinds_of(types: set[str]) -> tuple[str, ...]:
    """Return the kinds that some types of resources are of, each by the first that has it."""
    return tuple(dict.fromkeys(kind for kind in TERRAFORM for one in types if _kind(one) == kind))


def _kind(type_name: str) -> str | None:
    return next(
        (one for one in TERRAFORM if type_name in (*TERRAFORM[one], *CLOUDFORMATION[one])), None
    )


def types_judged(
    rules: Sequence[AnyRule], deployments: Iterable[Deployment]
) -> dict[str, set[str]]:
    """Return the types of the resources that rules say anything of, by the rules' ids."""
    found: dict[str, set[str]] = {rule.id: set() for rule in rules}
    for deployment in deployments:
        if deployment.form is Form.ASL:
            continue
        results = Results(judge([deployment], rules, Config(), pedantic=True))
        for rule in rules:
            for address, verdict in results.verdicts_of(rule.id).items():
                resources = deployment.find(address)
                if verdict.outcome is not None and resources:
                    # SAM's connectors have the address of the resource that they are written in.
                    found[rule.id].add(resources[0].type)
    return found


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8", newline="\n")
