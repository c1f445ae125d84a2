"""A workflow as inline SVG: layers from top to bottom, containers of states as boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from stepguard.change import Fate
from stepguard.finding import Finding
from stepguard.reports.display import first_columns, harmless, width
from stepguard.reports.escaping_html import Html, element
from stepguard.reports.html_layout import Edge, Layout, TooGreatError, layered
from stepguard.reports.selection import count, severities
from stepguard.structs import Struct, field
from stepguard.workflow_graph import StateNode, WorkflowGraph

MAXIMUM_STATES = 200
"""States of a workflow that is drawn; a greater one is only a table."""

MAXIMUM_TRANSITIONS = 800
MAXIMUM_NESTING = 8
_COLUMN = 7.3
_LEAF = 52.0
_HEAD = 50.0
_PADDING = 16.0
_MARGIN = 12.0
_NAME = 26
_TYPE = 32
_ROUND = {"Pass", "Wait", "Succeed", "Fail"}


class Marks(Struct, frozen=True, kw_only=True):
    """What is drawn on the states, by their names: findings, and what became of them."""

    findings: Mapping[str, Sequence[Finding]]
    fates: Mapping[str, Fate]


class _Part(Struct):
    """Something with a size and the SVG of it, with its upper left corner at (0, 0)."""

    width: float
    height: float
    drawn: list[Html] = field(default_factory=list)


class _Plan(Struct, frozen=True):
    graph: WorkflowGraph
    children: Mapping[int | None, Mapping[int, Sequence[StateNode]]]
    marks: Marks


def drawing(graph: WorkflowGraph, marks: Marks, title: str, identifier: str) -> Html:
    """Return a workflow as SVG. Raises `TooGreatError` where nobody could read it.

    `identifier` is unique on the page; the ids of the title and the description begin with it.
    """
    if len(graph.states) > MAXIMUM_STATES or len(graph.transitions) > MAXIMUM_TRANSITIONS:
        raise TooGreatError
    children: dict[int | None, dict[int, list[StateNode]]] = defaultdict(dict)
    known = {state.number for state in graph.states}
    for state in graph.states:
        parent = state.parent if state.parent in known else None
        children[parent].setdefault(state.scope, []).append(state)
    plan = _Plan(graph, children, marks)
    outer = _branches(plan, None, 0)
    across, down = outer.width + 2 * _MARGIN, outer.height + 2 * _MARGIN
    return element(
        "svg",
        element("title", f"Workflow of {title}", id=f"{identifier}-title"),
        element("desc", _description(graph, marks), id=f"{identifier}-desc"),
        _moved(outer.drawn, _MARGIN, _MARGIN),
        role="img",
        aria_labelledby=f"{identifier}-title {identifier}-desc",
        class_="workflow",
        width=round(across),
        height=round(down),
        viewBox=f"0 0 {across:.0f} {down:.0f}",
    )


def _description(graph: WorkflowGraph, marks: Marks) -> str:
    bad = sum(1 for state in graph.states if marks.findings.get(state.name))
    return (
        f"{count(len(graph.states), 'state')}, {bad} with findings. "
        "The table of states below says the same in words."
    )


def _moved(drawn: Sequence[Html], x: float, y: float) -> Html:
    return element("g", *drawn, transform=f"translate({x:.1f} {y:.1f})")


def _branches(plan: _Plan, parent: int | None, depth: int) -> _Part:
    """Return the scopes of a state, or of the machine, side by side."""
    if depth > MAXIMUM_NESTING:
        raise TooGreatError
    scopes = plan.children.get(parent, {})
    parts = [_scope(plan, states, depth) for states in scopes.values()]
    if len(parts) == 1:
        return parts[0]
    whole = _Part(0.0, max((part.height for part in parts), default=0.0) + 2 * _PADDING)
    for number, part in enumerate(parts, 1):
        box = [
            _rectangle(part.width + 2 * _PADDING, whole.height, "branch", 6),
            element("text", f"{number}", x=6, y=14, class_="branch-number"),
            _moved(part.drawn, _PADDING, _PADDING),
        ]
        whole.drawn.append(_moved(box, whole.width, 0))
        whole.width += part.width + 3 * _PADDING
    whole.width = max(whole.width - _PADDING, 0.0)
    return whole


def _scope(plan: _Plan, states: Sequence[StateNode], depth: int) -> _Part:
    """Return the states of one container, with the lines between them."""
    parts = [_state(plan, state, depth) for state in states]
    index = {state.number: number for number, state in enumerate(states)}
    edges = [
        Edge(index[way.source], index[way.target], way.kind)
        for way in plan.graph.transitions
        if way.source in index and way.target in index
    ]
    start = next((number for number, state in enumerate(states) if state.is_start), 0)
    if depth == 0:
        parts, edges = _with_ends(states, parts, edges)
    layout = layered([(part.width, part.height) for part in parts], edges, start)
    drawn = [
        *_lines(layout),
        *(_moved(part.drawn, *corner) for part, corner in zip(parts, layout.corners, strict=True)),
    ]
    return _Part(layout.width, layout.height, drawn)


def _with_ends(
    states: Sequence[StateNode], parts: list[_Part], edges: list[Edge]
) -> tuple[list[_Part], list[Edge]]:
    """Return nodes and lines with those where the workflow begins and ends."""
    for word, chosen in (
        ("start", [number for number, state in enumerate(states) if state.is_start]),
        ("end", [number for number, state in enumerate(states) if state.is_end]),
    ):
        if not chosen:
            continue
        own = len(parts)
        pill = _rectangle(56, 24, "terminal", 12)
        label = element("text", word, x=28, y=16, class_="terminal-name")
        parts = [*parts, _Part(56, 24, [pill, label])]
        ways = [(own, one) if word == "start" else (one, own) for one in chosen]
        edges = [*edges, *(Edge(*way, "") for way in ways)]
    return parts, edges


def _lines(layout: Layout) -> Iterator[Html]:
    for line in layout.lines:
        kind = " catch" if line.kind == "catch" else ""
        yield element("path", d=line.path, class_=f"way{kind}")
        if line.tip is None:
            continue
        x, y = line.tip
        back = 8 if line.is_up else -8
        tip = f"M{x:.1f} {y:.1f}l-4.5 {back}h9z"
        yield element("path", d=tip, class_="tip")
    for line in layout.lines:
        if line.kind == "default":
            x, y = line.begin
            yield element("text", "default", x=x + 5, y=y + 14, class_="way-name")


def _state(plan: _Plan, state: StateNode, depth: int) -> _Part:
    """Return a state: a shape with its name and type, and in it what it contains."""
    findings = plan.marks.findings.get(state.name, ())
    fate = plan.marks.fates.get(state.name)
    around = state.number in plan.children
    inner = _branches(plan, state.number, depth + 1) if around else _Part(0.0, 0.0)
    service = state.integration.removeprefix("arn:aws:states:::")
    told = f"{state.type or 'unknown type'} {service}".strip()
    name = _cut(harmless(state.name) or "(empty)", max(_NAME, int((inner.width - 64) / _COLUMN)))
    below = _cut(harmless(told), _TYPE)
    columns = max(width(name), width(below) * 0.86)
    least = columns * _COLUMN + (64 if findings else 28)
    part = _Part(
        max(least, 120.0, inner.width + 2 * _PADDING),
        _HEAD + inner.height + _PADDING if around else _LEAF,
    )
    worst = max((one.severity for one in findings), default=None)
    classes = [
        "state",
        "around" if around else "leaf",
        *([f"fate-{fate}"] if fate else []),
        *([f"severity-{worst.label}"] if worst is not None else []),
    ]
    left = 40 if findings else 14
    numbers = f" ({severities(findings)})" if findings else ""
    part.drawn.append(
        element(
            "g",
            element("title", f"{state.name}: {told}{numbers}"),
            _shape("" if around else state.type, part),
            *(_badge(worst.label[0].upper()) if worst is not None else ()),
            element("text", name, x=left, y=22, class_="name"),
            element("text", below, x=left, y=39, class_="type"),
            *(_chip(fate, part.width) if fate else ()),
            class_=" ".join(classes),
        )
    )
    if around:
        part.drawn.append(_moved(inner.drawn, (part.width - inner.width) / 2, _HEAD))
    return part


def _shape(kind: str, part: _Part) -> Html:
    """Return the outline of a state: Choice with corners, states without work round."""
    if kind == "Choice":
        return _corners(part.width, part.height)
    return _rectangle(part.width, part.height, "shape", 25 if kind in _ROUND else 7)


def _badge(letter: str) -> tuple[Html, Html]:
    return (
        element("circle", cx=22, cy=26, r=11, class_="badge-shape"),
        element("text", letter, x=22, y=30.5, class_="badge-letter"),
    )


def _chip(fate: str, across: float) -> tuple[Html, Html]:
    length = len(fate) * 6.4 + 12
    return (
        element(
            "rect", x=across - length - 6, y=-8.0, width=length, height=16, rx=8, class_="chip"
        ),
        element("text", fate, x=across - length / 2 - 6, y=4, class_="chip-name"),
    )


def _rectangle(across: float, down: float, name: str, radius: float) -> Html:
    return element("rect", width=round(across, 1), height=round(down, 1), rx=radius, class_=name)


def _corners(across: float, down: float) -> Html:
    path = f"M12 0H{across - 12:.1f}l12 {down / 2:.1f}l-12 {down / 2:.1f}H12L0 {down / 2:.1f}Z"
    return element("path", d=path, class_="shape")


def _cut(name: str, columns: int) -> str:
    return name if width(name) <= columns else f"{first_columns(name, columns - 1)}…"
