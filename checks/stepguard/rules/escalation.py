"""What rules on escalation share: the actions that lead to more permissions, and their limits."""

from __future__ import annotations

from stepguard.deployment.iam.patterns import action_matches
from stepguard.deployment.iam.statements import Statement

PASS_ROLE = "iam:PassRole"  # noqa: S105 - the name of an action
"""The action that hands a role to a service."""

PASSED_TO = "iam:passedtoservice"
"""The condition key that names the service that a role is passed to, in lower case."""

TAKING_OVER = {
    "iam:CreatePolicyVersion": "it can write what managed policies of the account allow",
    "iam:SetDefaultPolicyVersion": "it can bring back a wider version of a policy",
    "iam:AttachRolePolicy": "it can attach any policy to itself",
    "iam:PutRolePolicy": "it can write itself a policy",
    "iam:UpdateAssumeRolePolicy": "it can let itself assume any other role",
    "iam:AttachUserPolicy": "it can attach any policy to a user",
    "iam:AttachGroupPolicy": "it can attach any policy to a group",
    "iam:PutUserPolicy": "it can write any user a policy",
    "iam:PutGroupPolicy": "it can write any group a policy",
    "iam:AddUserToGroup": "it can put a user among the administrators",
    "iam:CreateAccessKey": "it can make itself keys of any user",
    "iam:CreateLoginProfile": "it can set a password for any user",
    "iam:UpdateLoginProfile": "it can set a password for any user",
}
"""Actions of IAM that are enough by themselves, and what is done with them."""

_WHOLE = frozenset({"*", "*:*", "iam:*", "states:*"})


def names_action(written: str, action: str) -> bool:
    """Tell whether an action as written means another one, and not just everything there is."""
    return written.lower() not in _WHOLE and action_matches(written, action)


def is_unconditional(statement: Statement) -> bool:
    """Tell whether a statement certainly has no conditions."""
    return not statement.conditions.known and not statement.conditions.unread


def is_limited_to_services(statement: Statement) -> bool:
    """Tell whether a condition certainly says to which services a role may be passed."""
    return any(
        one.is_certain
        and not one.if_exists
        and one.quantifier != "forallvalues"
        and all(value.value != "*" for value in one.values.entries)
        for one in statement.conditions.of(PASSED_TO)
    )
