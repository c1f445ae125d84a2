"""The report as JSON, version 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stepguard import __version__
from stepguard.change import Change, MachineChange, PermissionChange, RoleChange, StateChange
from stepguard.finding import Finding, RelatedPlace
from stepguard.place import Place
from stepguard.report import (
    OUTCOMES,
    GrantReading,
    MachineReading,
    NeedReading,
    Notice,
    PermissionReading,
    Report,
    ScanError,
    place_of,
)
from stepguard.reports.escaping_commands import json_text
from stepguard.reports.selection import introduced, unchanged

MAXIMUM_PERMISSIONS = 120_000
"""Needs and grants that a report lists of all state machines together: a role with very many
statements is listed with each machine that has it, and the report would take gigabytes."""

VERSION = 1
"""Goes up when a field changes its meaning or goes away; new fields leave it as it is."""


def report_as_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain data, in the shape of version 1."""
    document = {
        "version": VERSION,
        "tool": {"name": "stepguard", "version": __version__},
        "summary": {
            "files": len(report.read),
            "passed_over": dict(sorted(report.passed_over.items())),
            "state_machines": len(report.state_machines),
            "definitions": dict(report.definitions),
            "violations": {severity.label: count for severity, count in report.violations.items()},
            "not_evaluated": len(report.not_evaluated),
            "suppressed": len(report.suppressed),
            "notices": len(report.notices),
            "errors": len(report.errors),
        },
        "state_machines": _machines(report.state_machines),
        "findings": [_finding(finding) for finding in report.findings],
        "not_evaluated": [
            {
                "rule": one.rule,
                "resource": one.resource,
                "file": one.place.file,
                "line": one.place.line,
                "reason": one.reason,
            }
            for one in report.not_evaluated
        ],
        "evaluated": {
            rule: {outcome: counted[outcome] for outcome in OUTCOMES}
            for rule, counted in report.evaluated.items()
        },
        "suppressed": [
            {**_finding(finding), "reason": finding.excuse} for finding in report.suppressed
        ],
        "notices": [_error(notice) for notice in report.notices],
        "errors": [_error(error) for error in report.errors],
    }
    if report.change is not None:
        document["change"] = _change(report.change, report)
    return document


def render_json(report: Report) -> str:
    """Return the report as JSON text with a line break at its end."""
    return json_text(report_as_dict(report))


def _place(place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    violation = finding.violation
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.label,
        "message": violation.message,
        "resource": violation.resource,
        **_place(place_of(finding)),
        "path": list(violation.path),
        "state": violation.state,
        "fingerprint": finding.fingerprint,
        **({} if finding.status is None else {"status": finding.status}),
        "related": _related(violation.related, finding.root),
        "suggestion": violation.suggestion,
    }


def _related(places: Sequence[RelatedPlace], root: str) -> list[dict[str, Any]]:
    return [{"message": one.message, **_place(Place.of(one.span, root))} for one in places]


def _machines(machines: Sequence[MachineReading]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    room = MAXIMUM_PERMISSIONS
    for machine in machines:
        # What is not to be listed is not worked out either.
        permissions = machine.permissions() if room >= 0 else PermissionReading()
        room -= len(permissions.needs) + len(permissions.grants)
        if room < 0:
            reason = f"a report lists no more than {MAXIMUM_PERMISSIONS:,} needs and grants"
            permissions = PermissionReading(not_checked=(*permissions.not_checked, reason))
        shown.append(_machine(machine, permissions))
    return shown


def _machine(machine: MachineReading, permissions: PermissionReading) -> dict[str, Any]:
    return {
        "address": machine.address,
        "label": machine.label,
        "root": machine.root,
        "file": machine.place.file,
        "line": machine.place.line,
        "type": machine.kind,
        "definition": machine.definition,
        "reason": machine.reason,
        "query_language": machine.query_language,
        "states": machine.states,
        "tasks": machine.tasks,
        "role": machine.role,
        "role_read": machine.role_read,
        "role_reason": machine.role_reason,
        "needs": [_need(need) for need in permissions.needs],
        "grants": [_grant(grant) for grant in permissions.grants],
        "not_checked": list(permissions.not_checked),
    }


def _need(need: NeedReading) -> dict[str, Any]:
    return {
        "action": need.action,
        "resources": list(need.resources),
        "states": list(need.states),
        "feature": need.feature or None,
        "need": need.need,
        "role": need.role or None,
        "granted": need.granted,
    }


def _grant(grant: GrantReading) -> dict[str, Any]:
    return {
        "effect": grant.effect,
        "action": grant.action,
        "resources": list(grant.resources),
        "other_than_actions": list(grant.other_than_actions),
        "other_than_resources": list(grant.other_than_resources),
        "conditional": grant.is_conditional,
        "source": grant.source,
        "policy": grant.policy,
    }


def _error(error: ScanError | Notice) -> dict[str, Any]:
    place = error.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "message": error.message,
    }


def _change(change: Change, report: Report) -> dict[str, Any]:
    return {
        "before": change.before,
        "after": change.after,
        "introduced": len(introduced(report)),
        "unchanged": len(unchanged(report)),
        "fixed": [_finding(finding) for finding in change.fixed],
        "roles": [_role_change(one) for one in change.roles],
        "state_machines": [_machine_change(one) for one in change.machines],
    }


def _role_change(one: RoleChange) -> dict[str, Any]:
    return {
        "address": one.address,
        "root": one.root,
        "fate": one.fate,
        **_place(one.place),
        "gained": [_permission_change(permission) for permission in one.gained],
        "lost": [_permission_change(permission) for permission in one.lost],
        "trust_gained": list(one.trust_gained),
        "trust_lost": list(one.trust_lost),
        "unread": list(one.unread),
    }


def _permission_change(one: PermissionChange) -> dict[str, Any]:
    return {
        "effect": one.effect,
        "action": one.action,
        "resources": list(one.resources),
        "access_levels": dict(one.access_levels),
        "conditional": one.is_conditional,
        "condition": one.condition or None,
        "policy": one.policy or None,
        "states": list(one.states),
        "used": one.used,
        "source": one.source,
    }


def _machine_change(one: MachineChange) -> dict[str, Any]:
    return {
        "address": one.address,
        "root": one.root,
        "fate": one.fate,
        **_place(one.place),
        "states": [_state_change(state) for state in one.states],
        "safeguards_lost": list(one.safeguards_lost),
        "settings": list(one.settings),
        "unread": list(one.unread),
    }


def _state_change(one: StateChange) -> dict[str, Any]:
    return {
        "name": one.name,
        "fate": one.fate,
        "line": None if one.place is None else one.place.line,
        "details": list(one.details),
    }
