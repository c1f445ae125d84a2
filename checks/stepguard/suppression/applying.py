"""Taking the findings that the source excuses out of a report."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from stepguard.deployment.graph import Deployment
from stepguard.deployment.source import Span
from stepguard.finding import Finding
from stepguard.place import Place
from stepguard.report import Notice, Report
from stepguard.suppression.directives import (
    Directive,
    directives_of_file,
    directives_of_resources,
)


def apply_suppressions(
    report: Report,
    deployments: Iterable[Deployment],
    *,
    forbidden: Collection[str] = (),
    today: datetime.date | None = None,
) -> None:
    """Move the findings that are excused from a report's findings to its suppressed ones.

    `forbidden` are rules that may not be suppressed. What is wrong with a directive, and one that
    excuses nothing, becomes a notice of the report.
    """
    deployments = list(deployments)
    directives = list(_directives(report, deployments))
    if not directives:
        return
    day = today or datetime.date.today()
    usable = [one for one in directives if _is_usable(one, forbidden, day)]
    blocks = _blocks(deployments)
    kept: list[Finding] = []
    for finding in report.findings:
        excuse = next((one for one in usable if _excuses(one, finding, blocks)), None)
        if excuse is None:
            kept.append(finding)
            continue
        excuse.has_excused = True
        report.suppressed.append(replace(finding, excuse=excuse.reason))
    report.findings = kept
    ran = set(report.evaluated)
    report.notices.extend(_notices(directives, ran))


def _directives(report: Report, deployments: Iterable[Deployment]) -> Iterator[Directive]:
    for file in report.read.values():
        yield from directives_of_file(file)
    for deployment in deployments:
        yield from directives_of_resources(deployment)


def _is_usable(directive: Directive, forbidden: Collection[str], day: datetime.date) -> bool:
    if directive.problem:
        return False
    barred = [rule for rule in directive.rules if rule in forbidden]
    if barred:
        directive.problem = f"the configuration does not allow {', '.join(barred)} to be suppressed"
    elif directive.until is not None and directive.until < day:
        directive.problem = f"the suppression has ended on {directive.until.isoformat()}"
    return not directive.problem


def _blocks(deployments: Iterable[Deployment]) -> dict[str, list[Span]]:
    """Return the places of the resources' headers by address."""
    found: dict[str, list[Span]] = {}
    for deployment in deployments:
        for resource in deployment.resources:
            if resource.span is not None:
                found.setdefault(resource.address, []).append(resource.span)
    return found


def _excuses(directive: Directive, finding: Finding, blocks: dict[str, list[Span]]) -> bool:
    violation = finding.violation
    if finding.rule not in directive.rules:
        return False
    if directive.resource:
        same = directive.resource == violation.resource
        return same and directive.state in (None, violation.state)
    if directive.span is None:
        return False
    return any(
        span.path == directive.file and span.line == directive.line
        for span in (violation.span, *blocks.get(violation.resource, ()))
        if span is not None
    )


def _notices(directives: Iterable[Directive], ran: Collection[str]) -> Iterator[Notice]:
    for one in directives:
        message = one.problem
        if not message and not one.has_excused and set(one.rules) & set(ran):
            message = f"the suppression of {', '.join(one.rules)} excuses nothing: take it out"
        if message:
            yield Notice(place=Place.of(one.span, one.file), message=message)
