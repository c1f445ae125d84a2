"""The report as SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

import os
import zlib
from collections.abc import Container
from pathlib import Path
from typing import Any

from stepguard import __version__
from stepguard.finding import Finding, Severity, Status
from stepguard.place import Place
from stepguard.report import Report, RuleDescription, place_of
from stepguard.reports.display import harmless, harmless_lines
from stepguard.reports.escaping_commands import json_text
from stepguard.reports.paths import encodable, percent_encoded
from stepguard.reports.selection import count
from stepguard.structs import replace

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
}
"""Within the bounds that GitHub code scanning gives to the same four words."""


MAXIMUM_RESULTS = 25_000
"""Results of a run that GitHub takes; it shows the 5,000 worst."""

MAXIMUM_BYTES = 10_000_000
"""Bytes of a compressed log that GitHub takes."""

MAXIMUM_RELATED = 1_000
"""Places of a result that GitHub takes."""

_BASELINE_STATES: dict[Status, str] = {
    "introduced": "new",
    "unchanged": "unchanged",
    "fixed": "absent",
}


def render_sarif(report: Report, base: Path | None = None) -> str:
    """Return the report as SARIF text with a line break at its end.

    Suppressed findings are in it with their suppression, and those that a change has fixed with
    the baseline state `absent`. What is more than GitHub takes is left out, the worst stays.
    """
    return _rendered(report, base, is_complete=True)


def render_code_scanning(report: Report, base: Path | None = None) -> str:
    """Return SARIF text of the findings that stand, for GitHub's code scanning.

    GitHub looks at neither suppressions nor baseline states: it would open an alert for every
    suppressed and every fixed finding of the complete log.
    """
    return _rendered(report, base, is_complete=False)


def _rendered(report: Report, base: Path | None, *, is_complete: bool) -> str:
    maximum = MAXIMUM_RESULTS
    while True:
        log = report_as_sarif(report, base, is_complete=is_complete, maximum=maximum)
        text = json_text(log)
        size = _compressed(text)
        shown = len(log["runs"][0]["results"])
        if size <= MAXIMUM_BYTES or not shown:
            return text
        maximum = min(shown * MAXIMUM_BYTES * 9 // (size * 10), shown - 1)


def _compressed(text: str) -> int:
    """Return the size of a text as it is uploaded; a short one is not worth the compression."""
    return len(text) if len(text) <= MAXIMUM_BYTES else len(zlib.compress(text.encode()))


def report_as_sarif(
    report: Report,
    base: Path | None = None,
    *,
    is_complete: bool = True,
    maximum: int = MAXIMUM_RESULTS,
) -> dict[str, Any]:
    """Return the report as a SARIF log of one run of at most `maximum` results.

    Paths are written relative to `base` (the working directory unless given), where they lie
    below it. Without `is_complete`, suppressed and fixed findings are left out.
    """
    root = Path(os.path.abspath(base or Path.cwd()))  # noqa: PTH100 - links stay as written
    numbers = {rule.id: number for number, rule in enumerate(report.rules)}
    suppressed = {id(one) for one in report.suppressed}
    chosen = [*report.findings, *(_beside(report) if is_complete else ())]
    shown = chosen
    if len(chosen) > maximum:
        # Those that stand come before suppressed and fixed ones.
        standing = {id(one) for one in report.findings}
        worst_first = sorted(chosen, key=lambda one: (id(one) not in standing, -one.severity))
        shown = worst_first[:maximum]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "stepguard",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_rule(rule) for rule in report.rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    "SRCROOT": {"description": {"text": "the working directory"}}
                },
                "invocations": [
                    {
                        "executionSuccessful": not report.errors,
                        "toolExecutionNotifications": [
                            *_error_notifications(report, root),
                            *_cut_notifications(len(chosen) - len(shown)),
                            *_notice_notifications(report, root),
                            *_unevaluated_notifications(report, root, numbers),
                        ],
                    }
                ],
                "results": [
                    {
                        **_result(one, root, numbers),
                        **_baseline(one, report),
                        **(_suppressions(one, suppressed) if is_complete and suppressed else {}),
                    }
                    for one in shown
                ],
            }
        ],
    }


def _beside(report: Report) -> list[Finding]:
    """Return the findings that do not stand: suppressed and fixed ones."""
    fixed = report.change.fixed if report.change is not None else ()
    return [*report.suppressed, *(replace(one, status="fixed") for one in fixed)]


def _baseline(finding: Finding, report: Report) -> dict[str, str]:
    """Return the state compared with the other side: of every result, or of none."""
    if report.change is None:
        return {}
    return {"baselineState": _BASELINE_STATES[finding.status or "introduced"]}


def _suppressions(finding: Finding, suppressed: Container[int]) -> dict[str, Any]:
    """Return the suppressions of a finding; where any has some, all must say so (§3.27.23)."""
    if id(finding) not in suppressed:
        return {"suppressions": []}
    suppression = {"kind": "inSource", "status": "accepted"}
    if finding.excuse:
        suppression["justification"] = harmless(finding.excuse)
    return {"suppressions": [suppression]}


def _rule(rule: RuleDescription) -> dict[str, Any]:
    more = f"`stepguard explain {rule.id}` shows examples and how to suppress it ({rule.page})."
    parts = [f"{heading}\n\n{body}" for heading, body in rule.sections.items()]
    text = "\n\n".join([*(parts or [rule.summary or rule.name]), more])
    described: dict[str, Any] = {
        "id": rule.id,
        "name": _pascal(rule.name),
        "shortDescription": {"text": rule.summary or rule.name},
        "fullDescription": {"text": _full(rule)},
        "help": {"text": text},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "security-severity": _SECURITY_SEVERITY[rule.severity],
            "tags": ["security", "aws", "step-functions"],
            "precision": "high",
        },
    }
    if parts:
        described["help"]["markdown"] = "\n\n".join([*(f"## {part}" for part in parts), more])
    if rule.url:
        described["helpUri"] = rule.url
    return described


def _full(rule: RuleDescription) -> str:
    """Return what the rule does in a paragraph, of the length that GitHub takes."""
    text = rule.sections.get("What it does", "") or rule.summary or rule.name
    return text.split("\n\n", 1)[0][:1024]


def _text(message: str) -> str:
    """Return a message in which nothing is a control character or a link.

    A plain text message may hold links, `[text](address)` (§3.11.6); ours hold none.
    """
    return "\n".join(harmless_lines(message)).replace("](", "] (")


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.replace("_", "-").split("-"))


def _result(finding: Finding, root: Path, numbers: dict[str, int]) -> dict[str, Any]:
    violation = finding.violation
    message = violation.message
    if violation.suggestion:
        message = f"{message}\n\n{violation.suggestion}"
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(message)},
        "locations": [_location(place_of(finding), root, violation.resource)],
        "partialFingerprints": {"stepguard/v1": finding.fingerprint},
        "properties": {"severity": finding.severity.label},
    }
    if finding.rule in numbers:
        result["ruleIndex"] = numbers[finding.rule]
    if violation.related:
        result["relatedLocations"] = [
            {
                "id": number,
                **_location(Place.of(one.span, finding.root), root),
                "message": {"text": _text(one.message)},
            }
            for number, one in enumerate(violation.related[:MAXIMUM_RELATED], 1)
        ]
    return result


def _location(place: Place, root: Path, resource: str = "") -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.file, root)}
    region = _region(place)
    if region:
        physical["region"] = region
    location: dict[str, Any] = {"physicalLocation": physical}
    if resource:
        location["logicalLocations"] = [{"fullyQualifiedName": resource, "kind": "resource"}]
    return location


def _region(place: Place) -> dict[str, int]:
    """Return where in a file; SARIF counts from one, with the end column exclusive, as we do."""
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {key: value for key, value in region.items() if value is not None}


def _artifact(file: str, root: Path) -> dict[str, str]:
    """Return a file's URI: relative to the working directory, absolute where it is elsewhere."""
    absolute = Path(os.path.normpath(root / encodable(file)))
    try:
        relative = absolute.relative_to(root).as_posix()
    except ValueError:
        return {"uri": absolute.as_uri()}
    return {"uri": percent_encoded(relative), "uriBaseId": "SRCROOT"}


def _error_notifications(report: Report, root: Path) -> list[dict[str, Any]]:
    return [
        {
            "level": "error",
            "message": {"text": _text(error.message)},
            "locations": [_location(error.place, root)],
        }
        for error in report.errors
    ]


def _cut_notifications(number: int) -> list[dict[str, Any]]:
    if not number:
        return []
    text = f"{count(number, 'more result')}: left out, because GitHub would not take the log"
    return [{"level": "warning", "message": {"text": text}}]


def _notice_notifications(report: Report, root: Path) -> list[dict[str, Any]]:
    return [
        {
            "level": "warning",
            "message": {"text": _text(notice.message)},
            "locations": [_location(notice.place, root)],
        }
        for notice in report.notices
    ]


def _unevaluated_notifications(
    report: Report, root: Path, numbers: dict[str, int]
) -> list[dict[str, Any]]:
    notifications: list[dict[str, Any]] = []
    for one in report.not_evaluated:
        associated: dict[str, Any] = {"id": one.rule}
        if one.rule in numbers:
            associated["index"] = numbers[one.rule]
        notifications.append(
            {
                "level": "note",
                "message": {"text": _text(f"{one.rule} was not evaluated: {one.reason}")},
                "associatedRule": associated,
                "locations": [_location(one.place, root, one.resource)],
            }
        )
    return notifications
