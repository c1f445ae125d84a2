"""SFN106: a role of a workflow, or of its callers, that may pass every role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.trust import lets_anyone_in, trust_of
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Role
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.actions import find_action
from stepguard.permissions.breadth import covered_types
from stepguard.permissions.notation import Comparison, write_condition
from stepguard.permissions.role_needs import role_of_task
from stepguard.permissions.targets import Decided
from stepguard.permissions.uses import uses_of_role
from stepguard.rules.escalation import PASS_ROLE, is_limited_to_services, names_action
from stepguard.rules.grants import (
    Grant,
    grants_of,
    listed,
    name_of_role,
    shown,
    told_apart,
)
from stepguard.rules.narrowing import what_to_write
from stepguard.rules.privilege_paths import escalations_of
from stepguard.rules.related_roles import RelatedRoleRule
from stepguard.rules.rule import Context, Verdict


class PassAnyRole(RelatedRoleRule):
    """A policy of a role for Step Functions that allows iam:PassRole on every role.

    ## What it does
    Judges the roles of Step Functions, those that tasks assume, and those that are allowed to call
    Step Functions. Reports `iam:PassRole` on `*` or on `role/*`. A condition on
    `iam:PassedToService` makes that a lesser finding (medium); one on the role's tags does not
    count, as IAM does not honour it in any case. Roles below a path or a prefix of names are fine,
    and so is every role where a task takes the role that it passes from its input. `*` and
    `iam:*` are reported by SFN101, and what can be used to get more permissions by SFN107.

    In the pedantic tier, also reports `iam:PassRole` on named roles without a condition on
    `iam:PassedToService` (low). AWS's own examples leave that out.

    ## Why is this bad
    Whoever passes a role to a service makes the service act with that role. A workflow passes one
    or two, that of its ECS task or of its Glue job. If it may pass every role, a change to its
    definition, or a call that takes its parameters from the input, starts a task or a job with
    the role of an administrator.
    """

    id = "SFN106"
    name = "pass-any-role"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge every statement that allows iam:PassRole."""
        grants = grants_of(subject, context)
        if not grants.is_judged:
            return None
        ways = escalations_of(subject, context.deployment).known
        powers = [power for way in ways for power in way.powers if power.action == PASS_ROLE]
        found: list[Violation | NotEvaluated] = []
        for grant in grants.known:
            if all(power.grant is not grant for power in powers):
                found.extend(_judge(grant, context))
        return [*told_apart(found), *grants.unread]


def _judge(grant: Grant, context: Context) -> Iterator[Violation | NotEvaluated]:
    actions, resources = grant.statement.actions, grant.statement.resources
    if actions is None or resources is None:
        return
    passing = next(
        (
            one.value
            for one in actions.entries
            if isinstance(one.value, str) and names_action(one.value, PASS_ROLE)
        ),
        None,
    )
    wide = [one for one in resources.entries if _is_every_role(one)]
    if passing is None:
        if wide:
            yield from _may_pass(grant)
        return
    if wide:
        called_for = _is_called_for(grant.role, context)
        if isinstance(called_for, str):
            yield grant.not_evaluated(f"{passing}: {called_for}", wide[0].path)
        elif not called_for:
            yield _violation(grant, passing, wide, context)
    elif not _may_be_limited(grant) and not resources.reasons:
        yield _to_any_service(grant, passing, resources.entries, context)
    for reason in resources.reasons:
        yield grant.not_evaluated(f"its resources: {reason}", resources.path)


def _may_be_limited(grant: Grant) -> bool:
    return is_limited_to_services(grant.statement) or bool(grant.statement.conditions.unread)


def _to_any_service(
    grant: Grant, action: str, resources: Sequence[Entry], context: Context
) -> Violation:
    """Return the pedantic finding: named roles that may be passed to every service."""
    written = next(one for one in _entries(grant) if shown(one.value) == action)
    names = listed([f'"{shown(one.value)}"' for one in resources])
    return Violation(
        message=f"{grant.label} allows role '{name_of_role(grant.role)}' {action} on {names} to "
        "every service that these roles trust",
        resource=grant.policy.address,
        span=grant.place(written.path),
        path=written.path,
        suggestion=_condition(grant, action, _trusted_by(resources, context), context.deployment),
        subject=" ".join((grant.statement.sid, action, "without condition")).strip(),
        severity=Severity.LOW,
        tier="pedantic",
    )


def _entries(grant: Grant) -> Sequence[Entry]:
    actions = grant.statement.actions
    return () if actions is None else actions.entries


def _trusted_by(resources: Sequence[Entry], context: Context) -> list[str]:
    """Return the services that may assume the roles, for those that the project has."""
    found: dict[str, None] = {}
    for entry in resources:
        role = role_of_task(entry.value, context.deployment)
        trust = None if role is None else trust_of(role)
        for statement in () if trust is None else trust.known:
            if lets_anyone_in(statement) and statement.principals is not None:
                services = [one.entry.value for one in statement.principals.known if one.service]
                found.update((one, None) for one in services if isinstance(one, str))
    return list(found)


def _condition(grant: Grant, action: str, services: Sequence[str], deployment: Deployment) -> str:
    """Return the condition to write, for the services that the roles are made for."""
    given = tuple(services) or ("<service>.amazonaws.com",)
    test = Comparison("StringEquals", "iam:PassedToService", given)
    written = write_condition([test], grant.notation(deployment))
    if len(_entries(grant)) > 1:
        # Other actions have no such key, and would be denied.
        written = f"{action} in a statement of its own, with {written}"
    return written if services else f"{written}, with the service that they are passed to"


def _may_pass(grant: Grant) -> Iterator[NotEvaluated]:
    """Yield why a statement on every role may allow to pass them."""
    actions = grant.statement.actions
    if actions is None:
        return
    for entry in actions.entries:
        if not isinstance(entry.value, str):
            yield grant.not_evaluated(f"the action {why_unknown(entry.value)}", entry.path)
    for reason in actions.unread:
        yield grant.not_evaluated(f"its actions: {reason}", actions.path)


def _is_every_role(resource: Entry) -> bool:
    action = find_action(PASS_ROLE)
    return action is not None and bool(covered_types(resource.value, action))


def _is_called_for(role: Role, context: Context) -> bool | str:
    """Tell whether the workflow chooses the role while it runs; why not known, if so."""
    action = find_action(PASS_ROLE)
    if action is None:
        return False
    uses = uses_of_role(role, context.deployment)
    passed = uses.of(action)
    if any(one.target.decided is Decided.AT_RUN_TIME or one.wide_types for one in passed):
        return True
    unknown = [one for one in passed if one.target.decided is not Decided.IN_THE_DEFINITION]
    if unknown:
        return f"which role state '{unknown[0].by}' passes is not known"
    return uses.why_open(action) or False


def _violation(grant: Grant, action: str, wide: list[Entry], context: Context) -> Violation:
    first, *others = wide
    limited = is_limited_to_services(grant.statement)
    if limited:
        consequence = "to some services, but every role there is, an administrator's included"
    elif grant.statement.conditions.unread:
        consequence = "to whatever services its condition allows, every role there is"
    else:
        consequence = "to every service, and so whatever any role of the account may do"
    known = find_action(PASS_ROLE)
    patterns = [f'"{shown(one.value)}"' for one in wide]
    return Violation(
        message=f"{grant.label} allows role '{name_of_role(grant.role)}' {action} on "
        f"{listed(patterns)}: {consequence}",
        resource=grant.policy.address,
        span=grant.place(first.path),
        path=first.path,
        related=tuple(
            RelatedPlace(f'"{shown(one.value)}" too', grant.place(one.path)) for one in others
        ),
        suggestion=what_to_write([known] if known else [], grant, context.deployment),
        subject=" ".join((grant.statement.sid, action, *sorted(shown(one.value) for one in wide))),
        severity=Severity.MEDIUM if limited or grant.statement.conditions.unread else None,
    )
