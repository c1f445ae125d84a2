"""A workflow as a Mermaid flowchart, its states coloured by their worst finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from stepguard.change import Fate
from stepguard.finding import Finding, Severity
from stepguard.reports.escaping_mermaid import label
from stepguard.reports.selection import severities
from stepguard.structs import Struct
from stepguard.workflow_graph import StateNode, WorkflowGraph

MAXIMUM_STATES = 100
"""States of a graph that is drawn; a greater one cannot be read in a comment."""

MAXIMUM_TRANSITIONS = 300
"""Mermaid refuses more than 500."""

# Each has its own text colour, so that both are legible on a light and on a dark page.
_CLASSES = {
    "critical": "fill:#7f1d1d,stroke:#f87171,color:#ffffff",
    "high": "fill:#b42318,stroke:#fca5a5,color:#ffffff",
    "medium": "fill:#fdb022,stroke:#7a4b00,color:#1d1300",
    "low": "fill:#b2ddff,stroke:#175cd3,color:#0b2447",
    "clean": "fill:#eaecf0,stroke:#667085,color:#101828",
    "around": "fill:#f9fafb,stroke:#667085,color:#101828",
    "end": "fill:#475467,stroke:#98a2b3,color:#ffffff",
    "added": "stroke:#067647,stroke-width:4px",
    "changed": "stroke:#6941c6,stroke-width:4px,stroke-dasharray:6 3",
}


class Marks(Struct, frozen=True, kw_only=True):
    """What is drawn on the states, by their names: findings, and what became of them."""

    findings: Mapping[str, Sequence[Finding]]
    fates: Mapping[str, Fate]


def can_be_drawn(graph: WorkflowGraph) -> bool:
    """Tell whether a graph has states, and few enough for a picture."""
    return 0 < len(graph.states) <= MAXIMUM_STATES and len(graph.transitions) <= MAXIMUM_TRANSITIONS


def mermaid_lines(graph: WorkflowGraph, marks: Marks) -> list[str]:
    """Return the lines of a flowchart. `graph` must be one that `can_be_drawn`."""
    children: dict[int | None, list[StateNode]] = defaultdict(list)
    for state in graph.states:
        children[state.parent].append(state)
    classes: dict[str, list[str]] = defaultdict(list)
    for state in graph.states:
        for name in _classes(state, marks, is_around=state.number in children):
            classes[name].append(_id(state))
    return [
        "flowchart TD",
        *_nodes(None, children, marks, "  "),
        *_ends(graph),
        *_transitions(graph),
        *_colours(classes, graph),
    ]


def _id(state: StateNode) -> str:
    return f"s{state.number}"


def _nodes(
    parent: int | None,
    children: Mapping[int | None, Sequence[StateNode]],
    marks: Marks,
    indent: str,
) -> Iterator[str]:
    for state in children.get(parent, ()):
        text = _label(state, marks)
        if state.number not in children:
            left, right = _SHAPES.get(state.type, ("[", "]"))
            yield f'{indent}{_id(state)}{left}"{text}"{right}'
            continue
        yield f'{indent}subgraph {_id(state)}["{text}"]'
        scopes: dict[int, list[StateNode]] = defaultdict(list)
        for child in children[state.number]:
            scopes[child.scope].append(child)
        for number, (scope, states) in enumerate(scopes.items(), 1):
            branch = f"{indent}  "
            own = {**children, state.number: states}
            if len(scopes) > 1:
                yield f'{branch}subgraph {_id(state)}b{scope}["branch {number}"]'
                yield from _nodes(state.number, own, marks, f"{branch}  ")
                yield f"{branch}end"
            else:
                yield from _nodes(state.number, own, marks, branch)
        yield f"{indent}end"


_SHAPES = {
    "Choice": ("{", "}"),
    "Fail": ("([", "])"),
    "Pass": ("([", "])"),
    "Succeed": ("([", "])"),
    "Wait": ("([", "])"),
}


def _label(state: StateNode, marks: Marks) -> str:
    """Return a state's name, and below it its type and how many findings it has."""
    findings = marks.findings.get(state.name, ())
    fate = marks.fates.get(state.name)
    service = state.integration.removeprefix("arn:aws:states:::")
    below = [
        label(f"{state.type} {service}".strip()) if service else label(state.type),
        *_told(findings),
        *([f"<i>{fate}</i>"] if fate else []),
    ]
    return "<br/>".join((label(state.name), *(one for one in below if one)))


def _told(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield how many findings there are, those of a change apart from those before it."""
    for status in (None, "introduced", "unchanged"):
        own = [one for one in findings if one.status == status]
        if own:
            what = {None: "", "introduced": " introduced", "unchanged": " there before"}[status]
            yield f"<b>{severities(own)}{what}</b>"


def _ends(graph: WorkflowGraph) -> Iterator[str]:
    """Yield where the workflow begins and ends, and that not all of it is known."""
    for state in graph.states:
        if state.parent is None and state.is_start:
            yield f'  begin(("start")) --> {_id(state)}'
        if state.parent is None and state.is_end:
            yield f'  {_id(state)} --> finish(("end"))'
    if graph.is_open:
        yield '  unread["there may be states that could not be read"]'


def _transitions(graph: WorkflowGraph) -> Iterator[str]:
    known = {state.number for state in graph.states}
    for one in graph.transitions:
        if not {one.source, one.target} <= known:
            continue
        arrow = "-.->" if one.kind == "catch" else "-->"
        text = f'|"{label(one.kind)}"|' if one.kind else ""
        yield f"  s{one.source} {arrow}{text} s{one.target}"


def _classes(state: StateNode, marks: Marks, *, is_around: bool) -> Iterator[str]:
    findings = marks.findings.get(state.name, ())
    worst: Severity | None = max((one.severity for one in findings), default=None)
    if worst is not None:
        yield worst.label
    else:
        yield "around" if is_around else "clean"
    fate = marks.fates.get(state.name)
    if fate in _CLASSES:
        yield str(fate)


def _colours(classes: Mapping[str, Sequence[str]], graph: WorkflowGraph) -> Iterator[str]:
    ends = [
        name
        for name, is_there in (
            ("begin", any(one.is_start and one.parent is None for one in graph.states)),
            ("finish", any(one.is_end and one.parent is None for one in graph.states)),
        )
        if is_there
    ]
    used = {**classes, **({"end": ends} if ends else {})}
    for name, style in _CLASSES.items():
        if name in used:
            yield f"  classDef {_CLASS_PREFIX}{name} {style}"
            yield f"  class {','.join(used[name])} {_CLASS_PREFIX}{name}"


_CLASS_PREFIX = "is-"
"""Mermaid reads a bare `end` as the end of a subgraph."""
