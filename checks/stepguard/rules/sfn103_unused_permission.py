"""SFN103: a permission of a Step Functions role that no workflow uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.resources import Role
from stepguard.deployment.source import Span
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.memory import remembered
from stepguard.permissions.role_needs import RoleNeeds, needs_of_role
from stepguard.permissions.unused import Unused, Usage
from stepguard.rules.grants import (
    Grant,
    grants_of,
    listed,
    name_of_role,
    read_grants,
    shown,
    told_apart,
)
from stepguard.rules.role_users import who_else_may_assume
from stepguard.rules.rule import Context, RoleRule, Verdict
from stepguard.rules.shared_policies import names_of_roles, other_roles_with

_FEATURES = {"cloudwatch_logs": "logging", "xray": "tracing"}


class UnusedPermission(RoleRule):
    """A policy of a Step Functions role that allows what no state machine with the role does.

    ## What it does
    Compares each statement with what the state machines of the role need: the actions of their
    states, of maps, logging, tracing and keys. Reports actions that nothing takes, and resources
    on which none of the statement's actions is taken although they are on others. Fine is what
    AWS documents with an integration, what the Service Authorization Reference lists for the same
    operation, what a called service does on the role's behalf, and tagging of what is made.

    Not evaluated where another service or account may assume the role too, where a machine or its
    definition could not be read, and for the services of operations for which no action is known.
    Wildcards in actions are SFN101's, wildcards in resources SFN102's.

    ## Why is this bad
    What is left over from an earlier version of the workflow, or copied from another role, is of
    use to nobody but those who find a way to use the role.
    """

    id = "SFN103"
    name = "unused-permission"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#remove-credentials",
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge every statement that allows something."""
        if not grants_of(subject, context).known:
            return None
        usage = _usage_of(subject, context.deployment)
        if isinstance(usage, str):
            return [NotEvaluated(reason=usage, resource=subject.address, span=subject.span)]
        found: list[Violation | NotEvaluated] = []
        made: dict[Span, list[tuple[Grant, Unused]]] = {}
        for grant, unused in usage:
            span = _made_at(grant)
            if span is None:
                found.extend(_judge(grant, unused, context.deployment))
            else:
                made.setdefault(span, []).append((grant, unused))
        for span, statements in made.items():
            found.extend(_judge_made(span, statements))
        return told_apart(found)


@remembered
def _usage_of(role: Role, deployment: Deployment) -> str | list[tuple[Grant, Unused]]:
    """Return what of each statement is not used, or why that cannot be told."""
    needs = needs_of_role(role, deployment)
    reason = _why_not(role, needs)
    if reason:
        return reason
    usage = Usage(needs, deployment)
    return [(one, usage.unused(one.statement)) for one in read_grants(role, deployment).known]


@remembered
def _places_unused(role: Role, deployment: Deployment) -> frozenset[object]:
    """Return where there stands what a role does not use; nothing where that is not known."""
    usage = _usage_of(role, deployment)
    if isinstance(usage, str):
        return frozenset()
    return frozenset(
        _place_of(grant, one)
        for grant, unused in usage
        for one in (*unused.actions, *unused.resources)
    )


def _place_of(grant: Grant, entry: Entry) -> object:
    """Return where an entry stands: in the source, and in the document that is made of that."""
    span = grant.place(entry.path)
    where: object = id(grant.document) if span is None else (span.path, span.start)
    return where, entry.path


def _what_to_do(change: str, grant: Grant, entries: Sequence[Entry], deployment: Deployment) -> str:
    """Return a change, or how to make it for one role where others may need what it is about."""
    users = [
        role
        for role in other_roles_with(grant, deployment)
        if not _places_unused(role, deployment).issuperset(_place_of(grant, one) for one in entries)
    ]
    if not users:
        return change
    return (
        f"Give the role a policy of its own without that: this one is also that of "
        f"{names_of_roles(users)}, which may use it"
    )


def _made_at(grant: Grant) -> Span | None:
    """Return what a statement is made from that nobody has written: a policy template of SAM.

    Then its actions do not stand where the document is.
    """
    actions = grant.statement.actions
    entry = next(iter(actions.entries), None) if actions is not None else None
    span = None if entry is None else grant.document.locate(entry.path)
    if span is None or entry is None or not isinstance(entry.value, str):
        return None
    return None if entry.value in span.text else span


def _judge_made(
    span: Span, statements: list[tuple[Grant, Unused]]
) -> Iterator[Violation | NotEvaluated]:
    """Judge what a template or a connector makes as one: a part of it cannot be left out."""
    actions = [shown(one.value) for _, unused in statements for one in unused.actions]
    total = sum(
        len(grant.statement.actions.entries)
        for grant, _ in statements
        if grant.statement.actions is not None
    )
    grant, _ = statements[0]
    if not actions or len(actions) < total:
        return
    yield Violation(
        message=f"'{span.text}' allows role '{name_of_role(grant.role)}' {listed(actions)}, which "
        "no state and no feature of its state machines uses",
        resource=grant.policy.address,
        span=span,
        path=grant.statement.path,
        suggestion=f"Remove '{span.text}'",
        subject=" ".join((span.text, *sorted(actions))),
    )


def _why_not(role: Role, needs: RoleNeeds) -> str:
    """Return why nothing can be said about a role; empty when something can."""
    if not needs.machines:
        return "no state machine of the project is known to use the role"
    if needs.unread:
        return needs.unread[0]
    other = who_else_may_assume(role)
    if other:
        return f"{other} may assume the role too, and need what no state machine uses"
    for one in needs.not_checked:
        if not one.service:
            return f"state '{one.state}': {one.reason}" if one.state else one.reason
    return ""


def _feature_of(actions: Sequence[str]) -> str:
    """Return the feature of state machines that some actions are for; empty when they are not."""
    wanted = {one.lower() for one in actions}
    for name, shown_as in _FEATURES.items():
        rows = load("integrations")["features"][name]["statements"]
        if wanted <= {action.lower() for row in rows for action in row["actions"]}:
            return shown_as
    return ""


def _judge(
    grant: Grant, unused: Unused, deployment: Deployment
) -> Iterator[Violation | NotEvaluated]:
    for action, reason in unused.open[:1]:
        yield grant.not_evaluated(f"whether {action} is used is not known: {reason}")
    role = f"role '{name_of_role(grant.role)}'"
    if unused.actions:
        names = [shown(one.value) for one in unused.actions]
        everything = grant.statement.actions is not None and len(names) == len(
            grant.statement.actions.entries
        )
        first, *others = unused.actions
        drop = "Remove the statement" if everything else f"Remove {listed(names)}"
        feature = _feature_of(names)
        drop += f", or turn on the {feature} that it is for" if feature else ""
        yield Violation(
            message=f"{grant.label} allows {role} {listed(names)}, which no state and no feature "
            f"of its state machines uses",
            resource=grant.policy.address,
            span=grant.place(first.path),
            path=first.path,
            related=tuple(
                RelatedPlace(f"{shown(one.value)} too", grant.place(one.path)) for one in others
            ),
            suggestion=_what_to_do(drop, grant, unused.actions, deployment),
            subject=" ".join((grant.statement.sid, *sorted(names))),
        )
    elif unused.resources:
        names = [shown(one.value) for one in unused.resources]
        first, *others = unused.resources
        drop = f"Remove {listed(names)}, or name what the states use instead"
        yield Violation(
            message=f"{grant.label} allows {role} {listed(unused.used)} on {listed(names)}; "
            f"its state machines do that, but on other resources",
            resource=grant.policy.address,
            span=grant.place(first.path),
            path=first.path,
            related=tuple(
                RelatedPlace(f"{shown(one.value)} too", grant.place(one.path)) for one in others
            ),
            suggestion=_what_to_do(drop, grant, unused.resources, deployment),
            subject=" ".join((grant.statement.sid, *sorted(names))),
        )
