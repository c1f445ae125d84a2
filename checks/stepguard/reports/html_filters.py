"""The filters of an HTML report: controls that hide items; without scripts they are not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from stepguard.finding import Finding, Severity
from stepguard.report import Report
from stepguard.reports.escaping_html import Html, element
from stepguard.reports.html_findings import WORDS

FAMILIES: Mapping[str, str] = {
    "1": "permissions",
    "2": "logging and tracing",
    "3": "encryption",
    "4": "timeouts",
    "5": "error handling",
    "6": "monitoring",
    "7": "tags",
    "8": "security of the definition",
    "9": "the definition itself",
}
"""The families of rules, by the first digit of their ids."""


def filters(report: Report, findings: list[Finding]) -> Html:
    """Return the controls for some findings; the page's script brings them to life."""
    return element(
        "details",
        element("summary", element("h2", "Filter")),
        element(
            "div",
            element("label", "Search", for_="search"),
            element(
                "input",
                type="search",
                id="search",
                autocomplete="off",
                spellcheck="false",
                placeholder="rule, state, file, text",
            ),
            *_groups(report, findings),
            element(
                "div",
                element("button", "Reset", type="button", id="reset"),
                element("button", "Open all", type="button", id="open-all"),
                element("button", "Close all", type="button", id="close-all"),
                class_="buttons",
            ),
            role="search",
            aria_label="Findings",
        ),
        element("p", "", id="shown", role="status", aria_live="polite"),
        class_="filters",
        id="filters",
        open=True,
        hidden=True,
    )


def _groups(report: Report, findings: list[Finding]) -> Iterator[Html | None]:
    by_severity = Counter(one.severity for one in findings)
    severities = [
        (one.label, one.label, by_severity[one], True) for one in sorted(Severity, reverse=True)
    ]
    yield _group("Severity", "severity", severities)
    if report.change is not None:
        by_status = Counter(str(one.status) for one in findings)
        yield _group(
            "Change",
            "status",
            [
                (status, word, by_status[status], status != "unchanged")
                for status, word in WORDS.items()
            ],
        )
    by_family = Counter(one.rule[3:4] for one in findings)
    by_family.update(one.rule[3:4] for one in report.not_evaluated)
    families = [
        (digit, f"{digit}xx {name}", by_family[digit], True)
        for digit, name in FAMILIES.items()
        if by_family[digit]
    ]
    if families:
        yield _group("Rules", "family", families)
    kinds = [
        ("unevaluated", "not evaluated", len(report.not_evaluated), True),
        ("suppressed", "suppressed", len(report.suppressed), True),
    ]
    yield _group("Also show", "kind", [one for one in kinds if one[2]])


def _group(legend: str, name: str, boxes: list[tuple[str, str, int, bool]]) -> Html | None:
    if not boxes:
        return None
    return element("fieldset", element("legend", legend), *(_box(name, *one) for one in boxes))


def _box(group: str, value: str, label: str, number: int, is_on: bool) -> Html:
    identifier = f"{group}-{value}"
    return element(
        "label",
        element(
            "input",
            type="checkbox",
            id=identifier,
            name=group,
            value=value,
            checked=is_on,
        ),
        element("span", f" {label} "),
        element("span", f"{number:,}", class_="amount"),
        for_=identifier,
    )
