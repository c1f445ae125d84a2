"""Findings in HTML: each with its place, source line, message, help and related places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stepguard.deployment.source import Span
from stepguard.finding import Finding
from stepguard.place import Place
from stepguard.report import Unevaluated, place_of
from stepguard.reports.display import excerpt, first_columns, harmless_lines
from stepguard.reports.escaping_html import Html, block, code, cut, element, joined, paragraphs
from stepguard.reports.selection import count

MAXIMUM_COLUMNS = 160
"""Columns of a source line that are shown."""

_MAXIMUM_RELATED = 10

WORDS = {"introduced": "introduced", "fixed": "fixed", "unchanged": "there before"}
"""How a status is called in the report."""


def badge(finding: Finding) -> Html:
    """Return a severity as a letter in its colour, and the word."""
    label = finding.severity.label
    letter = element("span", label[0].upper(), class_="letter", aria_hidden="true")
    return element("span", letter, f" {label}", class_=f"badge severity-{label}")


def where(place: Place) -> Html:
    """Return a place as `file:line:column`, to be copied with one click."""
    return code(str(place), class_="place")


def rule_link(rule: str, known: Mapping[str, object]) -> Html:
    """Return a rule's id, as a link to its help on the page where that is there."""
    return element("a", rule, href=f"#rule-{rule}") if rule in known else element("b", rule)


def finding_item(
    finding: Finding,
    rules: Mapping[str, object],
    *,
    identifier: str,
    kind: str = "violation",
    is_open: bool = True,
) -> Html:
    """Return a finding as a block that can be folded.

    `rules` are those that the page explains, `kind` is what the filters of the page know it by:
    `violation`, or `suppressed`.
    """
    violation = finding.violation
    first, *further = cut(violation.message).split("\n")
    status = finding.status
    chip = element("span", WORDS[status], class_=f"chip-{status}") if status else None
    return element(
        "details",
        element(
            "summary",
            badge(finding),
            chip,
            element("h3", f"{finding.rule} {finding.name}"),
            where(place_of(finding)),
            element("span", first, class_="message"),
        ),
        element("p", paragraphs("\n".join(further))) if further else None,
        element("p", element("b", "Suppressed because: "), finding.excuse or "no reason given")
        if kind == "suppressed"
        else None,
        *_source(violation.span),
        _subject(finding),
        *_suggestion(violation.suggestion),
        *_related(finding),
        element("p", "Why, and an example: ", rule_link(finding.rule, rules), class_="why"),
        id=identifier,
        class_="finding item",
        data_kind=kind,
        data_severity=finding.severity.label,
        data_family=finding.rule[3:4],
        data_status=status,
        open=is_open,
    )


def _subject(finding: Finding) -> Html | None:
    violation = finding.violation
    if not violation.resource:
        return None
    state = [", state ", code(violation.state)] if violation.state is not None else []
    return element("p", "In ", code(violation.resource), *state, class_="subject")


def _source(span: Span | None) -> Iterator[Html]:
    """Yield the first line of a span, with the span marked in it."""
    if span is None:
        return
    line, start, end = span.file.excerpt(span)
    if not line.strip():
        return
    shown, before, length = excerpt(line, start, end, MAXIMUM_COLUMNS)
    head = first_columns(shown, before)
    marked = first_columns(shown[len(head) :], length)
    rest = shown[len(head) + len(marked) :]
    number = element("span", f"{span.line} ", class_="number")
    content = element("code", number, head, element("mark", marked), rest)
    yield element("pre", content, class_="source", tabindex=0)


def _suggestion(suggestion: str) -> Iterator[Html]:
    """Yield what to write: as a sentence where it is one, else as it is to be written."""
    if not suggestion:
        return
    if "\n" not in suggestion and suggestion[:1].isalpha():
        yield element("p", element("b", "Instead: "), suggestion, class_="instead")
        return
    yield element("p", element("b", "Write instead:"), class_="instead")
    yield block(suggestion, class_="write")


def _related(finding: Finding) -> Iterator[Html]:
    related = finding.violation.related
    if not related:
        return
    items = [
        element("li", where(Place.of(one.span, finding.root)), " ", paragraphs(one.message))
        for one in related[:_MAXIMUM_RELATED]
    ]
    if len(related) > _MAXIMUM_RELATED:
        items.append(element("li", f"and {count(len(related) - _MAXIMUM_RELATED, 'more place')}"))
    yield element("p", "Related places:")
    yield element("ul", *items)


def unevaluated_item(one: Unevaluated, rules: Mapping[str, object]) -> Html:
    """Return a verdict that could not be given, as an item of a list."""
    reason = joined(harmless_lines(cut(one.reason)), " ")
    return element(
        "li",
        rule_link(one.rule, rules),
        " ",
        where(one.place),
        *([" ", code(one.resource)] if one.resource else []),
        ": ",
        reason,
        class_="item",
        data_kind="unevaluated",
        data_family=one.rule[3:4],
    )
