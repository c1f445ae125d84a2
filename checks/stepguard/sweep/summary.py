"""A sweep in numbers: by rule and by project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from stepguard.finding import Severity
from stepguard.reports.display import harmless
from stepguard.sweep.store import ProjectRecord

MOST_PROJECTS = 20
"""The most projects that the text lists; the summary's file has all of them."""


def summarised(records: Iterable[ProjectRecord]) -> dict[str, Any]:
    """Return the summary of a sweep as plain data."""
    projects: dict[str, Any] = {}
    totals: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    failed: dict[str, str] = {}
    for record in records:
        if record.failure:
            failed[record.name] = record.failure
            continue
        totals.update(record.counts)
        rules.update(record.rules)
        severities.update(record.severities)
        projects[record.name] = {**record.counts, "severities": dict(record.severities)}
    return {
        "projects": dict(sorted(projects.items())),
        "failed": dict(sorted(failed.items())),
        "totals": dict(sorted(totals.items())),
        "rules": dict(sorted(rules.items())),
        "severities": {one.label: severities[one.label] for one in sorted(Severity, reverse=True)},
    }


def render_summary(summary: dict[str, Any]) -> str:
    """Return a summary as text with a line break at its end."""
    totals = summary["totals"]
    lines = [
        f"{len(summary['projects'])} projects scanned, {len(summary['failed'])} failed",
        f"{totals.get('state_machines', 0)} state machines in {totals.get('files', 0)} files",
        ", ".join(f"{count} {label}" for label, count in summary["severities"].items()),
        f"{totals.get('suppressed', 0)} suppressed, {totals.get('not_evaluated', 0)} not evaluated,"
        f" {totals.get('errors', 0)} errors",
    ]
    if summary["rules"]:
        lines += ["", "findings by rule:"]
        lines += [f"{count:>8} {rule}" for rule, count in summary["rules"].items()]
        lines += ["", "projects with most findings:"]
        most = sorted(
            summary["projects"].items(), key=lambda one: (-one[1].get("findings", 0), one[0])
        )
        lines += [
            f"{one.get('findings', 0):>8} {harmless(name)}"
            for name, one in most[:MOST_PROJECTS]
            if one.get("findings")
        ]
    lines += [
        f"failed: {harmless(name)}: {harmless(why)}" for name, why in summary["failed"].items()
    ]
    return "\n".join(lines) + "\n"
