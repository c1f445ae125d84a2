"""States that cannot fail: they do nothing but what is written in them."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import State, Workflow

_TYPES = ("Pass", "Succeed", "Wait")
_FIELDS = frozenset({"Comment", "End", "Next", "QueryLanguage", "Result", "Type"})
"""Fields whose value is taken as it stands, whatever it is."""

_CONSTANTS = frozenset({"Output", "Parameters", "Seconds"})
"""Fields whose value is taken as it stands where it has no path and no expression."""

_MAXIMUM_DEPTH = 20


def cannot_fail(workflow: Workflow) -> bool:
    """Tell whether no execution of a machine can fail."""
    return bool(workflow.states) and not workflow.is_open and none_fails(workflow.states)


def none_fails(states: Iterable[State]) -> bool:
    """Tell whether none of some states can fail: none works, decides, or looks into its input."""
    return all(
        state.is_object
        and state.type in _TYPES
        and all(
            name in _FIELDS or (name in _CONSTANTS and _is_constant(value, _MAXIMUM_DEPTH))
            for name, value in state.body.items()
        )
        for state in states
    )


def _is_constant(value: Plain, depth: int) -> bool:
    if depth == 0:
        return False
    if isinstance(value, dict):
        return not any(str(name).endswith(".$") for name in value) and all(
            _is_constant(one, depth - 1) for one in value.values()
        )
    if isinstance(value, list):
        return all(_is_constant(one, depth - 1) for one in value)
    if isinstance(value, str):
        return "{%" not in value
    return value is None or isinstance(value, (bool, int, float))
