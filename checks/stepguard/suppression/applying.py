"""Taking the findings that the source excuses out of a report."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from stepguard.deployment.graph import Deployment
from stepguard.deployment.source import Span
from stepguard.finding import Finding, Violation
from stepguard.place import Place
from stepguard.report import Notice, Report
from stepguard.structs import Struct, field, replace
from stepguard.suppression.directives import (
    Directive,
    directives_of_file,
    directives_of_resources,
)


class Excusable(Struct):
    """What of deployments decides which findings are excused, besides the comments of files.

    `directives` are those of resources and definitions, `blocks` the places of the resources'
    headers by root and address.
    """

    directives: list[Directive] = field(default_factory=list)
    blocks: dict[tuple[str, str], list[Span]] = field(default_factory=dict)

    def add(self, other: Excusable) -> None:
        """Take in what belongs to further deployments."""
        self.directives += other.directives
        for key, spans in other.blocks.items():
            self.blocks.setdefault(key, []).extend(spans)


def find_excusable(deployments: Iterable[Deployment]) -> Excusable:
    """Return what of deployments decides which findings are excused."""
    found = Excusable()
    for deployment in deployments:
        found.directives.extend(directives_of_resources(deployment))
        for resource in deployment.resources:
            if resource.span is not None:
                key = (deployment.root, resource.address)
                found.blocks.setdefault(key, []).append(resource.span)
    return found


def apply_suppressions(
    report: Report,
    excusable: Excusable,
    *,
    forbidden: Collection[str] = (),
    today: datetime.date | None = None,
) -> None:
    """Move the findings that are excused from a report's findings to its suppressed ones.

    `forbidden` are rules that may not be suppressed. What is wrong with a directive, and one that
    excuses nothing, becomes a notice of the report.
    """
    of_files = [one for file in report.read.values() for one in directives_of_file(file)]
    directives = of_files + excusable.directives
    if not directives:
        return
    day = today or datetime.date.today()
    usable = [one for one in directives if _is_usable(one, forbidden, day)]
    index = _Index(usable)
    kept: list[Finding] = []
    for finding in report.findings:
        headers = excusable.blocks.get((finding.root, finding.violation.resource), ())
        reason = _excuse(finding, index.about(finding, headers), headers)
        if reason is None:
            kept.append(finding)
        else:
            report.suppressed.append(replace(finding, excuse=reason))
    report.findings = kept
    ran = set(report.evaluated)
    report.notices.extend(dict.fromkeys(_notices(directives, ran)))


def _is_usable(directive: Directive, forbidden: Collection[str], day: datetime.date) -> bool:
    if directive.problem:
        return False
    barred = [rule for rule in directive.rules if rule in forbidden]
    if barred:
        directive.problem = f"the configuration does not allow {', '.join(barred)} to be suppressed"
    elif directive.until is not None and directive.until < day:
        directive.problem = f"the suppression has ended on {directive.until.isoformat()}"
    return not directive.problem


class _Index:
    """Directives by what they are about: a line of a file, or a resource."""

    def __init__(self, directives: Sequence[Directive]) -> None:
        self._directives = directives
        self._by_line: dict[tuple[str, int | None], list[int]] = {}
        self._by_resource: dict[str, list[int]] = {}
        for number, one in enumerate(directives):
            if one.resource:
                self._by_resource.setdefault(one.resource, []).append(number)
            else:
                self._by_line.setdefault((one.file, one.line), []).append(number)

    def about(self, finding: Finding, headers: Iterable[Span]) -> list[Directive]:
        """Return those that may be about a finding, in their order."""
        violation = finding.violation
        places = [violation.span, *headers, *(one.span for one in violation.related)]
        found = set(self._by_resource.get(violation.resource, ()))
        for span in places:
            if span is not None:
                found.update(self._by_line.get((span.path, span.line), ()))
        return [self._directives[number] for number in sorted(found)]


def _excuse(
    finding: Finding, directives: Iterable[Directive], headers: Sequence[Span]
) -> str | None:
    """Return why a finding is excused; `None` when it is not, or only for some of its states."""
    violation = finding.violation
    states = set(violation.states)
    is_shared = len(states) > 1
    by_line = _states_by_line(violation) if is_shared else {}
    reasons: list[str] = []
    excused: set[str] = set()
    for one in directives:
        if finding.rule not in one.rules or one.root not in ("", finding.root):
            continue
        if _is_about(one, violation, headers) or (not is_shared and _is_at(one, violation)):
            one.has_excused = True
            return one.reason
        covered = states & _states_of(one, violation, by_line) if is_shared else set()
        if covered:
            one.has_excused = True
            reasons.append(one.reason)
            excused |= covered
    return "; ".join(dict.fromkeys(reasons)) if is_shared and excused == states else None


def _is_about(directive: Directive, violation: Violation, headers: Iterable[Span]) -> bool:
    """Tell whether a directive is about all of the resource that a violation is about."""
    if directive.resource:
        return directive.state is None and directive.resource == violation.resource
    return any(_is_on_line(directive, span) for span in headers)


def _is_at(directive: Directive, violation: Violation) -> bool:
    """Tell whether a directive is about the one place or state that a violation has."""
    if directive.resource:
        return directive.resource == violation.resource and directive.state in violation.states
    return _is_on_line(directive, violation.span)


def _states_by_line(violation: Violation) -> dict[tuple[str, int], set[str]]:
    """Return which of the several states of a violation stand on each line."""
    found: dict[tuple[str, int], set[str]] = {}
    for one in violation.related:
        if one.span is not None and one.state is not None:
            found.setdefault((one.span.path, one.span.line), set()).add(one.state)
    return found


def _states_of(
    directive: Directive, violation: Violation, by_line: Mapping[tuple[str, int], set[str]]
) -> set[str]:
    """Return which of the several states of a violation a directive is about."""
    if directive.resource:
        is_of_one = directive.resource == violation.resource and directive.state is not None
        return {directive.state or ""} if is_of_one else set()
    if directive.span is None or directive.line is None:
        return set()
    return by_line.get((directive.file, directive.line), set())


def _is_on_line(directive: Directive, span: Span | None) -> bool:
    if span is None or directive.span is None:
        return False
    return (span.path, span.line) == (directive.file, directive.line)


def _notices(directives: Sequence[Directive], ran: Collection[str]) -> Iterator[Notice]:
    # What several deployments share is read with each, and excuses what is reported once.
    useful = {_identity(one) for one in directives if one.has_excused}
    for one in directives:
        message = one.problem
        if not message and _identity(one) not in useful and set(one.rules) & set(ran):
            message = f"the suppression of {', '.join(one.rules)} excuses nothing: take it out"
        if message:
            yield Notice(place=Place.of(one.span, one.file), message=message)


def _identity(directive: Directive) -> object:
    """Return the place that a directive stands at; without one it is like no other."""
    span = directive.span
    return directive if span is None else (span.path, span.start, span.end)
