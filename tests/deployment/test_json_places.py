"""Places found without a tree are those that the tree of all values has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepguard.deployment.documents import Document, read_document
from stepguard.deployment.json_places import places_in
from stepguard.deployment.json_text import trace_json
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Hole, Piece, Text, Traced, Unknown, text_of

ROOT = Path(__file__).resolve().parents[2]

TEXTS = [
    '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
    ' \n[1, -2.5e3, [], {}, null, ["a", {"b": [false]}]]\n ',
    '{"a\\u0041\\n": {"\\"": [1]}, "\\ud83d\\ude00": "\\ud83d\\ude00", "é": 1}',
    '{"twice": {"a": 1}, "twice": {"b": 2}}',
    '"only a text"',
    "{ }",
    '{\t"a"\r\n:\t[\n]\n,\n"b" : { } }',
    '{"long": 123456789012345678901234567890, "n": {"x": 1.5}}',
]


def in_file(content: str) -> Text:
    return Text((Piece(content, Span(SourceFile("f", content), 0, len(content)), exact=True),))


def with_hole(content: str, written: str) -> Text:
    """Return the text with an unknown value in the place of what is written."""
    file = SourceFile("f", content)
    start = content.index(written)
    end = start + len(written)
    return Text(
        (
            Piece(content[:start], Span(file, 0, start), exact=True),
            Hole(Unknown(written), Span(file, start, end)),
            Piece(content[end:], Span(file, end, len(content)), exact=True),
        )
    )


def paths(node: Traced, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    yield (*path, "not there")
    yield (*path, 7_000)
    if isinstance(node.value, dict):
        for key, value in node.value.items():
            yield from paths(value, (*path, key))
    elif isinstance(node.value, list):
        for number, value in enumerate(node.value):
            yield from paths(value, (*path, number))


def assert_same_places(text: Text) -> int:
    traced = trace_json(text)
    by_tree = Document(None, None, traced=traced)
    found = places_in(text)
    assert found is not None
    count = 0
    for path in paths(traced):
        for key in (False, True):
            assert found.locate(path, key=key) == by_tree.locate(path, key=key), path
            count += 1
    return count


@pytest.mark.parametrize("content", TEXTS)
def test_places_in_a_file(content: str) -> None:
    assert assert_same_places(in_file(content)) > 3


def test_places_in_the_definitions_of_the_fixtures() -> None:
    files = sorted((ROOT / "fixtures").rglob("*.asl.json"))
    counted = 0
    for file in files:
        content = file.read_text(encoding="utf-8")
        if "${" not in content:
            counted += assert_same_places(in_file(content))
    assert counted > 100


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ('{"a": "x${v}y", "b": {"c": [1]}}', "${v}"),
        ('{"${v}": {"d": 1}, "b": {"c": [1]}}', "${v}"),
        ('{"k-${v}-é": {"d": 1}, "b": {"c": [1]}}', "${v}"),
    ],
)
def test_places_in_a_text_with_holes_in_its_strings(content: str, written: str) -> None:
    assert assert_same_places(with_hole(content, written)) > 5


@pytest.mark.parametrize("content", ['{"a": ${v}, "b": 1}', '{${v} "b": 1}', "[1, ${v}]"])
def test_a_hole_outside_of_strings_needs_the_tree(content: str) -> None:
    text = with_hole(content, "${v}")
    assert places_in(text) is None
    document = read_document(text_of(text.parts))
    place = document.locate(("b",) if "b" in content else (0,))
    assert place is not None
    assert place.text == "1"


def test_a_text_that_is_written_with_escapes_of_its_own() -> None:
    """The definition is a string of a template: each of its quotes is an escape there."""
    written = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass"}}})
    outer = json.dumps({"DefinitionString": written})
    traced = trace_json(in_file(outer)).get("DefinitionString")
    assert traced is not None
    text = traced.as_text()
    assert text is not None
    assert assert_same_places(text) > 5


def test_one_place_among_ten_thousand_makes_no_tree() -> None:
    content = json.dumps({"States": {f"S{number}": {"Type": "Pass"} for number in range(10_000)}})
    document = read_document(text_of(in_file(content).parts))
    place = document.locate(("States", "S9999", "Type"))
    assert place is not None
    assert place.text == '"Pass"'
    assert place.start == content.rindex('"Pass"')
    assert document._traced is None
