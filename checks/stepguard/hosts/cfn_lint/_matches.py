"""Findings as cfn-lint wants them: a path, a message, and a place in the template.

cfn-lint shows every match in the file that it lints. What is written in another file, such as a
definition, is shown where the template names that file, and the message says where it is.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.deployment.source import SourceFile, Span
from stepguard.finding import Finding
from stepguard.place import Place
from stepguard.report import Report, Unevaluated, place_of
from stepguard.reports.display import harmless, harmless_lines
from stepguard.structs import Struct, replace

Location: TypeAlias = "tuple[int, int, int, int]"
"""Line and column of the start and of the end, counted from zero."""

_START: Location = (0, 0, 0, 1)
"""The place of what has none."""

_PATH_BEFORE = re.compile(r"[^\s\"'=,\[{(]*\Z")
"""The part of a file's path that stands before its name."""


class Match(Struct, frozen=True):
    """Something to be shown by cfn-lint.

    `path` begins with `Resources` and the logical id of a resource of the template. What belongs
    to none has the path `Resources`: an empty one would be hidden by any Metadata ignore.
    """

    path: tuple[str, ...]
    message: str
    location: Location


class Shown(Struct, frozen=True):
    """All that there is to be shown of a template: findings by stepguard's own id of the rule.

    It holds on to nothing that was read, since cfn-lint keeps templates longer than it needs them.
    """

    findings: Mapping[str, Sequence[Match]]
    not_evaluated: Sequence[Match]
    errors: Sequence[Match]


def shown_of(report: Report, deployment: Deployment, template: SourceFile) -> Shown:
    """Return what is to be shown of a report about one template and what was read of it.

    What could not be evaluated is one match for each resource, place and reason. With it goes what
    there is to say of suppressions that do nothing.
    """
    maker = _Matches(report, deployment, template)
    findings: dict[str, list[tuple[Match, str]]] = {}
    for one in report.findings:
        findings.setdefault(one.rule, []).append((maker.finding(one), one.violation.resource))
    groups: dict[object, list[Unevaluated]] = {}
    for other in report.not_evaluated:
        groups.setdefault((other.resource, other.reason, other.place.order), []).append(other)
    not_evaluated = _told_apart(
        [(maker.unevaluated(group), group[0].resource) for group in groups.values()]
    )
    return Shown(
        {rule: _told_apart(matches) for rule, matches in findings.items()},
        [*not_evaluated, *(maker.match(one.message, "", one.place) for one in report.notices)],
        [maker.match(one.message, "", one.place) for one in report.errors],
    )


def failed(message: str) -> Shown:
    """Return what is to be shown when nothing could be judged."""
    return Shown({}, [], [Match(("Resources",), _one_line(message), _START)])


class _Matches:
    """Makes matches: `template` is the template's file, `deployment` what was read of it."""

    def __init__(self, report: Report, deployment: Deployment, template: SourceFile) -> None:
        self._made_for = report.made_for
        self._deployment = deployment
        self._template = template

    def finding(self, finding: Finding) -> Match:
        violation = finding.violation
        match = self.match(violation.message, violation.resource, place_of(finding))
        if not violation.suggestion:
            return match
        lines = harmless_lines(violation.suggestion)
        separator = "\n" if len(lines) > 1 else " "
        return replace(match, message=f"{match.message}; help:{separator}" + "\n".join(lines))

    def unevaluated(self, group: Sequence[Unevaluated]) -> Match:
        first = group[0]
        rules = ", ".join(dict.fromkeys(one.rule for one in group))
        return self.match(f"{rules} not evaluated: {first.reason}", first.resource, first.place)

    def match(self, message: str, address: str, place: Place) -> Match:
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
        address = self._made_for.get((self._deployment.root, address), address)
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


def _told_apart(found: Sequence[tuple[Match, str]]) -> list[Match]:
    """Return matches; those that differ in their resource alone say first which it is.

    A loop (`Fn::ForEach`) or an anchor writes several resources at one place, and cfn-lint shows
    one of the matches that have the same message and place.
    """
    same = Counter((match.message, match.location) for match, _ in found)
    return [
        replace(match, message=f"{harmless(address)}: {match.message}")
        if same[match.message, match.location] > 1
        else match
        for match, address in found
    ]
