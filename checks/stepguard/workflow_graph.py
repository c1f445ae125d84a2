"""A workflow as a graph, for reports that draw it."""

from __future__ import annotations

from stepguard.deployment.source import Span
from stepguard.structs import Struct


class StateNode(Struct, frozen=True, kw_only=True):
    """A state. `number` is its index in the graph, `parent` that of the Map or Parallel around it.

    `scope` numbers the containers of states (the machine is 0), so that the branches of one
    Parallel state can be told apart. `integration` is the task's resource, unknown parts as
    `${…}`, and empty for other states.
    """

    number: int
    name: str
    type: str
    integration: str
    scope: int
    parent: int | None
    span: Span | None
    is_start: bool
    is_end: bool


class Transition(Struct, frozen=True, kw_only=True):
    """A way from one state to another, by their numbers. `kind` says what it is taken on."""

    source: int
    target: int
    kind: str


class WorkflowGraph(Struct, frozen=True, kw_only=True):
    """The states of a workflow and the ways between them.

    `is_open` says that there may be states that could not be read.
    """

    states: tuple[StateNode, ...] = ()
    transitions: tuple[Transition, ...] = ()
    is_open: bool = False
