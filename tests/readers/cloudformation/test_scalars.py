"""Places inside strings: a character that is said to stand somewhere does stand there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepguard.deployment.source import SourceFile
from stepguard.deployment.values import Piece, Text, Traced
from stepguard.readers.cloudformation.yaml_tree import read_tree


def value_in(yaml: str) -> Traced:
    """Return the value of the only key of a file."""
    root = read_tree(SourceFile("a.yaml", yaml)).root
    return next(iter(root.value.values()))


def text_in(yaml: str) -> Text:
    value = value_in(yaml)
    text = value.as_text()
    assert text is not None
    assert text.known == value.value
    return text


def place(yaml: str, wanted: str) -> tuple[int, int]:
    """Return line and column at which a stretch of the value is said to stand."""
    value = value_in(yaml).value
    start = value.index(wanted)
    span = text_in(yaml).locate(start, start + len(wanted))
    assert span is not None
    assert span.text == wanted
    return span.line, span.column


@pytest.mark.parametrize(
    ("yaml", "wanted", "line", "column"),
    [
        ("a: plain text\n", "text", 1, 10),
        ("a: 'single quoted'\n", "quoted", 1, 12),
        ("a: 'it''s here'\n", "here", 1, 11),
        ('a: "double quoted"\n', "quoted", 1, 12),
        ('a: "tab\\there \\u00e4 there"\n', "there", 1, 22),
        ("a: |\n  first\n  second\n", "second", 3, 3),
        ("a: |\n  {\n    x\n  }\n", "x", 3, 5),
        ("a: |2\n    first\n  second\n", "second", 3, 3),
        ("a: |-\n\n\n  first\n\n  second", "second", 6, 3),
        ("a: | # comment\n  first\n", "first", 2, 3),
        ("a: |\r\n  first\r\n  second\r\n", "second", 3, 3),
        ("a: >\n  first\n  second\n", "second", 3, 3),
        ("a: >-\n  first\n\n  second\n    third\n  fourth\n", "fourth", 6, 3),
        ("a: first\n  second\n\n  third\n", "third", 4, 3),
        ("a: 'first\n  second'\n", "second", 2, 3),
        ('a: "first\n  second"\n', "second", 2, 3),
        ('a: "first\\\n  second"\n', "second", 2, 3),
        ("ä: |\n  日本 x\n  𝄞 second\n", "second", 3, 5),
        ("a: !Sub |\n  first\n  second\n", "second", 3, 3),
        ("a: !Sub 'x second'\n", "second", 1, 12),
    ],
)
def test_a_stretch_is_found_where_it_is_written(
    yaml: str, wanted: str, line: int, column: int
) -> None:
    if "!Sub" in yaml:
        value = value_in(yaml).get("Fn::Sub")
        assert value is not None
        text = value.as_text()
        assert text is not None
        start = value.value.index(wanted)
        span = text.locate(start, start + len(wanted))
        assert span is not None
        assert (span.text, span.line, span.column) == (wanted, line, column)
    else:
        assert place(yaml, wanted) == (line, column)


def test_an_escape_is_a_piece_of_its_own_that_points_at_the_escape() -> None:
    text = text_in('a: "x\\n\\x41y"\n')
    assert [(part.text, part.exact) for part in text.parts if isinstance(part, Piece)] == [
        ("x", True),
        ("\n", False),
        ("A", False),
        ("y", True),
    ]
    span = text.locate(1, 2)
    assert span is not None
    assert span.text == "\\n"


@given(st.text(alphabet="ab \n:#'\"\\{}[]äé日\t-|>!&*%@`,?~0", max_size=40))
def test_whatever_is_exact_stands_in_the_file(content: str) -> None:
    import json

    import yaml as library

    written = [
        "a: " + json.dumps(content, ensure_ascii=False) + "\n",
        library.safe_dump({"a": content}, allow_unicode=True),
        library.safe_dump({"a": content}, default_style="|", allow_unicode=True),
        library.safe_dump({"a": content}, default_style=">", allow_unicode=True, width=10),
        library.safe_dump({"a": content}, default_style="'", allow_unicode=True, width=10),
        library.safe_dump({"a": content}, default_style='"', allow_unicode=True, width=10),
    ]
    for yaml in written:
        for part in text_in_any_key(yaml).parts:
            assert isinstance(part, Piece)
            assert part.span is not None
            if part.exact:
                assert part.span.text == part.text


def text_in_any_key(yaml: str) -> Text:
    value = value_in(yaml)
    text = value.as_text() if isinstance(value.value, str) else Text(())
    assert text is not None
    if isinstance(value.value, str):
        assert text.known == value.value
    return text
