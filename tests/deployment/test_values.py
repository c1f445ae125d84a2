"""Values with unknowns: rendering, finding what is not known, texts and their places."""

from __future__ import annotations

from decimal import Decimal

from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
    alternatives,
    plain,
    render,
    text_of,
    unknowns,
)

FILE = SourceFile("a.txt", "line one\nline two\n")


def test_render_shows_what_is_not_known_where_it_stands() -> None:
    value = OpenDict(
        {
            "name": Text((Piece("app-"), Hole(Unknown("var.stage")))),
            "role": Reference("aws_iam_role.r", "arn"),
            "level": OneOf("IsProd", ("ALL", "OFF")),
            "more": OpenList([1], Unknown("var.list")),
        },
        Unknown("var.rest"),
    )
    assert render(value) == {
        "name": "app-${var.stage}",
        "role": "${aws_iam_role.r.arn}",
        "level": "${IsProd ? … }",
        "more": [1, "${var.list}"],
        "${var.rest}": "…",
    }


def test_unknowns_finds_them_in_texts_keys_open_containers_and_choices() -> None:
    key = PartlyKnownKey(Text((Hole(Unknown("k")),)))
    value = {
        key: [Text((Hole(Unknown("t")),)), OpenList([], Unknown("l"))],
        "c": OneOf("C", (Unknown("o"),)),
    }
    assert {one.expression for one in unknowns(value)} == {"k", "t", "l", "C", "o"}


def test_references_are_not_unknown() -> None:
    assert list(unknowns([Reference("x"), Text((Hole(Reference("y")),))])) == []


def test_plain_drops_removed_members_and_makes_numbers_of_decimals() -> None:
    traced = Traced(
        {"a": Traced(Decimal("2.50")), "b": Traced(Decimal("3")), "c": Traced(REMOVED)},
        rest=Unknown("more"),
    )
    value = plain(traced)
    assert value == {"a": 2.5, "b": 3}
    assert isinstance(value["b"], int)
    assert isinstance(value, OpenDict)


def test_alternatives_are_flat_and_without_removed_ones() -> None:
    choice = OneOf("A", (1, OneOf("B", (2, REMOVED))))
    assert alternatives(choice) == (1, 2)
    assert alternatives("x") == ("x",)
    assert alternatives(REMOVED) == ()


def test_a_text_locates_a_stretch_in_exact_pieces() -> None:
    text = Text((Piece("line", Span(FILE, 0, 4), True), Piece("two", Span(FILE, 14, 17), True)))
    assert text.locate(1, 3).text == "in"
    assert text.locate(4, 7).text == "two"
    assert text.locate(5, 6).text == "w"
    # The two pieces are apart in the file; a stretch over both covers what lies between.
    assert text.locate(0, 7).text == "line one\nline two"


def test_a_text_of_one_hole_stays_a_text() -> None:
    assert text_of([Hole(Unknown("var.x"))]).value == Text((Hole(Unknown("var.x")),))
    assert text_of([Piece("a"), Piece(""), Piece("b")]).value == "ab"


def test_known_says_whether_the_whole_tree_is_known() -> None:
    assert Traced({"a": Traced([Traced(1)])}).is_known
    assert not Traced({"a": Traced([Traced(Reference("x"))])}).is_known
    assert not Traced([], rest=Unknown("x")).is_known


def test_positions_count_lines_and_columns_from_one() -> None:
    span = Span(FILE, 9, 13)
    assert (span.line, span.column, span.end_line, span.end_column) == (2, 1, 2, 5)
    assert span.text == "line"
    assert FILE.line(2) == "line two"
    assert FILE.line(99) == ""
    assert FILE.offset(2, 3) == 11
