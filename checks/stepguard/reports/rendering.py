"""What was read of state machines and roles, as plain JSON for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import PolicyDocument, Role, StateMachine, Unread
from stepguard.deployment.values import OneOf, Plain, Traced, plain, render

MASK = "(sensitive)"
"""What is written in the place of a sensitive value."""


def render_deployments(
    deployments: Iterable[Deployment], address: str | None = None
) -> list[dict[str, Any]]:
    """Return every state machine (or those at `address`) with its definition and roles."""
    return [
        _machine(machine, deployment)
        for deployment in deployments
        for machine in deployment.state_machines
        if address is None or machine.address == address
    ]


def masked(traced: Traced) -> Traced:
    """Return a value in which whatever is sensitive is replaced by a mask."""
    if traced.sensitive:
        return Traced(MASK)
    value = traced.value
    if isinstance(value, dict):
        return replace(traced, value={key: masked(member) for key, member in value.items()})
    if isinstance(value, list):
        return replace(traced, value=[masked(element) for element in value])
    if isinstance(value, OneOf):
        choices = (masked(one) if isinstance(one, Traced) else one for one in value.alternatives)
        return replace(traced, value=OneOf(value.condition, tuple(choices)))
    return traced


def _machine(machine: StateMachine, deployment: Deployment) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "address": machine.address,
        "file": machine.span.path if machine.span is not None else deployment.root,
        "line": machine.span.line if machine.span is not None else None,
    }
    if machine.variant:
        rendered["variant"] = machine.variant
    rendered["definition"] = _document(machine.definition)
    rendered["role"] = None if machine.role is None else _value(machine.role)
    rendered["roles"] = [_role(role, deployment) for role in deployment.roles_of(machine)]
    return rendered


def _role(role: Role, deployment: Deployment) -> dict[str, Any]:
    policies = deployment.policies_of(role)
    return {
        "address": role.address,
        "trust": None if role.trust is None else _document(role.trust),
        "policies": [_policy(policy) for policy in policies.documents],
        "managed": [_value(one) for one in policies.managed],
        "not_read": [one.reason for one in policies.unread],
    }


def _policy(policy: PolicyDocument) -> dict[str, Any]:
    return {
        "name": policy.name,
        "address": policy.address,
        "document": _document(policy.document),
    }


def _document(document: Document | Unread) -> Plain:
    if isinstance(document, Unread):
        return {"not_read": document.reason}
    traced = document.traced()
    return render(document.value) if traced is None else _value(traced)


def _value(traced: Traced) -> Plain:
    return render(plain(masked(traced)))
