"""SFN122: a caller that may do everything with Step Functions."""

from __future__ import annotations

import re

from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.resources import Resource
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.actions import find_action
from stepguard.permissions.breadth import covered_types
from stepguard.rules.grants import listed, shown, told_apart
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.starters import StarterRule, StatesGrant, is_bound_by_tag, states_grants

_EVERY_ACTION = re.compile(r"states:\*+", re.IGNORECASE)
_CHANGES = "states:UpdateStateMachine"


class EveryStatesAction(StarterRule):
    """A caller of Step Functions that is allowed every action of it.

    ## What it does
    Reports `states:*` in the policies of roles that are not roles of Step Functions, and in those
    of users and groups. It is a lesser finding (medium) where the statement names the state
    machines, or asks for a tag of theirs. In a role of Step Functions SFN101 reports it.

    ## Why is this bad
    Who starts workflows needs `states:StartExecution`, and perhaps to look at what became of it.
    `states:*` also allows to write another definition, which then does its work with the role of
    the state machine, to stop executions, to read what passed through them, to turn their logging
    off, and to delete the state machine with its history.
    """

    id = "SFN122"
    name = "every-states-action"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge the actions of each statement that allows actions of Step Functions."""
        grants = states_grants(subject, context)
        if not grants.known:
            return None
        found: list[Violation | NotEvaluated] = []
        for grant in grants.known:
            every = [one for one in grant.actions if _EVERY_ACTION.fullmatch(shown(one.value))]
            if every:
                found.append(_violation(grant, every))
        return [*told_apart(found), *grants.unread]


def _violation(grant: StatesGrant, every: list[Entry]) -> Violation:
    first, *others = every
    resources = grant.statement.resources
    written = [] if resources is None else [shown(one.value) for one in resources.entries]
    quoted = [f'"{one}"' for one in written]
    on_what = f" on {listed(quoted)}" if quoted else ""
    return Violation(
        message=f"{grant.allows} {shown(first.value)}{on_what}: to start, to change and to "
        "delete state machines, and to read all that passes through them",
        resource=grant.policy.address,
        span=grant.place(first.path),
        path=first.path,
        related=tuple(
            RelatedPlace(f"{shown(one.value)} too", grant.place(one.path)) for one in others
        ),
        suggestion="Write the actions that the caller takes, such as states:StartExecution, and "
        "states:DescribeExecution to wait for the end",
        subject=" ".join((grant.statement.sid, shown(first.value), *sorted(written))),
        severity=None if _is_wide(grant) else Severity.MEDIUM,
    )


def _is_wide(grant: StatesGrant) -> bool:
    """Tell whether the statement certainly is about every state machine."""
    action, resources = find_action(_CHANGES), grant.statement.resources
    if resources is None or action is None or is_bound_by_tag(grant.statement):
        return resources is None
    return any(covered_types(one.value, action) for one in resources.entries)
