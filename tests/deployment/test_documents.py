"""Documents: from text and from traced trees, with the place of every part."""

from __future__ import annotations

import pytest

from stepguard.deployment.documents import DocumentError, read_document
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Hole, OneOf, Piece, Reference, Text, Traced, Unknown

CONTENT = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


def in_file(content: str) -> Traced:
    """A string that stands in a file as it is."""
    file = SourceFile("a.asl.json", content)
    return Traced(content, Span(file, 0, len(content)))


def test_a_document_from_text_tells_where_values_and_keys_are() -> None:
    document = read_document(in_file(CONTENT))
    assert document.value["States"]["A"]["Type"] == "Pass"
    assert document.locate(("States", "A", "Type")).text == '"Pass"'
    assert document.locate(("States", "A"), key=True).text == '"A"'
    assert document.is_complete


def test_a_path_that_is_not_there_gives_the_nearest_container() -> None:
    document = read_document(in_file(CONTENT))
    assert document.locate(("States", "A", "Retry", 0)).text == '{"Type": "Pass", "End": true}'
    assert document.locate(("Nothing",)).text == CONTENT


def test_a_document_from_an_encoded_value_keeps_the_places_of_its_parts() -> None:
    file = SourceFile("main.tf", 'x = jsonencode({ Effect = "Allow" })')
    value = Traced("Allow", Span(file, 26, 33))
    encoded = Traced({"Effect": value}, Span(file, 15, 35), keys={"Effect": Span(file, 17, 23)})
    document = read_document(Traced('{"Effect":"Allow"}', Span(file, 4, 36), encoded=encoded))
    assert document.value == {"Effect": "Allow"}
    assert document.locate(("Effect",)).text == '"Allow"'
    assert document.locate(("Effect",), key=True).text == "Effect"


def test_a_place_inside_an_open_choice_is_that_of_the_alternative_that_has_it() -> None:
    file = SourceFile("t.yaml", "Level: ALL")
    level = Traced({"Level": Traced("ALL", Span(file, 7, 10))}, Span(file, 0, 10))
    choice = Traced(OneOf("IsProd", (Traced({}), level)))
    document = read_document(Traced({"Logging": choice}))
    assert document.locate(("Logging", "Level")).text == "ALL"
    assert not document.is_complete


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Traced(Unknown("var.x", "variable has no value")), "var.x is not known: variable has no"),
        (Traced(Reference("aws_s3_object.o", "body")), "aws_s3_object.o is not known"),
        (Traced(Text((Hole(Unknown("var.x")),))), "var.x is not known before deployment"),
        (Traced(OneOf("IsProd", ())), "depends on condition IsProd"),
        (Traced(7), "neither an object nor a text"),
        (Traced("{", None), "not valid JSON"),
        (Traced(CONTENT, sensitive=True), "sensitive"),
    ],
)
def test_what_is_no_document_is_refused_with_its_reason(value: Traced, reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_document(value)
    assert reason in caught.value.reason


def test_a_document_of_pieces_points_into_the_file_of_each_piece() -> None:
    main = SourceFile("main.tf", '{"A": "@"}')
    other = SourceFile("other.tf", "x-value")
    text = Text(
        (
            Piece('{"A": "', Span(main, 0, 7), True),
            Piece("value", Span(other, 2, 7), True),
            Piece('"}', Span(main, 8, 10), True),
        )
    )
    document = read_document(Traced('{"A": "value"}', Span(main, 0, 10), text=text))
    traced = document.traced()
    assert traced is not None
    inner = traced.value["A"].as_text()
    assert inner.locate(0, 5).file is other
    assert inner.locate(0, 5).text == "value"
