"""SFN101: an action with a wildcard in a policy of a Step Functions role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.patterns import has_wildcard
from stepguard.deployment.iam.statements import Statement
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Hole, Piece, Text
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.actions import Action
from stepguard.permissions.documented import is_documented_wildcard
from stepguard.rules.grants import Grant, grants_of, listed, name_of_role, shown, told_apart
from stepguard.rules.narrowing import actions_to_write, expanded
from stepguard.rules.privilege_paths import escalations_of
from stepguard.rules.rule import Context, RoleRule, Verdict

MAXIMUM_EXPANDED = 50
"""Wildcards of one statement of which it is counted what they stand for."""

_EVERYTHING = frozenset({"*", "*:*"})


class WildcardAction(RoleRule):
    """A policy of a Step Functions role that allows actions by a wildcard.

    ## What it does
    Reports `*`, `service:*` and partial wildcards such as `s3:Put*` among the actions that a role
    of Step Functions is allowed. A partial wildcard that AWS's own documentation writes, such as
    `kms:GenerateDataKey*`, is fine. A wildcard that only stands for actions that read is a lesser
    finding (medium), and so is one that stands for a single action (low). `*` on every resource is
    what AdministratorAccess allows, and as grave as with SFN105 (critical). One by which the role
    can get itself more permissions, such as `iam:*`, is left to SFN107. Policies that AWS manages
    are not judged, and neither is `NotAction`.

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
        leading = {
            (id(way.lead.grant), way.lead.entry.path)
            for way in escalations_of(subject, context.deployment).known
        }
        for grant in grants.known:
            wide: list[Entry] = []
            found.extend(_judge(grant, wide))
            wide = [one for one in wide if (id(grant), one.path) not in leading]
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
    matched = _matched(names, deployment)
    return Violation(
        message=f"{grant.label} allows role '{name_of_role(grant.role)}' {listed(names)}: "
        f"{_extent(names, matched)}",
        resource=grant.policy.address,
        span=grant.place(wide[0].path),
        path=wide[0].path,
        related=tuple(
            RelatedPlace(f"{shown(one.value)} too", grant.place(one.path)) for one in wide[1:]
        ),
        suggestion=actions_to_write(names, grant, deployment),
        subject=" ".join((grant.statement.sid, *sorted(names))),
        severity=_severity(names, matched, grant.statement, deployment),
    )


def _matched(names: Sequence[str], deployment: Deployment) -> tuple[Action, ...]:
    """Return the actions that wildcards stand for; none where that is not known of all of them."""
    if len(names) > MAXIMUM_EXPANDED:
        return ()
    found = [expanded(name, deployment) for name in names]
    return tuple({one.full_name: one for actions in found for one in actions}.values())


def _is_administrator(names: list[str], statement: Statement) -> bool:
    """Tell whether a statement is that of AWS's policy AdministratorAccess."""
    resources = () if statement.resources is None else statement.resources.entries
    is_bound = bool(statement.conditions.known or statement.conditions.unread)
    is_everything = any(name in _EVERYTHING for name in names)
    return is_everything and not is_bound and any(one.value == "*" for one in resources)


def _is_reading(action: Action) -> bool:
    return action.access_level in ("Read", "List")


def _extent(names: list[str], matched: tuple[Action, ...]) -> str:
    """Return what wildcards stand for, in a few words."""
    if any(name in _EVERYTHING for name in names):
        return "every action of every service, those to come included"
    if not matched:
        return "what that stands for changes with the service"
    if len(matched) == 1:
        return f"today that is {matched[0].full_name}, and whatever AWS adds under such a name"
    writing = sum(not _is_reading(one) for one in matched)
    if writing == len(matched):
        more = ", which all do more than read,"
    else:
        more = f", {writing} of which do more than read," if writing else " that read"
    return f"{len(matched)} actions{more} and whatever AWS adds"


def _severity(
    names: list[str], matched: tuple[Action, ...], statement: Statement, deployment: Deployment
) -> Severity | None:
    if _is_administrator(names, statement):
        return Severity.CRITICAL
    if not matched or not all(expanded(name, deployment) for name in names):
        return None
    if len(matched) == 1:
        return Severity.LOW
    return Severity.MEDIUM if all(map(_is_reading, matched)) else None
