"""JSON with holes: values, positions, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepguard.deployment.json_text import JsonTextError, parse_json, trace_json
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import (
    Hole,
    OpenDict,
    OpenList,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
    plain,
    render,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def text_of(content: str, *holes: Unknown | Reference) -> Text:
    """A text in which each `@` is a hole; its pieces stand one after the other in a file."""
    file = SourceFile("definition.json", content)
    parts: list[Piece | Hole] = []
    position = 0
    for number, piece in enumerate(content.split("@")):
        if number:
            parts.append(Hole(holes[number - 1], Span(file, position - 1, position)))
        if piece:
            parts.append(Piece(piece, Span(file, position, position + len(piece)), True))
        position += len(piece) + 1
    return Text(tuple(parts))


def walk(node: Traced) -> list[Traced]:
    """Every node of a traced tree."""
    nodes = [node]
    if isinstance(node.value, dict):
        for member in node.value.values():
            nodes.extend(walk(member))
    elif isinstance(node.value, list):
        for element in node.value:
            nodes.extend(walk(element))
    return nodes


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_positions_cover_exactly_the_json_of_each_value(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    content = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    text = text_of(content.replace("@", "a"))
    expected = json.loads(content.replace("@", "a"))
    assert parse_json(text) == (expected, ())
    traced = trace_json(text)
    assert plain(traced) == expected
    for node in walk(traced):
        assert node.span is not None
        assert json.loads(node.span.text) == plain(node)
        for key, span in (node.keys or {}).items():
            assert json.loads(span.text) == key


def test_a_hole_in_a_string_makes_it_a_text() -> None:
    bucket = Reference("aws_s3_bucket.b", "arn")
    value, _ = parse_json(text_of('{"Resource": "@/*"}', bucket))
    assert value == {"Resource": Text((Hole(bucket), Piece("/*")))}


def test_a_hole_in_place_of_a_value_is_unknown_and_its_place_is_told() -> None:
    text = text_of('{"TimeoutSeconds": @, "End": true}', Unknown("limit"))
    value, _ = parse_json(text)
    assert value == {"TimeoutSeconds": Unknown("limit"), "End": True}
    traced = trace_json(text)
    span = traced.value["TimeoutSeconds"].span
    assert (span.start, span.end) == (19, 20)
    assert traced.value["End"].span.text == "true"


@pytest.mark.parametrize(
    "content",
    [
        '{"a": 1, @}',
        '{"a": 1, @, "b": 2}',
        '{@ "a": 1, "b": 2}',
        '{"b": 2 @ "a": 1}',
    ],
)
def test_a_hole_among_members_leaves_the_object_open(content: str) -> None:
    value, _ = parse_json(text_of(content, Unknown("more")))
    assert isinstance(value, OpenDict)
    assert value["a"] == 1
    assert value.rest == Unknown("more")
    traced = trace_json(text_of(content, Unknown("more")))
    assert traced.rest == Unknown("more")
    assert traced.value["a"].span.text == "1"


@pytest.mark.parametrize("content", ['["x", @]', '[@ "x"]', '[@, "x"]', '["x" @]'])
def test_a_hole_among_elements_leaves_the_list_open(content: str) -> None:
    value, _ = parse_json(text_of(content, Unknown("more")))
    assert isinstance(value, OpenList)
    assert list(value) == ["x"]


def test_a_hole_in_a_key_is_kept() -> None:
    value, _ = parse_json(text_of('{"@-run": 1}', Unknown("var.name")))
    (key,) = value
    assert isinstance(key, PartlyKnownKey)
    assert key == "${var.name}-run"
    assert render(value) == {"${var.name}-run": 1}


def test_escapes_in_strings_do_not_shift_the_places_after_them() -> None:
    text = text_of('{"Cause": "a\\n\\u00e9 \\ud83d\\ude00 end"}')
    node = trace_json(text).value["Cause"]
    assert node.value == "a\né \U0001f600 end"
    inner = node.as_text()
    start = node.value.index("end")
    assert inner.locate(start, start + 3).text == "end"


def test_duplicate_keys_are_told_and_the_last_one_counts() -> None:
    value, duplicates = parse_json(text_of('{"A": {"x": 1, "x": 2}}'))
    assert value == {"A": {"x": 2}}
    assert [one.key for one in duplicates] == ["x"]


@pytest.mark.parametrize(
    ("content", "reason", "place"),
    [
        ('{"a": 1 // why\n}', "JSON has no comments", 8),
        ("{'a': 1}", "expecting property name", 1),
        ('{"a": NaN}', "NaN is no JSON value", None),
        ("  ", "the text is empty", None),
        ("[" * 300 + "]" * 300, "nested too deeply", None),
        ("[" * 100_000, "nested too deeply", None),
        ("9" * 5000, "limit", None),
        ('{"a": "\U000f0000"}', "private-use", None),
    ],
)
def test_what_is_no_json_is_refused_with_its_reason_and_place(
    content: str, reason: str, place: int | None
) -> None:
    text = text_of(content)
    if "\U000f0000" in content:
        text = Text((*text.parts, Hole(Unknown("x"))))
    with pytest.raises(JsonTextError) as caught:
        parse_json(text)
    assert reason in caught.value.reason
    if place is not None:
        assert caught.value.span is not None
        assert caught.value.span.start == place


@given(st.text(alphabet='{}[],:"\\ab1@ ', max_size=40))
def test_any_text_is_read_or_refused(content: str) -> None:
    holes = [Unknown(f"h{number}") for number in range(content.count("@"))]
    try:
        value, _ = parse_json(text_of(content, *holes))
    except JsonTextError:
        return
    traced = trace_json(text_of(content, *holes))
    assert render(plain(traced)) == render(value)
