"""Bare definitions: JSON and YAML, substitutions, and what is wrong with its place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from stepguard import reading
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, StateMachine
from stepguard.deployment.values import Text, Unknown, render
from stepguard.deployment.workflow import read_workflow
from stepguard.readers.asl import looks_like_definition, read_definition_file
from stepguard.readers.files import ProjectFiles
from stepguard.reading import ReadOptions

WHOLE = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def read(root: Path, text: str, name: str = "flow.asl.json") -> Deployment:
    (root / name).write_text(text, encoding="utf-8")
    return read_definition_file(ProjectFiles(root, "project"), root / name)


def machine(deployment: Deployment) -> StateMachine:
    assert deployment.errors == []
    assert len(deployment.state_machines) == 1
    return deployment.state_machines[0]


def document(deployment: Deployment) -> Document:
    found = machine(deployment).definition
    assert isinstance(found, Document)
    return found


def test_a_definition_is_a_machine_of_which_nothing_else_is_said(tmp_path: Path) -> None:
    deployment = read(tmp_path, "\n  " + json.dumps(WHOLE))
    found = machine(deployment)
    assert deployment.form is found.form is Form.ASL
    assert deployment.root == found.address == "project/flow.asl.json"
    assert [file.path for file in deployment.files] == ["project/flow.asl.json"]
    assert document(deployment).value == WHOLE
    assert found.span is not None
    assert (found.span.line, found.span.column, found.span.text) == (2, 3, "{")
    absent = (found.name, found.kind, found.role, found.logging, found.tracing, found.encryption)
    assert absent == (None,) * 6
    assert found.tags is None


def test_places_are_those_of_the_file(tmp_path: Path) -> None:
    found = document(read(tmp_path, json.dumps(WHOLE, indent=2)))
    span = found.locate(["States", "A", "Type"])
    assert span is not None
    assert (span.line, span.column, span.text) == (5, 15, '"Pass"')
    name = found.locate(["States", "A"], key=True)
    assert name is not None
    assert (name.line, name.column, name.text) == (4, 5, '"A"')


def test_substitutions_are_unknown_where_they_stand(tmp_path: Path) -> None:
    text = """{
  "StartAt": "A",
  "TimeoutSeconds": ${limit},
  "States": {
    "A": {
      "Type": "Task",
      "Resource": "arn:${Partition}:states:::lambda:invoke",
      "Parameters": {"FunctionName": "${ Function }", "Say": "$${kept} ${!kept} ${}"},
      ${further}
      "End": true
    }
  }
}"""
    found = document(read(tmp_path, text))
    assert found.value["TimeoutSeconds"] == Unknown("limit")
    state = found.value["States"]["A"]
    assert isinstance(state["Resource"], Text)
    assert render(state) == {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${Function}", "Say": "$${kept} ${!kept} ${}"},
        "End": True,
        "${further}": "…",
    }
    assert read_workflow(found, Deployment("", Form.ASL)).definition_state == "partial"
    span = found.locate(["TimeoutSeconds"])
    assert span is not None
    assert (span.line, span.column, span.text) == (3, 21, "${limit}")


def test_yaml_has_places_and_substitutions_too(tmp_path: Path) -> None:
    text = """# a workflow
StartAt: "A"
TimeoutSeconds: ${limit}
States:
  A:
    Type: Task
    Resource: arn:${Partition}:states:::lambda:invoke
    Comment: "${Comment}"
    Parameters:
      "${Key}": 1
      Text: |
        one
        ${two}
    End: true
"""
    found = document(read(tmp_path, text, "flow.asl.yaml"))
    assert found.value["TimeoutSeconds"] == Unknown("limit")
    state = found.value["States"]["A"]
    assert isinstance(state["Comment"], Text)
    assert render(state) == {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::lambda:invoke",
        "Comment": "${Comment}",
        "Parameters": {"${Key}": 1, "Text": "one\n${two}\n"},
        "End": True,
    }
    span = found.locate(["States", "A", "Resource"])
    assert span is not None
    assert (span.line, span.column) == (7, 15)
    key = found.locate(["States", "A", "Parameters"], key=True)
    assert key is not None
    assert key.text == "Parameters"


@pytest.mark.parametrize(
    ("name", "text", "message", "line", "column"),
    [
        ("a.json", '{\n  // no\n  "StartAt": "A", "States": {}}', "comments", 2, 3),
        ("a.json", '{\n  "StartAt": "A", // no\n  "States": {}}', "comments", 2, 19),
        ("a.json", '// no\n{"StartAt": "A", "States": {}}', "comments", 1, 1),
        ("a.json", '{"T": ${t},\n "S": "${s}" // no\n}', "comments", 2, 14),
        ("a.json", '{"StartAt": "A",\n "States": {', "not valid JSON", 2, 13),
        ("a.json", '{"StartAt": "A"} x', "not valid JSON", 1, 18),
        ("a.json", "[1]", "no object", 1, 1),
        ("a.yaml", "StartAt: A\nStates: [\n", "not YAML", 3, 1),
        ("a.yaml", "just a text\n", "no object", 1, 1),
        ("a.json", " \n", "empty", 1, 1),
    ],
)
def test_what_is_no_definition_is_an_error_with_its_place(
    tmp_path: Path, name: str, text: str, message: str, line: int, column: int
) -> None:
    deployment = read(tmp_path, text, name)
    assert deployment.resources == []
    assert len(deployment.errors) == 1
    error = deployment.errors[0]
    assert message in error.message
    assert "\n" not in error.message
    assert error.path == f"project/{name}"
    assert error.span is not None
    assert (error.span.line, error.span.column) == (line, column)


def test_deep_and_long_input_is_refused(tmp_path: Path) -> None:
    for text in ("[" * 100_000, '{"a":' * 5_000, "- " * 5_000, "${" * 200_000):
        deployment = read(tmp_path, text, "a.json")
        assert len(deployment.errors) == 1
        assert deployment.resources == []


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    found = read_definition_file(ProjectFiles(tmp_path), tmp_path / "no.json")
    assert [error.message for error in found.errors] == ["no such file"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.asl.json", '[{"StartAt": "A", "States": {}}]'),
        ("a.asl.json", '"{\\"StartAt\\": \\"A\\"}"'),
        ("a.asl.json", "null"),
        ("a.asl.json", "5"),
        ("a.asl.yaml", "- StartAt: A\n"),
        ("a.asl.yaml", "~\n"),
    ],
)
def test_a_document_that_is_no_object_is_an_error_also_where_nobody_named_the_file(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = reading.read([tmp_path], ReadOptions())
    assert [(error.message, error.place.line) for error in found.errors] == [
        ("no workflow definition: the document is no object", 1)
    ]


@pytest.mark.parametrize(
    ("name", "text", "line", "column"),
    [
        ("a.asl.json", '{"StartAt": "A",\n "StartAt": "B", "States": {}}', 2, 2),
        ("a.asl.json", '{"StartAt": "A",\n "StartAt": "${B}", "States": ${C}}', 2, 2),
        ("a.asl.yaml", "StartAt: A\nStartAt: B\nStates: {}\n", 2, 1),
    ],
)
def test_a_key_that_stands_twice_is_an_error_and_the_last_one_is_read(
    tmp_path: Path, name: str, text: str, line: int, column: int
) -> None:
    found = read(tmp_path, text, name)
    assert len(found.resources) == 1
    assert [error.message for error in found.errors] == [
        "StartAt stands twice in one object: only the last one is read"
    ]
    span = found.errors[0].span
    assert span is not None
    assert (span.line, span.column) == (line, column)


def test_a_second_document_is_an_error_and_the_first_one_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, "StartAt: A\nStates: {}\n---\nStartAt: B\n", "a.asl.yaml")
    assert len(found.resources) == 1
    assert [error.message for error in found.errors] == [
        "a second YAML document: only the first one is read"
    ]
    span = found.errors[0].span
    assert span is not None
    assert (span.line, span.column) == (3, 1)


def test_a_key_that_says_the_same_twice_hides_nothing(tmp_path: Path) -> None:
    text = '{"StartAt": "A", "StartAt": "A", "States": {}}'
    assert read(tmp_path, text).errors == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(WHOLE), True),
        ('{"States": {}, "TimeoutSeconds": ${x}, "StartAt": "${y}"}', True),
        ('// comment\n{"States": {}, "StartAt": "A"}', True),
        ('{"StartAt": "A", "States": {', True),
        ("Comment: x\nStartAt: A\nStates:\n  A: {}\n", True),
        ('"StartAt": A\n"States": {}\n', True),
        (json.dumps({"definition": WHOLE}), False),
        (json.dumps([WHOLE]), False),
        ("definition:\n  StartAt: A\n  States: {}\n", False),
        ("a text on StartAt: and States:\n", False),
        ('{"StartAt": "A"}', False),
        ("", False),
    ],
)
def test_a_definition_is_recognised(text: str, expected: bool) -> None:
    assert looks_like_definition(text) is expected


@pytest.mark.skipif("STEPGUARD_CORPUS" not in os.environ, reason="STEPGUARD_CORPUS is not set")
def test_every_definition_of_the_corpus_is_read_or_an_error() -> None:
    root = Path(os.environ["STEPGUARD_CORPUS"]) / "asl"
    files = ProjectFiles(root)
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(paths) > 200
    for path in paths:
        found = read_definition_file(files, path)
        assert len(found.resources) + len(found.errors) == 1, path
