"""Where states lead: targets that do not exist, states that nothing reaches, no way to an end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepguard.deployment.documents import Path
from stepguard.deployment.members import (
    UNDECIDED,
    as_object,
    is_open,
    present,
    why_open,
    why_unknown,
)
from stepguard.deployment.states_language import TERMINAL_TYPES
from stepguard.deployment.values import (
    REMOVED,
    OpenList,
    PartlyKnownKey,
    Plain,
    Text,
    alternatives,
    render_text,
)
from stepguard.deployment.workflow import Scope, State, Workflow
from stepguard.rules.defects import Defect, Doubt, Found, nearest, quoted
from stepguard.structs import Struct, field


class _Edge(Struct, frozen=True):
    """A transition: what it names, where that stands, and how a message calls it."""

    target: Plain
    path: Path
    name: str


class _Graph(Struct):
    """The transitions of a scope: for each state the states it leads to.

    `is_certain` says that nothing about them is unknown or wrong.
    """

    leads_to: dict[str, set[str]] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)
    is_certain: bool = True


def check_transitions(workflow: Workflow) -> Iterator[Found]:
    """Yield what is wrong with the transitions of a definition, scope by scope."""
    places: dict[str, list[Scope]] = {}
    for state in workflow.states:
        places.setdefault(state.name, []).append(state.scope)
    for scope in workflow.scopes:
        yield from _check_scope(scope, places)
    yield from _repeated_names(workflow)


def _check_scope(scope: Scope, places: dict[str, list[Scope]]) -> Iterator[Found]:
    names = {state.name for state in scope.states}
    graph = _Graph()
    start, found = _start(scope, names, places)
    yield from found
    graph.is_certain = not found
    for state in scope.states:
        reached = graph.leads_to.setdefault(state.name, set())
        edges, doubts = _edges(state)
        yield from doubts
        for edge in edges:
            targets, problem = _follow(edge, scope, names, places, state)
            reached |= targets
            if problem is not None:
                yield problem
                graph.is_certain = False
        if doubts:
            graph.is_certain = False
        ending = _may_end(state)
        if ending is None or (ending is False and not edges):
            # What leads nowhere is reported for that, and not also as an endless workflow.
            graph.is_certain = False
        if ending:
            graph.ends.add(state.name)
    if scope.is_open:
        yield _open_states(scope)
    elif graph.is_certain and scope.states:
        yield from _unreached(scope, start, graph)


def _start(
    scope: Scope, names: set[str], places: dict[str, list[Scope]]
) -> tuple[set[str], list[Found]]:
    """Return the states that a scope may start with, and what is wrong with `StartAt`."""
    if present(scope.body, "StartAt") is False or present(scope.body, "States") is False:
        # What is missing is reported with the other missing fields.
        return set(), [Doubt(f"{scope.label} has no StartAt or no States", scope.path)]
    if present(scope.body, "StartAt") is None:
        return set(), [Doubt(why_open(scope.body, "StartAt"), scope.path)]
    edge = _Edge(scope.start_at, (*scope.path, "StartAt"), "StartAt")
    targets, problem = _follow(edge, scope, names, places, None)
    return targets, [] if problem is None else [problem]


def _edges(state: State) -> tuple[list[_Edge], list[Doubt]]:
    """Return the transitions of a state, whatever its type, and why there may be more."""
    edges: list[_Edge] = []
    doubts: list[Doubt] = []
    for name in ("Next", "Default"):
        if present(state.body, name) is not False and name in state.body:
            edges.append(_Edge(state.body[name], (*state.path, name), name))
    for name in ("Choices", "Catch"):
        edges.extend(_edges_in_list(state, name, doubts))
    if is_open(state.body):
        doubts.append(Doubt(_why_fields_open(state), state.path))
    elif not state.is_object:
        doubts.append(Doubt(f"state {quoted(state.name)} is not known", state.path))
    return edges, doubts


def _why_fields_open(state: State) -> str:
    return f"not all fields of {quoted(state.name)} are known: {why_open(state.body, '')}"


def _edges_in_list(state: State, name: str, doubts: list[Doubt]) -> Iterator[_Edge]:
    value = state.body.get(name)
    path = (*state.path, name)
    if value is None or value is REMOVED:
        return
    if not isinstance(value, list):
        if isinstance(value, UNDECIDED):
            doubts.append(Doubt(f"{name} of {quoted(state.name)} {why_unknown(value)}", path))
        return
    if isinstance(value, OpenList):
        reason = f"not all of {name} of {quoted(state.name)} is known: {why_unknown(value.rest)}"
        doubts.append(Doubt(reason, path))
    for number, element in enumerate(value):
        members = as_object(element)
        if members is None:
            continue
        where = (*path, number)
        if present(members, "Next") is None:
            doubts.append(Doubt(why_open(members, "Next"), where))
        if "Next" in members:
            kind = "rule" if name == "Choices" else "catcher"
            edges_name = f"Next of {kind} {number + 1}"
            yield _Edge(members["Next"], (*where, "Next"), edges_name)


def _follow(
    edge: _Edge,
    scope: Scope,
    names: set[str],
    places: dict[str, list[Scope]],
    state: State | None,
) -> tuple[set[str], Found | None]:
    """Return the states that a transition may lead to, and what is wrong or unknown about it."""
    reached: set[str] = set()
    missing: list[str] = []
    unknown: Plain = None
    for option in alternatives(edge.target):
        name = render_text(option) if isinstance(option, Text) else option
        if isinstance(name, str) and name in names:
            reached.add(name)
        elif isinstance(option, str):
            missing.append(option)
        elif isinstance(option, (bool, int, float, list, dict)) or option is None:
            # A target of the wrong type is reported as that.
            return reached, Doubt(f"{edge.name} is no name", edge.path)
        else:
            unknown = option
    if unknown is not None:
        return reached, Doubt(f"{_owned(edge, state)} {why_unknown(unknown)}", edge.path)
    if not missing:
        return reached, None
    if scope.is_open:
        return reached, _open_states(scope)
    if reached:
        # It is wrong in some cases and right in others.
        return reached, Doubt(f"{_owned(edge, state)} {why_unknown(edge.target)}", edge.path)
    return reached, _missing_target(missing[0], edge, scope, names, places, state)


def _owned(edge: _Edge, state: State | None) -> str:
    return edge.name if state is None else f"{edge.name} of {quoted(state.name)}"


def _missing_target(
    target: str,
    edge: _Edge,
    scope: Scope,
    names: set[str],
    places: dict[str, list[Scope]],
    state: State | None,
) -> Defect:
    elsewhere = next((one for one in places.get(target, ()) if one is not scope), None)
    suggestion = f"the name of a state of {scope.label}"
    if elsewhere is not None:
        explanation = (
            f"that is a state of {elsewhere.label}, and no transition enters or leaves "
            "a branch or a map"
        )
    else:
        similar = nearest(target, names)
        explanation = f"{scope.label} has no such state"
        if similar is not None:
            explanation += f"; there is {quoted(similar)}"
            suggestion = f'"{similar}"'
    return Defect(
        message=f"{_owned(edge, state)} names {quoted(target)}: {explanation}",
        path=edge.path,
        at_key=False,
        subject=f"{edge.name} -> {target}",
        state=state,
        suggestion=suggestion,
    )


def _may_end(state: State) -> bool | None:
    """Tell whether an execution can end with a state; `None` when that is not known."""
    if not isinstance(state.type, str):
        return None
    if state.type in TERMINAL_TYPES:
        return True
    if state.has("End") is False:
        return False
    value = state.get("End")
    return value if isinstance(value, bool) else None


def _open_states(scope: Scope) -> Doubt:
    value = scope.body.get("States")
    members = as_object(value)
    reason = why_unknown(value) if members is None else why_open(members, "")
    return Doubt(f"not all states of {scope.label} are known: {reason}", (*scope.path, "States"))


def _unreached(scope: Scope, start: set[str], graph: _Graph) -> Iterator[Defect]:
    if not graph.ends:
        yield Defect(
            message=f'{scope.label} has no end: none of its states has "End": true or is a '
            "Succeed or Fail state",
            path=(*scope.path, "States"),
            subject=f"no end in {scope.label}",
            state=scope.owner,
            suggestion='"End": true in the state that comes last',
        )
        return
    reached = _closure(start, graph)
    left = [state for state in scope.states if state.name not in reached]
    by_name = {state.name: state for state in left}
    targeted = {
        target for state in left for target in graph.leads_to[state.name] if target != state.name
    }
    heads = [state for state in left if state.name not in targeted]
    for head in [*heads, *left]:
        if head.name not in by_name:
            continue
        group = _taken(head.name, by_name, graph)
        yield _unreachable(head, group[1:], scope)


def _taken(first: str, left: dict[str, State], graph: _Graph) -> list[State]:
    """Take a state, and those that can be reached from it, out of those that are left."""
    taken = [left.pop(first)]
    for state in taken:
        # The list grows while it is walked.
        taken += [left.pop(name) for name in sorted(graph.leads_to[state.name]) if name in left]
    return taken


def _unreachable(head: State, others: Sequence[State], scope: Scope) -> Defect:
    also = f", nor the {len(others)} behind it" if others else ""
    return Defect(
        message=f"{quoted(head.name)} cannot be reached{also}: no transition of {scope.label} "
        "leads there",
        path=head.path,
        subject="unreachable",
        state=head,
        suggestion="name it in a Next, Default or Catch, or take it out",
        related=[(f"{quoted(one.name)} is only reached from there", one.path) for one in others],
    )


def _closure(start: set[str], graph: _Graph) -> dict[str, None]:
    """Return every state that can be reached from some, these included, in order of discovery."""
    reached = dict.fromkeys(sorted(start))
    pending = list(reached)
    while pending:
        for target in sorted(graph.leads_to.get(pending.pop(), ())):
            if target not in reached:
                reached[target] = None
                pending.append(target)
    return reached


def _repeated_names(workflow: Workflow) -> Iterator[Defect]:
    """Yield the names that states of several scopes share."""
    first: dict[str, State] = {}
    for state in workflow.states:
        if isinstance(state.name, PartlyKnownKey):
            continue
        known = first.setdefault(state.name, state)
        if known is not state:
            yield Defect(
                message=f"{quoted(state.name)} of {state.scope.label} has the name of a state of "
                f"{known.scope.label}: names are unique in the whole definition",
                path=state.path,
                subject="repeated name",
                state=state,
                suggestion="another name",
                related=[(f"{quoted(state.name)} of {known.scope.label}", known.path)],
            )
