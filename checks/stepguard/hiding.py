"""Secrets of definitions, hidden before anything of a deployment is printed.

A secret is hidden whichever rules run, and whether or not its finding is suppressed: it stands on
the same line as what other rules point at.
"""

from __future__ import annotations

from typing import Any

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import OneOf, Plain, Text
from stepguard.secrets import secrets_in, secrets_of_machine

HIDDEN = "(secret)"
"""What is written in the place of a secret where a whole document is printed."""


def hide_secrets(deployment: Deployment) -> None:
    """Make every file of a deployment show asterisks in the place of definitions' secrets."""
    for machine in deployment.state_machines:
        document = machine.definition
        if not isinstance(document, Document):
            continue
        for secret in secrets_of_machine(machine, deployment):
            span = document.locate(secret.path)
            if span is not None:
                span.file.hide(span)


def without_secrets(document: Plain) -> Plain:
    """Return a document with a mask in the place of its secrets."""
    shown = document
    for secret in secrets_in(document):
        shown = _replaced(shown, secret.path)
    return shown


def _replaced(value: Any, path: tuple[Any, ...]) -> Any:
    if isinstance(value, OneOf):
        return OneOf(value.condition, tuple(_replaced(one, path) for one in value.alternatives))
    if not path:
        return HIDDEN if isinstance(value, (str, Text)) else value
    step, *rest = path
    if isinstance(value, dict) and step in value:
        return {**value, step: _replaced(value[step], tuple(rest))}
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return [*value[:step], _replaced(value[step], tuple(rest)), *value[step + 1 :]]
    return value
