"""SFN116: a workflow's role that may call any HTTP endpoint, or read any secret for its calls."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.iam.conditions import Condition
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.actions import find_action
from stepguard.permissions.breadth import covered_types
from stepguard.permissions.notation import Comparison, Notation, write_condition
from stepguard.rules.grants import Grant, grants_of, listed, name_of_role, told_apart
from stepguard.rules.machines import definition_of
from stepguard.rules.rule import Context, RoleRule, Verdict

INVOKE = "states:InvokeHTTPEndpoint"
READ_SECRET = "secretsmanager:GetSecretValue"  # noqa: S105 - the name of an action
SECRETS = "events!connection/*"
"""What the names of the secrets begin with in which EventBridge keeps those of connections."""

_KEYS = ("states:HTTPEndpoint", "states:HTTPMethod")
_HTTP = "http:invoke"


class OpenHttpCalls(RoleRule):
    """A role that lets a workflow call any HTTP endpoint, or read any secret for its calls.

    ## What it does
    Reports `states:InvokeHTTPEndpoint` in a role of Step Functions where the statement has no
    condition on `states:HTTPEndpoint`, or none on `states:HTTPMethod`. Where a state machine of
    the role has HTTP tasks, and reads no secrets itself, reports also
    `secretsmanager:GetSecretValue` on every secret. Wildcards among the actions are reported by
    SFN101, `events:RetrieveConnectionCredentials` on every connection by SFN102.

    ## Why is this bad
    The resource of `states:InvokeHTTPEndpoint` is no endpoint, so that only conditions limit
    where requests go. Without them whoever changes the definition, or the input that an endpoint
    is put together from, can send the workflow's data and the connection's credentials elsewhere.
    The secrets of connections have names of their own; the role needs no others.
    """

    id = "SFN116"
    name = "open-http-calls"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html#connect-http-task-permissions",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge each statement that allows HTTP calls, or what they need."""
        grants = grants_of(subject, context)
        found: list[Violation | NotEvaluated] = []
        concerns = False
        calls: list[str] | None = None
        for grant in grants.known:
            invoke = _named(grant, INVOKE)
            if invoke is not None:
                concerns = True
                found.extend(_judge_calls(grant, invoke, context))
            secret = _named(grant, READ_SECRET)
            if secret is not None:
                calls = _http_tasks(subject, context) if calls is None else calls
                if calls:
                    concerns = True
                    found.extend(_judge_secrets(grant, secret, calls))
        concerns = concerns or bool(grants.unread)
        return [*told_apart(found), *grants.unread] if concerns else None


def _named(grant: Grant, action: str) -> Entry | None:
    actions = grant.statement.actions
    for entry in () if actions is None else actions.entries:
        if isinstance(entry.value, str) and entry.value.lower() == action.lower():
            return entry
    return None


def _judge_calls(
    grant: Grant, action: Entry, context: Context
) -> Iterator[Violation | NotEvaluated]:
    answers = {key: _is_limited(grant, key) for key in _KEYS}
    missing = [key for key, answer in answers.items() if answer is False]
    if missing and not grant.statement.conditions.unread:
        what = "any endpoint" if _KEYS[0] in missing else "its endpoints with any method"
        yield Violation(
            message=f"{grant.label} lets the workflow of role '{name_of_role(grant.role)}' call "
            f"{what}: {INVOKE} has no condition on {listed(missing)}",
            resource=grant.policy.address,
            span=grant.place(action.path),
            path=action.path,
            suggestion=_conditions(missing, grant.notation(context.deployment)),
            subject=" ".join((grant.statement.sid, INVOKE)).strip(),
        )
        return
    reasons = [*grant.statement.conditions.unread]
    reasons += [one for one in answers.values() if isinstance(one, str)]
    if reasons:
        yield grant.not_evaluated(reasons[0], action.path)


def _is_limited(grant: Grant, key: str) -> bool | str:
    """Tell whether a condition limits calls by a key; why that is not known, if so."""
    open_reason = ""
    for one in grant.statement.conditions.known:
        if one.key != key.lower() or not one.is_positive or one.quantifier == "forallvalues":
            continue
        if not one.is_certain:
            open_reason = f"its condition on {key} is not there in any case"
        elif not _takes_everything(one):
            return True
    return open_reason or False


def _takes_everything(condition: Condition) -> bool:
    return any(_is_everything(one.value) for one in condition.values.entries)


def _is_everything(value: Plain) -> bool:
    return isinstance(value, str) and value.strip("*") in ("", "https://", "http://")


def _judge_secrets(
    grant: Grant, action: Entry, calls: list[str]
) -> Iterator[Violation | NotEvaluated]:
    known = find_action(READ_SECRET)
    resources = grant.statement.resources
    if known is None or resources is None or grant.statement.conditions.known:
        return
    wide = [one for one in resources.entries if covered_types(one.value, known)]
    if grant.statement.conditions.unread and wide:
        yield grant.not_evaluated(grant.statement.conditions.unread[0])
    elif wide:
        yield Violation(
            message=f"{grant.label} lets role '{name_of_role(grant.role)}' read every secret, "
            f"though '{calls[0]}' needs only those of connections, {SECRETS}",
            resource=grant.policy.address,
            span=grant.place(wide[0].path),
            path=wide[0].path,
            suggestion=f'"arn:aws:secretsmanager:<region>:<account>:secret:{SECRETS}" as the '
            f"resource of {READ_SECRET}",
            subject=" ".join((grant.statement.sid, READ_SECRET)).strip(),
        )
    else:
        for entry in resources.entries:
            if entry.why_unread:
                yield grant.not_evaluated(f"its resources: {why_unknown(entry.value)}", action.path)


def _http_tasks(role: Role, context: Context) -> list[str]:
    """Return the HTTP tasks of a role's machines; none when one of these reads secrets itself."""
    found: list[str] = []
    for machine in context.deployment.machines_of(role):
        workflow = _workflow_of(machine, context)
        for task in () if workflow is None else workflow.tasks:
            name = _integration_of(task)
            if "secretsmanager" in name:
                return []
            if name.endswith(_HTTP):
                found.append(task.name)
    return found


def _workflow_of(machine: StateMachine, context: Context) -> Workflow | None:
    workflow = definition_of(machine, context)
    return None if isinstance(workflow, NotEvaluated) else workflow


def _integration_of(task: Task) -> str:
    return task.resource.lower() if isinstance(task.resource, str) else ""


def _conditions(missing: list[str], notation: Notation) -> str:
    values = {_KEYS[0]: "https://api.example.com/*", _KEYS[1]: "GET"}
    operators = {_KEYS[0]: "StringLike", _KEYS[1]: "StringEquals"}
    tests = [Comparison(operators[one], one, (values[one],)) for one in missing]
    written = write_condition(tests, notation)
    return f"{written}, with the endpoints and methods that are called"
