"""The report as SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stepguard import __version__
from stepguard.finding import Finding, Severity
from stepguard.place import Place
from stepguard.report import Report, RuleDescription, place_of

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


def report_as_sarif(report: Report, base: Path | None = None) -> dict[str, Any]:
    """Return the report as a SARIF log of one run.

    Paths are written relative to `base` (the working directory unless given), where they lie
    below it.
    """
    root = Path(os.path.abspath(base or Path.cwd()))  # noqa: PTH100 - links stay as written
    numbers = {rule.id: number for number, rule in enumerate(report.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "stepguard",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the working directory"}}},
        "invocations": [
            {
                "executionSuccessful": not report.errors,
                "toolExecutionNotifications": [
                    *_error_notifications(report, root),
                    *_notice_notifications(report, root),
                    *_unevaluated_notifications(report, root, numbers),
                ],
            }
        ],
        "results": [_result(finding, root, numbers) for finding in report.findings]
        + [
            {**_result(finding, root, numbers), "suppressions": [_suppression(finding)]}
            for finding in report.suppressed
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _suppression(finding: Finding) -> dict[str, str]:
    suppression = {"kind": "inSource", "status": "accepted"}
    return {**suppression, "justification": finding.excuse} if finding.excuse else suppression


def render_sarif(report: Report, base: Path | None = None) -> str:
    """Return the report as SARIF text with a line break at its end."""
    return json.dumps(report_as_sarif(report, base), indent=2) + "\n"


def _rule(rule: RuleDescription) -> dict[str, Any]:
    more = f"`stepguard explain {rule.id}` shows examples and how to suppress it ({rule.page})."
    parts = [f"{heading}\n\n{body}" for heading, body in rule.sections.items()]
    text = "\n\n".join([*(parts or [rule.summary or rule.name]), more])
    described: dict[str, Any] = {
        "id": rule.id,
        "name": _pascal(rule.name),
        "shortDescription": {"text": rule.summary or rule.name},
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
        "message": {"text": message},
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
                "message": {"text": one.message},
            }
            for number, one in enumerate(violation.related, 1)
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
    absolute = Path(os.path.normpath(root / file))
    try:
        relative = absolute.relative_to(root).as_posix()
    except ValueError:
        return {"uri": absolute.as_uri()}
    return {"uri": quote(os.fsencode(relative)), "uriBaseId": "SRCROOT"}


def _error_notifications(report: Report, root: Path) -> list[dict[str, Any]]:
    return [
        {
            "level": "error",
            "message": {"text": error.message},
            "locations": [_location(error.place, root)],
        }
        for error in report.errors
    ]


def _notice_notifications(report: Report, root: Path) -> list[dict[str, Any]]:
    return [
        {
            "level": "warning",
            "message": {"text": notice.message},
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
                "message": {"text": f"{one.rule} was not evaluated: {one.reason}"},
                "associatedRule": associated,
                "locations": [_location(one.place, root, one.resource)],
            }
        )
    return notifications
