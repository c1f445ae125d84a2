"""SFN115: a task's role that others may assume too, or that the workflow may not assume."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam import is_step_functions_role
from stepguard.deployment.iam.arns import ACCOUNT_ID, split_arn
from stepguard.deployment.iam.patterns import literal
from stepguard.deployment.iam.principals import Principal
from stepguard.deployment.iam.statements import Statement, Statements
from stepguard.deployment.iam.trust import lets_anyone_in
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import Plain, plain
from stepguard.deployment.workflow import read_workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.notation import write_principal, write_resource
from stepguard.permissions.policy_language import notation_of
from stepguard.rules.grants import name_of_role, name_of_statement, told_apart
from stepguard.rules.links import means, resources_meant
from stepguard.rules.once import once
from stepguard.rules.rule import Context, Rule, Verdict
from stepguard.rules.trusts import in_form, in_words, not_evaluated, place, read_trust
from stepguard.structs import Struct, field

ROLE_TYPES = ("aws_iam_role", "AWS::IAM::Role")
EXTERNAL_ID = "sts:externalid"

_CALLER_KEYS = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    EXTERNAL_ID,
)


class TaskRoleTrust(Rule[Role]):
    """A role that a task assumes, whose trust policy is too wide, or leaves the workflow out.

    ## What it does
    Judges the roles of the project that tasks name in their `Credentials`. Reports a trust policy
    that lets everybody or a whole account assume the role, one that leaves out the execution role
    of the state machine, and one that lets a role of another account in without a condition on
    `sts:ExternalId`. Conditions on the caller count. A role that Step Functions may assume itself
    is judged by SFN111 in the first respect.

    ## Why is this bad
    A task role is there so that one task may do what the rest of the workflow may not. Where a
    whole account may assume it, every role there with `sts:AssumeRole` on it may do that too.
    Where the execution role may not, the task fails with an access error. Step Functions sends
    the ARN of the state machine as the external id: asking for it keeps other workflows out.
    """

    id = "SFN115"
    name = "task-role-trust"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    )

    def subjects(self, context: Context) -> list[Role]:
        """Return the roles that tasks of the project assume."""
        uses = _task_roles(context.deployment)
        return [role for role in context.deployment.roles if role.address in uses]

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge who may assume the role, and whether the state machine's own role may."""
        use = _task_roles(context.deployment)[subject.address]
        statements = read_trust(subject)
        if isinstance(statements, NotEvaluated):
            return [statements]
        found: list[Violation | NotEvaluated] = [
            not_evaluated(subject, f"the trust policy: {reason}") for reason in statements.unread
        ]
        for statement in statements.known:
            if lets_anyone_in(statement):
                found.extend(_judge_statement(statement, subject, use, context.deployment))
        found.extend(_judge_left_out(statements, subject, use, context.deployment))
        return told_apart(found)


class _Use(Struct):
    """Which tasks of which machines assume a role, and the accounts that they name it in."""

    by: dict[str, tuple[str, StateMachine]] = field(default_factory=dict)
    accounts: set[str | None] = field(default_factory=set)


@once
def _task_roles(deployment: Deployment) -> dict[str, _Use]:
    found: dict[str, _Use] = {}
    for machine in deployment.state_machines:
        if not isinstance(machine.definition, Document):
            continue
        for task in read_workflow(machine.definition, deployment).tasks:
            credentials = as_object(task.credentials)
            value = None if credentials is None else credentials.get("RoleArn")
            if value is None or (isinstance(value, str) and not value.startswith("arn:")):
                continue
            for role in resources_meant(value, ROLE_TYPES, deployment):
                use = found.setdefault(role.address, _Use())
                use.by.setdefault(machine.address, (task.name, machine))
                use.accounts.add(_account_in(value))
    return found


def _account_in(value: Plain) -> str | None:
    arn = split_arn(value)
    account = None if arn is None else literal(arn.account)
    return account if account is not None and ACCOUNT_ID.fullmatch(account) else None


def _judge_statement(
    statement: Statement, role: Role, use: _Use, deployment: Deployment
) -> Iterator[Violation | NotEvaluated]:
    label = name_of_statement(statement)
    principals = statement.principals
    reasons = [*statement.unread, *(() if principals is None else principals.unread)]
    reasons += [
        one.entry.why_unread
        for one in (() if principals is None else principals.known)
        if one.kind == "AWS" and one.entry.why_unread
    ]
    known = () if principals is None else principals.known
    wide = [
        one
        for one in known
        if (one.kind == "Everyone" or one.is_whole_account)
        and not is_step_functions_role(role, deployment)
    ]
    foreign = [one for one in known if one not in wide and _is_foreign(one, use)]
    bound = _has_condition(statement, *_CALLER_KEYS)
    identified = _has_condition(statement, EXTERNAL_ID)
    if wide and bound is False:
        yield _too_wide(wide[0], role, use, deployment)
    elif foreign and identified is False:
        yield _without_external_id(foreign[0], role, use)
    elif (wide and bound is None) or (foreign and identified is None):
        reasons += [*statement.conditions.unread] or ["its condition is not there in any case"]
    for reason in dict.fromkeys(reasons):
        span = place(role, statement.path)
        yield not_evaluated(role, f"the trust policy, {label}: {reason}", span)


def _is_foreign(principal: Principal, use: _Use) -> bool:
    account = principal.account
    if not isinstance(account, str) or len(use.accounts) != 1:
        return False
    (own,) = use.accounts
    return own is not None and bool(ACCOUNT_ID.fullmatch(account)) and account != own


def _has_condition(statement: Statement, *keys: str) -> bool | None:
    """Tell whether a condition is on one of some keys; `None` when that is not known."""
    answer: bool | None = None if statement.conditions.unread else False
    for one in statement.conditions.known:
        is_wanted = one.key in keys or (len(keys) > 1 and one.key.startswith("aws:principaltag/"))
        if not is_wanted or not one.is_positive or one.if_exists:
            continue
        if one.quantifier == "forallvalues" or any(e.value == "*" for e in one.values.entries):
            continue
        if one.is_certain:
            return True
        answer = None
    return answer


def _too_wide(principal: Principal, role: Role, use: _Use, deployment: Deployment) -> Violation:
    everybody = principal.kind == "Everyone"
    who = "everybody (`*`)" if everybody else "every principal of a whole account"
    path = principal.entry.path
    return Violation(
        message=f"{in_words(role)} lets {who} assume it; it is there for task '{_task(use)}' alone",
        resource=role.address,
        span=place(role, path),
        path=path,
        suggestion=_principal(role, use, deployment),
        subject=f"task role trusts {'everybody' if everybody else 'account'}",
        severity=Severity.HIGH if everybody else None,
    )


def _without_external_id(principal: Principal, role: Role, use: _Use) -> Violation:
    path = principal.entry.path
    return Violation(
        message=f"{in_words(role)} lets a role of account {principal.account} assume it whichever "
        f"state machine it works for: there is no condition on sts:ExternalId",
        resource=role.address,
        span=place(role, path),
        path=path,
        suggestion=in_form(
            role,
            block="""condition {
  test     = "StringEquals"
  variable = "sts:ExternalId"
  values   = [<state machine ARN>]
}""",
            terraform='Condition = { StringEquals = { "sts:ExternalId" = "<state machine ARN>" } }',
            text='"Condition": {"StringEquals": {"sts:ExternalId": "<state machine ARN>"}}',
            cloudformation='Condition: {StringEquals: {"sts:ExternalId": <state machine ARN>}}',
        ),
        subject=f"task role without external id {_task(use)}",
    )


def _judge_left_out(
    statements: Statements, role: Role, use: _Use, deployment: Deployment
) -> Iterator[Violation]:
    """Report a role that the execution role of a state machine may certainly not assume."""
    if statements.unread or any(one.effect is None for one in statements.known):
        return
    for task, machine in use.by.values():
        own = deployment.roles_of(machine)
        if len({one.address for one in own}) != 1 or own[0].address == role.address:
            continue
        if any(_may_let_in(one, own[0], deployment) for one in statements.known):
            continue
        yield Violation(
            message=f"{in_words(role)} does not let '{name_of_role(own[0])}' assume it, the role "
            f"that runs task '{task}' of '{machine.label or machine.address}': the task fails",
            resource=role.address,
            span=place(role, ("Statement",), key=True),
            path=("Statement",),
            suggestion=_principal(role, use, deployment),
            subject=f"task role leaves out {machine.address}",
        )


def _may_let_in(statement: Statement, own: Role, deployment: Deployment) -> bool:
    if not lets_anyone_in(statement):
        return False
    principals = statement.principals
    if principals is None or principals.unread or statement.unread:
        return True
    for one in principals.known:
        if one.kind == "Everyone" or one.is_whole_account:
            return True
        if one.kind == "AWS" and means(one.entry.value, own, deployment) is not False:
            return True
    return False


def _task(use: _Use) -> str:
    return next(iter(use.by.values()))[0]


def _principal(role: Role, use: _Use, deployment: Deployment) -> str:
    _, machine = next(iter(use.by.values()))
    own = '"<ARN of the execution role>"'
    notation = notation_of(role.trust, role.address, role, deployment)
    if machine.role is not None and machine.role.value is not None:
        own = write_resource(plain(machine.role), notation)
    written = write_principal("AWS", own, notation)
    remark = notation.remark(written)
    return f"Write {written}: the execution role of the state machine{remark}"
