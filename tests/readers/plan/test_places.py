"""Places in the plan itself: line and column of every value, in whatever way it is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Policy, StateMachine
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Traced
from stepguard.readers.plan.json_walk import JsonWalk

Read = Callable[..., Deployment]
Load = Callable[[str], dict[str, Any]]


def machine(deployment: Deployment, address: str) -> StateMachine:
    found = deployment.find(address)[0]
    assert isinstance(found, StateMachine)
    return found


def document(value: object) -> Document:
    assert isinstance(value, Document), value
    return value


def test_a_resource_is_where_its_address_stands(read: Read) -> None:
    for resource in read("update").resources:
        assert resource.span is not None
        assert resource.block is not None
        assert json.loads(resource.span.text) == resource.address
        whole = json.loads(resource.block.text)
        assert whole["address"] == resource.address
        assert "change" in whole
        line = resource.span.file.text.splitlines()[resource.span.line - 1]
        assert line[resource.span.column - 1 :].startswith(f'"{resource.address}"')


def test_a_resource_whose_address_comes_last_is_found(read: Read, load: Load) -> None:
    plan = load("no-op")
    plan["resource_changes"] = [
        dict(reversed(change.items())) for change in plan["resource_changes"]
    ]
    for resource in read(plan).resources:
        assert resource.span is not None
        assert json.loads(resource.span.text) == resource.address


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
def test_states_are_where_they_stand_in_the_definition(read: Read, load: Load, indent: Any) -> None:
    deployment = read(load("create"), indent=indent)
    found = document(machine(deployment, "aws_sfn_state_machine.audit").definition)
    name = found.locate(["States", 'Write "all"'], key=True)
    resource = found.locate(["States", 'Write "all"', "Resource"])
    retries = found.locate(["States", 'Write "all"', "Retry", 0, "MaxAttempts"])
    assert name is not None
    assert resource is not None
    assert retries is not None
    assert name.text == r"\"Write \\\"all\\\"\""
    assert resource.text == r"\"arn:aws:states:::dynamodb:putItem\""
    assert retries.text == "3"
    assert name.line == resource.line == retries.line
    line = name.file.text.splitlines()[name.line - 1]
    assert line[name.column - 1 : name.end_column - 1] == name.text
    assert '"definition"' in line


def test_statements_are_where_they_stand_in_the_policy(read: Read) -> None:
    policy = read("update").find("aws_iam_role_policy.table")[0]
    assert isinstance(policy, Policy)
    span = document(policy.document).locate(["Statement", 0, "Action", 0])
    assert span is not None
    assert span.text == r"\"dynamodb:*\""


def test_statements_of_a_document_that_is_read_later_are_those_of_its_data_source(
    read: Read,
) -> None:
    policy = read("create").find("aws_iam_role_policy.workflow")[0]
    assert isinstance(policy, Policy)
    found = document(policy.document)
    action = found.locate(["Statement", 1, "Action"])
    assert action is not None
    assert action.text == '"s3:*"'
    statement = found.locate(["Statement", 1])
    assert statement is not None
    assert json.loads(statement.text)["sid"] == "Store"


def test_nothing_is_located_before_it_is_asked_for(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    trace = JsonWalk.trace

    def counted(self: JsonWalk, at: int, depth: int = 0) -> tuple[Traced, int]:
        asked.append("")
        return trace(self, at, depth)

    monkeypatch.setattr(JsonWalk, "trace", counted)
    deployment = read("modules")
    before = len(asked)
    queue = deployment.find('aws_sqs_queue.work["invoices"]')[0]
    name = queue.attributes.get("name")
    assert name is not None
    assert name.value == "invoices"
    assert len(asked) > before


def nodes(value: Traced) -> Iterator[Traced]:
    yield value
    if isinstance(value.value, dict):
        for member in value.value.values():
            yield from nodes(member)
    elif isinstance(value.value, list):
        for element in value.value:
            yield from nodes(element)


STRINGS = [
    "",
    "plain",
    'quote " backslash \\ slash / tab \t break \n end',
    "\u00e4\u20ac\U0001f600 and then some",
    '\\\\\\"',
    "\U0001f600\U0001f600x\u0001y",
]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("string", STRINGS)
def test_every_character_of_a_text_is_found(string: str, ascii_only: bool) -> None:
    text = " " + json.dumps({"a": [string, 1.5]}, ensure_ascii=ascii_only)
    traced, end = JsonWalk(SourceFile("x", text)).trace(0)
    assert end == len(text)
    node = traced.value["a"].value[0]
    located = node.as_text()
    assert located is not None
    for number, character in enumerate(string):
        span = located.locate(number, number + 1)
        assert span is not None
        assert json.loads(f'"{span.text}"') == character
    whole = located.locate(0, len(string))
    assert whole is not None
    assert f'"{whole.text}"' == json.dumps(string, ensure_ascii=ascii_only)


def test_every_value_and_key_has_its_place() -> None:
    content = {"a": {"b": [1, None, {"c": True}], 'd:"e': "f"}, "g": [], "h": {}}
    for indent in (None, 3):
        text = json.dumps(content, indent=indent, separators=(" ,", " : "))
        traced, _ = JsonWalk(SourceFile("x", text)).trace(0)
        for node in nodes(traced):
            assert isinstance(node.span, Span)
            for key, span in (node.keys or {}).items():
                assert json.loads(span.text) == key
                assert node.span.contains(span)
            if not isinstance(node.value, (dict, list)):
                assert json.loads(node.span.text) == node.value


def marked(span: Span) -> tuple[str, str]:
    """Return what is shown of a line, and what of it is underlined."""
    shown, start, end = span.file.excerpt(span)
    return shown, shown[start:end]


@pytest.mark.parametrize("indent", [None, 2])
def test_of_a_line_only_the_member_is_shown(read: Read, load: Load, indent: Any) -> None:
    deployment = read(load("create"), indent=indent)
    resource = machine(deployment, "aws_sfn_state_machine.audit")
    assert resource.span is not None
    assert marked(resource.span) == (
        '"address": "aws_sfn_state_machine.audit"',
        '"aws_sfn_state_machine.audit"',
    )
    definition = document(resource.definition)
    for path, expected in (
        (["States", 'Write "all"', "Retry", 0, "MaxAttempts"], "3"),
        (["States", 'Write "all"', "Resource"], r"\"arn:aws:states:::dynamodb:putItem\""),
        ([], None),
    ):
        span = definition.locate(path)
        assert span is not None
        shown, underlined = marked(span)
        assert shown.startswith('"definition": "{')
        assert shown.endswith('}\\n"')
        assert underlined in (expected, span.text)
    kind = resource.attributes.get("type")
    assert kind is not None
    assert kind.span is not None
    assert marked(kind.span) == ('"type": "STANDARD"', '"STANDARD"')


@pytest.mark.parametrize("indent", [None, 2])
def test_nothing_is_shown_of_what_stands_beside_a_value(
    read: Read, load: Load, indent: Any
) -> None:
    deployment = read(load("sensitive"), indent=indent)
    role = deployment.find("aws_iam_role.workflow")[0]
    places = [role.span, role.block, *(node.span for node in nodes(role.attributes))]
    seen = [marked(place) for place in places if place is not None]
    assert len(seen) > 10
    assert ('"tags": {', "{") in seen
    assert ('"max_session_duration": 3600', "3600") in seen
    assert not any("hush" in shown for shown, _ in seen)
    file = deployment.files[0]
    assert all("hush" not in file.line(number) for number in range(1, 500))
