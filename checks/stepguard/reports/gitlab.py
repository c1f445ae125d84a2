"""The report as GitLab's code quality report.

Source: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from stepguard.finding import Finding, Severity
from stepguard.report import Report, place_of
from stepguard.reports.display import harmless, harmless_lines
from stepguard.reports.escaping_commands import json_text
from stepguard.reports.selection import worst_first

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}
_LEAST = "info"


def render_gitlab(report: Report) -> str:
    """Return the report as JSON text with a line break at its end.

    All findings are in it, of a review too: GitLab itself compares the report with that of the
    target branch. What could not be evaluated or read is in it as `info` and `blocker`, for
    GitLab knows no other way to say so.
    """
    return json_text(report_as_code_quality(report))


def report_as_code_quality(report: Report) -> list[dict[str, Any]]:
    """Return the report as plain data: a list of issues, the worst first."""
    seen: Counter[str] = Counter()
    issues = [
        _issue(
            description=f"the input was not read: {error.message}",
            check_name="stepguard",
            severity=_SEVERITIES[Severity.CRITICAL],
            identity=("error", error.place.file, error.message),
            place=(error.place.file, error.place.line),
            seen=seen,
        )
        for error in report.errors
    ]
    issues += [_finding(one, seen) for one in worst_first(report.findings)]
    for unevaluated in report.not_evaluated:
        about = f" of {unevaluated.resource}" if unevaluated.resource else ""
        issues.append(
            _issue(
                description=f"{unevaluated.rule}{about} was not evaluated: {unevaluated.reason}",
                check_name=unevaluated.rule,
                severity=_LEAST,
                identity=("not evaluated", unevaluated.rule, unevaluated.resource),
                place=(unevaluated.place.file, unevaluated.place.line),
                seen=seen,
            )
        )
    return issues


def _finding(finding: Finding, seen: Counter[str]) -> dict[str, Any]:
    place = place_of(finding)
    violation = finding.violation
    parts = [violation.message, violation.suggestion]
    return _issue(
        description=" → ".join(one for one in parts if one),
        check_name=f"{finding.rule} {finding.name}",
        severity=_SEVERITIES[finding.severity],
        identity=("finding", finding.fingerprint),
        place=(place.file, place.line),
        seen=seen,
    )


def _issue(
    *,
    description: str,
    check_name: str,
    severity: str,
    identity: tuple[str, ...],
    place: tuple[str, int | None],
    seen: Counter[str],
) -> dict[str, Any]:
    file, line = place
    return {
        "description": " ".join(one.strip() for one in harmless_lines(description)),
        "check_name": check_name,
        "fingerprint": _unique(identity, seen),
        "severity": severity,
        "location": {"path": harmless(file.removeprefix("./")), "lines": {"begin": line or 1}},
    }


def _unique(identity: tuple[str, ...], seen: Counter[str]) -> str:
    """Return a fingerprint that no other issue has: GitLab shows one issue of each.

    It names no file and no line, so that an issue stays the same when they change. Only where a
    project says the same several times (a module, copied) are they told apart, by their number.
    """
    key = "\x00".join(identity)
    seen[key] += 1
    if seen[key] > 1:
        key = f"{key}\x00{seen[key]}"
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
