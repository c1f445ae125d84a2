"""SFN105: an administrator or full-access policy of AWS on a role of Step Functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stepguard.deployment.graph import Deployment, last_name
from stepguard.deployment.iam import is_step_functions_role
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.patterns import literal
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Policy, Resource, Role
from stepguard.deployment.values import UNREAD, OneOf, Text, Traced, Unknown, plain
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.managed import name_of_managed, statements_of_managed
from stepguard.rules.grants import listed, name_of_role, told_apart
from stepguard.rules.related_roles import RelatedRoleRule
from stepguard.rules.rule import Context, Verdict

_BROAD = re.compile(r"FullAccess|Administrator")
_OTHERS = frozenset({"DataScientist", "PowerUserAccess"})
_WHOLE_ACCOUNT = frozenset({"AdministratorAccess", "IAMFullAccess"})
_EXTENTS = {
    "AdministratorAccess": "every action of every service",
    "IAMFullAccess": "every action of IAM, and so to give itself any other",
    "PowerUserAccess": "every action of every service but IAM and Organizations",
}


class BroadManagedPolicy(RelatedRoleRule):
    """A role for Step Functions with a managed policy of AWS for administrators or full access.

    ## What it does
    Judges the roles of Step Functions, those that tasks assume, and those that are allowed to call
    Step Functions. Reports policies of AWS that are attached to them and that are made for people
    who administer a service or the account: `AdministratorAccess` and `IAMFullAccess`
    (critical), `PowerUserAccess`, every policy named `…FullAccess…` or `…Administrator`, and
    `DataScientist`. One that is known to allow no service whole, such as
    `AmazonAPIGatewayInvokeFullAccess`, is fine. Other policies of AWS are not judged here, and
    neither are those of the project.

    ## Why is this bad
    Such a policy allows every action of its services on every resource, deleting included, and
    often parts of other services and `iam:PassRole` beside them. AWS widens it without asking.
    A workflow needs a few actions on a few resources; the rest is at hand for whoever can change
    its definition, or choose what a task calls.
    """

    id = "SFN105"
    name = "broad-managed-policy"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-use-aws-defined-policies",
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge every policy that is attached to the role, wherever that is written."""
        found: list[Violation | NotEvaluated] = []
        for holder, attached in _attachments(subject, context):
            for policy in _alternatives(attached):
                if not context.deployment.resolve(policy, Policy):
                    found.extend(_judge(policy, holder, subject, context.deployment))
        found.extend(
            NotEvaluated(reason=one.reason, resource=subject.address, span=one.span)
            for one in context.deployment.policies_of(subject).unread
        )
        return told_apart(found)


def _attachments(role: Role, context: Context) -> Iterator[tuple[Resource, Traced]]:
    """Yield what is attached to a role, and the resource that says so."""
    for policy in role.attached:
        yield role, policy
    for one in context.deployment.attachments_of(role):
        if one.policy is not None:
            yield one, one.policy


def _alternatives(policy: Traced) -> Iterator[Traced]:
    if not isinstance(policy.value, OneOf):
        yield policy
        return
    for one in policy.value.alternatives:
        if isinstance(one, Traced):
            yield from _alternatives(one)


def _judge(
    policy: Traced, holder: Resource, role: Role, deployment: Deployment
) -> Iterator[Violation | NotEvaluated]:
    open_reason = _why_open(policy)
    name = name_of_managed(policy)
    if open_reason:
        yield NotEvaluated(
            reason=f"which policy is attached is not known: {open_reason}",
            resource=holder.address,
            span=policy.span or holder.span,
        )
    elif name is not None and _is_broad(name):
        whole = _whole_services(name)
        if whole is None or whole or name in _EXTENTS:
            yield _violation(name, whole or [], policy, holder, role, deployment)


def _is_broad(name: str) -> bool:
    return bool(_BROAD.search(name)) or name in _OTHERS


def _why_open(policy: Traced) -> str:
    """Return why a text may name a broad policy of AWS or not; empty when that is known."""
    value = plain(policy)
    if not isinstance(value, Text):
        return ""
    arn = split_arn(value)
    if arn is None:
        return why_unknown(value)
    account = literal(arn.account)
    may_be_of_aws = account == "aws" or any(isinstance(one, Unknown) for one in arn.account)
    name = last_name(policy) or ""
    if not may_be_of_aws or (literal(arn.resource) is not None and not _is_broad(name)):
        return ""
    holes = [one for one in (*arn.account, *arn.resource) if isinstance(one, UNREAD)]
    return why_unknown(holes[0]) if holes else ""


def _violation(
    name: str,
    whole: Sequence[str],
    policy: Traced,
    holder: Resource,
    role: Role,
    deployment: Deployment,
) -> Violation:
    extent = _EXTENTS.get(name) or f"{listed(whole)} on every resource"
    allows = f"it allows {extent}" if whole or name in _EXTENTS else "it is made for administrators"
    return Violation(
        message=f"AWS's policy {name} is attached to role '{name_of_role(role)}': {allows}",
        resource=holder.address,
        span=policy.span or holder.span,
        suggestion=_instead(role, deployment),
        subject=name if holder is role else f"{role.address} {name}",
        severity=Severity.CRITICAL if name in _WHOLE_ACCOUNT else None,
    )


def _instead(role: Role, deployment: Deployment) -> str:
    """Return what to attach in the place of a policy of AWS."""
    if deployment.machines_of(role):
        return (
            "Attach a policy with the actions and resources that the workflow uses instead: "
            "`stepguard policy` writes it"
        )
    user = "the workflow uses" if is_step_functions_role(role, deployment) else "its user needs"
    return f"Attach a policy with the actions and resources that {user} instead"


def _whole_services(name: str) -> list[str] | None:
    """Return the services of which a policy allows every action; `None` when it is not known."""
    statements = statements_of_managed(name)
    if statements is None:
        return None
    return [
        entry.value
        for one in statements
        if one.actions is not None and not one.conditions.unread
        for entry in one.actions.entries
        if isinstance(entry.value, str) and entry.value.endswith(":*")
    ]
