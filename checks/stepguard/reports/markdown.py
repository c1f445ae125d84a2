"""The report as Markdown, for a comment on a pull request or a job's summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from stepguard.finding import Finding, Severity
from stepguard.report import Report, place_of
from stepguard.reports.escaping_markdown import code, prose
from stepguard.reports.markdown_changes import machine_items, role_items
from stepguard.reports.markdown_findings import Links, finding_line, rule_items, table_row
from stepguard.reports.markdown_sections import Section, assembled
from stepguard.reports.selection import count, introduced, severities, unchanged, worst_first

MARKER = "<!-- stepguard-review -->"
"""The first line, by which a job finds the comment that it is to update."""

MAXIMUM_BYTES = 60_000
"""GitHub takes comments of 65,536 characters; what a job writes around it needs some room."""

_MAXIMUM_ERRORS = 10
_MAXIMUM_REASONS = 20

SIGNS = {
    Severity.CRITICAL: "🟥 critical",
    Severity.HIGH: "🟧 high",
    Severity.MEDIUM: "🟨 medium",
    Severity.LOW: "🟦 low",
}
"""How the table shows a severity: in words, too, for those who do not see the colour."""


def render_markdown(
    report: Report, *, maximum_bytes: int = MAXIMUM_BYTES, link_base: str = ""
) -> str:
    """Return the report as Markdown of at most `maximum_bytes` bytes of UTF-8.

    What does not fit is left out with a line that says how much. `link_base` is the address in
    front of a file's path (`https://github.com/owner/name/blob/COMMIT/`); without it, places are
    no links.
    """
    links = Links(link_base)
    findings = worst_first(introduced(report))
    return assembled(
        "\n\n".join((MARKER, *_verdict(report, findings))) + "\n",
        [
            _errors(report, links),
            _table(findings, links),
            _roles(report, links),
            _machines(report, links),
            _details(report, findings, links),
            _fixed(report, links),
            _unevaluated(report),
        ],
        _footer(report, findings),
        maximum_bytes,
    )


def _verdict(report: Report, findings: list[Finding]) -> Iterator[str]:
    change = report.change
    what = "introduced" if change is not None else "found"
    if findings:
        introduced_by = " introduced" if change is not None else ""
        yield f"## stepguard: {count(len(findings), 'finding')}{introduced_by}"
        yield f"**{severities(findings)}**{_beside(report)}"
    elif report.errors:
        yield "## stepguard: not everything could be read"
        yield f"Nothing was {what} in what could be read{_beside(report)}."
    elif change is not None:
        yield "## stepguard: nothing introduced"
        yield f"This change introduces no finding{_beside(report)}."
    else:
        yield "## stepguard: nothing found"
        machines = count(len(report.state_machines), "state machine")
        yield f"No finding in {machines}{_beside(report)}."
    if change is not None:
        yield f"{code(change.before)} → {code(change.after)}"


def _beside(report: Report) -> str:
    """Return the other numbers of the verdict, each behind a dot."""
    fixed = len(report.change.fixed) if report.change is not None else 0
    numbers = [
        (fixed, "fixed"),
        (len(unchanged(report)), "there before"),
        (len(report.not_evaluated), "not evaluated"),
        (len(report.suppressed), "suppressed"),
    ]
    return "".join(f" · {number:,} {what}" for number, what in numbers if number)


def _errors(report: Report, links: Links) -> Section:
    return Section(
        head="\n### Could not be read\n\n",
        items=(f"- {links.to(one.place)}: {prose(one.message)}\n" for one in report.errors),
        total=len(report.errors),
        noun="error",
        share=0.1,
        maximum=_MAXIMUM_ERRORS,
    )


def _table(findings: list[Finding], links: Links) -> Section:
    return Section(
        head="\n| severity | rule | where | what |\n|---|---|---|---|\n",
        items=(table_row(one, SIGNS[one.severity], links) for one in findings),
        total=len(findings),
        noun="finding",
        share=0.35,
    )


def _roles(report: Report, links: Links) -> Section:
    roles = report.change.roles if report.change is not None else ()
    return Section(
        head="\n### What roles may do\n",
        items=role_items(roles, links),
        total=len(roles),
        noun="role",
        share=0.4,
    )


def _machines(report: Report, links: Links) -> Section:
    items, total = machine_items(report, links)
    return Section(head="\n### Workflows\n", items=items, total=total, noun="workflow", share=0.5)


def _details(report: Report, findings: list[Finding], links: Links) -> Section:
    rules = {rule.id: rule for rule in report.rules}
    return Section(
        head="\n### Why, and what to write instead\n",
        items=rule_items(findings, rules, links),
        total=len({one.rule for one in findings}),
        noun="rule",
        share=0.8,
    )


def _fixed(report: Report, links: Links) -> Section:
    fixed = worst_first(report.change.fixed) if report.change is not None else []
    return Section(
        head=f"\n<details><summary>{count(len(fixed), 'finding')} fixed</summary>\n\n",
        items=(finding_line(one, links) for one in fixed),
        total=len(fixed),
        noun="fixed finding",
        share=0.6,
        tail="\n</details>\n",
    )


def _unevaluated(report: Report) -> Section:
    reasons = Counter((one.rule, one.reason) for one in report.not_evaluated).most_common()
    total = count(len(report.not_evaluated), "verdict")
    return Section(
        head=f"\n<details><summary>{total} could not be given</summary>\n\n",
        items=(
            f"- {rule}: {prose(reason)} ({count(number, 'verdict')})\n"
            for (rule, reason), number in reasons
        ),
        total=len(reasons),
        noun="reason",
        share=1.0,
        maximum=_MAXIMUM_REASONS,
        tail="\n</details>\n",
    )


def _footer(report: Report, findings: list[Finding]) -> str:
    parts = []
    if findings:
        places = {place_of(one).file for one in findings}
        parts.append(
            f"`stepguard explain {findings[0].rule}` shows an example and how to suppress a "
            f"finding; {count(len(places), 'file')} to look at."
        )
    parts.append(f"Read: {count(len(report.read), 'file')}.")
    return f"\n<sub>{' '.join(parts)}</sub>\n"
