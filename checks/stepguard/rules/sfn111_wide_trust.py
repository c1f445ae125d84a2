"""SFN111: a Step Functions role that others may assume, or that Step Functions may not."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.arns import ACCOUNT_ID
from stepguard.deployment.iam.principals import Principal
from stepguard.deployment.iam.statements import Statement, Statements
from stepguard.deployment.iam.trust import (
    is_step_functions,
    lets_anyone_in,
    lets_step_functions_in,
    trust_of,
)
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Plain, Reference, Unknown
from stepguard.deployment.workflow import read_workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.role_needs import role_of_task
from stepguard.rules.grants import listed, name_of_statement, shown, told_apart
from stepguard.rules.role_users import other_users_of
from stepguard.rules.rule import Context, RoleRule, Verdict
from stepguard.rules.shared_policies import names_of_roles, other_roles_trusting
from stepguard.rules.trusts import (
    in_form,
    in_words,
    not_evaluated,
    place,
    place_of_step_functions,
    read_trust,
)
from stepguard.structs import Struct

SERVICE = "states.amazonaws.com"
"""The principal that Step Functions is in every region."""

_MAXIMUM_DEPTH = 6
_WHO = "aws:principal"
_CALLER_KEYS = frozenset(
    {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"}
)


class WideTrust(RoleRule):
    """A Step Functions role that others may assume too, or that Step Functions may not assume.

    ## What it does
    Reports every principal besides Step Functions that the trust policy of a role lets in:
    another service, a user or role, a whole account, everybody. An account that the option
    `trusted-accounts` names may be there, and what is for a service that a task passes the role
    to is not evaluated. Also reports a role that a state machine uses and that
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


class _Other(Struct, frozen=True):
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
    if others and _is_passed_on(role, context.deployment) and _are_services(others):
        names = listed([one.name for one in others])
        reason = f"a task passes the role on, so that {names} may be whom it is for"
        yield not_evaluated(role, f"the trust policy, {label}: {reason}")
    elif others:
        yield _violation(others, role, context.deployment)


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
        is_own = isinstance(account, Reference) and account.is_pseudo
        severity = Severity.MEDIUM if is_own or _names_caller(statement) else Severity.HIGH
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


def _is_passed_on(role: Role, deployment: Deployment) -> bool:
    """Tell whether no state machine runs as a role, and a task gives it to what it calls."""
    if deployment.machines_of(role):
        return False
    return any(
        role_of_task(value, deployment) is role
        for machine in deployment.state_machines
        if isinstance(machine.definition, Document)
        for task in read_workflow(machine.definition, deployment).tasks
        for value in _roles_in(task.parameters)
    )


def _roles_in(parameters: Plain, depth: int = 0) -> Iterator[Plain]:
    """Yield the values of parameters that are called roles, `ExecutionRoleArn` and the like."""
    if depth > _MAXIMUM_DEPTH:
        return
    if isinstance(parameters, list):
        for element in parameters:
            yield from _roles_in(element, depth + 1)
    elif isinstance(parameters, dict):
        for name, value in parameters.items():
            if "role" in name.lower() and not isinstance(value, (dict, list)):
                yield value
            else:
                yield from _roles_in(value, depth + 1)


def _are_services(others: list[_Other]) -> bool:
    return all(one.principal.kind == "Service" for one in others)


def _violation(others: list[_Other], role: Role, deployment: Deployment) -> Violation:
    first, *further = sorted(others, key=lambda one: -one.severity)
    names = [one.name for one in (first, *further)]
    path = first.principal.entry.path
    has_machines = bool(deployment.machines_of(role))
    users = "" if has_machines else _users_of(role, deployment)
    if users and _are_services(others):
        effect = f"besides {listed(names)}, and no state machine of the project runs as it"
        message = f"{in_words(role)} lets Step Functions assume it {effect}"
        suggestion = f"Leave {SERVICE} out: the role is that of {users}"
        trust = trust_of(role)
        named = map(place_of_step_functions, () if trust is None else trust.known)
        path = next(filter(None, named), path)
    else:
        whose = "the workflow" if has_machines else "it"
        message = f"{in_words(role)} lets {listed(names)} assume it, "
        message += f"with every permission that {whose} has"
        suggestion = _only_step_functions(role, _users_of(role, deployment) or "others")
    return Violation(
        message=message,
        resource=role.address,
        span=place(role, path),
        path=path,
        related=tuple(
            RelatedPlace(f"{one.name} too", place(role, one.principal.entry.path))
            for one in further
        ),
        suggestion=suggestion + _also_for(role, deployment),
        subject=" ".join(("trusts", *sorted(names))),
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


def _users_of(role: Role, deployment: Deployment) -> str:
    """Return, by name, what of the project has the role and is no state machine."""
    users = [one.resource for one in other_users_of(role, deployment)]
    return listed([f"'{one.label or one.address}'" for one in users])


def _also_for(role: Role, deployment: Deployment) -> str:
    """Return that other roles have the same text for a trust policy; empty when none has."""
    others = other_roles_trusting(role, deployment)
    return f" (the text is also the trust policy of {names_of_roles(others)})" if others else ""


def _only_step_functions(role: Role, who: str = "others") -> str:
    principal = in_form(
        role,
        block=f'identifiers = ["{SERVICE}"]',
        terraform=f'Principal = {{ Service = "{SERVICE}" }}',
        text=f'"Principal": {{"Service": "{SERVICE}"}}',
        cloudformation=f"Principal: {{Service: {SERVICE}}}",
    )
    own = "its own" if who.count("'") == 2 else "their own"
    return f"Write {principal}, and give {who} a role of {own}"
