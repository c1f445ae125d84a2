"""SFN112: a trust policy that lets Step Functions in for state machines of any account."""

from __future__ import annotations

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.conditions import Condition
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.patterns import literal, symbols_of
from stepguard.deployment.iam.statements import Statement
from stepguard.deployment.iam.trust import lets_step_functions_in
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Reference, Text
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.notation import write_resource
from stepguard.permissions.policy_language import notation_of
from stepguard.rules.grants import name_of_statement, told_apart
from stepguard.rules.rule import Context, RoleRule, Verdict
from stepguard.rules.trusts import (
    in_form,
    in_words,
    not_evaluated,
    place,
    place_of_step_functions,
    read_trust,
)

_ARN_KEY = "aws:sourcearn"
_ACCOUNT = Reference("AWS::AccountId")
_OTHER_KEYS = ("aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")


class ConfusedDeputy(RoleRule):
    """A trust policy that does not say for which account Step Functions may assume the role.

    ## What it does
    Reports each statement of a trust policy that lets Step Functions assume the role without a
    condition on `aws:SourceArn` that names an account, on `aws:SourceAccount`, or on the
    organisation (`aws:SourceOrgID`, `aws:SourceOrgPaths`). Statements add up, so each needs its
    own. Negated conditions, and patterns whose account is a wildcard, do not count.

    ## Why is this bad
    Step Functions acts for every AWS customer under the same name. Without the condition the
    role trusts the service whoever it acts for, so that a service led to use the role by somebody
    else, a confused deputy, is let in. AWS documents the condition for every such role.
    """

    id = "SFN112"
    name = "confused-deputy"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    )

    def judge(
        self,
        subject: Role,
        context: Context,
    ) -> Verdict:
        """Judge each statement that lets Step Functions assume the role."""
        if subject.generated:
            reason = (
                "SAM writes the trust policy of the role that it makes, without a source "
                "condition; give the state machine a Role of the template to have one"
            )
            return [not_evaluated(subject, reason)]
        statements = read_trust(subject)
        if isinstance(statements, NotEvaluated):
            return [statements]
        found: list[Violation | NotEvaluated] = [
            not_evaluated(subject, f"the trust policy: {reason}") for reason in statements.unread
        ]
        judged = [
            verdict
            for verdict in (_judge(one, subject, context) for one in statements.known)
            if verdict is not None
        ]
        if not judged and not found:
            return None
        return told_apart([*found, *(one for verdicts in judged for one in verdicts)])


def _judge(
    statement: Statement, role: Role, context: Context
) -> list[Violation | NotEvaluated] | None:
    """Judge a statement; `None` when it does not let Step Functions in."""
    lets_in = lets_step_functions_in(statement)
    if lets_in is False:
        return None
    conditions = statement.conditions
    verdicts = [_binds(one) for one in conditions.known]
    if any(one is True for one in verdicts):
        return []
    label = name_of_statement(statement)
    span = place(role, statement.path)
    if lets_in is None:
        reason = f"whether {label} of the trust policy lets Step Functions in is not known"
        return [not_evaluated(role, reason, span)]
    reasons = [*conditions.unread, *(one for one in verdicts if isinstance(one, str))]
    if reasons:
        return [not_evaluated(role, f"the trust policy, {label}: {reasons[0]}", span)]
    return [_violation(statement, role, context.deployment)]


def _binds(condition: Condition) -> bool | str:
    """Tell whether a condition binds the role to an account; why that is not known, if so.

    The `IfExists` forms count: Step Functions sends these keys with every request.
    """
    if not condition.is_positive or condition.key not in (_ARN_KEY, *_OTHER_KEYS):
        return False
    entries = condition.values.entries
    name = condition.key
    if condition.values.reasons:
        return f"the value of {name} is not known: {condition.values.reasons[0]}"
    if not all(_names_account(one, name) for one in entries):
        return False
    return (
        True if condition.is_certain else f"whether the condition on {name} is there is not known"
    )


def _names_account(entry: Entry, key: str) -> bool:
    value = entry.value
    if key != _ARN_KEY:
        return literal(symbols_of(value) or ()) != "*"
    if isinstance(value, Reference) or (isinstance(value, Text) and _is_one_hole(value)):
        return True
    arn = split_arn(value)
    return arn is not None and arn.is_account_bound


def _is_one_hole(text: Text) -> bool:
    return len(text.parts) == 1 and bool(text.holes)


def _violation(statement: Statement, role: Role, deployment: Deployment) -> Violation:
    wide = next((one for one in statement.conditions.of(_ARN_KEY, *_OTHER_KEYS)), None)
    label = name_of_statement(statement)
    if wide is not None and wide.values.entries:
        entry = wide.values.entries[0]
        path = entry.path
        what = f"its {label} compares {wide.key} with a pattern that fits any account"
    else:
        path = place_of_step_functions(statement) or statement.path
        what = f"its {label} has no condition on aws:SourceArn or aws:SourceAccount"
    return Violation(
        message=f"{in_words(role)} lets Step Functions assume it on behalf of any account: {what}",
        resource=role.address,
        span=place(role, path),
        path=path,
        suggestion=_condition(role, deployment),
        subject=f"source condition {statement.sid or ''}".strip(),
    )


def _condition(role: Role, deployment: Deployment) -> str:
    notation = notation_of(role.trust, role.address, role, deployment)
    account = write_resource(_ACCOUNT, notation)
    missing = notation.to_declare(account)
    comment = f"\n# {missing[0].upper()}{missing[1:]}." if missing else ""
    return in_form(
        role,
        block=f"""condition {{
  test     = "StringEquals"
  variable = "aws:SourceAccount"
  values   = [{account}]
}}{comment}""",
        terraform=f"""Condition = {{
  StringEquals = {{ "aws:SourceAccount" = {account} }}
}}{comment}""",
        text=f'"Condition": {{"StringEquals": {{"aws:SourceAccount": {account}}}}}'
        + (f" ({missing})" if missing else ""),
        cloudformation="""Condition:
  StringEquals:
    aws:SourceAccount: !Ref AWS::AccountId""",
    )
