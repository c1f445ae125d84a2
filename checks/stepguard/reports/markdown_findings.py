"""Findings in Markdown: as rows of a table, as lines of a list, and at length by rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from stepguard.finding import Finding
from stepguard.place import Place
from stepguard.report import RuleDescription, place_of
from stepguard.reports.escaping_markdown import code, cut, fenced, prose
from stepguard.reports.markdown_sections import within
from stepguard.reports.paths import percent_encoded
from stepguard.reports.selection import count, severities
from stepguard.structs import Struct

_MAXIMUM_IN_ROW = 240
_MAXIMUM_OF_RULE = 20
_MAXIMUM_BYTES_OF_RULE = 8_000
_MAXIMUM_LINES = 30
_MAXIMUM_PATH = 500
_MAXIMUM_RELATED = 5
_WHY = "Why is this bad"
_OF_ADDRESSES = "%:/?#@!$&*+,;=~"


class Links(Struct, frozen=True):
    """Makes places links to files below an address; without one they are only named."""

    base: str = ""

    def to(self, place: Place, *, table: bool = False) -> str:
        """Return a place as Markdown. `table` tells that it stands in a table's cell."""
        line = "" if place.line is None else f":{place.line}"
        shown = code(f"{place.file}{line}", table=table)
        path = place.file.removeprefix("./")
        is_below = not path.startswith("/") and ".." not in path.split("/")
        if not self.base or not is_below or len(path) > _MAXIMUM_PATH:
            return shown
        anchor = "" if place.line is None else f"#L{place.line}"
        below = percent_encoded(path)
        return f"[{shown}]({quote(self.base, safe=_OF_ADDRESSES)}{below}{anchor})"


def table_row(finding: Finding, sign: str, links: Links) -> str:
    """Return a finding as a row: severity, rule, where, what."""
    violation = finding.violation
    where = violation.resource if violation.state is None else violation.state
    named = f"<br>{code(where, table=True, maximum=80)}" if where else ""
    first = violation.message.split("\n", 1)[0]
    cells = (
        sign,
        _title(finding),
        links.to(place_of(finding), table=True) + named,
        prose(first, table=True, maximum=_MAXIMUM_IN_ROW),
    )
    return f"| {' | '.join(cells)} |\n"


def finding_line(finding: Finding, links: Links) -> str:
    """Return a finding as an item of a list, on one line."""
    first = finding.violation.message.split("\n", 1)[0]
    place = links.to(place_of(finding))
    text = prose(first, maximum=_MAXIMUM_IN_ROW)
    return f"- {finding.severity.label} {_title(finding)} {place}: {text}\n"


def rule_items(
    findings: Sequence[Finding], rules: Mapping[str, RuleDescription], links: Links
) -> Iterator[str]:
    """Yield a collapsed block for each rule that has findings, in the order of the findings."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    for rule, own in by_rule.items():
        yield _block(own, rules.get(rule), links)


def _title(finding: Finding) -> str:
    return f"**{finding.rule}** {finding.name}" if finding.name else f"**{finding.rule}**"


def _block(findings: Sequence[Finding], rule: RuleDescription | None, links: Links) -> str:
    first = findings[0]
    number = severities(findings)
    told = ("\n".join(_finding(one, links)) for one in findings[:_MAXIMUM_OF_RULE])
    shown, hidden = within(told, _MAXIMUM_BYTES_OF_RULE)
    hidden += max(len(findings) - _MAXIMUM_OF_RULE, 0)
    parts = [
        f"\n<details><summary><b>{first.rule}</b> {first.name}: {number}</summary>\n",
        *_about(rule),
        *shown,
    ]
    if hidden:
        parts.append(f"… {count(hidden, 'more finding')} of this rule: see the artifact\n")
    return "\n".join((*parts, "</details>\n"))


def _about(rule: RuleDescription | None) -> Iterator[str]:
    """Yield what a rule's own page says; that is ours and Markdown."""
    if rule is None:
        return
    why = next((text for heading, text in rule.sections.items() if heading.startswith(_WHY)), "")
    yield f"{why or rule.summary}\n"
    if rule.url:
        yield f"[AWS's documentation]({rule.url})\n"


def _finding(finding: Finding, links: Links) -> Iterator[str]:
    violation = finding.violation
    state = f", state {code(violation.state)}" if violation.state is not None else ""
    subject = f" in {code(violation.resource)}{state}" if violation.resource else ""
    yield f"**{links.to(place_of(finding))}**{subject}\n"
    yield f"{_paragraphs(violation.message)}\n"
    for related in violation.related[:_MAXIMUM_RELATED]:
        place = links.to(Place.of(related.span, finding.root))
        yield f"- {place}: {prose(related.message)}"
    hidden = len(violation.related) - _MAXIMUM_RELATED
    if hidden > 0:
        yield f"- and {count(hidden, 'more place')}"
    if violation.related:
        yield ""
    if violation.suggestion:
        yield _suggestion(violation.suggestion)


def _paragraphs(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    return "<br>\n".join(prose(line) for line in lines[:_MAXIMUM_LINES])


def _suggestion(text: str) -> str:
    """Return what to write: as a sentence where it is one, else as it is to be written."""
    lines = text.split("\n")
    if len(lines) == 1 and text[:1].isalpha():
        return f"💡 {prose(text)}\n"
    if len(lines) > _MAXIMUM_LINES:
        lines = [*lines[:_MAXIMUM_LINES], "…"]
    return f"💡 write\n\n{fenced(map(cut, lines))}"
