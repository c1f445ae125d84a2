"""Fields of a definition: those that do not belong there, and those that are missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from stepguard.deployment.members import (
    UNDECIDED,
    is_open,
    present,
    why_open,
    why_unknown,
)
from stepguard.deployment.states_language import (
    BRANCH_FIELDS,
    CONTINUING_TYPES,
    EXCLUSIVE_FIELDS,
    MACHINE_FIELDS,
    ONE_OF_FIELDS,
    PROCESSOR_FIELDS,
    REQUIRED_FIELDS,
    STATE_TYPES,
    fields_of,
    types_with,
)
from stepguard.deployment.values import PartlyKnownKey, Plain
from stepguard.deployment.workflow import Scope, State, Workflow
from stepguard.rules.defects import (
    MAXIMUM_DEFECTS,
    Defect,
    Doubt,
    Found,
    listed,
    nearest,
    quoted,
    surely,
)

TASK_ROLE_FIELDS = frozenset({"RoleArn", "RoleArn.$", "Credentials"})
"""Fields about a task's role: where they are misplaced, SFN114 says so."""

WITHOUT = "take it out"
"""What to do about a field that does not belong where it is, and means nothing else."""

_SCOPE_FIELDS = {
    "machine": MACHINE_FIELDS,
    "Branches": BRANCH_FIELDS,
    "ItemProcessor": PROCESSOR_FIELDS,
    "Iterator": PROCESSOR_FIELDS,
}

_SCOPE_NEEDS = {"StartAt": "the name of the first state", "States": "a member for each state"}

_IN_JSONATA = {
    "InputPath": "Arguments",
    "ItemsPath": "Items",
    "OutputPath": "Output",
    "Parameters": "Arguments",
    "Result": "Output",
    "ResultPath": "Output",
    "ResultSelector": "Output",
}
_IN_JSONPATH = {"Arguments": "Parameters", "Items": "ItemsPath", "Output": "ResultSelector"}


def check_fields(workflow: Workflow) -> Iterator[Found]:
    """Yield what is wrong with the fields of the machine, its containers and its states."""
    for scope in workflow.scopes:
        yield from _check_scope(scope)
        for state in scope.states:
            if state.is_object:
                yield from _check_state(state, workflow)
            else:
                yield _no_object(state)


def certain_names(members: dict[str, Plain]) -> list[str]:
    """Return the names of the members that are surely there."""
    return [
        name
        for name in members
        if not isinstance(name, PartlyKnownKey) and present(members, name) is True
    ]


def misspelt(members: dict[str, Plain], known: Collection[str]) -> dict[str, str | None]:
    """Return the members that are not among the known names, each with what is probably meant.

    There is one more at most than are reported.
    """
    strange = (name for name in certain_names(members) if name not in known)
    return {name: nearest(name, known) for name in islice(strange, MAXIMUM_DEFECTS + 1)}


def probably(similar: str | None) -> str:
    """Return the end of a message that names what was probably meant."""
    return "" if similar is None else f"; {quoted(similar)} is probably meant"


def _check_scope(scope: Scope) -> Iterator[Found]:
    strange = misspelt(scope.body, _SCOPE_FIELDS[scope.container])
    for name, similar in strange.items():
        yield Defect(
            message=f"{scope.label} has a field {quoted(name)}, which does not exist there"
            f"{probably(similar)}",
            path=(*scope.path, name),
            subject=f"field {name} of {scope.label}",
            state=scope.owner,
            suggestion=WITHOUT if similar is None else f'"{similar}"',
        )
    for name in _SCOPE_NEEDS:
        if name not in strange.values() and present(scope.body, name) is False:
            yield Defect(
                message=f"{scope.label} has no {name}",
                path=scope.path,
                subject=f"no {name} in {scope.label}",
                state=scope.owner,
                suggestion=f'"{name}" with {_SCOPE_NEEDS[name]}',
            )


def _no_object(state: State) -> Found:
    if isinstance(state.written, UNDECIDED):
        return Doubt(f"state {quoted(state.name)} {why_unknown(state.written)}", state.path)
    suggestion = '{ "Type": … } with the other fields of the state'
    if state.name in _SCOPE_FIELDS[state.scope.container]:
        suggestion = f'"{state.name}" beside States, not among the states'
    return Defect(
        message=f"{quoted(state.name)} is no object with the fields of a state",
        path=state.path,
        subject="no object",
        state=state,
        suggestion=suggestion,
    )


def _check_state(state: State, workflow: Workflow) -> Iterator[Found]:
    if is_open(state.body):
        reason = f"not all fields of {quoted(state.name)} are known: {why_open(state.body, '')}"
        yield Doubt(reason, state.path)
    if workflow.query_language == "JSONata" and state.body.get("QueryLanguage") == "JSONPath":
        yield Defect(
            message=f"{quoted(state.name)} has the query language JSONPath; where the whole "
            "machine has JSONata, no state can go back",
            path=(*state.path, "QueryLanguage"),
            subject="query language",
            state=state,
            suggestion="QueryLanguage in the states that use JSONata, and none in the machine",
        )
    types = [state.type] if _is_known_type(state.type) else list(STATE_TYPES)
    known = frozenset(field for one in types for field in fields_of(one, state.query_language))
    strange = misspelt(state.body, known | TASK_ROLE_FIELDS)
    yield from _check_type(state, strange)
    foreign = fields_of_other_language(state)
    if foreign:
        yield _other_language(state, foreign, known)
    for name, similar in strange.items():
        if name not in foreign:
            yield _strange_field(state, name, similar, types)
    if len(types) == 1:
        meant = {similar for similar in strange.values() if similar is not None}
        yield from _missing_fields(state, meant)
        if state.type in CONTINUING_TYPES and not meant & {"Next", "End"}:
            yield from _way_on(state)


def _is_known_type(value: Plain) -> bool:
    return isinstance(value, str) and value in STATE_TYPES


def _check_type(state: State, strange: dict[str, str | None]) -> Iterator[Found]:
    value = state.body.get("Type")
    if state.has("Type") is False:
        if "Type" not in strange.values():
            yield Defect(
                message=f"{quoted(state.name)} has no Type",
                path=state.path,
                subject="no Type",
                state=state,
                suggestion=f'"Type" with one of {listed(STATE_TYPES)}',
            )
    elif surely(value, lambda one: not _is_known_type(one)):
        similar = nearest(value, STATE_TYPES) if isinstance(value, str) else None
        yield Defect(
            message=f"{quoted(state.name)} has a Type that does not exist{probably(similar)}",
            path=(*state.path, "Type"),
            at_key=False,
            subject="Type",
            state=state,
            suggestion=f'"{similar}"' if similar else f"one of {listed(STATE_TYPES)}",
        )
    elif not _is_known_type(state.type):
        yield Doubt(f"Type of {quoted(state.name)} {why_unknown(value)}", state.path)


def fields_of_other_language(state: State) -> list[str]:
    """Return the fields that a state would have in the query language that it does not have."""
    if state.query_language is None:
        return []
    types = [state.type] if _is_known_type(state.type) else list(STATE_TYPES)
    own = {field for one in types for field in fields_of(one, state.query_language)}
    every = {field for one in types for field in fields_of(one, None)}
    return [name for name in certain_names(state.body) if name in every and name not in own]


def _other_language(state: State, names: list[str], known: frozenset[str]) -> Defect:
    other = "JSONPath" if state.query_language == "JSONata" else "JSONata"
    fields = "field" if len(names) == 1 else "fields"
    return Defect(
        message=f"{quoted(state.name)} has the {fields} {listed(map(quoted, names), 'and')} of "
        f"{other}, and its query language is {state.query_language}",
        path=(*state.path, names[0]),
        subject=f"fields of {other}",
        state=state,
        suggestion=_in_own_language(state, names, known),
        related=[
            (f"{quoted(name)} is a field of {other}, too", (*state.path, name))
            for name in names[1:]
        ],
    )


def _in_own_language(state: State, names: list[str], known: frozenset[str]) -> str:
    if state.query_language == "JSONPath":
        counterparts = [_IN_JSONPATH.get(name, "") for name in names]
    else:
        counterparts = [_IN_JSONATA.get(name, name.removesuffix("Path")) for name in names]
    own = [
        f'"{one}"'
        for one in dict.fromkeys(counterparts)
        if one in known and state.has(one) is False
    ]
    if state.query_language == "JSONPath":
        own.append('"QueryLanguage": "JSONata" in the state')
        return listed(own)
    return f"{listed(own, 'and')} with JSONata expressions" if own else WITHOUT


def _strange_field(state: State, name: str, similar: str | None, types: list[str]) -> Defect:
    owners = types_with(name)
    if owners:
        kind = f"a {state.type} state" if len(types) == 1 else "such a state"
        explanation = f"{kind} does not have: only {listed(owners, 'and')} states have it"
        suggestion = WITHOUT
    else:
        explanation = f"does not exist{probably(similar)}"
        suggestion = WITHOUT if similar is None else f'"{similar}"'
    return Defect(
        message=f"{quoted(state.name)} has a field {quoted(name)}, which {explanation}",
        path=(*state.path, name),
        subject=f"field {name}",
        state=state,
        suggestion=suggestion,
    )


def _missing_fields(state: State, meant: Collection[str]) -> Iterator[Found]:
    for name in REQUIRED_FIELDS.get(state.type, ()):
        there = state.has(name)
        if there is None and not is_open(state.body):
            yield Doubt(why_open(state.body, name), state.path)
        elif there is False and name not in meant:
            yield _missing(state, name)
    choices = ONE_OF_FIELDS.get(state.type, ())
    given = [name for name in choices if state.has(name)]
    if choices and not given and not set(choices) & set(meant):
        if state.has(*choices) is False:
            yield _missing(state, listed(choices))
        elif not is_open(state.body):
            yield Doubt(f"{listed(choices)} of {quoted(state.name)} is not known", state.path)
    pairs = [*EXCLUSIVE_FIELDS, *([(given[0], given[1])] if len(given) > 1 else [])]
    for first, second in pairs:
        if state.has(first) and state.has(second):
            yield Defect(
                message=f"{quoted(state.name)} has both {first} and {second}, which exclude each "
                "other",
                path=(*state.path, second),
                subject=f"both {first} and {second}",
                state=state,
                suggestion="one of the two",
            )


def _missing(state: State, name: str) -> Defect:
    return Defect(
        message=f"{quoted(state.name)} has no {name}, without which there is no {state.type} state",
        path=state.path,
        subject=f"no {name}",
        state=state,
        suggestion=f"{name} in the state",
    )


def _way_on(state: State) -> Iterator[Found]:
    """Yield what is wrong where not exactly one of `Next` and `End` says how it goes on."""
    following, ending = state.has("Next"), state.has("End")
    ends = state.get("End")
    if following and ending and ends is True:
        yield Defect(
            message=f"{quoted(state.name)} has both Next and End, which exclude each other",
            path=(*state.path, "End"),
            subject="both Next and End",
            state=state,
            suggestion="one of the two",
        )
    elif following is False and (ending is False or ends is False):
        yield Defect(
            message=f"{quoted(state.name)} says neither with Next which state follows, nor with "
            "End that it is the last",
            path=state.path,
            subject="neither Next nor End",
            state=state,
            suggestion='"Next" with the name of a state, or "End": true',
        )
    elif (following is None or ending is None) and not is_open(state.body):
        name = "Next" if following is None else "End"
        yield Doubt(f"in {quoted(state.name)}, {why_open(state.body, name)}", state.path)
