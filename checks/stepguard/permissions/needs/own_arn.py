"""Calls that name the state machine that they are in by the context object."""

from __future__ import annotations

from typing import TypeVar

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import OpenDict, Plain
from stepguard.deployment.workflow import State
from stepguard.permissions.identity import arn_reference
from stepguard.structs import replace

_IN_JSONPATH = "$$.StateMachine.Id"
_IN_JSONATA = "$states.context.StateMachine.Id"
_AT_RUN_TIME = ".$"

AnyState = TypeVar("AnyState", bound=State)


def with_own_arn(state: AnyState, machine: StateMachine) -> AnyState:
    """Return a state in which a parameter that is the machine's own ARN is written as such.

    `$$.StateMachine.Id` is known before deployment: it is no target that is chosen at run time.
    """
    own = arn_reference(machine)
    for name in ("Parameters", "Arguments"):
        given = state.body.get(name)
        if own is None or not isinstance(given, dict):
            continue
        if any(_is_own(key, value) for key, value in given.items()):
            members: dict[str, Plain] = {
                (key.removesuffix(_AT_RUN_TIME) if _is_own(key, value) else key): (
                    own if _is_own(key, value) else value
                )
                for key, value in given.items()
            }
            known = OpenDict(members, given.rest) if isinstance(given, OpenDict) else members
            body: dict[str, Plain] = {**state.body, name: known}
            if isinstance(state.body, OpenDict):
                body = OpenDict(body, state.body.rest)
            state = replace(state, body=body)
    return state


def _is_own(key: str, value: Plain) -> bool:
    """Tell whether a member of a call's parameters is the ARN of the machine that makes it."""
    if not isinstance(value, str):
        return False
    if key.endswith(_AT_RUN_TIME):
        return value.strip() == _IN_JSONPATH
    text = value.strip()
    is_expression = text.startswith("{%") and text.endswith("%}")
    return is_expression and text[2:-2].strip() == _IN_JSONATA
