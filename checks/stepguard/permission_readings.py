"""What a state machine needs and what its roles grant, for reports that show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import Element
from stepguard.deployment.memory import remembered
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import Plain, Text, render, render_text
from stepguard.permissions.decisions import Decider
from stepguard.permissions.grants import Grant, grants_of_role
from stepguard.permissions.needs import Need, needs_of_machine
from stepguard.permissions.role_needs import role_of_task
from stepguard.report import GrantReading, NeedReading, PermissionReading

Granted = Literal["yes", "no", "unknown"]

_EVERYTHING = ("*",)


def read_permissions(variants: Sequence[StateMachine], deployment: Deployment) -> PermissionReading:
    """Return the needs of a machine and the grants of its roles, over all its alternatives.

    What AWS's documentation grants without a need for it is left out of the needs.
    """
    needs: list[NeedReading] = []
    grants: list[GrantReading] = []
    not_checked: list[str] = []
    for machine in variants:
        found = needs_of_machine(machine, deployment)
        roles: list[Role | None] = [*deployment.roles_of(machine)]
        for need in found.needs:
            needs.extend(_needs(need, roles or [None], deployment))
        for value, need in found.task_roles:
            own = role_of_task(value, deployment)
            roles += [own] if own is not None and own not in roles else []
            needs.extend(_needs(need, [own], deployment))
        for role in roles:
            if role is not None:
                grants.extend(_grants(role, deployment))
        for one in found.not_checked:
            not_checked.append(f"state '{one.state}': {one.reason}" if one.state else one.reason)
    return PermissionReading(
        needs=tuple(dict.fromkeys(needs)),
        grants=tuple(dict.fromkeys(grants)),
        not_checked=tuple(dict.fromkeys(not_checked)),
    )


def _needs(
    need: Need, roles: Sequence[Role | None], deployment: Deployment
) -> Iterator[NeedReading]:
    if need.kind == "extra":
        return
    for role in roles:
        yield NeedReading(
            action=need.action,
            resources=tuple(map(_shown, need.resources)),
            states=need.states,
            feature=need.feature,
            need=need.kind,
            role="" if role is None else role.address,
            granted=_granted(need, role, deployment),
        )


def _granted(need: Need, role: Role | None, deployment: Deployment) -> Granted:
    if role is None:
        return "unknown"
    decision = _decider(role, deployment).decide(need)
    if decision.is_granted is None:
        return "unknown"
    return "yes" if decision.is_granted else "no"


@remembered
def _decider(role: Role, deployment: Deployment) -> Decider:
    return Decider(grants_of_role(role, deployment), deployment)


# Many machines may have one role.
@remembered
def _grants(role: Role, deployment: Deployment) -> tuple[GrantReading, ...]:
    return tuple(_read_grants(role, deployment))


def _read_grants(role: Role, deployment: Deployment) -> Iterator[GrantReading]:
    for grant in grants_of_role(role, deployment).statements:
        statement = grant.statement
        actions = _values(statement.actions)
        left_out = _values(statement.not_actions)
        for action in actions or _EVERYTHING * bool(left_out):
            yield _reading(grant, action, left_out)


def _reading(grant: Grant, action: str, left_out: tuple[str, ...]) -> GrantReading:
    statement = grant.statement
    other_than = _values(statement.not_resources)
    conditions = statement.conditions
    return GrantReading(
        effect=statement.effect or "unknown",
        action=action,
        resources=_values(statement.resources) or _EVERYTHING * bool(other_than),
        other_than_actions=left_out,
        other_than_resources=other_than,
        is_conditional=bool(conditions.known or conditions.unread),
        source=grant.address,
        policy=grant.policy,
    )


def _values(element: Element | None) -> tuple[str, ...]:
    return () if element is None else tuple(_shown(entry.value) for entry in element.entries)


def _shown(value: Plain) -> str:
    return render_text(value) if isinstance(value, Text) else str(render(value))
