"""What was read of state machines and roles, as plain JSON for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.masking import masked
from stepguard.deployment.memory import remembered
from stepguard.deployment.resources import PolicyDocument, Role, StateMachine, Unread
from stepguard.deployment.values import Plain, Traced, plain, render
from stepguard.hiding import without_secrets

MAXIMUM_REPEATED = 50
"""Machines with which a role is shown whole; what is shown with all of them can be without end."""


def render_deployments(
    deployments: Iterable[Deployment], address: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield every state machine (or those at `address`) with its definition and roles."""
    for deployment in deployments:
        shown: dict[int, list[str]] = {}
        for machine in deployment.state_machines:
            if address is None or machine.address == address:
                yield _machine(machine, deployment, shown)


def _machine(
    machine: StateMachine, deployment: Deployment, shown: dict[int, list[str]]
) -> dict[str, Any]:
    """Return a machine. `shown` are the machines with which each role was shown before."""
    rendered: dict[str, Any] = {
        "address": machine.address,
        "file": machine.span.path if machine.span is not None else deployment.root,
        "line": machine.span.line if machine.span is not None else None,
    }
    if machine.variant:
        rendered["variant"] = machine.variant
    rendered["definition"] = _document(machine.definition)
    rendered["role"] = None if machine.role is None else _value(machine.role)
    roles: list[dict[str, Any]] = []
    for role in deployment.roles_of(machine):
        before = shown.setdefault(id(role), [])
        if len(before) < MAXIMUM_REPEATED:
            before.append(machine.address)
            roles.append(_role(role, deployment))
        else:
            roles.append({"address": role.address, "shown_with": before[0]})
    rendered["roles"] = roles
    return rendered


# Many machines may have one role.
@remembered
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
    value = document.value if traced is None else plain(masked(traced))
    return render(without_secrets(value))


def _value(traced: Traced) -> Plain:
    return render(plain(masked(traced)))
