"""What rules on state machines share: the definition, the type, values with alternatives."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.documents import Document
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Form, StateMachine
from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
    plain,
)
from stepguard.deployment.workflow import State, Workflow, read_workflow
from stepguard.finding import NotEvaluated, RelatedPlace
from stepguard.rules.rule import Context

STANDARD = "STANDARD"
EXPRESS = "EXPRESS"

_LOOK_AHEAD = 60
"""Characters after a key in which its separator is looked for."""

NAMES_IN_MESSAGE = 6
"""States that a message names; the rest are counted, and listed as related places."""


def definition_of(machine: StateMachine, context: Context) -> Workflow | NotEvaluated:
    """Return a machine's definition, or why there is none to be judged."""
    document = machine.definition
    if not isinstance(document, Document):
        return NotEvaluated(
            reason=f"the definition could not be read: {document.reason}",
            resource=machine.address,
            span=document.span or machine.span,
        )
    return read_workflow(document, context.deployment)


def possible_values(value: Traced | None) -> list[Plain]:
    """Return every value that a property can have; `None` stands for one that is not set."""
    if value is None:
        return [None]
    found: list[Plain] = []
    stack: list[Plain] = [plain(value)]
    while stack:
        one = stack.pop(0)
        if isinstance(one, OneOf):
            stack = [*one.alternatives, *stack]
        else:
            found.append(None if one is REMOVED else one)
    return found


def is_undecided(value: Plain) -> bool:
    """Tell whether a value is not known before deployment."""
    return isinstance(value, (Unknown, Reference, Text))


def why_undecided(value: Traced | None) -> str:
    """Return what a property depends on, in a few words."""
    return "is not set" if value is None else why_unknown(plain(value))


def possible_types(machine: StateMachine, workflow: Workflow | None = None) -> frozenset[str]:
    """Return the types that a machine can have: `STANDARD`, `EXPRESS`, or both.

    A definition that uses what only Standard workflows have decides where the property does not:
    with a bare definition, or with a type that is not known.
    """
    if machine.kind is None and machine.form is not Form.ASL:
        return frozenset({STANDARD})
    found: set[str] = set()
    values = [] if machine.kind is None else possible_values(machine.kind)
    for value in values:
        if value is None:
            found.add(STANDARD)
        elif isinstance(value, str):
            found.add(EXPRESS if value.upper() == EXPRESS else STANDARD)
        else:
            found |= {STANDARD, EXPRESS}
    if not values:
        found = {STANDARD, EXPRESS}
    if len(found) > 1 and workflow is not None and _needs_standard(workflow):
        return frozenset({STANDARD})
    return frozenset(found)


def _needs_standard(workflow: Workflow) -> bool:
    return any(task.waits for task in workflow.tasks) or any(
        _is_distributed(state) for state in workflow.states
    )


def _is_distributed(state: State) -> bool:
    processor = state.get("ItemProcessor")
    if not isinstance(processor, dict):
        return False
    config = processor.get("ProcessorConfig")
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"


def why_type_open(machine: StateMachine) -> str:
    """Return why the type of a machine is not known."""
    if machine.kind is None:
        return "a bare definition does not say whether it is deployed as STANDARD or EXPRESS"
    return f"the machine's type {why_undecided(machine.kind)}"


def place(workflow: Workflow, *path: str | int, key: bool = True) -> Span | None:
    """Return where a part of a definition is written; its key unless told otherwise."""
    return workflow.document.locate(path, key=key)


def place_of(workflow: Workflow, state: State) -> Span | None:
    """Return where a state's name is written."""
    return workflow.document.locate(state.path, key=True)


def names_of(states: Sequence[State]) -> str:
    """Return the names of states for a message, the first few in full."""
    names = ", ".join(f"'{state.name}'" for state in states[:NAMES_IN_MESSAGE])
    further = len(states) - NAMES_IN_MESSAGE
    return f"{names} and {further} more" if further > 0 else names


def related_places(
    workflow: Workflow, states: Sequence[State], message: str
) -> tuple[RelatedPlace, ...]:
    """Return one related place for each state that a violation mentions and is not about."""
    return tuple(
        RelatedPlace(f"'{state.name}' {message}", place_of(workflow, state)) for state in states
    )


def shared_places(
    workflow: Workflow, states: Sequence[State], message: str
) -> tuple[RelatedPlace, ...]:
    """Return one related place for each of several states that a violation is about."""
    if len(states) == 1:
        return ()
    return tuple(
        RelatedPlace(f"'{state.name}' {message}", place_of(workflow, state), state.name)
        for state in states
    )


def member(beside: Span | None, name: str, value: str) -> str:
    """Return how to write a member of a definition: as the key that it will stand beside.

    `value` is JSON of one line, which YAML and HCL take too.
    """
    if beside is None:
        return f'"{name}": {value}'
    text = beside.file.text
    # In a JSON string the quotation marks have backslashes before them.
    beginning = beside.text.lstrip("\\")[:1]
    quotes = '"' if '"' in (beginning, text[beside.start - 1 : beside.start]) else ""
    following = text[beside.end : beside.end + _LOOK_AHEAD].lstrip('"\\ ')
    separator = " = " if following.startswith("=") else ": "
    return f"{quotes}{name}{quotes}{separator}{value}"
