"""Sensitive values, replaced before anything of them is printed."""

from __future__ import annotations

from dataclasses import replace

from stepguard.deployment.values import OneOf, Traced

MASK = "(sensitive)"
"""What is written in the place of a sensitive value."""


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
