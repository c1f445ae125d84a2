"""State machines in HTML: the drawing, and each state with its findings, needs and grants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from stepguard.change import Fate, MachineChange
from stepguard.finding import Finding
from stepguard.report import MachineReading, PermissionReading
from stepguard.reports.escaping_html import Html, code, element, joined
from stepguard.reports.html_changes import machine_change
from stepguard.reports.html_drawing import Marks, drawing
from stepguard.reports.html_findings import badge, where
from stepguard.reports.html_layout import TooGreatError
from stepguard.reports.html_of_machines import ByState, FindingsOfMachines, Machine
from stepguard.reports.html_permissions import NOTHING, Permissions
from stepguard.reports.selection import count, worst_first
from stepguard.workflow_graph import StateNode, WorkflowGraph

_MAXIMUM_ROWS = 400
_MAXIMUM_BADGES = 12
_HEADINGS = ("State", "Findings", "Needs", "Grants of that")
_KINDS = {"": "", "choice": "choice: ", "default": "default: ", "catch": "on error: "}

Anchor = Callable[[Finding], "str | None"]
"""Returns the id of a finding on the page, where it is there."""


def machine_block(
    machine: Machine,
    findings: FindingsOfMachines,
    anchor: Anchor,
    *,
    identifier: str,
    is_open: bool,
) -> Html:
    """Return a state machine as a block that can be folded."""
    subject, change, reading = machine.subject, machine.change, machine.reading
    permissions = reading.permissions() if reading is not None else PermissionReading()
    policies = [grant.source for grant in permissions.grants]
    found = findings.by_state(reading, policies) if reading is not None else {}
    # A finding of several states is there once for each.
    own = {id(one): one for several in found.values() for one in several}.values()
    worst = max(own, key=lambda one: one.severity, default=None)
    return element(
        "details",
        element(
            "summary",
            badge(worst) if worst is not None else None,
            element("span", change.fate, class_=f"chip-{change.fate}") if change else None,
            element("h3", code(subject.address)),
            where(subject.place),
            element("span", count(len(own), "finding"), class_="message"),
        ),
        *machine_change(change),
        *(
            _reading(reading, change, found, Permissions(permissions), anchor, identifier)
            if reading is not None
            else ()
        ),
        id=identifier,
        class_="machine",
        open=is_open,
    )


def _reading(
    reading: MachineReading,
    change: MachineChange | None,
    found: ByState,
    permissions: Permissions,
    anchor: Anchor,
    identifier: str,
) -> Iterator[Html]:
    yield _facts(reading)
    general = found.get(None, ())
    if general:
        badges = _badges(general, anchor)
        yield element("p", "Of the machine and its role: ", badges, class_="general")
    graph = reading.graph()
    if not graph.states:
        yield element("p", "Its states could not be read, so there is nothing to draw.")
        return
    fates: dict[str, Fate] = {one.name: one.fate for one in change.states} if change else {}
    by_name = {name: findings for name, findings in found.items() if name is not None}
    marks = Marks(findings=by_name, fates=fates)
    yield from _figure(reading, graph, marks, identifier)
    yield _table(reading, graph, marks, permissions, anchor)
    yield from permissions.rest()


def _facts(reading: MachineReading) -> Html:
    definition = f"{reading.definition}{f' ({reading.reason})' if reading.reason else ''}"
    role: list[str | None] = [code(reading.role) if reading.role else "none"]
    role.append(f", read: {reading.role_read}")
    role.append(f" ({reading.role_reason})" if reading.role_reason else None)
    facts: list[tuple[str, str]] = [
        ("Type", reading.kind),
        ("Definition", definition),
        ("Query language", reading.query_language or "not known"),
        ("Role", joined(role)),
    ]
    pairs = (element("div", element("dt", term), element("dd", fact)) for term, fact in facts)
    return element("dl", *pairs, class_="facts")


def _figure(
    reading: MachineReading, graph: WorkflowGraph, marks: Marks, identifier: str
) -> Iterator[Html]:
    number = count(len(graph.states), "state")
    try:
        drawn = drawing(graph, marks, reading.address, identifier)
    except TooGreatError:
        yield element("p", f"Not drawn: {number} are too many, or nested too deep, for a picture.")
        return
    if graph.is_open:
        yield element("p", "There may be states that could not be read.")
    yield element(
        "div",
        drawn,
        class_="figure",
        tabindex=0,
        role="region",
        aria_label=f"Drawing of {reading.address}, {number}",
    )
    yield _legend(marks)


def _legend(marks: Marks) -> Html:
    """Return what the lines and borders of a drawing mean."""
    listed = [element("li", element("i"), "goes on to")]
    listed.append(element("li", element("i", class_="dashed"), "on an error (Catch)"))
    worst = {finding.severity for findings in marks.findings.values() for finding in findings}
    for severity in sorted(worst, reverse=True):
        letter = element("span", severity.label[0].upper(), class_="letter")
        listed.append(element("li", letter, f" worst finding is {severity.label}"))
    return element("ul", *listed, class_="legend")


def _badges(findings: Sequence[Finding], anchor: Anchor) -> Html:
    parts = [_linked(one, anchor(one)) for one in worst_first(findings)[:_MAXIMUM_BADGES]]
    if len(findings) > _MAXIMUM_BADGES:
        parts.append(Html(f"and {len(findings) - _MAXIMUM_BADGES:,} more"))
    return joined(parts, " ")


def _linked(finding: Finding, identifier: str | None) -> Html:
    label = finding.severity.label
    letter = element("span", label[0].upper(), class_="letter", aria_hidden="true")
    inside = joined([letter, element("span", f" {label}", class_="heard"), f" {finding.rule}"])
    name = f"badge severity-{label}"
    if identifier is None:
        return element("span", inside, class_=name)
    return element("a", inside, class_=name, href=f"#{identifier}", title=finding.name)


def _table(
    reading: MachineReading,
    graph: WorkflowGraph,
    marks: Marks,
    permissions: Permissions,
    anchor: Anchor,
) -> Html:
    names = {state.number: state.name for state in graph.states}
    ways: dict[int, list[str]] = defaultdict(list)
    for way in graph.transitions:
        if way.target in names:
            ways[way.source].append(f"{_KINDS.get(way.kind, '')}{names[way.target]}")
    rows = [
        _row(state, ways[state.number], names, marks, permissions, anchor)
        for state in graph.states[:_MAXIMUM_ROWS]
    ]
    machine = permissions.of_machine()
    if machine is not None:
        rows.append(_cells(element("i", "the machine itself"), Html(NOTHING), *machine))
    # The roles are told, because some browsers forget them where the style makes cards of rows.
    heads = (element("th", one, scope="col", role="columnheader") for one in _HEADINGS)
    left = len(graph.states) - _MAXIMUM_ROWS
    table = element(
        "table",
        element("caption", "States of ", code(reading.address)),
        element("thead", element("tr", *heads, role="row"), role="rowgroup"),
        element("tbody", *rows, role="rowgroup"),
        class_="states",
        role="table",
    )
    cut = element("p", f"{count(left, 'more state')}: not in this table.", class_="cut")
    return joined([table, cut if left > 0 else None])


def _row(
    state: StateNode,
    ways: Iterable[str],
    names: Mapping[int, str],
    marks: Marks,
    permissions: Permissions,
    anchor: Anchor,
) -> Html:
    findings = marks.findings.get(state.name, ())
    fate = marks.fates.get(state.name)
    service = state.integration.removeprefix("arn:aws:states:::")
    leads = [code(one) for one in dict.fromkeys(ways)]
    around = names.get(state.parent) if state.parent is not None else None
    first = joined(
        [
            code(state.name, class_="state-name"),
            *([" ", element("span", fate, class_=f"chip-{fate}")] if fate else []),
            element("div", f"{state.type} {service}".strip(), class_="sort"),
            element("div", "in ", code(around), class_="sort") if around is not None else None,
            element("div", "→ ", joined(leads, ", "), class_="sort") if leads else None,
            element("div", "→ end", class_="sort") if state.is_end and not leads else None,
        ]
    )
    told = _badges(findings, anchor) if findings else element("span", "none", class_="none")
    return _cells(first, told, *permissions.of_state(state.name))


def _cells(head: Html, *rest: Html) -> Html:
    cells = (
        element("td", cell, role="cell", data_label=label)
        for cell, label in zip(rest, _HEADINGS[1:], strict=True)
    )
    return element("tr", element("th", head, scope="row", role="rowheader"), *cells, role="row")
