"""SFN101: an action with a wildcard in a policy of a Step Functions role."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.patterns import has_wildcard
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Hole, Piece, Text
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.actions import Action, matching_actions
from stepguard.permissions.documented import is_documented_wildcard
from stepguard.rules.grants import Grant, grants_of, listed, name_of_role, shown, told_apart
from stepguard.rules.narrowing import actions_to_write
from stepguard.rules.rule import Context, RoleRule, Verdict

MAXIMUM_EXPANDED = 50
"""Wildcards of one statement of which it is counted what they stand for."""

_EVERYTHING = frozenset({"*", "*:*"})


class WildcardAction(RoleRule):
    """A policy of a Step Functions role that allows actions by a wildcard.

    ## What it does
    Reports `*`, `service:*` and partial wildcards such as `s3:Put*` among the actions that a role
    of Step Functions is allowed. A partial wildcard that AWS's own documentation writes, such as
    `kms:GenerateDataKey*`, is fine. Policies that AWS manages are not judged, and neither is
    `NotAction`.

    ## Why is this bad
    A workflow calls a handful of actions, and its definition says which. A wildcard grants all
    the others of the service too, those that delete and those that hand out permissions among
    them, and whatever AWS adds to the service later. Whoever can change the definition, or
    choose what a task calls, has all of it.
    """

    id = "SFN101"
    name = "wildcard-action"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge the actions of every statement that allows something."""
        grants = grants_of(subject, context)
        if not grants.is_judged:
            return None
        found: list[Violation | NotEvaluated] = []
        for grant in grants.known:
            wide: list[Entry] = []
            found.extend(_judge(grant, wide))
            if wide:
                found.append(_violation(grant, wide, context.deployment))
        return [*told_apart(found), *grants.unread]


def _judge(grant: Grant, wide: list[Entry]) -> Iterator[NotEvaluated]:
    """Add the actions of a statement that are too wide; yield what could not be told."""
    actions = grant.statement.actions
    if actions is None:
        return
    for entry in actions.entries:
        verdict = _is_wide(entry)
        if verdict is True:
            wide.append(entry)
        elif verdict is None:
            reason = f"the action {why_unknown(entry.value)}"
            yield grant.not_evaluated(reason, entry.path)
    for reason in actions.unread:
        yield grant.not_evaluated(f"its actions: {reason}", actions.path)


def _is_wide(entry: Entry) -> bool | None:
    """Tell whether an action has a wildcard that it should not; `None` when that is not known."""
    value = entry.value
    if isinstance(value, str):
        return has_wildcard(value) and not is_documented_wildcard(value)
    if isinstance(value, Text) and value.parts:
        last = value.parts[-1]
        if isinstance(last, Piece) and last.text.endswith(":*"):
            return True
        holes = [one for one in value.parts if isinstance(one, Hole)]
        return None if holes else False
    return None


def _violation(grant: Grant, wide: list[Entry], deployment: Deployment) -> Violation:
    names = [shown(one.value) for one in wide]
    return Violation(
        message=f"{grant.label} allows role '{name_of_role(grant.role)}' {listed(names)}"
        f"{_extent(tuple(names))}",
        resource=grant.policy.address,
        span=grant.place(wide[0].path),
        path=wide[0].path,
        related=tuple(
            RelatedPlace(f"{shown(one.value)} too", grant.place(one.path)) for one in wide[1:]
        ),
        suggestion=actions_to_write(names, grant.role, deployment),
        subject=" ".join((grant.statement.sid, *names)),
    )


@lru_cache(maxsize=64)
def _extent(names: tuple[str, ...]) -> str:
    """Return what the wildcards stand for, in a few words."""
    if any(name in _EVERYTHING for name in names):
        return ": every action of every service, now and in future"
    matched: dict[str, Action] = {}
    if len(names) <= MAXIMUM_EXPANDED:
        matched = {one.full_name: one for name in names for one in matching_actions(name)}
    if not matched:
        return ": what that stands for changes with the service"
    if len(matched) == 1:
        return f", which stands for {next(iter(matched))} and whatever is added"
    writing = sum("Read" != one.access_level != "List" for one in matched.values())
    changes = f", {writing} of which change something," if writing else ""
    return f": {len(matched)} actions{changes} and whatever is added"
