"""A review as text: verdict, findings, roles and workflows."""

from __future__ import annotations

import re
from collections.abc import Callable

from stepguard.report import Report
from stepguard.reports.text import render_text, verdict
from stepguard.structs import replace

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_the_text(review: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("review.txt", render_text(review))


def test_the_verdict_comes_first(review: Report) -> None:
    first = render_text(review).split("\n")[0]
    assert first.startswith(f"{verdict(review)} (")
    assert re.fullmatch(r"\d+ introduced, \d+ fixed, \d+ unchanged", verdict(review))


def test_unchanged_findings_are_only_listed_on_request(review: Report) -> None:
    count = sum(one.status == "unchanged" for one in review.findings)
    assert count > 0
    assert ": unchanged " not in render_text(review)
    assert render_text(review, everything=True).count(": unchanged ") == count


def test_nothing_of_a_template_moves_the_cursor(hostile_review: Report) -> None:
    text = render_text(hostile_review, details=True, everything=True)
    assert [line for line in text.split("\n") if not line.isprintable()] == []


def test_colours_change_nothing_but_colours(review: Report) -> None:
    coloured = render_text(review, colour=True, everything=True)
    assert "\x1b[32m" in coloured
    assert COLOUR.sub("", coloured) == render_text(review, everything=True)


def test_many_lines_of_a_role_are_cut_and_counted(review: Report) -> None:
    assert review.change is not None
    role = review.change.roles[0]
    (one, *_) = role.gained
    many = tuple(replace(one, action=f"s3:Get{number}") for number in range(1000))
    review.change = replace(review.change, roles=(replace(role, gained=many),), machines=())
    text = render_text(review)
    assert "s3:Get199 " in text
    assert "s3:Get200 " not in text
    assert "… " in text
    wide = replace(one, resources=tuple(f"arn:{number}" for number in range(9)))
    review.change = replace(review.change, roles=(replace(role, gained=(wide,)),))
    assert "arn:4 and 4 more" in render_text(review)
