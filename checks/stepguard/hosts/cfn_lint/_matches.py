"""Findings as cfn-lint wants them: a path, a message, and a place in the template.

cfn-lint shows every match in the file that it lints. What is written in another file, such as a
definition, is shown where the template names that file, and the message says where it is.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.deployment.source import SourceFile, Span
from stepguard.finding import Finding
from stepguard.report import Place, Report, Unevaluated, place_of
from stepguard.reports.display import harmless, harmless_lines

Location: TypeAlias = "tuple[int, int, int, int]"
"""Line and column of the start and of the end, counted from zero."""

_START: Location = (0, 0, 0, 1)
"""The place of what has none."""

_PATH_BEFORE = re.compile(r"[^\s\"'=,\[{(]*\Z")
"""The part of a file's path that stands before its name."""


@dataclass(frozen=True, slots=True)
class Match:
    """Something to be shown by cfn-lint.

    `path` begins with `Resources` and the logical id of a resource of the template. What belongs
    to none has the path `Resources`: an empty one would be hidden by any Metadata ignore.
    """

    path: tuple[str, ...]
    message: str
    location: Location


class Matches:
    """Makes matches of what a report says about one template.

    `template` is the template's file, `deployment` what was read of it.
    """

    def __init__(self, report: Report, deployment: Deployment, template: SourceFile) -> None:
        self._report = report
        self._deployment = deployment
        self._template = template
        self._findings: dict[str, list[Finding]] = {}
        for finding in report.findings:
            self._findings.setdefault(finding.rule, []).append(finding)

    def findings(self, rule: str) -> list[Match]:
        """Return the findings of a rule, given by stepguard's own id."""
        found = self._findings.get(rule, ())
        return _told_apart((self._finding(one), one.violation.resource) for one in found)

    def not_evaluated(self) -> list[Match]:
        """Return what could not be evaluated: one match for each resource, place and reason.

        With it goes what there is to say of suppressions that do nothing.
        """
        groups: dict[object, list[Unevaluated]] = {}
        for one in self._report.not_evaluated:
            groups.setdefault((one.resource, one.reason, one.place.order), []).append(one)
        told = _told_apart(
            (self._unevaluated(group), group[0].resource) for group in groups.values()
        )
        return told + [self._match(one.message, "", one.place) for one in self._report.notices]

    def errors(self) -> list[Match]:
        """Return what could not be read."""
        return [self._match(one.message, "", one.place) for one in self._report.errors]

    def _finding(self, finding: Finding) -> Match:
        violation = finding.violation
        match = self._match(violation.message, violation.resource, place_of(finding))
        if not violation.suggestion:
            return match
        lines = harmless_lines(violation.suggestion)
        separator = "\n" if len(lines) > 1 else " "
        return replace(match, message=f"{match.message}; help:{separator}" + "\n".join(lines))

    def _unevaluated(self, group: Sequence[Unevaluated]) -> Match:
        first = group[0]
        rules = ", ".join(dict.fromkeys(one.rule for one in group))
        return self._match(f"{rules} not evaluated: {first.reason}", first.resource, first.place)

    def _match(self, message: str, address: str, place: Place) -> Match:
        logical_id = self._written_in(address)
        path = ("Resources", logical_id) if logical_id else ("Resources",)
        if place.file == self._template.path:
            return Match(path, _one_line(message), _location(place))
        named = self._where_named(place.file, logical_id)
        location = _START if named is None else _location(Place.of(named, place.file))
        return Match(path, _one_line(f"{message} ({place})"), location)

    def _written_in(self, address: str) -> str:
        """Return the logical id, in this template, of the resource that an address is written in.

        That is the state machine for a role that SAM makes for it, and the stack for what is in a
        nested one: an ignore in the metadata of these has to reach the match.
        """
        address = self._report.made_for.get((self._deployment.root, address), address)
        # The address of a nested stack's resource begins with the stack's own logical id.
        return address.partition(".")[0]

    def _where_named(self, file: str, logical_id: str) -> Span | None:
        """Return where the template names a file; the logical id where it does so indirectly."""
        own = [
            resource
            for resource in self._deployment.find(logical_id)
            if resource.span is not None and resource.span.file is self._template
        ]
        blocks = [resource.block for resource in own if resource.block is not None]
        text = self._template.text
        for start, end in [*((block.start, block.end) for block in blocks), (0, len(text))]:
            found = text.find(posixpath.basename(file), start, end)
            if found >= 0:
                before = _PATH_BEFORE.search(text[start:found])
                begin = found if before is None else start + before.start()
                return Span(self._template, begin, found + len(posixpath.basename(file)))
            if own:
                return own[0].span
        return None


def _location(place: Place) -> Location:
    if place.line is None or place.column is None:
        return _START
    start = (place.line - 1, place.column - 1)
    end_line, end_column = place.end_line or place.line, place.end_column or place.column
    return (*start, end_line - 1, end_column - 1)


def _one_line(text: str) -> str:
    return harmless(" ".join(text.split()))


def _told_apart(found: Iterable[tuple[Match, str]]) -> list[Match]:
    """Return matches; those that differ in their resource alone say first which it is.

    A loop (`Fn::ForEach`) or an anchor writes several resources at one place, and cfn-lint shows
    one of the matches that have the same message and place.
    """
    matches = list(found)
    same = Counter((match.message, match.location) for match, _ in matches)
    return [
        replace(match, message=f"{harmless(address)}: {match.message}")
        if same[match.message, match.location] > 1
        else match
        for match, address in matches
    ]
