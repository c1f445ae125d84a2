"""A review: two sides, judged alike, and what the change between them does."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.change import Change
from stepguard.engine import ScanOptions, judge_reading
from stepguard.finding import Finding
from stepguard.masked_reports import masked
from stepguard.report import Notice, Report, place_of
from stepguard.review.comparing import compare
from stepguard.review.doubts import Doubts
from stepguard.review.moves import Located, moved_resources
from stepguard.review.pairing import pair
from stepguard.review.permission_changes import role_changes
from stepguard.review.sides import Side, Sides
from stepguard.review.workflow_changes import machine_changes


def review(sides: Sides, options: ScanOptions) -> Report:
    """Return the report of what is there after a change, with what the change does to it.

    Every finding has a status. One that is gone because its rule cannot be decided after the
    change is not fixed: that is a notice. So is what of the side before could not be read: at
    worst, more counts as introduced. Raises `UnknownRuleError` for a rule id that no rule has.
    """
    before, after = sides.before, sides.after
    old = judge_reading(before.reading, options)
    report = judge_reading(after.reading, options)
    report.notices.extend((*before.notices, *after.notices, *_unread(before, old, report)))
    pairs = pair(before.deployments, after.deployments, before.key, after.key)
    moved = moved_resources(pairs)
    roots = {
        one.before.root: one.after.root
        for one in pairs
        if one.before is not None and one.after is not None
    }
    compared = compare(old.findings, report.findings, report.suppressed, moved, roots)
    report.findings = compared.present

    def locate(root: str, address: str) -> Located:
        return moved.get((root, address), (roots.get(root, root), address))

    doubts = Doubts(old, report, after.deployments, locate)
    fixed: list[Finding] = []
    doubtful: list[Finding] = []
    for one in compared.fixed:
        (doubtful if doubts.why(one) else fixed).append(one)
    roles = list(role_changes(before.deployments, after.deployments, moved))
    machines = list(machine_changes(before.deployments, after.deployments, moved))
    gone = [(one.root, one.address) for one in roles if one.fate == "removed"]
    gone += [(one.root, one.address) for one in machines if one.fate == "removed"]
    unseen = {one: there for one in gone if doubts.why_gone(there := locate(*one))}
    report.notices.extend(doubts.notices(doubtful, list(unseen.values())))
    change = Change(
        before=before.name,
        after=after.name,
        fixed=sorted(fixed, key=_order),
        roles=tuple(one for one in roles if (one.root, one.address) not in unseen),
        machines=tuple(one for one in machines if (one.root, one.address) not in unseen),
    )
    is_masked = any(one.has_secrets for one in (*old.state_machines, *report.state_machines))
    report.change = masked(change) if is_masked else change
    return report


def _unread(before: Side, old: Report, report: Report) -> Iterator[Notice]:
    """Yield what could not be read of the side before, unless it is still so."""
    still = {(one.place.file, one.message) for one in report.errors}
    for one in old.errors:
        if (one.place.file, one.message) not in still:
            message = f"not read in {before.name}, so that more may count as introduced"
            yield Notice(place=one.place, message=f"{message}: {one.message}")


def _order(finding: Finding) -> tuple[object, ...]:
    return (*place_of(finding).order, finding.rule, finding.violation.resource)
