from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from stepguard.engine import scan
from stepguard.report import Report
from stepguard.reports.markdown import MAXIMUM_BYTES, render_markdown
from stepguard.reports.mermaid import MAXIMUM_STATES
from stepguard.structs import replace
from stepguard.workflow_graph import StateNode, WorkflowGraph


def test_the_markdown_of_a_review(review: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("review.md", render_markdown(review))


def test_the_markdown_of_hostile_names(
    hostile_review: Report, snapshot: Callable[[str, str], None]
) -> None:
    snapshot("hostile.md", render_markdown(hostile_review, maximum_bytes=1_000_000))


def test_the_markdown_of_a_scan(in_root: Path, snapshot: Callable[[str, str], None]) -> None:
    snapshot("bad.md", render_markdown(scan([Path("fixtures/bad")])))


def test_the_verdict_counts(review: Report) -> None:
    text = render_markdown(review)
    assert "## stepguard: 2 findings introduced\n" in text
    numbers = " · 1 fixed · 1 there before · 1 not evaluated · 1 suppressed"
    assert f"**1 critical, 1 high**{numbers}\n" in text


def test_only_what_is_introduced_is_in_the_table_the_worst_first(review: Report) -> None:
    rows = [line for line in render_markdown(review).splitlines() if line.startswith("| ")]
    assert [("`Tell`" in row, "`Charge`" in row) for row in rows[1:]] == [
        (True, False),
        (False, True),
    ]


def test_a_change_that_introduces_nothing_says_so(review: Report) -> None:
    review.findings = []
    review.not_evaluated = []
    review.suppressed = []
    text = render_markdown(review)
    assert "## stepguard: nothing introduced\n" in text
    assert "This change introduces no finding · 1 fixed." in text
    assert "| severity |" not in text


def test_nothing_found_where_something_could_not_be_read_is_no_praise(report: Report) -> None:
    report.findings = []
    text = render_markdown(report)
    assert "## stepguard: not everything could be read\n" in text
    assert "- `x.yaml:3`: not YAML: tab\n" in text


def test_the_permissions_are_a_diff(review: Report) -> None:
    block = render_markdown(review).split("```diff\n")[1].split("```")[0].splitlines()
    assert block[0] == (
        "+ dynamodb:* on arn:aws:dynamodb:${var.region}:*:table/x"
        "  # Read 20, Permissions management 2; nothing in the workflow uses it"
    )
    assert block[1] == "+ no longer denied: s3:PutObject on *  # on a condition"
    assert block[2].endswith(
        ", ${aws_lambda_function.f3.arn}, 2 more  # needed by aws_sfn_state_machine.pay: Charge"
    )
    assert block[3:] == [
        "- sqs:* on *",
        "+ may be assumed by Service events.amazonaws.com",
        "- may be assumed by AWS * (aws:SourceAccount)",
        "! more may have changed: the policy 'x' could not be read",
    ]


def test_a_name_begins_no_line_of_the_diff(hostile_review: Report) -> None:
    text = render_markdown(hostile_review, maximum_bytes=1_000_000)
    blocks = re.findall(r"^(`{3,})diff\n(.*?)\n\1$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 50
    for _, block in blocks:
        assert {line[:2] for line in block.splitlines()} <= {"+ ", "- ", "! "}


def test_the_graph_is_coloured_by_the_worst_finding(review: Report) -> None:
    graph = render_markdown(review).split("```mermaid\n")[1].split("```")[0]
    classes = {
        (state, name)
        for states, name in re.findall(r"^  class (\S+) is-(\S+)$", graph, re.MULTILINE)
        for state in states.split(",")
    }
    assert classes == {
        ("begin", "end"), ("finish", "end"), ("s0", "around"), ("s1", "clean"), ("s2", "clean"),
        ("s3", "high"), ("s3", "changed"), ("s4", "low"), ("s5", "critical"), ("s5", "added"),
    }  # fmt: skip
    assert 'subgraph s0["Both<br/>Parallel"]' in graph
    assert 'subgraph s0b1["branch 1"]\n      s1(["Inner 1<br/>Pass"])' in graph
    assert '  s3 -.->|"catch"| s4' in graph
    assert "<b>1 low there before</b>" in graph


def test_each_colour_has_a_text_colour(review: Report) -> None:
    text = render_markdown(review)
    fills = re.findall(r"classDef \S+ (fill:.*)", text)
    assert fills
    assert all("color:#" in one for one in fills)


def test_a_graph_that_is_too_great_is_named(review: Report) -> None:
    node = StateNode(
        number=0, name="x", type="Pass", integration="", scope=0, parent=None, span=None,
        is_start=False, is_end=False,
    )  # fmt: skip
    states = tuple(replace(node, number=number) for number in range(MAXIMUM_STATES + 1))
    great = WorkflowGraph(states=states)
    review.state_machines = [replace(one, graph=lambda: great) for one in review.state_machines]
    text = render_markdown(review)
    assert "No graph of `aws_sfn_state_machine.pay`: 101 states, of at most 100." in text
    assert "```mermaid" not in text


def test_places_are_links_where_there_is_an_address(review: Report) -> None:
    file = review.findings[0].violation.span
    assert file is not None
    file.file.path = "in fra/a#b).tf"
    text = render_markdown(review, link_base="https://github.com/o/r/blob/abc/")
    assert "[`in fra/a#b).tf:2`](https://github.com/o/r/blob/abc/in%20fra/a%23b%29.tf#L2)" in text
    for outside in ("/etc/x.tf", "../x.tf"):
        file.file.path = outside
        assert f"[`{outside}" not in render_markdown(review, link_base="https://x/")


@pytest.mark.parametrize("maximum", [3_000, 10_000, MAXIMUM_BYTES])
def test_it_stays_below_its_size_and_says_what_is_left_out(
    review: Report, hostile_review: Report, maximum: int
) -> None:
    for one in (review, hostile_review):
        one.findings = one.findings * 200
        text = render_markdown(one, maximum_bytes=maximum)
        assert len(text.encode()) <= maximum
        shown = sum(line.startswith(("| 🟥", "| 🟧")) for line in text.splitlines())
        total = sum(finding.status == "introduced" for finding in one.findings)
        assert f"… {total - shown:,} more findings: see the artifact" in text
        assert text.endswith("</sub>\n")


def test_a_size_for_nothing_is_refused(review: Report) -> None:
    with pytest.raises(ValueError, match="does not fit into 100 bytes"):
        render_markdown(review, maximum_bytes=100)
