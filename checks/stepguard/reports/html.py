"""The report as one HTML file, which needs no network and opens from wherever it lies."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from stepguard import __version__
from stepguard.finding import Finding
from stepguard.report import Report
from stepguard.reports.escaping_commands import inert_xml
from stepguard.reports.escaping_html import Html, element, joined
from stepguard.reports.html_budget import Budget
from stepguard.reports.html_changes import role_block
from stepguard.reports.html_filters import filters
from stepguard.reports.html_findings import finding_item, unevaluated_item
from stepguard.reports.html_machines import machine_block
from stepguard.reports.html_of_machines import FindingsOfMachines, chosen_machines
from stepguard.reports.html_rules import mentioned_rules, rule_block
from stepguard.reports.html_summary import coverage, error_items, header, verdict
from stepguard.reports.selection import introduced, unchanged, worst_first

MAXIMUM_BYTES = 5_000_000
"""The size of a file that a browser opens at once; what does not fit is counted."""

MAXIMUM_FINDINGS = 2_000
_MAXIMUM_MACHINES = 100
_MAXIMUM_ROLES = 300
_MAXIMUM_OTHERS = 1_000
_OPEN_FINDINGS = 60
_OPEN_MACHINES = 3
_NEVER_MORE = 1_000_000


def render_html(report: Report, *, maximum_bytes: int = MAXIMUM_BYTES) -> str:
    """Return the report as a document of about `maximum_bytes` bytes of UTF-8 at most.

    Findings, workflows and roles beyond the size or a number are counted and not shown. What every
    report has (the head, the style, the list of files) is not cut.
    """
    page = _Page(report, maximum_bytes)
    body = element("body", *page.parts())
    document = element("html", _head(report), body, lang="en")
    return f"<!DOCTYPE html>\n{inert_xml(document)}\n"


@cache
def _asset(name: str) -> Html:
    return Html((files("stepguard.reports") / "html_assets" / name).read_text("utf-8"))


def _hash(asset: Html) -> str:
    digest = base64.b64encode(hashlib.sha256(asset.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _head(report: Report) -> Html:
    """Return the head. The policy lets nothing be loaded, and runs our script and style alone."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="generator", content=f"stepguard {__version__}"),
        element("title", f"stepguard: {verdict(report)}"),
        element("link", rel="icon", href="data:,"),
        element("style", style),
        element("script", script, type="module"),
    )


class _Page:
    """The parts of a page. They are made in the order of their weight, and shown in another."""

    def __init__(self, report: Report, maximum_bytes: int) -> None:
        self._report = report
        self._budget = Budget(maximum_bytes)
        self._rules = mentioned_rules(report)
        self._ids: dict[int, str] = {}

    def parts(self) -> Iterator[Html]:
        """Yield the body's parts from top to bottom."""
        report = self._report
        for name in ("report.css", "report.js"):
            self._budget.spend(_asset(name))
        banner = self._budget.spend(header(report))
        inputs = self._budget.spend(coverage(report))
        errors = self._errors()
        roles = self._roles()
        findings = self._findings()
        machines = self._machines()
        rules = self._explained()
        unevaluated = self._unevaluated()
        suppressed = self._suppressed()
        sections = [
            _section("errors", "Could not be read", errors),
            _section("roles", "What roles may do", roles),
            _section("findings", "Findings", findings),
            _section("workflows", "Workflows", machines),
            _section("not-evaluated", "Not evaluated", unevaluated),
            _section("suppressed", "Suppressed", suppressed),
            _section("coverage", "What was read", [inputs]),
            _section("rules", "The rules", rules),
        ]
        shown = [section for section in sections if section is not None]
        yield element("a", "Skip to the content", href="#content", class_="skip")
        yield banner
        yield element(
            "div",
            element(
                "aside",
                element("nav", *_contents(shown), aria_label="Contents"),
                filters(report, self._all_findings()),
                aria_label="Contents and filters",
            ),
            element("main", *(section for _, _, section in shown), id="content", tabindex=-1),
            class_="columns",
        )
        yield element(
            "footer",
            element(
                "p",
                f"Written by stepguard {__version__}. This file loads nothing and sends nothing.",
            ),
        )

    def _all_findings(self) -> list[Finding]:
        fixed = self._report.change.fixed if self._report.change is not None else ()
        return [*self._report.findings, *fixed]

    def _errors(self) -> list[Html]:
        errors = self._report.errors
        taken = self._budget.take(
            error_items(errors), len(errors), "error", share=0.05, maximum=_MAXIMUM_OTHERS
        )
        return [element("ul", *taken)] if taken else []

    def _roles(self) -> list[Html]:
        roles = self._report.change.roles if self._report.change is not None else ()
        blocks = (role_block(one, identifier=f"role-{n}") for n, one in enumerate(roles, 1))
        return self._budget.take(blocks, len(roles), "role", share=0.2, maximum=_MAXIMUM_ROLES)

    def _findings(self) -> list[Html]:
        report = self._report
        fixed = report.change.fixed if report.change is not None else ()
        ordered = [
            *worst_first(introduced(report)),
            *worst_first(fixed),
            *worst_first(unchanged(report)),
        ]
        if not ordered:
            return [element("p", "None.")]
        blocks = self._blocks(ordered, "f", "violation")
        taken = self._budget.take(
            blocks, len(ordered), "finding", share=0.6, maximum=MAXIMUM_FINDINGS
        )
        for number, finding in enumerate(ordered[: self._budget.taken], 1):
            self._ids[id(finding)] = f"f{number}"
        return [
            *taken,
            element("p", "No finding passes the filter.", class_="nothing", hidden=True),
        ]

    def _blocks(self, findings: list[Finding], prefix: str, kind: str) -> Iterator[Html]:
        is_open = len(findings) <= _OPEN_FINDINGS
        for number, finding in enumerate(findings, 1):
            identifier = f"{prefix}{number}"
            yield finding_item(
                finding, self._rules, identifier=identifier, kind=kind, is_open=is_open
            )

    def _machines(self) -> list[Html]:
        found = FindingsOfMachines(self._report)
        chosen = chosen_machines(self._report, found)
        blocks = (
            machine_block(
                machine,
                found,
                lambda finding: self._ids.get(id(finding)),
                identifier=f"machine-{number}",
                is_open=number <= _OPEN_MACHINES,
            )
            for number, machine in enumerate(chosen, 1)
        )
        return self._budget.take(
            blocks, len(chosen), "state machine", share=0.7, maximum=_MAXIMUM_MACHINES
        )

    def _explained(self) -> list[Html]:
        blocks = (rule_block(one, self._report.evaluated) for one in self._rules.values())
        return self._budget.take(blocks, len(self._rules), "rule", share=0.6, maximum=_NEVER_MORE)

    def _unevaluated(self) -> list[Html]:
        own = self._report.not_evaluated
        items = (unevaluated_item(one, self._rules) for one in own)
        taken = self._budget.take(items, len(own), "verdict", share=0.6, maximum=_MAXIMUM_OTHERS)
        if not taken:
            return []
        why = "These rules could not be decided, so they are neither passed nor violated."
        return [element("p", why), element("ul", *taken, class_="verdicts")]

    def _suppressed(self) -> list[Html]:
        own = worst_first(self._report.suppressed)
        blocks = self._blocks(own, "s", "suppressed")
        return self._budget.take(
            blocks, len(own), "suppressed finding", share=0.9, maximum=_MAXIMUM_OTHERS
        )


_Section = tuple[str, str, Html]


def _section(identifier: str, title: str, content: list[Html]) -> _Section | None:
    if not content:
        return None
    heading = f"{identifier}-title"
    section = element(
        "section",
        element("h2", title, id=heading),
        *content,
        id=identifier,
        aria_labelledby=heading,
    )
    return identifier, title, section


def _contents(sections: list[_Section]) -> Iterator[Html]:
    items = (
        element("li", element("a", title, href=f"#{identifier}"))
        for identifier, title, _ in sections
    )
    yield joined([element("ul", *items)])
