"""YAML and JSON files as trees with places, and what hostile ones can do: nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from stepguard.deployment.source import SourceFile
from stepguard.deployment.values import Traced, plain
from stepguard.readers.cloudformation.yaml_tree import (
    MAXIMUM_DEPTH,
    Tree,
    TreeError,
    read_tree,
)


def tree(text: str, name: str = "a.yaml") -> Tree:
    return read_tree(SourceFile(name, text))


def content(text: str, name: str = "a.yaml") -> Any:
    return plain(tree(text, name).root)


def error(text: str, name: str = "a.yaml") -> TreeError:
    with pytest.raises(TreeError) as caught:
        tree(text, name)
    return caught.value


def at(node: Traced, *path: str | int) -> Traced:
    for step in path:
        node = node.value[step]
    return node


# Places


def test_every_node_and_key_has_its_place() -> None:
    root = tree("a:\n  - b: one\n    c: [1, two]\n  - {d: 'x y'}\ne: f\n").root
    assert root.keys is not None
    assert (root.keys["e"].text, root.keys["e"].line, root.keys["e"].column) == ("e", 5, 1)
    first = at(root, "a", 0)
    assert first.keys is not None
    assert (first.keys["c"].line, first.keys["c"].column) == (3, 5)
    assert first.span is not None
    assert first.span.text == "b: one\n    c: [1, two]"
    whole = at(root, "a")
    assert whole.span is not None
    assert whole.span.text == "- b: one\n    c: [1, two]\n  - {d: 'x y'}"
    for path, text in (
        (("a", 0, "b"), "one"),
        (("a", 0, "c"), "[1, two]"),
        (("a", 0, "c", 1), "two"),
        (("a", 1), "{d: 'x y'}"),
        (("a", 1, "d"), "'x y'"),
    ):
        span = at(root, *path).span
        assert span is not None
        assert span.text == text


def test_a_block_scalar_ends_with_its_last_character() -> None:
    root = tree("a:\n  b: |\n    text\n    more\n\n\n# comment\nc: d\n").root
    span = at(root, "a", "b").span
    assert span is not None
    assert span.text == "|\n    text\n    more"
    outer = at(root, "a").span
    assert outer is not None
    assert outer.text == "b: |\n    text\n    more"


def test_json_has_places_too() -> None:
    root = tree('{\n\t"a": [1, {"b": "c"}]\n}', "a.json").root
    span = at(root, "a", 1, "b").span
    assert span is not None
    assert (span.text, span.line, span.column) == ('"c"', 2, 17)
    assert root.keys is not None
    assert root.keys["a"].text == '"a"'


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "\\ud83d\\ude00 x"}',
        '{"a": "\\u0000\\/", "b": [1, 2.5]}',
    ],
)
def test_json_that_is_no_yaml_is_read_as_json(text: str) -> None:
    assert content(text, "a.json") == json.loads(text)


def test_numbers_of_such_json_that_are_too_long_stay_texts() -> None:
    text = '{"a": "\\ud83d\\ude00", "b": 1e999999999, "c": 5}'
    assert content(text, "a.json") == {"a": "\U0001f600", "b": "1e999999999", "c": 5}


# Meaning


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("text", "text"),
        ("true", True),
        ("Yes", True),
        ("off", False),
        ("~", None),
        ("", None),
        ("'true'", "true"),
        ("10", 10),
        ("-3", -3),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0b101", 5),
        ("012345670123", 0o12345670123),
        ("012345678901", "012345678901"),
        ("123456789012", 123456789012),
        ("1.5", Decimal("1.5")),
        ("1e3", 1000),
        ("1.0e+3", 1000),
        (".5", Decimal("0.5")),
        ("2012-10-17", "2012-10-17"),
        ("2012-10-17T10:00:00Z", "2012-10-17T10:00:00Z"),
        ("12:30:45", "12:30:45"),
        (".inf", ".inf"),
        ("9" * 5000, "9" * 5000),
        ("1e999999999", "1e999999999"),
        ("!!str 10", "10"),
        ("! 10", 10),
    ],
)
def test_scalars_mean_what_cloudformation_makes_of_them(written: str, meant: object) -> None:
    root = tree(f"a: {written}\n").root
    value = at(root, "a").value
    assert value == meant
    assert isinstance(value, bool) == isinstance(meant, bool)
    assert isinstance(value, str) == isinstance(meant, str)


def test_keys_are_texts_as_they_are_written() -> None:
    assert content("on: 1\n123456789012: 2\n'x': 3\nnull: 4\n") == {
        "on": 1,
        "123456789012": 2,
        "x": 3,
        "null": 4,
    }


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition A", {"Condition": "A"}),
        ("!GetAtt A.Arn", {"Fn::GetAtt": "A.Arn"}),
        ("!Sub ['${x}', {x: !Ref A}]", {"Fn::Sub": ["${x}", {"x": {"Ref": "A"}}]}),
        ("!Join ['', [a, !Ref A]]", {"Fn::Join": ["", ["a", {"Ref": "A"}]]}),
        ("!Sub &x 'text'", {"Fn::Sub": "text"}),
        ("!Select\n  - 0\n  - !Ref A", {"Fn::Select": [0, {"Ref": "A"}]}),
        ("!Unheard of", {"Fn::Unheard": "of"}),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
        ("!Ref ''", {"Ref": ""}),
    ],
)
def test_short_tags_become_the_long_form(short: str, long: object) -> None:
    assert content(f"a: {short}\n") == {"a": long}


def test_a_short_tag_keeps_its_places() -> None:
    root = tree("a: !GetAtt  Name.Arn\nb: !Join\n  - ''\n  - [x]\n").root
    call = at(root, "a")
    assert call.span is not None
    assert call.keys is not None
    assert call.span.text == "!GetAtt  Name.Arn"
    assert call.keys["Fn::GetAtt"].text == "!GetAtt"
    argument = at(call, "Fn::GetAtt").span
    assert argument is not None
    assert argument.text == "Name.Arn"
    listed = at(root, "b", "Fn::Join").span
    assert listed is not None
    assert listed.text == "- ''\n  - [x]"


def test_aliases_and_merge_keys() -> None:
    text = """
base: &base {x: 1, y: 2}
other: &other {y: 3, z: 4}
name: &name key
a: {<<: *base, x: 9}
b: {<<: [*base, *other]}
c: [*base, *name]
*name : here
"""
    assert content(text) == {
        "base": {"x": 1, "y": 2},
        "other": {"y": 3, "z": 4},
        "name": "key",
        "a": {"x": 9, "y": 2},
        "b": {"x": 1, "y": 2, "z": 4},
        "c": [{"x": 1, "y": 2}, "key"],
        "key": "here",
    }
    merged = at(tree(text).root, "a")
    assert merged.keys is not None
    assert merged.keys["y"].line == 2


def test_a_quoted_merge_key_is_a_key() -> None:
    assert content("a: {'<<': 1}\n") == {"a": {"<<": 1}}


def test_keys_that_stand_twice_are_told_and_the_last_one_counts() -> None:
    read = tree("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert plain(read.root) == {"a": 3, "b": {"c": 2}}
    assert [(one.key, one.span.line) for one in read.repeated] == [("c", 4), ("a", 5)]
    assert read.root.keys is not None
    assert read.root.keys["a"].line == 5


def test_a_second_document_is_not_read_but_told() -> None:
    read = tree("a: 1\n---\nb: 2\n")
    assert plain(read.root) == {"a": 1}
    assert read.second_document is not None
    assert read.second_document.line == 2


# What is wrong


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: 1\n\tb: 2\n", "not YAML", 2),
        ("a: [1, 2\n", "not YAML", 2),
        ("a: {b: c\nd: e\n", "not YAML", 2),
        ("a: 'x\n", "not YAML", 2),
        ("a: %x\n", "not YAML", 1),
        ("a: !Base64 !Sub x\n", "not YAML", 1),
        ("a: \x07\n", "not YAML", 1),
        ("a: *nowhere\n", "not YAML: found undefined alias|no anchor", 1),
        ("? [a, b]\n: c\n", "a key must be a text", 1),
        ("", "the file is empty", 1),
        ("# only a comment\n", "the file is empty", 1),
        ("a: {<<: 3}\n", "a merge key takes an object", 1),
        ("a: &a [*a]\n", "stands in what it repeats", 1),
        ("a: &a {<<: *a}\n", "stands in what it repeats", 1),
        ("&a [x, *a]: 1\n", "a key must be a text", 1),
    ],
)
def test_what_is_no_yaml_has_a_reason_and_a_place(text: str, reason: str, line: int) -> None:
    found = error(text)
    assert any(one in found.reason for one in reason.split("|"))
    assert "\n" not in found.reason
    assert found.span is not None
    assert found.span.line == line


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ('{"a": 1\n "b": 2}', "expecting ',' delimiter", 2),
        ('{"a": 1\n', "expecting ',' delimiter", 2),
        ('{\n // why\n "a": 1}', "JSON has no comments", 2),
    ],
)
def test_broken_json_is_explained_as_json(text: str, reason: str, line: int) -> None:
    found = error(text, "a.json")
    assert reason in found.reason
    assert found.span is not None
    assert found.span.line == line


@pytest.mark.in_time(5)
@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        "{a: " * 10_000 + "1" + "}" * 10_000,
        "- " * 10_000,
        "".join("  " * depth + "a:\n" for depth in range(300)),
        '{"a":' * 100_000,
    ],
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert "nested too deeply" in error(text).reason


def test_the_depth_that_is_allowed_is_read() -> None:
    text = "[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH
    assert tree(text).root.value


@pytest.mark.in_time(5)
@pytest.mark.parametrize(
    "line",
    [
        "{n}: &{n} [*{p}, *{p}, *{p}, *{p}, *{p}, *{p}, *{p}, *{p}]",
        "{n}: &{n} {{a: *{p}, b: *{p}}}",
    ],
)
def test_an_alias_bomb_is_refused(line: str) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [line.format(n=f"a{number}", p=f"a{number - 1}") for number in range(1, 60)]
    assert error("\n".join(lines)).reason == "its aliases repeat too much"


def test_merge_keys_cannot_multiply_without_end() -> None:
    keys = "\n".join(f"  k{number}: 1" for number in range(2_000))
    merges = "\n".join(f"m{number}: {{<<: *base}}" for number in range(2_000))
    assert error(f"base: &base\n{keys}\n{merges}\n").reason == "its aliases repeat too much"


# An idle machine takes about a second; what this guards against takes minutes.
@pytest.mark.in_time(20)
def test_a_large_file_is_read_in_reasonable_time() -> None:
    text = json.dumps({f"key{number}": {"a": [number, "text"]} for number in range(50_000)})
    assert len(tree(text).root.value) == 50_000
