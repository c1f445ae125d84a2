from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest

from stepguard.report import GrantReading, MachineReading, PermissionReading, Report
from stepguard.reports import json_report
from stepguard.reports.json_report import render_json, report_as_dict
from stepguard.structs import replace


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


def test_permissions_are_listed_up_to_a_bound(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    grant = GrantReading(
        effect="Allow",
        action="sns:Publish",
        resources=("*",),
        other_than_actions=(),
        other_than_resources=(),
        is_conditional=False,
        source="aws_iam_role.one",
        policy="one",
    )

    def permissions(address: str) -> PermissionReading:
        asked.append(address)
        return PermissionReading(grants=(grant, grant))

    def named(address: str) -> MachineReading:
        one = report.state_machines[0]
        return replace(one, address=address, permissions=partial(permissions, address))

    report.state_machines = [named(address) for address in ("first", "second", "third", "fourth")]
    monkeypatch.setattr(json_report, "MAXIMUM_PERMISSIONS", 5)
    shown = report_as_dict(report)["state_machines"]
    assert [len(one["grants"]) for one in shown] == [2, 2, 0, 0]
    reason = "a report lists no more than 5 needs and grants"
    assert [one["not_checked"] for one in shown] == [[], [], [reason], [reason]]
    assert asked == ["first", "second", "third"]
