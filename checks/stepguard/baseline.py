"""A baseline: the findings that are known and accepted, so that only others are reported."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from stepguard.finding import Finding
from stepguard.place import Place
from stepguard.report import Notice, Report, place_of
from stepguard.structs import Struct, replace

DEFAULT_REASON = "known when the baseline was made"
"""Why a finding is accepted when nobody has said it."""

MAXIMUM_NAMED = 10
"""Findings that a notice names; the rest are counted."""


class Known(Struct, frozen=True, kw_only=True, order=True):
    """A finding that is accepted.

    `fingerprint` alone decides which finding it is; `file`, of several with the same one, which
    goes first. `date` is the day on which it was accepted.
    """

    file: str
    rule: str
    resource: str
    state: str
    fingerprint: str
    reason: str
    date: datetime.date

    @classmethod
    def of(cls, finding: Finding, reason: str, day: datetime.date) -> Known:
        """Return the entry of a finding."""
        return cls(
            file=place_of(finding).file,
            rule=finding.rule,
            resource=finding.violation.resource,
            state=finding.violation.state or "",
            fingerprint=finding.fingerprint,
            reason=reason,
            date=day,
        )

    def __str__(self) -> str:
        state = f", state {self.state!r}" if self.state else ""
        return f"{self.rule} {self.resource}{state}"


def known_findings(
    findings: Iterable[Finding], earlier: Sequence[Known], reason: str, day: datetime.date
) -> list[Known]:
    """Return the entries of findings, sorted; what `earlier` has keeps its reason and its day.

    `reason` and `day` are those of the others.
    """
    matches = _Matches(earlier)
    entries: list[Known] = []
    for finding in _by_place(findings):
        entry = Known.of(finding, reason, day)
        old = matches.take(finding)
        entries.append(entry if old is None else replace(entry, reason=old.reason, date=old.date))
    return sorted(entries)


def apply_baseline(
    report: Report, baseline: Sequence[Known], path: Path, forbidden: Collection[str] = ()
) -> None:
    """Move the findings that a baseline has from a report's findings to its suppressed ones.

    Of several with the same fingerprint, as many are known as the baseline has. `path` is the
    baseline's, `forbidden` are rules of which no finding may be accepted. How many are known, and
    which of the baseline's are gone, becomes a notice of the report.
    """
    matches = _Matches(one for one in baseline if one.rule not in forbidden)
    excuses: dict[int, Known] = {}
    for finding in _by_place(report.findings):
        entry = matches.take(finding)
        if entry is not None:
            excuses[id(finding)] = entry
    # What the source suppresses as well is not gone.
    for finding in report.suppressed:
        matches.take(finding)
    report.suppressed.extend(
        replace(one, excuse=f"{entry.reason} ({entry.date.isoformat()}, {path.name})")
        for one in report.findings
        if (entry := excuses.get(id(one))) is not None
    )
    report.findings = [one for one in report.findings if id(one) not in excuses]
    place = Place(file=path.as_posix())
    if excuses:
        count = len(excuses)
        message = f"{count} known finding{'' if count == 1 else 's'} left out"
        report.notices.append(Notice(place=place, message=message))
    gone = [one for one in matches.left() if _was_looked_for(one, report)]
    if gone:
        report.notices.append(Notice(place=place, message=_gone(gone)))
    barred = sorted({one.rule for one in baseline if one.rule in forbidden})
    if barred:
        message = f"the configuration does not allow {', '.join(barred)} to be suppressed"
        report.notices.append(Notice(place=place, message=message))


def _gone(entries: Sequence[Known]) -> str:
    named = "; ".join(str(one) for one in entries[:MAXIMUM_NAMED])
    more = len(entries) - MAXIMUM_NAMED
    rest = f" and {more} more" if more > 0 else ""
    count = f"{len(entries)} known finding{'' if len(entries) == 1 else 's'}"
    verb = "is" if len(entries) == 1 else "are"
    return f"{count} {verb} gone: {named}{rest}; write the baseline anew"


def _was_looked_for(entry: Known, report: Report) -> bool:
    """Tell whether a finding would have been met: its rule ran, on its file or where it was.

    What could not be read, or not decided there, may still be so.
    """
    if entry.rule not in report.evaluated:
        return False
    if any(one.place.file == entry.file for one in report.errors):
        return False
    # A rule may say something of a part of what it judges: of a policy of a role.
    is_judged = any(key[1:] == (entry.rule, entry.resource) for key in report.outcomes)
    if any(
        one.rule == entry.rule and (one.resource == entry.resource or not is_judged)
        for one in report.not_evaluated
    ):
        return False
    return entry.file in report.read or not Path(entry.file).exists()


def _by_place(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (*place_of(one).order, one.rule))


class _Matches:
    """The entries that are left for findings, each for one."""

    def __init__(self, entries: Iterable[Known]) -> None:
        self._left: dict[str, list[Known]] = defaultdict(list)
        for one in sorted(entries):
            self._left[one.fingerprint].append(one)

    def take(self, finding: Finding) -> Known | None:
        """Return the entry of a finding, one of its file before others; `None` if none is left."""
        entries = self._left.get(finding.fingerprint)
        if not entries:
            return None
        file = place_of(finding).file
        chosen = next((one for one in entries if one.file == file), entries[0])
        entries.remove(chosen)
        return chosen

    def left(self) -> list[Known]:
        """Return the entries that no finding has taken."""
        return sorted(one for entries in self._left.values() for one in entries)
