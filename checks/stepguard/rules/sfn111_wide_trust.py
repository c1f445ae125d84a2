"""SFN111: a Step Functions role that others may assume, or that Step Functions may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.arns import ACCOUNT_ID
from stepguard.deployment.iam.principals import Principal
from stepguard.deployment.iam.statements import Statement, Statements
from stepguard.deployment.iam.trust import (
    is_step_functions,
    lets_anyone_in,
    lets_step_functions_in,
)
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Reference, Unknown
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.grants import listed, name_of_statement, shown, told_apart
from stepguard.rules.rule import Context, RoleRule, Verdict
from stepguard.rules.trusts import in_form, in_words, not_evaluated, place, read_trust

SERVICE = "states.amazonaws.com"
"""The principal that Step Functions is in every region."""

_WHO = "aws:principal"
_CALLER_KEYS = frozenset(
    {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"}
)


class WideTrust(RoleRule):
    """A Step Functions role that others may assume too, or that Step Functions may not assume.

    ## What it does
    Reports every principal besides Step Functions that the trust policy of a role lets in:
    another service, a user or role, a whole account, everybody. An account that the option
    `trusted-accounts` names may be there. Also reports a role that a state machine uses and that
    Step Functions may not assume. Statements that deny are not considered, and the role that SAM
    makes is not judged.

    ## Why is this bad
    The role holds the permissions of a workflow. Whoever else may assume it has all of them,
    without the workflow and its checks in between; a service that shares the role, such as
    Lambda, lends them to all the code that runs there. A role that Step Functions may not assume
    fails when the state machine is created.
    """

    id = "SFN111"
    name = "wide-trust"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge each statement of the trust policy, and whether one is for Step Functions."""
        if subject.generated:
            return None
        statements = read_trust(subject)
        if isinstance(statements, NotEvaluated):
            return [statements]
        found: list[Violation | NotEvaluated] = [
            not_evaluated(subject, f"the trust policy: {reason}") for reason in statements.unread
        ]
        for statement in statements.known:
            found.extend(_judge_statement(statement, subject, context))
        if context.deployment.machines_of(subject):
            found.extend(_judge_use(statements, subject, context.deployment))
        return told_apart(found)


@dataclass(frozen=True, slots=True)
class _Other:
    """A principal besides Step Functions: how a message names it, and how grave it is."""

    principal: Principal
    name: str
    severity: Severity


def _judge_statement(
    statement: Statement, role: Role, context: Context
) -> Iterator[Violation | NotEvaluated]:
    label = name_of_statement(statement)
    reasons = list(statement.unread)
    if statement.effect is not None and not lets_anyone_in(statement):
        return
    if statement.not_principals is not None and statement.allows:
        yield _everybody_but(statement, role)
        return
    others: list[_Other] = []
    principals = statement.principals
    if principals is not None:
        reasons.extend(principals.unread)
        for one in principals.known:
            verdict = _judge_principal(one, statement, context)
            if isinstance(verdict, _Other):
                others.append(verdict)
            elif verdict:
                reasons.append(verdict)
    for reason in dict.fromkeys(reasons):
        span = place(role, statement.path)
        yield not_evaluated(role, f"the trust policy, {label}: {reason}", span)
    if others:
        yield _violation(others, role)


def _judge_principal(
    principal: Principal, statement: Statement, context: Context
) -> _Other | str | None:
    """Return the principal if it is one too many; why that is not known; `None` if it is not."""
    value = principal.entry.value
    name = shown(value)
    if principal.kind == "Service":
        known = is_step_functions(principal)
        if known is None:
            return f"its principal {principal.entry.why_unread or name + ' is not known'}"
        return None if known else _Other(principal, name, Severity.MEDIUM)
    if principal.kind == "Everyone":
        return _Other(principal, "everybody (`*`)", _severity_of_everybody(statement))
    if principal.kind != "AWS":
        return _Other(principal, name, Severity.MEDIUM)
    if principal.entry.why_unread:
        return f"its principal {principal.entry.why_unread}"
    account = principal.account
    if isinstance(account, str) and account in context.config.trusted_accounts:
        return None
    if principal.is_whole_account:
        severity = Severity.MEDIUM if _names_caller(statement) else Severity.HIGH
        return _Other(principal, f"the whole account {_account_name(account)}", severity)
    foreign = isinstance(account, str) and ACCOUNT_ID.fullmatch(account)
    return _Other(principal, name, Severity.HIGH if foreign else Severity.MEDIUM)


def _account_name(account: str | Reference | Unknown | None) -> str:
    return account if isinstance(account, str) else shown(account)


def _severity_of_everybody(statement: Statement) -> Severity:
    """Return how grave it is that everybody is let in.

    Without a condition anyone who has an AWS account can take the role and all it may do.
    """
    if _names_caller(statement):
        return Severity.MEDIUM
    conditions = statement.conditions
    return Severity.HIGH if conditions.known or conditions.unread else Severity.CRITICAL


def _names_caller(statement: Statement) -> bool:
    """Tell whether a condition says which principals or accounts a wide principal stands for."""
    return any(
        one.is_certain
        and not one.if_exists
        and one.quantifier != "forallvalues"
        and (one.key in _CALLER_KEYS or one.key.startswith(f"{_WHO}tag/"))
        and all(shown(value.value) != "*" for value in one.values.entries)
        for one in statement.conditions.known
        if one.is_positive
    )


def _violation(others: list[_Other], role: Role) -> Violation:
    first, *further = sorted(others, key=lambda one: -one.severity)
    names = [one.name for one in (first, *further)]
    return Violation(
        message=f"{in_words(role)} lets {listed(names)} assume it, "
        "with every permission that the workflow has",
        resource=role.address,
        span=place(role, first.principal.entry.path),
        path=first.principal.entry.path,
        related=tuple(
            RelatedPlace(f"{one.name} too", place(role, one.principal.entry.path))
            for one in further
        ),
        suggestion=_only_step_functions(role),
        subject=" ".join(("trusts", *names)),
        severity=first.severity,
    )


def _everybody_but(statement: Statement, role: Role) -> Violation:
    assert statement.not_principals is not None  # noqa: S101 - the caller has looked
    path = statement.not_principals.path
    return Violation(
        message=f"{in_words(role)} lets everybody assume it but the principals in NotPrincipal",
        resource=role.address,
        span=place(role, path),
        path=path,
        suggestion=_only_step_functions(role),
        subject="trusts everybody but some",
        severity=Severity.HIGH,
    )


def _judge_use(
    statements: Statements, role: Role, deployment: Deployment
) -> Iterator[Violation | NotEvaluated]:
    """Judge whether Step Functions may assume a role that a state machine uses."""
    verdicts = [lets_step_functions_in(one) for one in statements.known]
    if any(one is True for one in verdicts) or any(map(_lets_everybody_in, statements.known)):
        return
    if statements.unread or any(one is None for one in verdicts):
        reason = "whether the trust policy lets Step Functions in is not known"
        yield not_evaluated(role, reason, place(role, ()))
        return
    machine = deployment.machines_of(role)[0]
    yield Violation(
        message=f"{in_words(role)} does not let Step Functions assume it, though state machine "
        f"'{machine.label or machine.address}' runs as it: creating the state machine fails",
        resource=role.address,
        span=place(role, ("Statement",), key=True),
        path=("Statement",),
        suggestion=_only_step_functions(role),
        subject="does not trust Step Functions",
    )


def _lets_everybody_in(statement: Statement) -> bool:
    principals = statement.principals
    everyone = principals is not None and any(one.kind == "Everyone" for one in principals.known)
    return lets_anyone_in(statement) and (everyone or statement.not_principals is not None)


def _only_step_functions(role: Role) -> str:
    principal = in_form(
        role,
        block=f'identifiers = ["{SERVICE}"]',
        terraform=f'Principal = {{ Service = "{SERVICE}" }}',
        cloudformation=f"Principal: {{Service: {SERVICE}}}",
    )
    return f"Write {principal}, and give others a role of their own"
