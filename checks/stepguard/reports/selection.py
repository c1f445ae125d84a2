"""What reports choose from the findings: those that a change introduced, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stepguard.finding import Finding, Severity
from stepguard.report import Report, place_of


def introduced(report: Report) -> list[Finding]:
    """Return the findings that a review is about: all of a scan, the introduced ones of a change.

    A finding whose status nobody has told counts as introduced.
    """
    return [one for one in report.findings if one.status != "unchanged"]


def unchanged(report: Report) -> list[Finding]:
    """Return the findings that were there before the change; none where there is no change."""
    return [one for one in report.findings if one.status == "unchanged"]


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by severity, the worst first, then by place and rule."""
    return sorted(
        findings,
        key=lambda one: (-one.severity, *place_of(one).order, one.rule, one.violation.resource),
    )


def severities(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each severity: `1 critical, 2 low`."""
    counted = Counter(one.severity for one in findings)
    return ", ".join(
        f"{counted[one]} {one.label}" for one in sorted(Severity, reverse=True) if counted[one]
    )


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
