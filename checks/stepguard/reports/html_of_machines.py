"""Which findings belong to which state machine, and which machines a report shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from stepguard.change import MachineChange
from stepguard.finding import Finding
from stepguard.report import MachineReading, Report
from stepguard.structs import Struct

ByState = Mapping["str | None", Sequence[Finding]]
"""Findings by the name of the state; `None` are those of no state."""


class Machine(Struct, frozen=True):
    """A state machine of a report: what was read of it, and what became of it.

    One that is gone has a change alone.
    """

    subject: MachineReading | MachineChange
    reading: MachineReading | None = None
    change: MachineChange | None = None


class FindingsOfMachines:
    """The findings of a report, by state machine."""

    def __init__(self, report: Report) -> None:
        self._of_resource: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in report.findings:
            self._of_resource[finding.root, finding.violation.resource].append(finding)

    def by_state(self, machine: MachineReading, policies: Iterable[str] = ()) -> ByState:
        """Return the findings of a machine and its role, and of policies by their addresses."""
        found: dict[str | None, list[Finding]] = {}
        for address in dict.fromkeys((machine.address, machine.role, *policies)):
            for finding in self._of_resource.get((machine.root, address), ()):
                for state in finding.violation.states or (None,):
                    found.setdefault(state, []).append(finding)
        return found

    def worst_new(self, machine: MachineReading) -> int:
        """Return the worst severity among what is not there before the change; 0 for none."""
        found = (one for findings in self.by_state(machine).values() for one in findings)
        return max((int(one.severity) for one in found if one.status != "unchanged"), default=0)


def chosen_machines(report: Report, found: FindingsOfMachines) -> list[Machine]:
    """Return the machines that are shown, the worst first.

    All of a scan. Of a review, those that changed or have findings that are new.
    """
    changed = report.change.machines if report.change is not None else ()
    changes = {(one.root, one.address): one for one in changed}
    readings = {(one.root, one.address): one for one in report.state_machines}
    chosen = []
    for key, reading in readings.items():
        worst = found.worst_new(reading)
        if report.change is None or key in changes or worst:
            chosen.append((key not in changes, -worst, reading, changes.get(key)))
    chosen.sort(key=lambda one: one[:2])
    gone = [Machine(one, None, one) for key, one in changes.items() if key not in readings]
    return [*(Machine(reading, reading, change) for _, _, reading, change in chosen), *gone]
