"""SFN107: a role that can get itself more permissions than it was given."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Piece, Plain, Text, Unknown
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.grants import Grant, grants_of, listed, name_of_role, shown, told_apart
from stepguard.rules.privilege_paths import Escalation, Power, escalations_of
from stepguard.rules.related_roles import RelatedRoleRule
from stepguard.rules.rule import Context, Verdict


class PrivilegeEscalation(RelatedRoleRule):
    """A role that can get itself more permissions, through Step Functions or through IAM.

    ## What it does
    Judges the roles of Step Functions, those that tasks assume, and those that are allowed to call
    Step Functions. Reports `iam:PassRole` on every role together with `states:CreateStateMachine`
    and `states:StartExecution`, or with `states:TestState`; `states:UpdateStateMachine` on every
    machine together with `states:StartExecution`, for which no `iam:PassRole` is needed; and
    actions of IAM that are enough by themselves, such as `iam:AttachRolePolicy` and
    `iam:CreatePolicyVersion`, on everything, or on the role itself.

    What is limited to other named resources, by a condition, a `Deny` or a permissions boundary
    is fine. `*` for all actions is reported by SFN101, `states:*` alone by SFN101 and SFN122,
    and policies of AWS by SFN105.

    ## Why is this bad
    The permissions that such a role is given are not the ones that it has: by way of a state
    machine that runs with another role, or of a policy that it writes for itself, it has all that
    there are in the account. So has whoever can change its workflow, or its input.
    """

    id = "SFN107"
    name = "privilege-escalation"
    severity = Severity.CRITICAL
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html",
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge what the role's statements allow together."""
        grants = grants_of(subject, context)
        if not grants.is_judged:
            return None
        ways = escalations_of(subject, context.deployment)
        by_statement: dict[int, list[Escalation]] = {}
        for way in ways.known:
            by_statement.setdefault(id(way.lead.grant), []).append(way)
        found: list[Violation | NotEvaluated] = [
            _violation(one, subject) for one in by_statement.values()
        ]
        for grant, reason in ways.open:
            found.append(
                NotEvaluated(reason=reason, resource=subject.address, span=subject.span)
                if grant is None
                else grant.not_evaluated(reason)
            )
        for grant in grants.known:
            found.extend(_unknown_actions(grant))
        return [*told_apart(found), *grants.unread]


def _violation(ways: list[Escalation], role: Role) -> Violation:
    first = ways[0].lead
    actions = {one.action: one for way in ways for one in way.powers}
    powers = list(actions.values())
    told = [f"by {listed([_named(one) for one in way.powers])} {way.what}" for way in ways[:2]]
    further = len(ways) - len(told)
    more = f"; {further} more ways" if further > 1 else "; one more way" if further else ""
    return Violation(
        message=f"{first.grant.label} lets role '{name_of_role(role)}' get itself more "
        f"permissions: {'; '.join(told)}{more}",
        resource=first.grant.policy.address,
        span=first.grant.place(first.entry.path),
        path=first.entry.path,
        related=tuple(
            RelatedPlace(_allows(one), one.grant.place(one.entry.path))
            for one in powers
            if one is not first
        ),
        suggestion=_what_to_write(ways),
        subject=" ".join((first.grant.statement.sid, *sorted(actions))).strip(),
    )


def _named(power: Power) -> str:
    """Return an action, with the wildcard that it is allowed by."""
    written = shown(power.entry.value)
    is_named = written.lower() == power.action.lower()
    return power.action if is_named else f"{power.action} ({written})"


def _allows(power: Power) -> str:
    return f'{_named(power)} is allowed on "{shown(power.resource.value)}"'


def _what_to_write(ways: list[Escalation]) -> str:
    names = list(dict.fromkeys(shown(way.lead.entry.value) for way in ways))
    return f"Leave out {listed(names)}, or name the resources that are meant instead of everything"


def _unknown_actions(grant: Grant) -> Iterator[NotEvaluated]:
    """Yield why a statement may allow more actions than are known."""
    actions = grant.statement.actions
    if actions is None:
        return
    for reason in actions.unread:
        yield grant.not_evaluated(f"its actions: {reason}")
    for entry in actions.entries:
        if _may_be_iam(entry.value):
            yield grant.not_evaluated(f"the action {why_unknown(entry.value)}", entry.path)


def _may_be_iam(value: Plain) -> bool:
    """Tell whether an action that is not known can be one of IAM or of Step Functions."""
    if isinstance(value, Text):
        first = value.parts[0] if value.parts else None
        known = first.text.lower() if isinstance(first, Piece) else ""
        return any(known.startswith(one) or one.startswith(known) for one in ("iam:", "states:"))
    return isinstance(value, Unknown)
