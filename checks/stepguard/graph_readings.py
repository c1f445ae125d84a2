"""From a definition to the graph that reports draw."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.members import as_object
from stepguard.deployment.states_language import TERMINAL_TYPES
from stepguard.deployment.values import Plain, Text, alternatives, render, render_text
from stepguard.deployment.workflow import Scope, State, Task, Workflow
from stepguard.workflow_graph import StateNode, Transition, WorkflowGraph


def read_graph(workflow: Workflow) -> WorkflowGraph:
    """Return the graph of a workflow: its states in the order of the definition."""
    numbers = {id(state): number for number, state in enumerate(workflow.states)}
    scopes = {id(scope): number for number, scope in enumerate(workflow.scopes)}
    states = tuple(_node(state, numbers, scopes, workflow.document) for state in workflow.states)
    return WorkflowGraph(
        states=states,
        transitions=tuple(
            transition for scope in workflow.scopes for transition in _transitions(scope, numbers)
        ),
        is_open=workflow.is_open,
    )


def _node(
    state: State, numbers: dict[int, int], scopes: dict[int, int], document: Document
) -> StateNode:
    owner = state.parents[-1] if state.parents else None
    starts = list(_names(state.scope.start_at))
    return StateNode(
        number=numbers[id(state)],
        name=state.name,
        type=state.type if isinstance(state.type, str) else "",
        integration=str(render(state.resource)) if isinstance(state, Task) else "",
        scope=scopes[id(state.scope)],
        parent=None if owner is None else numbers[id(owner)],
        span=document.locate(state.path, key=True),
        is_start=state.name in starts,
        is_end=state.type in TERMINAL_TYPES or state.get("End") is True,
    )


def _transitions(scope: Scope, numbers: dict[int, int]) -> Iterator[Transition]:
    by_name = {state.name: numbers[id(state)] for state in scope.states}
    for state in scope.states:
        source = numbers[id(state)]
        for kind, target in dict.fromkeys(_targets(state)):
            if target in by_name:
                yield Transition(source=source, target=by_name[target], kind=kind)


def _targets(state: State) -> Iterator[tuple[str, str]]:
    """Yield what a transition is taken on, and the name of the state that it leads to."""
    for name in _names(state.body.get("Next")):
        yield "", name
    for field, kind in (("Choices", "choice"), ("Catch", "catch")):
        value = state.body.get(field)
        for element in value if isinstance(value, list) else ():
            for name in _names((as_object(element) or {}).get("Next")):
                yield kind, name
    for name in _names(state.body.get("Default")):
        yield "default", name


def _names(value: Plain) -> Iterator[str]:
    for one in alternatives(value):
        if isinstance(one, str):
            yield one
        elif isinstance(one, Text):
            yield render_text(one)
