"""A workflow definition in the Amazon States Language: its scopes, states and tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from stepguard.deployment.documents import Document, Path
from stepguard.deployment.graph import Deployment
from stepguard.deployment.integration import UNKNOWN_INTEGRATION, Integration, read_integration
from stepguard.deployment.members import (
    UNDECIDED,
    as_object,
    is_open,
    present,
    why_open,
    why_unknown,
)
from stepguard.deployment.values import REMOVED, OpenList, Plain, unknowns
from stepguard.structs import Struct, field

QueryLanguage: TypeAlias = Literal["JSONPath", "JSONata"]
Container: TypeAlias = Literal["machine", "ItemProcessor", "Iterator", "Branches"]

MAXIMUM_STATES = 20_000
"""States of one definition that are read; AWS's limit of 1 MB allows no more than that."""


class Scope(Struct, eq=False):
    """A container of states: the machine itself, a map's processor or a branch.

    `body` is the container object, `path` where it stands. `states` are its own states, in
    order. `is_open` says that there may be more. `owner` is the Map or Parallel state that it
    belongs to.
    """

    container: Container
    path: Path
    body: dict[str, Plain]
    owner: State | None = None
    states: list[State] = field(default_factory=list)
    is_open: bool = False

    @property
    def start_at(self) -> Plain:
        """The value of `StartAt`; `None` where there is none."""
        return _value(self.body, "StartAt")

    @property
    def label(self) -> str:
        """How a message names it."""
        if self.owner is None:
            return "the state machine"
        if self.container == "Branches":
            return f"branch {int(self.path[-1]) + 1} of {self.owner.name!r}"
        return f"the {self.container} of {self.owner.name!r}"


class State(Struct, eq=False):
    """A state: `body` is its object, possibly with unknown values or open.

    `type` is the value of `Type` (`None` when absent). `query_language` is the state's own or the
    machine's (a Map or Parallel state does not pass its own on); `None` when it is not known.
    `parents` are the Map and Parallel states around it, the outermost first. `is_object` is
    false for a value that is no object or not known; its `body` is then empty, and `written` is
    what stands in its place.
    """

    name: str
    path: Path
    body: dict[str, Plain]
    type: Plain
    query_language: QueryLanguage | None
    scope: Scope
    parents: tuple[State, ...] = ()
    is_object: bool = True
    written: Plain = None

    def has(self, *names: str) -> bool | None:
        """Tell whether it has any of some fields; `None` when that is not known."""
        return has_any(self.body, *names)

    def get(self, name: str) -> Plain:
        """Return a field's value; `None` where there is none."""
        return _value(self.body, name)


class Task(State, eq=False):
    """A state of type `Task`."""

    integration: Integration = UNKNOWN_INTEGRATION

    @property
    def resource(self) -> Plain:
        """The value of `Resource`: a `str`, `Text`, `Reference`, `Unknown` or `OneOf`."""
        return self.get("Resource")

    @property
    def parameters(self) -> Plain:
        """What is passed to the service: `Parameters`, or `Arguments` in JSONata."""
        if self.query_language == "JSONata":
            return self.get("Arguments")
        if self.query_language is None and "Arguments" in self.body:
            return self.get("Arguments")
        return self.get("Parameters")

    @property
    def credentials(self) -> Plain:
        """The value of `Credentials`; `None` where there is none."""
        return self.get("Credentials")

    @property
    def has_timeout(self) -> bool | None:
        """Whether the task ends after a time of its own; `None` when that is not known."""
        return self.has("TimeoutSeconds", "TimeoutSecondsPath")

    @property
    def has_heartbeat(self) -> bool | None:
        """Whether the task must give signs of life; `None` when that is not known."""
        return self.has("HeartbeatSeconds", "HeartbeatSecondsPath")

    @property
    def waits(self) -> bool:
        """Whether it waits for something that may never come: a job, a token, a worker."""
        call = self.integration
        return call.is_job or call.is_callback or call.is_activity


class Workflow(Struct, eq=False):
    """A definition that was read.

    `body` is the machine's object, `None` when the document is something else. `scopes` holds
    the machine itself first, then every nested container; `states` are all states, each before
    those nested in it. `query_language` is `None` when it is not known.
    """

    document: Document
    body: dict[str, Plain] | None
    query_language: QueryLanguage | None = "JSONPath"
    scopes: list[Scope] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    _tasks: list[Task] | None = None
    _unread: tuple[str, ...] | None = None

    @property
    def tasks(self) -> list[Task]:
        """Every task, nested ones too, in the order of the definition."""
        if self._tasks is None:
            self._tasks = [state for state in self.states if isinstance(state, Task)]
        return self._tasks

    @property
    def start_at(self) -> Plain:
        """The value of `StartAt`; `None` where there is none."""
        return _value(self.body or {}, "StartAt")

    @property
    def timeout_seconds(self) -> Plain:
        """The value of the machine's `TimeoutSeconds`; `None` where there is none."""
        return _value(self.body or {}, "TimeoutSeconds")

    @property
    def unread_states(self) -> tuple[str, ...]:
        """Why there may be states, or tasks among them, that were not read."""
        if self._unread is None:
            self._unread = tuple(_unread_states(self))
        return self._unread

    @property
    def is_open(self) -> bool:
        """Whether there may be states that were not read."""
        return not self.scopes or any(scope.is_open for scope in self.scopes)

    @property
    def definition_state(self) -> Literal["resolved", "partial", "unresolved"]:
        """How far the definition is known.

        `resolved`: all but references to other resources and values of the account and region;
        `partial`: the states are known, some of their fields are not; `unresolved`: the states
        are not known.
        """
        if next(unknowns(self.document.value), None) is None:
            return "resolved"
        return "partial" if self.states else "unresolved"


def has_any(members: dict[str, Plain], *names: str) -> bool | None:
    """Tell whether an object has any of some members; `None` when that is not known."""
    answer: bool | None = False
    for name in names:
        there = present(members, name)
        if there:
            return True
        if there is None:
            answer = None
    return answer


class _Known:
    """The workflows of the deployment that was last asked about.

    Every rule asks for the same ones, and deployments are judged one after the other.
    """

    def __init__(self, deployment: Deployment | None = None) -> None:
        self.deployment = deployment
        self.workflows: dict[int, Workflow] = {}
        self.types = {} if deployment is None else _resource_types(deployment)


_known = _Known()


def read_workflow(document: Document, deployment: Deployment | None = None) -> Workflow:
    """Read a definition. Never raises: what is no state machine gives a workflow without states.

    `deployment` tells what the references in tasks' resources point at; without it, a reference
    that does not name its type makes the task's integration `unknown`. A workflow is read once
    and given to all who ask: it is not to be changed.
    """
    global _known
    if deployment is None:
        return _read_workflow(document, None)
    known = _known
    if known.deployment is not deployment:
        known = _known = _Known(deployment)
    found = known.workflows.get(id(document))
    if found is None or found.document is not document:
        found = known.workflows[id(document)] = _read_workflow(document, known.types)
    return found


def _read_workflow(document: Document, types: dict[str, str] | None) -> Workflow:
    body = as_object(document.value)
    if body is None:
        return Workflow(document, None)
    language = None if _has_misplaced_language(body) else _language(body, "JSONPath")
    workflow = Workflow(document, body, language)
    stack: list[Scope | State] = [Scope("machine", (), body)]
    while stack and len(workflow.states) < MAXIMUM_STATES:
        current = stack.pop()
        if isinstance(current, State):
            workflow.states.append(current)
            stack.extend(reversed(_scopes_in(current)))
        else:
            workflow.scopes.append(current)
            current.states = _states_in(current, language, types)
            stack.extend(reversed(current.states))
    return workflow


def _has_misplaced_language(body: dict[str, Plain]) -> bool:
    """Tell whether the machine's query language stands among its states, and means something."""
    states = as_object(body.get("States")) or {}
    return isinstance(states.get("QueryLanguage"), str)


def _value(members: dict[str, Plain], name: str) -> Plain:
    value = members.get(name)
    return None if value is REMOVED else value


def _language(members: dict[str, Plain], inherited: QueryLanguage | None) -> QueryLanguage | None:
    if present(members, "QueryLanguage") is False:
        return inherited
    value = members.get("QueryLanguage")
    if value == "JSONata":
        return "JSONata"
    if value == "JSONPath":
        return "JSONPath"
    return None


def _resource_types(deployment: Deployment) -> dict[str, str]:
    types: dict[str, str] = {}
    for resource in deployment.resources:
        # What a reader makes of a part of a resource has its address and comes after it.
        types.setdefault(resource.address, resource.type)
    return types


def _states_in(
    scope: Scope, language: QueryLanguage | None, types: dict[str, str] | None
) -> list[State]:
    members = as_object(scope.body.get("States"))
    if members is None:
        # Absent is not open: then there are certainly no states.
        scope.is_open = present(scope.body, "States") is None or (
            present(scope.body, "States") is True and not _is_plain(scope.body.get("States"))
        )
        return []
    scope.is_open = is_open(members) or any(present(members, name) is not True for name in members)
    parents = () if scope.owner is None else (*scope.owner.parents, scope.owner)
    states: list[State] = []
    for name, value in members.items():
        if value is REMOVED:
            continue
        body = as_object(value)
        known = body if body is not None else {}
        kind = _value(known, "Type")
        path = (*scope.path, "States", name)
        own = _language(known, language)
        if kind == "Task":
            call = read_integration(_value(known, "Resource"), types)
            states.append(Task(name, path, known, kind, own, scope, parents, integration=call))
        elif body is None:
            states.append(State(name, path, known, kind, own, scope, parents, False, value))
        else:
            states.append(State(name, path, known, kind, own, scope, parents))
    return states


def _is_plain(value: Plain) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, list, dict))


def _scopes_in(state: State) -> list[Scope]:
    scopes: list[Scope] = []
    containers: tuple[Literal["ItemProcessor", "Iterator"], ...] = ("ItemProcessor", "Iterator")
    for name in containers:
        body = as_object(state.body.get(name))
        if body is not None:
            scopes.append(Scope(name, (*state.path, name), body, state))
    branches = state.body.get("Branches")
    if isinstance(branches, list):
        for number, branch in enumerate(branches):
            body = as_object(branch)
            if body is not None:
                path = (*state.path, "Branches", number)
                scopes.append(Scope("Branches", path, body, state))
    return scopes


_CONTAINERS = {"Parallel": ("Branches",), "Map": ("ItemProcessor", "Iterator")}
_EVERY_CONTAINER = tuple(name for names in _CONTAINERS.values() for name in names)


def _unread_states(workflow: Workflow) -> Iterator[str]:
    if workflow.body is None:
        yield "the definition is no object"
        return
    for scope in workflow.scopes:
        if scope.is_open:
            yield f"not all states of {scope.label} are known"
    for state in workflow.states:
        if may_nest_more(state):
            yield f"not all states within '{state.name}' are known"
    for state in workflow.states:
        why = _unread_type(state)
        if why is not None:
            yield why


def _unread_type(state: State) -> str | None:
    """Return why a state may be a task without being known as one."""
    if not state.is_object:
        is_known = not isinstance(state.written, UNDECIDED)
        return None if is_known else f"state '{state.name}' is not known"
    if isinstance(state.type, str) or (state.type is None and not is_open(state.body)):
        return None
    why = why_open(state.body, "Type") if state.type is None else why_unknown(state.type)
    return f"the type of '{state.name}' is not known: {why}"


def may_nest_more(state: State) -> bool:
    """Tell whether a state may hold containers of states that could not be read."""
    kind = state.type
    names = _CONTAINERS.get(kind, ()) if isinstance(kind, str) else _EVERY_CONTAINER
    return any(_is_unread_container(state, name) for name in names)


def _is_unread_container(state: State, name: str) -> bool:
    there = present(state.body, name)
    if there is False:
        return False
    if name not in state.body:
        return True
    value = state.body[name]
    if isinstance(value, OpenList):
        return True
    elements = value if isinstance(value, list) else [value]
    return any(as_object(one) is None and not _is_plain(one) for one in elements)
