"""Least-privilege policies as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stepguard.deployment.values import render
from stepguard.permissions.policy import RolePolicy, document_value
from stepguard.reports.escaping_commands import json_text


def render_policies_as_json(policies: Iterable[RolePolicy]) -> str:
    """Return a list of policies; what is not known before deployment is `${…}`."""
    return json_text([_policy(one) for one in policies])


def _policy(policy: RolePolicy) -> dict[str, Any]:
    return {
        "role": policy.name or None,
        "state_machines": list(policy.addresses),
        "notes": list(policy.notes),
        "policy": render(document_value(policy.permissions)),
        "trust": render(document_value(policy.trust)),
    }
