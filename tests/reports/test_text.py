from __future__ import annotations

import re
from collections.abc import Callable

from stepguard.report import Report
from stepguard.reports.text import render_text

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_the_text(report: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("everything.txt", render_text(report, details=True))


def test_nothing_of_a_template_moves_the_cursor(report: Report) -> None:
    text = render_text(report, details=True)
    assert [line for line in text.split("\n") if not line.isprintable()] == []


def test_colours_change_nothing_but_colours(report: Report) -> None:
    coloured = render_text(report, colour=True)
    assert coloured != render_text(report)
    assert COLOUR.sub("", coloured) == render_text(report)


def test_the_underline_stands_below_what_is_meant(report: Report) -> None:
    lines = render_text(report).splitlines()
    number = next(i for i, line in enumerate(lines) if "^" in line)
    first, last = lines[number].index("^"), lines[number].rindex("^")
    assert lines[number - 1][first : last + 1] == "name"


def test_of_many_places_the_first_five_are_shown(report: Report) -> None:
    text = render_text(report)
    assert text.count("= note:") == 6
    assert "= note: and 2 more" in text


def test_an_empty_report_says_so() -> None:
    assert render_text(Report()) == "no state machines in 0 files\nno violations\n"


def test_reasons_are_counted_once_each(report: Report) -> None:
    report.not_evaluated = report.not_evaluated * 3
    assert "3 not evaluated" in render_text(report)
    assert "      3 var.x is not set" in render_text(report)
