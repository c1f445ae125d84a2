"""The values of fields: their types, and the words that some are limited to."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias

from stepguard.deployment.documents import Path
from stepguard.deployment.members import UNDECIDED, as_object, present, why_unknown
from stepguard.deployment.states_language import MAXIMUM_SECONDS
from stepguard.deployment.values import OpenList, Plain
from stepguard.deployment.workflow import Scope, State, Workflow
from stepguard.rules.defects import Defect, Doubt, Found, listed, nearest, quoted, surely

QUERY_LANGUAGES = ("JSONata", "JSONPath")
"""Every value of `QueryLanguage`."""

PROCESSING_MODES = ("DISTRIBUTED", "INLINE")
"""Every value of `Mode` in a map's `ProcessorConfig`."""

EXECUTION_TYPES = ("EXPRESS", "STANDARD")
"""Every value of `ExecutionType` in a map's `ProcessorConfig`."""

_EXPRESSION = re.compile(r"\{%.*%\}", re.DOTALL)
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")

Test: TypeAlias = "Callable[[Plain], bool]"
"""Tells whether a known value is wrong."""


def check_values(workflow: Workflow) -> Iterator[Found]:
    """Yield what is wrong with the values of the fields of a definition."""
    for scope in workflow.scopes:
        yield from _check_scope(scope)
    for state in workflow.states:
        yield from _check_state(state)


def _check_scope(scope: Scope) -> Iterator[Found]:
    for name, test, wanted in _SCOPE_VALUES:
        if name in scope.body and surely(scope.body[name], test):
            yield _wrong(f"{name} of {scope.label}", (*scope.path, name), scope.owner, wanted)
    if scope.container == "machine":
        yield from _word(
            scope.body, "QueryLanguage", QUERY_LANGUAGES, "the state machine", (), None
        )
    if scope.container in ("ItemProcessor", "Iterator"):
        yield from _processor_config(scope)


def _processor_config(scope: Scope) -> Iterator[Found]:
    config = as_object(scope.body.get("ProcessorConfig"))
    if config is None:
        return
    path = (*scope.path, "ProcessorConfig")
    name = f"ProcessorConfig of {scope.label}"
    yield from _word(config, "Mode", PROCESSING_MODES, name, path, scope.owner)
    yield from _word(config, "ExecutionType", EXECUTION_TYPES, name, path, scope.owner)
    if config.get("Mode") == "DISTRIBUTED" and present(config, "ExecutionType") is False:
        yield Defect(
            message=f"{name} has the Mode DISTRIBUTED and no ExecutionType",
            path=path,
            subject=f"no ExecutionType in {scope.label}",
            state=scope.owner,
            suggestion=f'"ExecutionType" with {listed(EXECUTION_TYPES)}',
        )


def _check_state(state: State) -> Iterator[Found]:
    for name, test, wanted in _STATE_VALUES:
        if name in state.body and surely(state.body[name], _in_language(test, state)):
            yield _wrong(f"{name} of {quoted(state.name)}", (*state.path, name), state, wanted)
    yield from _word(
        state.body, "QueryLanguage", QUERY_LANGUAGES, quoted(state.name), state.path, state
    )
    yield from _containers(state)
    yield from _exclusive_limits(state)


def _exclusive_limits(state: State) -> Iterator[Found]:
    """Yield the limits of a map's reader and batcher that are given both ways."""
    reader = as_object(state.get("ItemReader")) or {}
    owners = (
        (("ItemReader", "ReaderConfig"), as_object(reader.get("ReaderConfig")) or {}),
        (("ItemBatcher",), as_object(state.get("ItemBatcher")) or {}),
    )
    for path, members in owners:
        for name in _LIMITS:
            if present(members, name) and present(members, f"{name}Path"):
                yield Defect(
                    message=f"{path[-1]} of {quoted(state.name)} has both {name} and {name}Path, "
                    "which exclude each other",
                    path=(*state.path, *path, f"{name}Path"),
                    subject=f"both {name} and {name}Path",
                    state=state,
                    suggestion="one of the two",
                )


def _containers(state: State) -> Iterator[Found]:
    """Yield what is wrong with the containers of states that a state should hold."""
    branches = state.body.get("Branches")
    path = (*state.path, "Branches")
    if state.type == "Parallel" and isinstance(branches, list):
        if not branches and not isinstance(branches, OpenList):
            yield _wrong(f"Branches of {quoted(state.name)}", path, state, "a list of branches")
        for number, branch in enumerate(branches):
            if as_object(branch) is None:
                name = f"branch {number + 1} of {quoted(state.name)}"
                yield from _no_container(state, branch, (*path, number), name)
        if isinstance(branches, OpenList):
            yield Doubt(f"not all branches of {quoted(state.name)} are known", path)
    elif state.type == "Parallel" and isinstance(branches, UNDECIDED):
        yield Doubt(f"Branches of {quoted(state.name)} {why_unknown(branches)}", path)
    for field in ("ItemProcessor", "Iterator"):
        value = state.body.get(field)
        if state.type == "Map" and value is not None and as_object(value) is None:
            name = f"{field} of {quoted(state.name)}"
            yield from _no_container(state, value, (*state.path, field), name)


def _no_container(state: State, value: Plain, path: Path, name: str) -> Iterator[Found]:
    if isinstance(value, UNDECIDED):
        yield Doubt(f"{name} {why_unknown(value)}", path)
    else:
        yield _wrong(name, path, state, "an object with StartAt and States")


def _wrong(name: str, path: Path, state: State | None, wanted: str) -> Defect:
    return Defect(
        message=f"{name} is not {wanted}",
        path=path,
        at_key=False,
        subject=f"value of {name}",
        state=state,
        suggestion=wanted,
    )


def _word(
    members: dict[str, Plain],
    field: str,
    words: tuple[str, ...],
    owner: str,
    path: Path,
    state: State | None,
) -> Iterator[Defect]:
    value = members.get(field)
    if field not in members or not surely(value, lambda one: one not in words):
        return
    similar = nearest(value, words) if isinstance(value, str) else None
    yield Defect(
        message=f"{field} of {owner} is not {listed(words)}",
        path=(*path, field),
        at_key=False,
        subject=f"value of {field} of {owner}",
        state=state,
        suggestion=f'"{similar}"' if similar else listed(words),
    )


# Tests of values: whether a known value is wrong


def is_whole(value: Plain) -> bool:
    """Tell whether a value is a whole number, written with or without a fraction of zero."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def no_integer(low: int, high: float = math.inf) -> Test:
    """Return a test for values that are no whole number within limits."""
    return lambda value: not is_whole(value) or not low <= value <= high


def _no_text(value: Plain) -> bool:
    return not isinstance(value, str)


def _no_list(value: Plain) -> bool:
    return not isinstance(value, list)


def _no_object(value: Plain) -> bool:
    return not isinstance(value, dict)


def _no_boolean(value: Plain) -> bool:
    return not isinstance(value, bool)


def _no_percentage(value: Plain) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return True
    return not 0 <= value <= 100


def _no_timestamp(value: Plain) -> bool:
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return True
    try:
        datetime.strptime(match.group(1), "%Y-%m-%dT%H:%M")
    except ValueError:
        return True
    return False


def _in_language(test: Test, state: State) -> Test:
    """Return a test that leaves expressions alone where the state may be JSONata."""

    def is_wrong(value: Plain) -> bool:
        is_expression = isinstance(value, str) and _EXPRESSION.fullmatch(value) is not None
        return test(value) and not (is_expression and state.query_language != "JSONPath")

    return is_wrong


_LIMITS = ("MaxItems", "MaxItemsPerBatch", "MaxInputBytesPerBatch")

_SECONDS = f"a whole number of seconds of at most {MAXIMUM_SECONDS}"
_TEXT = "a string"
_PATH = "a string that is a path"

_SCOPE_VALUES: tuple[tuple[str, Test, str], ...] = (
    ("StartAt", _no_text, "the name of a state"),
    ("States", _no_object, "an object with a member for each state"),
    ("TimeoutSeconds", no_integer(0, MAXIMUM_SECONDS), _SECONDS),
    ("ProcessorConfig", _no_object, "an object"),
)

_STATE_VALUES: tuple[tuple[str, Test, str], ...] = (
    ("Next", _no_text, "the name of a state"),
    ("Default", _no_text, "the name of a state"),
    ("End", _no_boolean, "true or false"),
    ("Resource", _no_text, "an ARN"),
    ("TimeoutSeconds", no_integer(0, MAXIMUM_SECONDS), _SECONDS),
    ("HeartbeatSeconds", no_integer(0, MAXIMUM_SECONDS), _SECONDS),
    ("Seconds", no_integer(0, MAXIMUM_SECONDS), _SECONDS),
    ("Timestamp", _no_timestamp, "a timestamp such as 2030-01-31T12:00:00Z"),
    ("TimeoutSecondsPath", _no_text, _PATH),
    ("HeartbeatSecondsPath", _no_text, _PATH),
    ("SecondsPath", _no_text, _PATH),
    ("TimestampPath", _no_text, _PATH),
    ("ItemsPath", _no_text, _PATH),
    ("MaxConcurrencyPath", _no_text, _PATH),
    ("ToleratedFailureCountPath", _no_text, _PATH),
    ("ToleratedFailurePercentagePath", _no_text, _PATH),
    ("ErrorPath", _no_text, _PATH),
    ("CausePath", _no_text, _PATH),
    ("Error", _no_text, _TEXT),
    ("Cause", _no_text, _TEXT),
    ("Label", _no_text, _TEXT),
    ("Choices", _no_list, "a list of rules"),
    ("Branches", _no_list, "a list of branches"),
    ("Retry", _no_list, "a list of retriers"),
    ("Catch", _no_list, "a list of catchers"),
    ("Assign", _no_object, "an object with a member for each variable"),
    ("Arguments", _no_object, "an object or a JSONata expression"),
    ("ItemReader", _no_object, "an object"),
    ("ItemBatcher", _no_object, "an object"),
    ("ResultWriter", _no_object, "an object"),
    ("MaxConcurrency", no_integer(0), "a whole number"),
    ("ToleratedFailureCount", no_integer(0), "a whole number"),
    ("ToleratedFailurePercentage", _no_percentage, "a number from 0 to 100"),
)
