"""The timeouts, heartbeats, retries and catches that a change takes away or weakens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from stepguard.deployment.members import as_object, is_open, present
from stepguard.deployment.values import OpenList, Plain, alternatives
from stepguard.deployment.workflow import State
from stepguard.structs import Struct

_MAXIMUM_ELEMENTS = 200
"""Retriers or catchers of one state that are compared; a definition of 1 MB may hold more."""

_TIMES = (("TimeoutSeconds", "timeout"), ("HeartbeatSeconds", "heartbeat"))
_ALL = "States.ALL"
_TASK_FAILED = "States.TaskFailed"
_OUTSIDE_ALL = frozenset({"States.DataLimitExceeded", "States.Runtime"})
_OUTSIDE_TASK_FAILED = _OUTSIDE_ALL | {"States.Timeout", "States.HeartbeatTimeout", _ALL}
_DEFAULT_ATTEMPTS = 3
"""How often a retrier tries again that does not say."""


class Handler(Struct, frozen=True):
    """An element of `Retry` or `Catch`: the errors it is for, how often, and what follows."""

    errors: tuple[str, ...]
    attempts: float | None
    target: Plain

    def takes(self, error: str) -> bool:
        """Tell whether an error of that name comes to it."""
        if error in self.errors:
            return True
        if _ALL in self.errors and error not in _OUTSIDE_ALL:
            return True
        return _TASK_FAILED in self.errors and error not in _OUTSIDE_TASK_FAILED


def execution_timeout_lost(before: dict[str, Plain], after: dict[str, Plain]) -> Iterator[str]:
    """Yield that the executions of a machine have no timeout any more, or a longer one."""
    yield from _time_lost(before, after, "TimeoutSeconds", "the executions", "timeout")


def safeguards_lost(before: State, after: State) -> Iterator[str]:
    """Yield which safeguards of a state are gone or weaker, a line each."""
    for field, what in _TIMES:
        yield from _time_lost(before.body, after.body, field, repr(after.name), what)
    yield from _retries_lost(before, after)
    yield from _catches_lost(before, after)


def _time_lost(
    before: dict[str, Plain], after: dict[str, Plain], field: str, who: str, what: str
) -> Iterator[str]:
    had = present(before, field) is True or present(before, f"{field}Path") is True
    has = [present(after, field), present(after, f"{field}Path")]
    old, new = before.get(field), after.get(field)
    have = "have" if who.startswith("the ") else "has"
    if had and has == [False, False]:
        was = f" (was {old} seconds)" if _is_number(old) else ""
        yield f"{who} {have} no {what} any more{was}"
    elif _is_number(old) and _is_number(new) and new > old:
        yield f"{who} {have} a longer {what}: {new} seconds (was {old})"


def _is_number(value: Plain) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _retries_lost(before: State, after: State) -> Iterator[str]:
    old, new = handlers(before, "Retry"), handlers(after, "Retry")
    if not old or new is None:
        return
    if not new:
        yield f"{after.name!r} has no Retry any more"
        return
    said: set[str] = set()
    for error, handler in _first(old):
        if not handler.attempts or error in said:
            continue
        said.add(error)
        now = next((one for one in new if one.takes(error)), None)
        if now is None or now.attempts == 0:
            yield f"{after.name!r} does not retry {error} any more"
        elif now.attempts is not None and now.attempts < handler.attempts:
            yield (
                f"{after.name!r} retries {error} less often: "
                f"{_count(now.attempts)} (was {_count(handler.attempts)})"
            )


def _catches_lost(before: State, after: State) -> Iterator[str]:
    old, new = handlers(before, "Catch"), handlers(after, "Catch")
    if not old or new is None:
        return
    if not new:
        yield f"{after.name!r} has no Catch any more"
        return
    for error, _ in _first(old):
        if not any(one.takes(error) for one in new):
            yield f"{after.name!r} does not catch {error} any more"


def _first(elements: list[Handler]) -> Iterator[tuple[str, Handler]]:
    """Yield each error once, with the first that takes it."""
    seen: set[str] = set()
    for element in elements:
        for error in element.errors:
            if error not in seen:
                seen.add(error)
                yield error, next(one for one in elements if one.takes(error))


def _count(attempts: float) -> str:
    return f"{attempts:g} times" if attempts != 1 else "once"


def handlers(state: State, field: str) -> list[Handler] | None:
    """Return the retriers or catchers of a state; `None` when they are not all known."""
    if present(state.body, field) is False:
        return []
    elements = state.body.get(field)
    if not isinstance(elements, list) or isinstance(elements, OpenList):
        return None
    found: list[Handler] = []
    for element in elements[:_MAXIMUM_ELEMENTS]:
        members = as_object(element)
        if members is None or is_open(members):
            return None
        errors = members.get("ErrorEquals")
        if not isinstance(errors, list) or not all(isinstance(one, str) for one in errors):
            return None
        found.append(Handler(tuple(errors), _attempts(members), members.get("Next")))
    return found


def _attempts(members: dict[str, Plain]) -> float | None:
    """Return how often a retrier tries again; `None` when that is not known."""
    if present(members, "MaxAttempts") is False:
        return _DEFAULT_ATTEMPTS
    known = alternatives(members.get("MaxAttempts"))
    return known[0] if len(known) == 1 and _is_number(known[0]) else None
