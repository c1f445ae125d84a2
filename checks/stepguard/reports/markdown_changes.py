"""What a change does to roles and workflows, in Markdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from stepguard.change import Fate, MachineChange, PermissionChange, RoleChange
from stepguard.finding import Finding
from stepguard.report import MachineReading, Report
from stepguard.reports.escaping_markdown import code, cut, fenced, html_code, prose
from stepguard.reports.markdown_findings import Links
from stepguard.reports.markdown_sections import within
from stepguard.reports.mermaid import MAXIMUM_STATES, Marks, can_be_drawn, mermaid_lines
from stepguard.reports.selection import count

_MAXIMUM_BYTES = 5_000
_MAXIMUM_RESOURCES = 4
_MAXIMUM_STATES = 5
_MAXIMUM_GRAPH_BYTES = 12_000
_UNUSED = "nothing in the workflow uses it"
_EFFECTS = {
    ("+", "Deny"): "no longer denied: ",
    ("-", "Deny"): "denied now: ",
    ("", "Allow"): "",
    ("", "unknown"): "perhaps ",
}
_Address = tuple[str, str]
"""The root and the address of a resource."""


def role_items(roles: Iterable[RoleChange], links: Links) -> Iterator[str]:
    """Yield a block for each role: what it gained and lost, as a diff."""
    for role in roles:
        lines = [
            *(_permission("+", one) for one in role.gained),
            *(_permission("-", one) for one in role.lost),
            *(f"+ may be assumed by {cut(one)}" for one in role.trust_gained),
            *(f"- may be assumed by {cut(one)}" for one in role.trust_lost),
        ]
        unread = [f"! more may have changed: {cut(one)}" for one in role.unread]
        lines = [*_limited(lines, "# "), *_limited(unread, "# ")]
        block = fenced(_single(lines), "diff") if lines else "no permission gained or lost\n"
        yield f"\n{code(role.address)} ({role.fate}) {links.to(role.place)}\n\n{block}"


def _single(lines: Iterable[str]) -> list[str]:
    """Return lines in which a name with a line break begins no line of its own."""
    return [line.replace("\n", "\\u{a}") for line in lines]


def _permission(sign: str, one: PermissionChange) -> str:
    effect = _EFFECTS[sign, one.effect] if one.effect == "Deny" else _EFFECTS["", one.effect]
    resources = [*map(cut, one.resources[:_MAXIMUM_RESOURCES])]
    if len(one.resources) > _MAXIMUM_RESOURCES:
        resources.append(f"{len(one.resources) - _MAXIMUM_RESOURCES} more")
    notes = [
        *(["on a condition"] if one.is_conditional and not one.condition else []),
        *([cut(one.condition)] if one.condition else []),
        *([f"by AWS's policy {cut(one.policy)}"] if one.policy else []),
        *([", ".join(f"{level} {number}" for level, number in one.access_levels)]
          if one.access_levels else []),
        *([_needed_by(one.states)] if one.states else []),
        *([_UNUSED] if sign == "+" and one.used == "no" else []),
    ]  # fmt: skip
    note = f"  # {'; '.join(notes)}" if notes else ""
    return f"{sign} {effect}{cut(one.action)} on {', '.join(resources) or 'nothing'}{note}"


def _needed_by(states: Sequence[str]) -> str:
    shown = [*map(cut, states[:_MAXIMUM_STATES])]
    if len(states) > _MAXIMUM_STATES:
        shown.append(f"{len(states) - _MAXIMUM_STATES} more")
    return f"needed by {', '.join(shown)}"


def _limited(lines: Iterable[str], mark: str) -> list[str]:
    """Return lines up to a size, and one with a mark in front that tells how many are left."""
    taken, left = within(lines, _MAXIMUM_BYTES)
    return [*taken, f"{mark}… {count(left, 'more line')}"] if left else taken


def machine_items(report: Report, links: Links) -> tuple[Iterator[str], int]:
    """Return blocks for the workflows, made when they are taken, and how many there are.

    There is one for each that changed; of a scan, for each whose states have findings.
    """
    by_state = _by_state(report)
    if report.change is None:
        machines = [one for one in report.state_machines if by_state[one.root, one.address]]
        return (
            f"\n{_graph(one, by_state[one.root, one.address], {}, is_open=False)}"
            for one in machines
        ), len(machines)
    readings = {(one.root, one.address): one for one in report.state_machines}
    changes = report.change.machines
    return (
        _machine(number, one, readings.get((one.root, one.address)), by_state, links)
        for number, one in enumerate(changes)
    ), len(changes)


def _by_state(report: Report) -> dict[_Address, dict[str, list[Finding]]]:
    """Return the findings by workflow and state; those of a role belong to its workflows."""
    users: dict[_Address, list[str]] = defaultdict(list)
    for machine in report.state_machines:
        for address in {machine.address, machine.role}:
            users[machine.root, address].append(machine.address)
    found: dict[_Address, dict[str, list[Finding]]] = defaultdict(dict)
    for finding in report.findings:
        for user in users[finding.root, finding.violation.resource]:
            for state in finding.violation.states:
                found[finding.root, user].setdefault(state, []).append(finding)
    return found


def _machine(
    number: int,
    change: MachineChange,
    reading: MachineReading | None,
    by_state: dict[_Address, dict[str, list[Finding]]],
    links: Links,
) -> str:
    lines = [
        *(f"- ⚠️ {prose(one)}" for one in change.safeguards_lost),
        *(f"- state {code(one.name)} {one.fate}{_details(one.details)}" for one in change.states),
        *(f"- {prose(one)}" for one in change.settings),
        *(f"- more may have changed: {prose(one)}" for one in change.unread),
    ]
    head = f"\n{code(change.address)} ({change.fate}) {links.to(change.place)}\n\n"
    text = "".join(f"{line}\n" for line in _limited(lines, "- "))
    if reading is None or change.fate == "removed":
        return head + text
    fates: dict[str, Fate] = {one.name: one.fate for one in change.states}
    found = by_state[change.root, change.address]
    return f"{head}{text}\n{_graph(reading, found, fates, is_open=number == 0)}"


def _details(details: Sequence[str]) -> str:
    return f": {'; '.join(prose(one) for one in details)}" if details else ""


def _graph(
    machine: MachineReading,
    findings: dict[str, list[Finding]],
    fates: dict[str, Fate],
    *,
    is_open: bool,
) -> str:
    """Return a workflow's graph in a block that can be folded, or why there is none."""
    graph = machine.graph()
    if not graph.states:
        return f"No graph of {code(machine.address)}: its states could not be read.\n"
    number = count(len(graph.states), "state")
    if not can_be_drawn(graph):
        return f"No graph of {code(machine.address)}: {number}, of at most {MAXIMUM_STATES}.\n"
    block = fenced(mermaid_lines(graph, Marks(findings=findings, fates=fates)), "mermaid")
    if len(block.encode("utf-8")) > _MAXIMUM_GRAPH_BYTES:
        return f"No graph of {code(machine.address)}: it would be too long.\n"
    opened = " open" if is_open else ""
    title = f"{html_code(machine.address)} as a graph ({number})"
    return f"<details{opened}><summary>{title}</summary>\n\n{block}\n</details>\n"
