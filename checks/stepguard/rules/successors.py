"""Where a state can lead within its scope, as far as that is known."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.members import as_object
from stepguard.deployment.values import alternatives
from stepguard.deployment.workflow import Scope, State
from stepguard.rules.error_handling import handlers_of


def next_names(state: State, *, with_catch: bool = True) -> Iterator[str]:
    """Yield the names of the states that a state can lead to; with or without its catchers."""
    for name in ("Next", "Default"):
        yield from (one for one in alternatives(state.body.get(name)) if isinstance(one, str))
    choices = state.body.get("Choices")
    for rule in choices if isinstance(choices, list) else ():
        members = as_object(rule) or {}
        yield from (one for one in alternatives(members.get("Next")) if isinstance(one, str))
    if with_catch:
        for catcher in handlers_of(state, "Catch").elements:
            target = catcher.members.get("Next")
            yield from (one for one in alternatives(target) if isinstance(one, str))


def reached_from(
    names: Iterator[str] | list[str], scope: Scope, *, stop: frozenset[str] = frozenset()
) -> dict[str, State]:
    """Return the states of a scope that can be reached from some, these included.

    What lies behind the states that `stop` names is left out.
    """
    by_name = {state.name: state for state in scope.states}
    reached: dict[str, State] = {}
    pending = list(names)
    while pending:
        name = pending.pop()
        state = by_name.get(name)
        if state is None or name in reached:
            continue
        reached[name] = state
        if name not in stop:
            pending.extend(next_names(state))
    return reached


def reaching(names: list[str], scope: Scope) -> frozenset[str]:
    """Return the names of the states of a scope from which some can be reached, these included."""
    before: dict[str, list[str]] = {}
    for state in scope.states:
        for name in next_names(state):
            before.setdefault(name, []).append(state.name)
    found = set(names)
    pending = list(names)
    while pending:
        for name in before.get(pending.pop(), ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return frozenset(found)


def has_circle(scope: Scope) -> bool:
    """Tell whether states of a scope lead back to an earlier one, as far as that is known."""
    unmet: dict[str, int] = {state.name: 0 for state in scope.states}
    following = {state.name: set(next_names(state)) & unmet.keys() for state in scope.states}
    for names in following.values():
        for name in names:
            unmet[name] += 1
    # States to which nothing leads any more are taken away; what is in a circle stays.
    pending = [name for name, count in unmet.items() if count == 0]
    taken = 0
    while pending:
        taken += 1
        for name in following[pending.pop()]:
            unmet[name] -= 1
            if unmet[name] == 0:
                pending.append(name)
    return taken < len(unmet)
