"""The rules that a report speaks of, each with its help, in HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from markdown_it import MarkdownIt

from stepguard.report import Outcome, Report, RuleDescription
from stepguard.reports.escaping_html import Html, code, element, link

_SHOWN = ("What it does", "Why is this bad", "Use instead")

# Rules' texts are the program's own; a heading in one would disturb those of the page.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["heading", "image"])


def mentioned_rules(report: Report) -> dict[str, RuleDescription]:
    """Return the rules by id that findings or verdicts that could not be given are of."""
    fixed = report.change.fixed if report.change is not None else ()
    mentioned = {one.rule for one in (*report.findings, *fixed, *report.suppressed)}
    mentioned.update(one.rule for one in report.not_evaluated)
    return {one.id: one for one in report.rules if one.id in mentioned}


def rule_block(rule: RuleDescription, evaluated: Mapping[str, Counter[Outcome]]) -> Html:
    """Return a rule's help, and how often it was judged with which outcome."""
    counted = evaluated.get(rule.id, Counter())
    numbers = (
        f"{counted['violation']:,} violations, {counted['pass']:,} passes, "
        f"{counted['not_evaluated']:,} not evaluated"
    )
    return element(
        "details",
        element(
            "summary",
            element("h3", f"{rule.id} {rule.name}"),
            element("span", rule.severity.label, class_="note"),
            element("span", numbers, class_="message"),
        ),
        *_help(rule),
        id=f"rule-{rule.id}",
        class_="rule",
    )


def _help(rule: RuleDescription) -> Iterable[Html]:
    shown = {heading: text for heading, text in rule.sections.items() if heading.startswith(_SHOWN)}
    if not shown:
        yield element("p", rule.summary)
    for heading, text in shown.items():
        yield element("h4", heading)
        yield element("div", Html(_MARKDOWN.render(text)), class_="prose")
    command = f"stepguard explain {rule.id}"
    yield element("p", code(command), " prints an example and how to suppress a finding.")
    if rule.references:
        links = (element("li", link(one, one)) for one in rule.references)
        yield element("p", "References:")
        yield element("ul", *links)
