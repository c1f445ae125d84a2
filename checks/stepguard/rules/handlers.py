"""The elements of `Retry` and `Catch`: their fields, and the values of these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from stepguard.deployment.documents import Path
from stepguard.deployment.members import (
    UNDECIDED,
    as_object,
    is_open,
    present,
    why_open,
    why_unknown,
)
from stepguard.deployment.states_language import CATCHER_FIELDS, RETRIER_FIELDS
from stepguard.deployment.values import OpenList, Plain
from stepguard.deployment.workflow import State, Workflow
from stepguard.rules.defects import Defect, Doubt, Found, listed, quoted, surely
from stepguard.rules.field_values import Test, no_integer
from stepguard.rules.fields import WITHOUT, fields_of_other_language, misspelt, probably

JITTER_STRATEGIES = ("FULL", "NONE")
"""Every value of `JitterStrategy`."""

MAXIMUM_DELAY_SECONDS = 31_622_400
"""The largest value of `MaxDelaySeconds`: 366 days."""

MAXIMUM_INTEGER = 99_999_999
"""The largest value of `IntervalSeconds` and `MaxAttempts`."""

_HANDLED_TYPES = ("Task", "Parallel", "Map")


def check_handlers(workflow: Workflow) -> Iterator[Found]:
    """Yield what is wrong with the retriers and catchers of a definition."""
    for state in workflow.states:
        if state.type in _HANDLED_TYPES:
            yield from _check_elements(state, "Retry")
            yield from _check_elements(state, "Catch")


def _check_elements(state: State, field: Literal["Retry", "Catch"]) -> Iterator[Found]:
    elements = state.body.get(field)
    path = (*state.path, field)
    if isinstance(elements, UNDECIDED):
        yield Doubt(f"{field} of {quoted(state.name)} {why_unknown(elements)}", path)
        return
    if not isinstance(elements, list):
        return
    if isinstance(elements, OpenList):
        reason = why_unknown(elements.rest)
        yield Doubt(f"not all of {field} of {quoted(state.name)} is known: {reason}", path)
    kind = "retrier" if field == "Retry" else "catcher"
    for number, element in enumerate(elements):
        members = as_object(element)
        name = f"{kind} {number + 1} of {quoted(state.name)}"
        where = (*path, number)
        if members is not None:
            yield from _check_element(state, members, where, name, field)
        elif isinstance(element, UNDECIDED):
            yield Doubt(f"{name} {why_unknown(element)}", where)
        else:
            yield Defect(
                message=f"{name} is no object",
                path=where,
                subject=f"{name}: no object",
                state=state,
                suggestion=f'{{ "ErrorEquals": {_NEEDED_ERRORS}, … }}',
            )


def _check_element(
    state: State,
    members: dict[str, Plain],
    path: Path,
    name: str,
    field: Literal["Retry", "Catch"],
) -> Iterator[Found]:
    if is_open(members):
        yield Doubt(f"not all fields of {name} are known: {why_open(members, '')}", path)
    strange = misspelt(members, _known_fields(state, field))
    for one, similar in strange.items():
        yield Defect(
            message=f"{name} has a field {quoted(one)}, which does not exist there"
            f"{_because(state, one, field) or probably(similar)}",
            path=(*path, one),
            subject=f"{name}: field {one}",
            state=state,
            suggestion=WITHOUT if similar is None else f'"{similar}"',
        )
    for one in ("ErrorEquals",) if field == "Retry" else ("ErrorEquals", "Next"):
        if present(members, one) is False and one not in strange.values():
            yield Defect(
                message=f"{name} has no {one}",
                path=path,
                subject=f"{name}: no {one}",
                state=state,
                suggestion=f'"{one}" with {_NEEDED[one]}',
            )
    for one, (is_wrong, wanted) in _VALUES.items():
        if one in members and surely(members[one], is_wrong):
            yield Defect(
                message=f"{one} of {name} is not {wanted}",
                path=(*path, one),
                at_key=False,
                subject=f"{name}: value of {one}",
                state=state,
                suggestion=wanted,
            )


def _known_fields(state: State, field: Literal["Retry", "Catch"]) -> frozenset[str]:
    if field == "Retry":
        return RETRIER_FIELDS
    # Where the state itself is of two minds, its handlers are not reported for the same again.
    if state.query_language is None or fields_of_other_language(state):
        return CATCHER_FIELDS["JSONPath"] | CATCHER_FIELDS["JSONata"]
    return CATCHER_FIELDS[state.query_language]


def _because(state: State, name: str, field: Literal["Retry", "Catch"]) -> str:
    if field == "Catch" and any(name in fields for fields in CATCHER_FIELDS.values()):
        return f", as the state has the query language {state.query_language}"
    return ""


def _no_rate(value: Plain) -> bool:
    return isinstance(value, bool) or not isinstance(value, (int, float)) or value < 1


def _no_errors(value: Plain) -> bool:
    if not isinstance(value, list):
        return True
    if not value:
        return not isinstance(value, OpenList)
    return any(not isinstance(one, (str, *UNDECIDED)) for one in value)


_NEEDED_ERRORS = '["States.ALL"]'
_NEEDED = {
    "ErrorEquals": f"the errors that it is for, such as {_NEEDED_ERRORS}",
    "Next": "the name of the state that follows",
}

_VALUES: dict[str, tuple[Test, str]] = {
    "ErrorEquals": (_no_errors, "a list of error names with at least one"),
    "IntervalSeconds": (
        no_integer(0, MAXIMUM_INTEGER),
        f"a whole number of seconds of at most {MAXIMUM_INTEGER}",
    ),
    "MaxAttempts": (
        no_integer(0, MAXIMUM_INTEGER),
        f"a whole number from 0 to {MAXIMUM_INTEGER}",
    ),
    "MaxDelaySeconds": (
        no_integer(1, MAXIMUM_DELAY_SECONDS),
        f"a whole number of seconds from 1 to {MAXIMUM_DELAY_SECONDS}",
    ),
    "BackoffRate": (_no_rate, "a number of at least 1"),
    "JitterStrategy": (
        lambda value: value not in JITTER_STRATEGIES,
        listed(JITTER_STRATEGIES),
    ),
}
