from __future__ import annotations

import json
from collections.abc import Callable

from stepguard.report import Report
from stepguard.reports.json_report import render_json, report_as_dict


def test_the_json(report: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("everything.json", render_json(report))


def test_it_has_the_fields_of_version_1(report: Report) -> None:
    data = json.loads(render_json(report))
    assert data == report_as_dict(report)
    assert data["version"] == 1
    assert set(data["tool"]) == {"name", "version"}
    assert {
        "files", "state_machines", "definitions", "violations", "not_evaluated", "suppressed",
        "errors",
    } <= set(data["summary"])  # fmt: skip
    assert set(data["summary"]["definitions"]) == {"resolved", "partial", "unresolved"}
    assert set(data["summary"]["violations"]) == {"critical", "high", "medium", "low"}
    assert {
        "address", "file", "line", "type", "definition", "reason", "query_language", "states",
        "tasks", "role", "role_read", "needs", "grants",
    } <= set(data["state_machines"][0])  # fmt: skip
    assert {
        "rule", "name", "severity", "message", "resource", "file", "line", "column", "end_line",
        "end_column", "path", "state", "fingerprint", "related", "suggestion",
    } <= set(data["findings"][0])  # fmt: skip
    assert {"rule", "resource", "file", "line", "reason"} <= set(data["not_evaluated"][0])
    assert data["evaluated"]["SFN402"] == {"pass": 0, "violation": 1, "not_evaluated": 1}
    assert {"file", "message"} <= set(data["errors"][0])


def test_a_finding_points(report: Report) -> None:
    finding = report_as_dict(report)["findings"][0]
    place = [finding[key] for key in ("file", "line", "column", "end_line", "end_column")]
    assert place == ["in fra/größe #1.tf", 2, 2, 2, 6]
    assert finding["path"] == ["States", "Ask", 0]


def test_a_finding_without_a_place_names_its_root(report: Report) -> None:
    finding = report_as_dict(report)["findings"][1]
    assert (finding["file"], finding["line"]) == ("in fra", None)
