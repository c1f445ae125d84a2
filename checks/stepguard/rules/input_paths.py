"""Which values of a task come from the input of the execution, and nothing else.

`$$.Execution.Input` always does. A path of the state's own input does where no state on the way
from the start can have written that part of it; whether one can is answered in favour of "yes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from stepguard.deployment.members import UNDECIDED, as_object, is_open, present
from stepguard.deployment.values import Plain, alternatives
from stepguard.deployment.workflow import Scope, State

Confidence: TypeAlias = Literal["certain", "likely"]

_CONTEXT_INPUT = ("$$.Execution.Input", "$states.context.Execution.Input")
_PATH = re.compile(r"\$(?:\.|\[')([A-Za-z_][\w\-]*)")
_JSONATA_INPUT = re.compile(r"\$states\.input(?:\.([A-Za-z_][\w\-]*))?")
_IN_JSONATA = re.compile(r"\$states\.(?:input|context\.Execution\.Input)(?:\.[\w\-]+)*")
_COMPARISONS = ("StringEquals", "StringMatches")
_MAXIMUM_DEPTH = 20


def input_reference(value: Plain, *, anywhere: bool) -> str | None:
    """Return the path of the input in a value that is chosen at run time; `None` for none.

    `value` is a path, an intrinsic function or a JSONata expression. Unless `anywhere`, the value
    has to be the path itself, or a text that begins with it.
    """
    if not isinstance(value, str):
        return None
    text = bare_expression(value)
    if value.lstrip().startswith("{%"):
        found = _IN_JSONATA.search(text) if anywhere else _IN_JSONATA.fullmatch(text)
        return found.group() if found else None
    if text.startswith("States."):
        return _in_intrinsic(text, anywhere)
    return text if text.startswith("$") else None


def bare_expression(text: str) -> str:
    """Return a path, an intrinsic function or a JSONata expression without what encloses it."""
    return text.strip().removeprefix("{%").removesuffix("%}").strip()


def _in_intrinsic(text: str, anywhere: bool) -> str | None:
    if not anywhere and not re.match(r"States\.Format\('\{\}", text):
        return None
    match = re.search(r"[(,]\s*(\$\$?[.\w\-\[\]']+)", text)
    return match.group(1) if match else None


class InputFlow:
    """Follows the input of the execution through one definition."""

    def __init__(self) -> None:
        self._leads: dict[int, dict[str, set[str]]] = {}

    def confidence_of(self, reference: str, state: State) -> Confidence | None:
        """Tell whether a path of a state is the execution's input; `None` when it need not be."""
        is_certain = reference.startswith(_CONTEXT_INPUT)
        if not is_certain:
            if reference.startswith(("$$", "$states.context")):
                return None
            member = _member(reference)
            if member is None or not self._passes_unchanged(state, member):
                return None
        if self._is_pinned(reference, state):
            return None
        return "certain" if is_certain else "likely"

    def _passes_unchanged(self, state: State, member: str) -> bool:
        """Tell whether a member of the execution's input certainly reaches a state as it was."""
        if not _takes_input(state):
            return False
        current: State | None = state
        while current is not None:
            if not all(_keeps(before, member) for before in self._before(current)):
                return False
            owner = current.scope.owner
            if owner is not None and (owner.type != "Parallel" or not _hands_input_on(owner)):
                return False
            current = owner
        return True

    def _is_pinned(self, reference: str, state: State) -> bool:
        """Tell whether a Choice before a state compares the path with something that is written.

        Where it is not certain that the comparison decides, it is taken to.
        """
        ends = {reference, _tail(reference)}
        return any(
            before.type == "Choice"
            and any(_compares(rule, ends, 0) for rule in _rules(before.body.get("Choices")))
            for current in (state, *reversed(state.parents))
            for before in self._before(current)
        )

    def _before(self, state: State) -> Iterator[State]:
        """Yield the states of the scope that can come before a state, itself where it loops."""
        scope = state.scope
        if id(scope) not in self._leads:
            self._leads[id(scope)] = _predecessors(scope)
        leads = self._leads[id(scope)]
        by_name = {one.name: one for one in scope.states}
        pending = [state.name]
        seen: set[str] = set()
        while pending:
            for name in leads.get(pending.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    pending.append(name)
                    yield by_name[name]


def _predecessors(scope: Scope) -> dict[str, set[str]]:
    leads: dict[str, set[str]] = {}
    for one in scope.states:
        for target in _targets(one):
            leads.setdefault(target, set()).add(one.name)
    return leads


def _member(reference: str) -> str | None:
    match = _JSONATA_INPUT.match(reference) or _PATH.match(reference)
    return match.group(1) if match else None


def _takes_input(state: State) -> bool:
    return state.get("InputPath") in (None, "$") and state.has("InputPath") is not None


def _hands_input_on(parallel: State) -> bool:
    return _takes_input(parallel) and parallel.has("Parameters", "Arguments") is False


def _targets(state: State) -> Iterator[str]:
    for name in ("Next", "Default"):
        yield from (one for one in alternatives(state.body.get(name)) if isinstance(one, str))
    for name in ("Choices", "Catch"):
        elements = state.body.get(name)
        for element in elements if isinstance(elements, list) else ():
            members = as_object(element) or {}
            yield from (one for one in alternatives(members.get("Next")) if isinstance(one, str))


def _keeps(state: State, member: str) -> bool:
    """Tell whether a member of a state's input is certainly the same in its output."""
    if is_open(state.body) or not isinstance(state.type, str):
        return False
    if state.type in ("Choice", "Wait", "Succeed", "Fail"):
        return state.has("OutputPath", "InputPath", "Output") is False
    if state.query_language == "JSONata":
        return state.type == "Pass" and state.has("Output") is False
    if state.query_language is None or state.has("OutputPath", "InputPath") is not False:
        return False
    if state.type == "Pass" and state.has("Result", "Parameters") is False:
        return True
    return _keeps_result_apart(state.body, member) and all(
        _keeps_result_apart(as_object(one) or {}, member) for one in _catchers(state)
    )


def _catchers(state: State) -> list[Plain]:
    value = state.body.get("Catch")
    if isinstance(value, UNDECIDED):
        return [{}]
    return value if isinstance(value, list) else []


def _keeps_result_apart(members: dict[str, Plain], member: str) -> bool:
    """Tell whether a result goes elsewhere: to another member of the input, or nowhere."""
    if present(members, "ResultPath") is not True:
        return False
    path = members["ResultPath"]
    if path is None:
        return True
    match = _PATH.match(path) if isinstance(path, str) else None
    return match is not None and match.group(1) != member


def _tail(reference: str) -> str:
    for prefix in (*_CONTEXT_INPUT, "$states.input"):
        if reference.startswith(prefix):
            return "$" + reference.removeprefix(prefix)
    return reference


def _rules(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else []


def _compares(rule: Plain, paths: set[str], depth: int) -> bool:
    members = as_object(rule)
    if members is None or depth > _MAXIMUM_DEPTH:
        return False
    variable = members.get("Variable")
    if isinstance(variable, str) and {variable, _tail(variable)} & paths:
        return any(name in members for name in _COMPARISONS)
    condition = members.get("Condition")
    if isinstance(condition, str):
        return any(path.lstrip("$") in condition for path in paths)
    inner = [*_rules(members.get("And")), *_rules(members.get("Or")), members.get("Not")]
    return any(_compares(one, paths, depth + 1) for one in inner)
