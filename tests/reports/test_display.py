from __future__ import annotations

import pytest

from stepguard.reports.display import excerpt, harmless, harmless_lines, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("\x1b[2J\x1b]0;title\x07", "\\u{1b}[2J\\u{1b}]0;title\\u{7}"),
        ("a\u202eb\u2066c", "a\\u{202e}b\\u{2066}c"),
        ("zero\u200bwidth\ufeff", "zero\\u{200b}width\\u{feff}"),
        ("line\nbreak\rreturn", "line\\u{a}break\\u{d}return"),
        ("\x9b31m", "\\u{9b}31m"),
        ("lone \udc80 surrogate", "lone \\u{dc80} surrogate"),
        ("Grüße 日本 full\u3000width", "Grüße 日本 full\u3000width"),
    ],
)
def test_harmless(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_lines_stay_lines() -> None:
    assert harmless_lines("one\n\ttwo\x07") == ["one", "    two\\u{7}"]


def test_width_counts_columns() -> None:
    assert width("abc") == 3
    assert width("日本") == 4
    assert width("e\u0301") == 1


def test_an_excerpt_keeps_the_underline_below_what_is_meant() -> None:
    line = "\tname\t= 日本 x"
    shown, before, length = excerpt(line, line.index("日"), line.index(" x"), 100)
    assert shown == "    name    = 日本 x"
    assert shown.index("日") == 14 == before
    assert length == 4


def test_an_escape_in_the_line_is_written_out_and_counted() -> None:
    line = "\x1b[0m bad"
    shown, before, length = excerpt(line, line.index("bad"), len(line), 100)
    assert shown == "\\u{1b}[0m bad"
    assert shown[before : before + length] == "bad"


@pytest.mark.parametrize("start", [0, 10, 70, 80, 500, 9_990])
def test_a_long_line_is_cut_around_what_is_meant(start: int) -> None:
    line = "".join(chr(ord("a") + number % 26) for number in range(10_000))
    shown, before, length = excerpt(line, start, start + 8, 100)
    assert width(shown) <= 102
    assert shown[before : before + length] == line[start : start + 8]


def test_a_long_span_is_cut() -> None:
    shown, before, length = excerpt("x" * 500, 3, 499, 100)
    assert width(shown) <= 102
    assert (before, length) == (3, len(shown) - 3)


def test_an_empty_span_still_points() -> None:
    assert excerpt("abc", 3, 3, 100) == ("abc", 3, 1)


@pytest.mark.in_time(0.5)
def test_the_length_of_a_line_costs_nothing() -> None:
    """A file may be one line: then every finding shows a part of the same line."""
    line = "\u00e9" * 20_000_000
    shown, before, length = excerpt(line, 10_000_000, 10_000_004, 100)
    assert shown.startswith("… é")
    assert shown.endswith("é …")
    assert (before, length) == (35, 4)
