"""The report for people, in the way that compilers print: place, message, source line, help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import click

from stepguard.change import Change
from stepguard.deployment.source import Span
from stepguard.finding import Finding, RelatedPlace, Severity
from stepguard.place import Place
from stepguard.report import Report, Unevaluated, place_of
from stepguard.reports.display import excerpt, harmless, harmless_lines
from stepguard.reports.escaping_commands import inert
from stepguard.reports.selection import introduced, unchanged
from stepguard.reports.text_changes import change_lines

MAXIMUM_COLUMNS = 120
"""Columns of a source line that are shown."""

MAXIMUM_RELATED = 5
"""Related places that are shown of one finding; the rest are counted."""

MAXIMUM_REASONS = 10
"""Reasons that the summary lists; the rest are counted."""

_COLOURS = {
    Severity.CRITICAL: "bright_red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
}

Style = Callable[..., str]


def render_text(
    report: Report, *, colour: bool = False, details: bool = False, everything: bool = False
) -> str:
    """Return the report as text.

    With `details`, what was not evaluated is listed one by one. Of a change, the findings that it
    leaves unchanged are only counted, unless `everything` is wanted.
    """
    style: Style = click.style if colour else _plain
    unevaluated = _unevaluated(report.not_evaluated, style) if details else iter(())
    if report.change is None:
        shown = render_findings(report.findings, colour=colour)
    else:
        shown = _changed(report, report.change, colour=colour, everything=everything)
    rest = "".join(f"{line}\n" for line in chain(unevaluated, _summary(report, style)))
    # CI prints it, and takes some lines for commands.
    return "\n".join(map(inert, (shown + rest).split("\n")))


def verdict(report: Report) -> str:
    """Return what a change does to the findings: `2 introduced, 1 fixed, 14 unchanged`."""
    fixed = 0 if report.change is None else len(report.change.fixed)
    counts = (len(introduced(report)), fixed, len(unchanged(report)))
    return f"{counts[0]} introduced, {counts[1]} fixed, {counts[2]} unchanged"


def _changed(report: Report, change: Change, *, colour: bool, everything: bool) -> str:
    """Return the part of a review: the verdict, the findings, roles and workflows."""
    style: Style = click.style if colour else _plain
    new, old = introduced(report), unchanged(report)
    colours = "red" if new else "green"
    sides = f"{harmless(change.before)} → {harmless(change.after)}"
    parts = [f"{style(verdict(report), fg=colours, bold=True)} ({sides})\n\n"]
    parts.append(render_findings(new, colour=colour))
    parts.extend(f"{_line(one, 'fixed', style)}\n" for one in change.fixed)
    if change.fixed:
        parts.append("\n")
    if everything:
        parts.extend(f"{_line(one, 'unchanged', style)}\n" for one in old)
        parts.append("\n" if old else "")
    parts.extend(f"{line}\n" for line in change_lines(change, colour=colour))
    return "".join(parts)


def _line(finding: Finding, status: str, style: Style) -> str:
    """Return a finding in one line."""
    place = style(harmless(str(place_of(finding))), bold=True)
    said = style(status, fg="green" if status == "fixed" else None)
    message = harmless_lines(finding.violation.message)[0]
    rule = style(finding.rule, bold=True)
    return f"{place}: {said} {finding.severity.label} {rule} {message}"


def render_findings(findings: Iterable[Finding], *, colour: bool = False) -> str:
    """Return findings as text, each with an empty line behind it."""
    style: Style = click.style if colour else _plain
    return "".join(f"{line}\n" for one in findings for line in _finding(one, style))


def _plain(text: str, **_: object) -> str:
    return text


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    violation = finding.violation
    place = harmless(str(place_of(finding)))
    severity = style(finding.severity.label, fg=_COLOURS[finding.severity], bold=True)
    message, *further = harmless_lines(violation.message)
    yield f"{style(place, bold=True)}: {severity} {style(finding.rule, bold=True)} {message}"
    yield from further
    margin = len(str(violation.span.line)) if violation.span is not None else 1
    if violation.span is not None:
        yield from _source(violation.span, margin, finding.severity, style)
    if violation.resource:
        yield from _labelled("in", _subject(finding), margin, style)
    for related in violation.related[:MAXIMUM_RELATED]:
        yield from _labelled("note", _note(related, finding), margin, style)
    hidden = len(violation.related) - MAXIMUM_RELATED
    if hidden > 0:
        yield from _labelled("note", f"and {hidden} more", margin, style)
    if violation.suggestion:
        yield from _labelled("help", violation.suggestion, margin, style)
    yield ""


def _subject(finding: Finding) -> str:
    violation = finding.violation
    if violation.state is None:
        return violation.resource
    return f"{violation.resource}, state {violation.state!r}"


def _note(related: RelatedPlace, finding: Finding) -> str:
    return f"{Place.of(related.span, finding.root)}: {related.message}"


def _source(span: Span, margin: int, severity: Severity, style: Style) -> Iterator[str]:
    """Yield the source line with the span underlined; of several lines, the first."""
    line, start, end = span.file.excerpt(span)
    shown, before, length = excerpt(line, start, end, MAXIMUM_COLUMNS)
    bar = style("|", fg="cyan")
    yield f"{' ' * margin} {bar}"
    yield f"{style(str(span.line).rjust(margin), fg='cyan')} {bar} {shown}"
    underline = style("^" * length, fg=_COLOURS[severity], bold=True)
    yield f"{' ' * margin} {bar} {' ' * before}{underline}"


def _labelled(label: str, text: str, margin: int, style: Style) -> Iterator[str]:
    """Yield `= label: text`; further lines of the text stand below its first."""
    first, *further = harmless_lines(text)
    sign = style("=", fg="cyan")
    yield f"{' ' * margin} {sign} {style(label, bold=True)}: {first}"
    indent = " " * (margin + len(label) + 5)
    yield from (f"{indent}{line}".rstrip() for line in further)


def _unevaluated(items: Iterable[Unevaluated], style: Style) -> Iterator[str]:
    for one in items:
        place = style(harmless(str(one.place)), bold=True)
        what = style("not evaluated", fg="magenta", bold=True)
        resource = f" ({harmless(one.resource)})" if one.resource else ""
        yield f"{place}: {what} {style(one.rule, bold=True)} {harmless(one.reason)}{resource}"
    yield ""


def _summary(report: Report, style: Style) -> Iterator[str]:
    machines = len(report.state_machines)
    definitions = ", ".join(
        f"{count} {state}" for state, count in report.definitions.items() if count
    )
    files = f"in {_count(len(report.read), 'file')}"
    if machines:
        yield f"{_count(machines, 'state machine')} {files}; definitions: {definitions}"
    else:
        yield f"no state machines {files}"
    roles = Counter(machine.role_read for machine in report.state_machines)
    if machines:
        yield (
            f"execution roles: {roles['full']} read in full, {roles['partial']} in part, "
            f"{roles['none']} not"
        )
    yield _violations(report, style)
    shown = introduced(report)
    if shown:
        command = style(f"stepguard explain {shown[0].rule}", bold=True)
        yield f"{command} shows why, an example, and how to suppress it"
    yield from _not_evaluated(report, style)
    if report.suppressed:
        yield f"{len(report.suppressed)} suppressed"
    for notice in report.notices:
        yield f"{style('notice', fg='cyan')}: {harmless(str(notice))}"
    for reason, count in sorted(report.passed_over.items()):
        yield f"passed over: {reason}: {count}"
    if report.errors:
        yield style(f"{_count(len(report.errors), 'error')}: not everything was scanned", fg="red")


def _violations(report: Report, style: Style) -> str:
    if not report.findings:
        return "no violations"
    counts = ", ".join(
        style(f"{count} {severity.label}", fg=_COLOURS[severity])
        for severity, count in report.violations.items()
        if count
    )
    return f"{_count(len(report.findings), 'violation')}: {counts}"


def _not_evaluated(report: Report, style: Style) -> Iterator[str]:
    if not report.not_evaluated:
        return
    reasons = Counter(one.reason for one in report.not_evaluated)
    total = f"{len(report.not_evaluated)} not evaluated"
    yield f"{style(total, fg='magenta')}, because (--details shows each place):"
    listed: Sequence[tuple[str, int]] = reasons.most_common(MAXIMUM_REASONS)
    for reason, count in listed:
        yield f"{count:7} {harmless(reason)}"
    if len(reasons) > len(listed):
        rest = sum(reasons.values()) - sum(count for _, count in listed)
        yield f"{rest:7} for {_count(len(reasons) - len(listed), 'other reason')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
