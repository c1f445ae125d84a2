"""SFN113: an execution role that something else runs with, too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from stepguard.deployment.resources import Resource, Role, StateMachine
from stepguard.deployment.source import Span
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.notation import is_terraform
from stepguard.permissions.role_needs import needs_of_role
from stepguard.rules.grants import listed, name_of_role
from stepguard.rules.role_users import other_users_of
from stepguard.rules.rule import Context, RoleRule, Verdict
from stepguard.structs import Struct

_INSTANCE_KEY = re.compile(r"\[[^\]]*\]")


class SharedRole(RoleRule):
    """An execution role that several state machines, or a machine and something else, run with.

    ## What it does
    Reports a role that more than one state machine of the project names as its own, and one with
    which a Lambda function, a container, an event rule, a schedule, a job or an API runs as well.
    Machines that one block makes by `count` or `for_each` count each, and one whose role depends
    on a condition does not. Who else may assume the role is SFN111's.

    ## Why is this bad
    Everything that one of them needs, all of them may do. What was granted for one workflow can be
    used, by mistake or on purpose, by the other; nobody can tell in CloudTrail which of them did
    something; and no permission can be taken away, since it may be the other's. With a role of
    its own, each has what it needs.
    """

    id = "SFN113"
    name = "shared-role"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge a role that a state machine of the project runs with."""
        deployment = context.deployment
        machines = _machines(
            one
            for one in deployment.machines_of(subject)
            if len({role.address for role in deployment.roles_of(one)}) == 1
        )
        if not machines:
            return None
        others = [
            _User(one.resource, one.value.span) for one in other_users_of(subject, deployment)
        ]
        users = [*machines, *_one_of_each_block(others)]
        if len(users) > 1:
            return [_violation(users, subject)]
        return [
            NotEvaluated(reason=reason, resource=subject.address, span=subject.span)
            for reason in needs_of_role(subject, deployment).unread[:1]
        ]


class _User(Struct, frozen=True):
    """What runs with a role, and where it names the role."""

    resource: Resource
    span: Span | None

    @property
    def name(self) -> str:
        """How a message names it."""
        resource = self.resource
        if isinstance(resource, StateMachine):
            return f"state machine '{resource.label or resource.address}'"
        kind = "" if is_terraform(resource.form) else f" ({resource.type})"
        return f"'{resource.label or resource.address}'{kind}"


def _machines(machines: Iterable[StateMachine]) -> list[_User]:
    """Return each machine once: one with alternatives has several of the same address."""
    found = {one.address: one for one in machines}
    return [_User(one, None if one.role is None else one.role.span) for one in found.values()]


def _one_of_each_block(users: Sequence[_User]) -> list[_User]:
    """Return users without the further instances of one block."""
    found: dict[str, _User] = {}
    for one in users:
        found.setdefault(_INSTANCE_KEY.sub("", one.resource.address), one)
    return list(found.values())


def _violation(users: Sequence[_User], role: Role) -> Violation:
    names = [one.name for one in users]
    return Violation(
        message=f"Role '{name_of_role(role)}' is shared by {listed(names)}: each of them may do "
        "what any of them needs",
        resource=role.address,
        span=role.span,
        related=tuple(
            RelatedPlace(f"{one.name} runs with it", one.span or one.resource.span) for one in users
        ),
        suggestion=f"A role of its own for {listed(names[1:])}, with the permissions that "
        "it needs: `stepguard policy` writes those of a state machine",
        subject=" ".join(sorted(one.resource.address for one in users)),
    )
