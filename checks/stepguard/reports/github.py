"""The report as annotations of GitHub Actions: workflow commands, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepguard.finding import Finding, Severity
from stepguard.report import Report, place_of
from stepguard.reports.escaping_commands import command
from stepguard.reports.selection import count, introduced, severities, worst_first

MAXIMUM_SHOWN = 10
"""Annotations of one kind that GitHub shows of a step; it drops the rest without a word."""

_KINDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def render_github(report: Report) -> str:
    """Return the report as workflow commands, each with a line break at its end.

    Of each kind (error, warning, notice) there are no more than GitHub shows: the worst, and the
    number of the rest. Of a review, only what the change introduced is annotated.
    """
    return "".join(f"{line}\n" for line in _commands(report))


def _commands(report: Report) -> Iterator[str]:
    findings = worst_first(introduced(report))
    errors = [
        command(
            "error",
            {"file": one.place.file, "line": one.place.line, "title": "stepguard: not read"},
            one.message,
        )
        for one in report.errors
    ]
    for kind in ("error", "warning", "notice"):
        own = [one for one in findings if _KINDS[one.severity] == kind]
        yield from _limited(kind, errors if kind == "error" else [], own, _room(kind, report))
    if report.not_evaluated:
        number = count(len(report.not_evaluated), "verdict")
        text = f"{number} could not be given; the report says why"
        yield command("notice", {"title": "stepguard: not evaluated"}, text)


def _room(kind: str, report: Report) -> int:
    return MAXIMUM_SHOWN - (kind == "notice" and bool(report.not_evaluated))


def _limited(
    kind: str, first: Sequence[str], findings: Sequence[Finding], room: int
) -> Iterator[str]:
    """Yield annotations of one kind; where they are too many, the last tells the rest."""
    if len(first) + len(findings) <= room:
        yield from first
        yield from (_annotation(one) for one in findings)
        return
    yield from first[: room - 1]
    shown = max(room - 1 - len(first), 0)
    yield from (_annotation(one) for one in findings[:shown])
    rest = [
        *([count(len(first) - room + 1, "error")] if len(first) >= room else []),
        *([severities(findings[shown:])] if findings[shown:] else []),
    ]
    text = f"… and {', '.join(rest)} more, which GitHub would not show: see the report"
    yield command(kind, {"title": "stepguard"}, text)


def _annotation(finding: Finding) -> str:
    place = place_of(finding)
    violation = finding.violation
    properties = {
        "file": place.file.removeprefix("./"),
        "line": place.line,
        "endLine": place.end_line,
        # GitHub refuses columns of an annotation that goes over several lines.
        "col": place.column if place.line == place.end_line else None,
        "title": f"{finding.rule} {finding.name} ({finding.severity.label})",
    }
    parts = [violation.message, f"in {violation.resource}" if violation.resource else ""]
    return command(
        _KINDS[finding.severity],
        properties,
        "\n".join(one for one in (*parts, violation.suggestion) if one),
    )
