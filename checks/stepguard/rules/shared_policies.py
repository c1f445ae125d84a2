"""Which other roles have the same text of a policy: attached to several, or made in a loop."""

from __future__ import annotations

from typing import TypeAlias

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role, Unread
from stepguard.rules.grants import Grant, listed, name_of_role
from stepguard.rules.once import once

_NAMES = 2

_Text: TypeAlias = "tuple[str, int, int] | int"
"""A text by its file, start and end; where it has no place, by the document's identity."""


def other_roles_with(grant: Grant, deployment: Deployment) -> list[Role]:
    """Return the roles, besides a statement's own, that have the policy with the same text.

    What is written there for one of them is written for all.
    """
    roles = _roles_by_text(deployment).get(_text_of(grant.document), ())
    return [one for one in roles if one is not grant.role]


def other_roles_trusting(role: Role, deployment: Deployment) -> list[Role]:
    """Return the roles, besides one, whose trust policy is the same text."""
    if not isinstance(role.trust, Document):
        return []
    roles = _roles_by_trust(deployment).get(_text_of(role.trust), ())
    return [one for one in roles if one is not role]


def also_for(grant: Grant, deployment: Deployment) -> str:
    """Return, to go behind what one role is to be given, that others have the policy."""
    others = other_roles_with(grant, deployment)
    if not others:
        return ""
    return (
        f"; the policy is also that of {names_of_roles(others)}: write what they need as well, or "
        "give each a policy of its own"
    )


def names_of_roles(roles: list[Role]) -> str:
    """Return how a message names several roles: two of them, the others counted."""
    names = [f"'{name_of_role(one)}'" for one in roles]
    further = len(names) - _NAMES
    return f"{', '.join(names[:_NAMES])} and {further} more" if further > 0 else listed(names)


@once
def _roles_by_text(deployment: Deployment) -> dict[_Text, list[Role]]:
    found: dict[_Text, list[Role]] = {}
    for role in deployment.roles:
        policies = deployment.policies_of(role).documents
        for text in dict.fromkeys(_text_of(one.document) for one in policies):
            found.setdefault(text, []).append(role)
    return found


@once
def _roles_by_trust(deployment: Deployment) -> dict[_Text, list[Role]]:
    found: dict[_Text, list[Role]] = {}
    for role in deployment.roles:
        if isinstance(role.trust, Document):
            found.setdefault(_text_of(role.trust), []).append(role)
    return found


def _text_of(document: Document | Unread) -> _Text:
    span = document.locate(()) if isinstance(document, Document) else None
    return id(document) if span is None else (span.path, span.start, span.end)
