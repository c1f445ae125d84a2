"""Recognising plans, without the readers that reading one takes."""

from __future__ import annotations

_VERSION = '"format_version"'
_PARTS = ('"planned_values"', '"resource_changes"', '"root_module"')


def looks_like_plan(text: str) -> bool:
    """Tell whether a text may be what `terraform show -json` prints of a plan or a state."""
    return text.lstrip()[:1] == "{" and _VERSION in text and any(part in text for part in _PARTS)
