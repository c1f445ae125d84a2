from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from stepguard import __version__
from stepguard.documentation.tables import FAMILIES as DOCUMENTED_FAMILIES
from stepguard.engine import scan
from stepguard.report import Report
from stepguard.reports.html import MAXIMUM_FINDINGS, render_html
from stepguard.reports.html_drawing import MAXIMUM_STATES
from stepguard.reports.html_filters import FAMILIES
from stepguard.structs import replace
from stepguard.workflow_graph import StateNode, WorkflowGraph

VOID = {"br", "hr", "input", "link", "meta", "wbr"}
ASSETS = Path(__file__).parents[2] / "checks" / "stepguard" / "reports" / "html_assets"


class Page(HTMLParser):
    """The elements and the text of a page; fails where an element is not closed in its place."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.comments: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice: {names}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"script", "style"}:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def shape(source: str) -> str:
    """Return a page for a snapshot: one element a line, without style, script and version."""
    source = re.sub(r"<(style|script)\b[^>]*>.*?</\1>", r"<\1>…</\1>", source, flags=re.DOTALL)
    source = re.sub(r"'sha256-[^']*'", "'sha256-…'", source)
    return re.sub(r"(?=<[a-zA-Z])", "\n", source.replace(__version__, "VERSION")).lstrip()


def test_the_html_of_a_review(review: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("review.html", shape(render_html(review)))


def test_the_html_of_a_scan(in_root: Path, snapshot: Callable[[str, str], None]) -> None:
    snapshot("bad.html", shape(render_html(scan([Path("fixtures/bad")]))))


def test_it_is_always_the_same(in_root: Path) -> None:
    pages = {render_html(scan([Path("fixtures/bad")])) for _ in range(2)}
    assert len(pages) == 1


def test_elements_are_closed_in_their_place(review: Report, hostile_review: Report) -> None:
    for one in (review, hostile_review, Report()):
        Page(render_html(one))


def test_hostile_names_make_no_element_and_no_attribute(
    review: Report, hostile_review: Report
) -> None:
    plain, hostile = Page(render_html(review)), Page(render_html(hostile_review))
    assert {name for name, _ in hostile.elements} <= {name for name, _ in plain.elements} | {
        "i",
        "br",
    }
    allowed = {(name, key) for name, attributes in plain.elements for key in attributes}
    used = {(name, key) for name, attributes in hostile.elements for key in attributes}
    assert used - allowed <= {("i", "class"), ("th", "scope")}
    assert hostile.comments == []
    assert not any(key.startswith("on") for _, key in used)


def test_hostile_names_are_shown_as_they_are(hostile_review: Report) -> None:
    text = "".join(Page(render_html(hostile_review)).text)
    assert "<img src=x onerror=alert(1)>" in text
    assert "\\u{202e}right to left\\u{2066}" in text
    assert "\\u{1b}[31mred" in text
    assert all(character.isprintable() or character == "\n" for character in text)


def test_links_lead_into_the_page_or_to_the_rules_references(
    report: Report, hostile_review: Report
) -> None:
    for one in (report, hostile_review):
        page = Page(render_html(one))
        known = {reference for rule in one.rules for reference in rule.references}
        addresses = [attributes["href"] or "" for attributes in page.all("a")]
        ids = {attributes.get("id") for _, attributes in page.elements}
        assert addresses
        for address in addresses:
            assert address in known or (address[0] == "#" and address[1:] in ids)


def test_nothing_is_loaded_and_only_our_script_runs(review: Report) -> None:
    source = render_html(review)
    page = Page(source)
    (policy,) = [
        one["content"] or ""
        for one in page.all("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    for kind, name in (("style", "report.css"), ("script", "report.js")):
        text = (ASSETS / name).read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy
        assert source.count(f"<{kind}") == 1
    assert [one["href"] for one in page.all("link")] == ["data:,"]
    for _, attributes in page.elements:
        assert not {"src", "srcset", "style", "action", "formaction"} & set(attributes)
    assert "url(" not in (ASSETS / "report.css").read_text(encoding="utf-8")
    script = (ASSETS / "report.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|insertAdjacent|document\.write|eval|fetch|import", script)


def test_ids_are_there_once_and_labels_name_controls(hostile_review: Report) -> None:
    page = Page(render_html(hostile_review))
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    labelled = {attributes.get("for") for attributes in page.all("label")}
    assert {attributes["id"] for attributes in page.all("input")} <= labelled
    for _, attributes in page.elements:
        for key in ("aria-labelledby", "for"):
            assert set((attributes.get(key) or "").split()) <= set(ids)


def test_headings_come_in_order(review: Report) -> None:
    levels = [int(name[1]) for name, _ in Page(render_html(review)).elements if name[:1] == "h"
              and name[1:].isdigit()]  # fmt: skip
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_drawings_have_a_title_a_description_and_a_table(review: Report) -> None:
    source = render_html(review)
    (drawing,) = Page(source).all("svg")
    assert drawing["role"] == "img"
    assert drawing["aria-labelledby"] == "machine-1-title machine-1-desc"
    assert "Workflow of aws_sfn_state_machine.pay</title>" in source
    assert "6 states, 3 with findings." in source
    rows = re.findall(r'<th scope="row".*?</tr>', source)
    assert len(rows) == 6
    assert "on error: Ship" in rows[3]


def test_the_verdict_and_the_numbers(review: Report) -> None:
    source = render_html(review)
    assert "<h1>2 findings introduced</h1>" in source
    for number, what in ((1, "critical"), (1, "high"), (1, "fixed"), (1, "there before")):
        assert f"<b>{number}</b> {what}</li>" in source


def test_nothing_found_where_something_could_not_be_read_is_no_praise(report: Report) -> None:
    report.findings = []
    source = render_html(report)
    assert "<h1>Not everything could be read</h1>" in source
    assert 'class="tone-unknown"' in source
    assert "not YAML: tab" in source


def test_an_empty_report_can_be_written() -> None:
    assert "<h1>Nothing found</h1>" in render_html(Report())


def test_needs_and_grants_stand_with_their_states(report: Report) -> None:
    state = StateNode(
        number=0, name="Ask", type="Task", integration="arn:aws:states:::sqs:sendMessage", scope=0,
        parent=None, span=None, is_start=True, is_end=True,
    )  # fmt: skip
    graph = WorkflowGraph(states=(state,))
    report.state_machines = [replace(one, graph=lambda: graph) for one in report.state_machines]
    source = render_html(report)
    row, machine = re.findall(r'<th scope="row".*?</tr>', source)
    assert "sqs:SendMessage" in row
    assert '<span class="granted-no">not granted</span>' in row
    assert "xray:PutTraceSegments" in machine
    assert "<code>xray:*</code> on <code>*</code>" in machine
    assert "1 need that could not be told" in source


def test_a_suppressed_finding_has_its_reason(review: Report) -> None:
    review.suppressed = [replace(one, excuse="a <b>test</b>") for one in review.suppressed]
    source = render_html(review)
    assert "Suppressed because: </b>a &lt;b&gt;test&lt;/b&gt;" in source


def test_too_many_states_are_a_table(review: Report) -> None:
    node = StateNode(
        number=0, name="x", type="Pass", integration="", scope=0, parent=None, span=None,
        is_start=False, is_end=False,
    )  # fmt: skip
    states = tuple(replace(node, number=number) for number in range(MAXIMUM_STATES + 1))
    great = WorkflowGraph(states=states)
    review.state_machines = [replace(one, graph=lambda: great) for one in review.state_machines]
    source = render_html(review)
    assert "Not drawn: 201 states are too many" in source
    assert "<svg" not in source
    assert source.count('<th scope="row"') == MAXIMUM_STATES + 1


def test_it_stays_below_its_size_and_says_what_is_left_out(
    review: Report, hostile_review: Report
) -> None:
    for one, maximum in ((review, 100_000), (hostile_review, 1_000_000)):
        one.findings = one.findings * 2_000
        source = render_html(one, maximum_bytes=maximum)
        assert len(source.encode()) <= maximum
        shown = source.count('data-kind="violation"')
        total = len(one.findings) + len(one.change.fixed if one.change else ())
        assert 0 < shown <= MAXIMUM_FINDINGS
        assert f"{total - shown:,} more findings: not in this file." in source


def test_a_long_name_does_not_take_the_place_of_others(review: Report) -> None:
    plain = len(render_html(review))
    first = review.findings[0]
    long = "<" * 3_000_000
    violation = replace(
        first.violation, message=long, resource=long, state=long, suggestion=f"{long}\n{long}"
    )
    review.findings = [replace(first, violation=violation), *review.findings]
    source = render_html(review)
    assert "(2,995,000 more characters)" in source
    assert len(source) < plain + 200_000
    assert source.count('data-kind="violation"') == 5


def test_the_families_are_those_of_the_documentation() -> None:
    assert {digit: name.lower() for digit, name in DOCUMENTED_FAMILIES.items()} == dict(FAMILIES)


GROUNDS = ("page", "surface", "sunken")
PAIRS = [
    *((f"{name}-text", name) for name in ("critical", "high", "medium", "low", "good", "unknown")),
    ("plain-text", "plain"),
    ("mark-text", "mark"),
    *((text, ground) for text in ("text", "muted", "link") for ground in GROUNDS),
]
EDGES = [
    (edge, ground)
    for edge in ("critical", "high", "medium-edge", "low-edge", "stroke", "link")
    for ground in GROUNDS
]


def colours(is_dark: bool) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", (ASSETS / "report.css").read_text("utf-8"), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[1 if is_dark else 0]))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_contrasts_are_those_of_level_aa(is_dark: bool) -> None:
    own = colours(is_dark)
    assert set(own) == set(colours(not is_dark))
    low = {pair: contrast(own[pair[0]], own[pair[1]]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}
    edges = {pair: contrast(own[pair[0]], own[pair[1]]) for pair in EDGES}
    assert {pair: ratio for pair, ratio in edges.items() if ratio < 3} == {}
