"""Text of templates stays text: shown by rendering it with the parser that GitHub uses."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepguard.report import Report
from stepguard.reports.display import harmless
from stepguard.reports.escaping_commands import command, inert, inert_xml, json_text
from stepguard.reports.escaping_markdown import code, cut, fenced, html_code, prose
from stepguard.reports.escaping_mermaid import label
from stepguard.reports.gitlab import render_gitlab
from stepguard.reports.html import render_html
from stepguard.reports.json_report import render_json
from stepguard.reports.junit import render_junit
from stepguard.reports.markdown import MARKER, render_markdown
from stepguard.reports.sarif import render_sarif
from stepguard.reports.text import render_text

cmarkgfm = pytest.importorskip("cmarkgfm", reason="it is in the test extra")

OURS = {
    "h2", "h3", "p", "br", "strong", "b", "code", "pre", "ul", "li", "table", "thead", "tbody",
    "tr", "th", "td", "details", "summary", "sub", "a",
}  # fmt: skip
# What GitHub and GitLab make of text after Markdown, outside of code and links.
FILTERS = re.compile(
    r"@\w|#\d|!\d|~\w|\$\d|&\d|%\w|:[\w+-]+:|\b[A-Z]+-\d|://|\bwww\.|\b[0-9a-f]{7,40}\b|\$"
)
SPECIAL = st.sampled_from(
    [*"`|\\<>&@#:!*_~[](){}$%^=+-.,;'\"/ \n\t\rab1", "http://", "www.", "&lt;"]
)
TEXTS = st.lists(st.one_of(SPECIAL, st.characters()), max_size=30).map("".join)
NAMES = st.lists(st.one_of(SPECIAL, st.characters()), min_size=1, max_size=30).map("".join)


def shown_as(text: str) -> str:
    """What code shows of a text: a runner of GitHub must not find `##[` in it."""
    return harmless(text).replace("##[", "#\\u{23}[")


class Page(HTMLParser):
    """What a page is made of: tags, links, comments, and the text in and out of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: list[str] = []
        self.comments: list[str] = []
        self.codes: list[str] = []
        self.texts: list[str] = [""]
        self._inside: list[str] = []
        options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
        self.html = cmarkgfm.github_flavored_markdown_to_html(markdown, options)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        if tag in {"code", "pre", "a"}:
            self._inside.append(tag)
            self.texts.append("")
            if tag == "code":
                self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        if "code" in self._inside:
            self.codes[-1] += data
        elif not self._inside:
            self.texts[-1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@pytest.mark.parametrize("link_base", ["", "https://github.com/o/r/blob/main/"])
def test_nothing_but_ours_is_in_the_comment(hostile_review: Report, link_base: str) -> None:
    text = render_markdown(hostile_review, maximum_bytes=1_000_000, link_base=link_base)
    page = Page(text)
    assert set(page.tags) <= OURS
    assert set(page.attributes) <= {"href", "open", "lang"}
    assert [one.strip() for one in page.comments] == ["stepguard-review"]
    allowed = (link_base or "https://docs.aws", "https://docs.aws.amazon.com/step-functions/")
    assert [one for one in page.links if not one.startswith(allowed)] == []
    found = [one for one in page.texts if FILTERS.search(one)]
    assert found == []
    assert [one for one in text if not one.isprintable() and one != "\n"] == []
    assert page.tags.count("details") == page.html.count("</details>")


def test_the_rows_of_the_table_are_the_findings(hostile_review: Report) -> None:
    page = Page(render_markdown(hostile_review, maximum_bytes=1_000_000))
    assert page.tags.count("td") == 4 * len(hostile_review.findings)


def test_the_marker_comes_first(hostile_review: Report) -> None:
    text = render_markdown(hostile_review)
    assert text.startswith(f"{MARKER}\n")


@settings(max_examples=300, deadline=None)
@given(NAMES)
def test_a_code_span_shows_the_text(text: str) -> None:
    page = Page(f"- before {code(text)} after\n")
    assert page.codes == [shown_as(text)]
    assert set(page.tags) == {"ul", "li", "code"}


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_a_cell_stays_a_cell(first: str, second: str) -> None:
    cells = f"{code(first, table=True)} | {prose(second, table=True)}"
    page = Page(f"| a | b |\n|---|---|\n| {cells} |\n")
    assert set(page.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.tags.count("td") == 2
    shown = shown_as(first).replace("\\|", "\\\\u{7c}") or "(empty)"
    assert page.codes[0] == shown


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_prose_shows_its_words(text: str) -> None:
    page = Page(f"{prose(text)}\n")
    assert set(page.tags) <= {"p", "code"}
    words = re.sub(r"\s+", "", " ".join(shown_as(word) for word in text.split()))
    shown = re.sub(r"<[^>]*>|\s", "", page.html)
    assert re.sub(r"\s", "", "".join(Words(shown).words)) == words
    assert [one for one in page.texts if FILTERS.search(one)] == []


class Words(HTMLParser):
    """The text of a page, without its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_plain_words_stay_plain() -> None:
    text = "'Charge' waits for a job, without a timeout: that can hold the execution for a year"
    assert prose(text) == text
    assert prose("role 'aws_iam_role.r' may do s3:* twice.") == (
        "role '`aws_iam_role.r`' may do `s3:*` twice."
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXTS, max_size=4))
def test_a_fence_is_closed_by_nothing_in_it(lines: list[str]) -> None:
    page = Page(f"{fenced(lines)}\nbehind\n")
    assert page.tags == ["pre", "code", "p"]


def test_a_fence_is_longer_than_those_in_it() -> None:
    lines = ["```", "<b>", "`````", "behind"]
    page = Page(fenced(lines))
    assert page.tags == ["pre", "code"]
    assert page.codes == ["\n".join(lines) + "\n"]


@given(TEXTS)
def test_html_code_is_one_element(text: str) -> None:
    page = Page(f"<details><summary>{html_code(text)}</summary>\n\n</details>\n")
    assert page.tags == ["details", "summary", "code"]
    assert page.codes == [shown_as(text)]


@given(TEXTS)
def test_a_label_of_mermaid_is_letters_and_entities(text: str) -> None:
    shown = label(text)
    assert re.fullmatch(r"(?:[^\W]|[ -]|#\d+;)*", shown)
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), shown)
    assert decoded == cut(harmless(text), 60)


@given(TEXTS, TEXTS)
def test_a_command_is_one_line_and_says_the_same(title: str, message: str) -> None:
    line = command("error", {"title": title, "line": None}, message)
    assert line.splitlines() == [line]
    properties, said = re.fullmatch(r"::error( title=[^:,]*)?::(.*)", line).groups()  # type: ignore[union-attr] - or the test fails
    undone = (properties or " title=").removeprefix(" title=")
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%25", "%")):
        undone = undone.replace(escape, character)
    assert undone == harmless(title)
    assert said.replace("%0A", "\n").replace("%25", "%").count("\n") == message.count("\n")


def test_long_texts_are_cut() -> None:
    assert cut("x" * 10, 5) == "xxxx…"
    assert len(label("x" * 500)) == 59 + len("#8230;")


def test_what_a_runner_would_undo_is_escaped() -> None:
    line = command("error", {"title": "100%0A, 1:2"}, "50%0Ax\ny: z")
    assert line == "::error title=100%250A%2C 1%3A2::50%250Ax%0Ay: z"


RENDERERS = {
    "text": lambda report: render_text(report, details=True, everything=True),
    "markdown": lambda report: render_markdown(report, maximum_bytes=1_000_000),
    "junit": render_junit,
    "gitlab": render_gitlab,
    "json": render_json,
    "sarif": render_sarif,
    "html": render_html,
}


@pytest.mark.parametrize("form", RENDERERS)
def test_no_report_holds_a_command_of_a_runner(hostile_review: Report, form: str) -> None:
    text = RENDERERS[form](hostile_review)
    assert "##[" not in text
    assert [line for line in text.splitlines() if line.lstrip().startswith("::")] == []


def test_what_is_written_otherwise_means_the_same() -> None:
    assert json.loads(json_text(["##[x", "a##[b"])) == ["##[x", "a##[b"]
    element = ElementTree.Element("a")
    element.text = "x\n ::error::y ##[z"
    text = inert_xml(ElementTree.tostring(element, encoding="unicode"))
    assert "\n ::" not in text
    assert "##[" not in text
    assert ElementTree.fromstring(text).text == element.text  # noqa: S314 - it is our own


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::x", "\\u{3a}:error::x"),
        ("  ::error::x", "  \\u{3a}:error::x"),
        ("a ::error::x", "a ::error::x"),
        ("a ##[add-mask]x", "a #\\u{23}[add-mask]x"),
        ("AWS::Region", "AWS::Region"),
    ],
)
def test_an_inert_line(line: str, shown: str) -> None:
    assert inert(line) == shown
