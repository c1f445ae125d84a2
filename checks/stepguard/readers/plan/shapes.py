"""Parts of a plan that should be objects or lists, whatever stands there."""

from __future__ import annotations

from typing import Any

from stepguard.deployment.values import Plain


def as_object(value: Plain) -> dict[str, Any]:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Plain) -> list[Any]:
    """Return a list; an empty one for anything else."""
    return value if isinstance(value, list) else []
