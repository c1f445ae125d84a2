"""What is done for each project, in whichever process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, TypeAlias

from stepguard.engine import ScanOptions, scan
from stepguard.finding import Finding
from stepguard.place import Place
from stepguard.report import Report, place_of
from stepguard.structs import Struct, field, replace
from stepguard.sweep.fetching import FetchError, fetched
from stepguard.sweep.manifest import Project

Row: TypeAlias = "dict[str, str | int | None]"
"""A line of the table of findings; `COLUMNS` are its members."""

COLUMNS: dict[str, type] = {
    "project": str,
    "kind": str,
    "rule": str,
    "severity": str,
    "resource": str,
    "state": str,
    "file": str,
    "line": int,
    "column": int,
    "message": str,
    "suggestion": str,
    "fingerprint": str,
}
"""The columns of the table. `kind`: `finding`, `suppressed`, `not_evaluated` or `error`."""


class ProjectResult(Struct, frozen=True):
    """What a scan of a project has given. `failure` says, in one line, why there was none."""

    project: Project
    rows: list[Row] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str = ""


def scan_project(project: Project, options: ScanOptions) -> ProjectResult:
    """Fetch, scan, and return the rows of a project. What goes wrong is in the result."""
    begun = time.perf_counter()
    try:
        with fetched(project.location) as path:
            if project.source:
                with fetched(project.source) as source:
                    report = scan([path], replace(options, source=source))
            else:
                report = scan([path], options)
            rows = _rows(project, report, path)
    except FetchError as error:
        return ProjectResult(project, failure=str(error))
    counts = {
        "files": len(report.read),
        "state_machines": len(report.state_machines),
        "findings": len(report.findings),
        "suppressed": len(report.suppressed),
        "not_evaluated": len(report.not_evaluated),
        "errors": len(report.errors),
    }
    return ProjectResult(project, rows, counts, time.perf_counter() - begun)


def _rows(project: Project, report: Report, path: Path) -> list[Row]:
    rows = [_finding_row(one, "finding") for one in report.findings]
    rows += [_finding_row(one, "suppressed") for one in report.suppressed]
    rows += [
        {
            **_place(one.place),
            "kind": "not_evaluated",
            "rule": one.rule,
            "resource": one.resource,
            "message": one.reason,
        }
        for one in report.not_evaluated
    ]
    rows += [
        {**_place(one.place), "kind": "error", "message": one.message} for one in report.errors
    ]
    return [_completed(row, project, path) for row in rows]


def _finding_row(finding: Finding, kind: str) -> Row:
    violation = finding.violation
    return {
        **_place(place_of(finding)),
        "kind": kind,
        "rule": finding.rule,
        "severity": finding.severity.label,
        "resource": violation.resource,
        "state": violation.state,
        "message": violation.message,
        "suggestion": violation.suggestion,
        "fingerprint": finding.fingerprint,
    }


def _place(place: Place) -> Row:
    return {"file": place.file, "line": place.line, "column": place.column}


def _completed(row: Row, project: Project, path: Path) -> Row:
    """Return a row with every column; its file is told from the project's own directory."""
    base: Any = path.as_posix().rstrip("/")
    file = str(row["file"])
    if file.startswith(f"{base}/"):
        row["file"] = file[len(base) + 1 :]
    elif file == base:
        row["file"] = path.name
    row["project"] = project.name
    return {column: row.get(column) for column in COLUMNS}
