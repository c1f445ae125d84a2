"""Write the table of rules that the checkov pack imports: `python generators/checkov_table.py`.

The table is what the registry of rules says, so that checkov's processes need not import it.
`tests/hosts/checkov/test_rule_table.py` fails when the two differ.
"""

from __future__ import annotations

import json
from pathlib import Path

from stepguard.rules.registry import describe, load, rule_ids

TABLE = (
    Path(__file__).resolve().parent.parent / "checks/stepguard/hosts/checkov_bridge/rule_table.py"
)

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

_HEAD = '''\
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


'''


def table() -> str:
    """Return the text of the table."""
    rows = []
    for identifier in rule_ids():
        rule = load(identifier)
        described = describe(rule)
        strings = (
            rule.id,
            described.summary.rstrip("."),
            rule.severity.name,
            CATEGORIES[rule.id[3]],
            described.url,
        )
        members = [*(json.dumps(one, ensure_ascii=False) for one in strings)]
        members.append(str(rule.tier == "pedantic"))
        inner = "".join(f"        {member},\n" for member in members)
        rows.append(f"    RuleRow(\n{inner}    ),\n")
    return f"{_HEAD}RULES: tuple[RuleRow, ...] = (\n{''.join(rows)})\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8", newline="\n")
