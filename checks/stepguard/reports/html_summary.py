"""The head of an HTML report: the verdict, the numbers, what was read and what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from stepguard.finding import Severity
from stepguard.report import DEFINITION_STATES, Report, ScanError
from stepguard.reports.escaping_html import Html, code, element, joined, paragraphs
from stepguard.reports.html_findings import WORDS
from stepguard.reports.selection import count, introduced, unchanged

_MAXIMUM_FILES = 500


def verdict(report: Report) -> str:
    """Return the verdict in a few words."""
    findings = introduced(report)
    is_change = report.change is not None
    if findings:
        return f"{count(len(findings), 'finding')}{' introduced' if is_change else ''}"
    if report.errors:
        return "Not everything could be read"
    return "Nothing introduced" if is_change else "Nothing found"


def header(report: Report) -> Html:
    """Return the banner of the page."""
    change = report.change
    worst = max((one.severity for one in introduced(report)), default=None)
    tone = worst.label if worst is not None else "unknown" if report.errors else "good"
    sides = (
        element("p", code(change.before), " → ", code(change.after), class_="sides")
        if change is not None
        else None
    )
    return element(
        "header",
        element("p", "stepguard", class_="product"),
        element("h1", verdict(report)),
        sides,
        element("ul", *_numbers(report), class_="numbers"),
        class_=f"tone-{tone}",
    )


def _numbers(report: Report) -> Iterator[Html]:
    counted = Counter(one.severity for one in introduced(report))
    for severity in sorted(Severity, reverse=True):
        yield _number(counted[severity], severity.label, f"severity-{severity.label}")
    if report.change is not None:
        yield _number(len(report.change.fixed), WORDS["fixed"], "good")
        yield _number(len(unchanged(report)), WORDS["unchanged"], "plain")
    passes = sum(outcomes["pass"] for outcomes in report.evaluated.values())
    if passes or report.change is None:
        yield _number(passes, "passed", "good")
    yield _number(len(report.not_evaluated), "not evaluated", "unknown")
    yield _number(len(report.suppressed), "suppressed", "plain")


def _number(number: int, what: str, name: str) -> Html:
    classes = f"number {name}" if number else f"number {name} zero"
    return element("li", element("b", f"{number:,}"), " ", what, class_=classes)


def coverage(report: Report) -> Html:
    """Return what was read: how far definitions and roles are known, files, and all else."""
    roles = Counter(machine.role_read for machine in report.state_machines)
    definitions = report.definitions
    facts = [
        ("State machines", f"{len(report.state_machines):,}"),
        (
            "Definitions",
            ", ".join(f"{definitions[one]:,} {one}" for one in DEFINITION_STATES),
        ),
        (
            "Execution roles",
            f"{roles['full']:,} read in full, {roles['partial']:,} in part, {roles['none']:,} not",
        ),
        ("Files read", f"{len(report.read):,}"),
        ("Rules run", f"{len(report.rules):,}"),
        *(
            ("Passed over", f"{reason}: {number:,}")
            for reason, number in sorted(report.passed_over.items())
        ),
    ]
    pairs = (element("div", element("dt", term), element("dd", fact)) for term, fact in facts)
    return joined([element("dl", *pairs, class_="facts"), *_files(report), *_notices(report)])


def _files(report: Report) -> Iterator[Html]:
    if not report.read:
        return
    items = [element("li", code(one)) for one in sorted(report.read)[:_MAXIMUM_FILES]]
    left = len(report.read) - _MAXIMUM_FILES
    if left > 0:
        items.append(element("li", f"and {left:,} more"))
    title = f"{count(len(report.read), 'file')} read"
    yield element("details", element("summary", title), element("ul", *items, class_="files"))


def _notices(report: Report) -> Iterator[Html]:
    if not report.notices:
        return
    yield element("h3", "Notices")
    shown = report.notices[:_MAXIMUM_FILES]
    yield element("ul", *(_said(one.place, one.message) for one in shown))


def error_items(errors: Iterable[ScanError]) -> Iterator[Html]:
    """Yield what could not be read, as items of a list."""
    return (_said(one.place, one.message) for one in errors)


def _said(place: object, message: str) -> Html:
    return element("li", code(str(place), class_="place"), ": ", paragraphs(message))
