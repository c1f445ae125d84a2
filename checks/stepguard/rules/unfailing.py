"""States that cannot fail: they do nothing but what is written in them."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.members import is_open, present
from stepguard.deployment.values import OpenList, Plain
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
        and _is_read_in_full(state.body)
        and all(
            name in _FIELDS or (name in _CONSTANTS and _is_constant(value, _MAXIMUM_DEPTH))
            for name, value in state.body.items()
        )
        for state in states
    )


def _is_read_in_full(members: dict[str, Plain]) -> bool:
    return not is_open(members) and all(present(members, name) is True for name in members)


def _is_constant(value: Plain, depth: int) -> bool:
    if depth == 0:
        return False
    if isinstance(value, dict):
        return _is_read_in_full(value) and all(
            not name.endswith(".$") and _is_constant(one, depth - 1) for name, one in value.items()
        )
    if isinstance(value, list):
        return not isinstance(value, OpenList) and all(
            _is_constant(one, depth - 1) for one in value
        )
    if isinstance(value, str):
        return "{%" not in value
    return value is None or isinstance(value, (bool, int, float))
