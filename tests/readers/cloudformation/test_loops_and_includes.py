"""`Fn::ForEach` and `AWS::Include`: members that are written elsewhere, or once for many."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import OpenDict, Reference, Unknown, plain

Read = Callable[..., Deployment]

HEADER = "Transform: AWS::LanguageExtensions\n"


def attributes(deployment: Deployment) -> dict[str, object]:
    return {one.address: plain(one.attributes) for one in deployment.resources}


def test_a_loop_over_resources(read: Read) -> None:
    deployment = read(
        HEADER
        + """\
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'A, B'}
Resources:
  Fn::ForEach::Tables:
    - Name
    - !Ref Names
    - Table${Name}:
        Type: AWS::DynamoDB::Table
        Properties:
          TableName: !Sub 'table-${Name}'
          Note: 'of ${Name}'
          Same: !Ref Name
          Other: !GetAtt
            - Table${Name}
            - Arn
"""
    )
    assert deployment.errors == []
    assert attributes(deployment) == {
        f"Table{name}": {
            "TableName": f"table-{name}",
            "Note": f"of {name}",
            "Same": name,
            "Other": Reference(f"Table{name}", "Arn"),
        }
        for name in ("A", "B")
    }
    table = deployment.find("TableB")[0]
    assert table.span is not None
    assert (table.span.text, table.span.line) == ("Table${Name}", 8)


def test_loops_within_loops(read: Read) -> None:
    deployment = read(
        HEADER
        + """\
Resources:
  Fn::ForEach::Outer:
    - X
    - [a, b]
    - Fn::ForEach::Inner:
        - Y
        - [1, '${X}2']
        - R${X}${Y}:
            Type: Custom::R
            Properties: {V: !Join ['-', [!Ref X, !Ref Y]]}
"""
    )
    assert deployment.errors == []
    assert attributes(deployment) == {
        "Ra1": {"V": "a-1"},
        "Raa2": {"V": "a-a2"},
        "Rb1": {"V": "b-1"},
        "Rbb2": {"V": "b-b2"},
    }


def test_a_loop_over_properties_and_names_without_other_characters(read: Read) -> None:
    deployment = read(
        HEADER
        + """\
Resources:
  R:
    Type: Custom::R
    Properties:
      First: 1
      Fn::ForEach::P:
        - Key
        - [10.0.0.1, b]
        - P&{Key}: '${Key}'
"""
    )
    assert attributes(deployment) == {"R": {"First": 1, "P10001": "10.0.0.1", "Pb": "b"}}


def test_a_loop_over_something_unknown_leaves_the_object_open(read: Read) -> None:
    deployment = read(
        HEADER
        + """\
Parameters:
  Names: {Type: CommaDelimitedList}
Resources:
  Fn::ForEach::Tables: [Name, !Ref Names, {'Table${Name}': {Type: Custom::T}}]
  R:
    Type: Custom::R
    Properties:
      A: 1
      Fn::ForEach::P: [Name, !Ref Names, {'P${Name}': 1}]
      B: !Ref TableX
"""
    )
    assert [one.message for one in deployment.errors] == [
        "there may be more resources: what the loop runs over is not known"
    ]
    found = plain(deployment.find("R")[0].attributes)
    assert isinstance(found, OpenDict)
    assert found == {"A": 1, "B": Unknown("TableX")}


def test_a_loop_over_what_is_not_there(read: Read) -> None:
    for transform in ("AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"):
        deployment = read(
            f"Transform: {transform}\nResources:\n  R: {{Type: Custom::R}}\n"
            "  Fn::ForEach::L: [X, !Ref Nothing, {'R${X}': {Type: Custom::R}}]\n"
        )
        assert [one.address for one in deployment.resources] == ["R"]
        assert len(deployment.errors) == 1


def test_a_loop_of_a_wrong_form_is_an_error(read: Read) -> None:
    for loop in ("nonsense", "[a, b]", "[a, [b], c]", "[[a], [b], {c: d}]"):
        deployment = read(f"Resources:\n  Fn::ForEach::L: {loop}\n  R: {{Type: Custom::R}}\n")
        assert [one.message for one in deployment.errors] == [
            "there may be more resources: the loop has a form that CloudFormation does not take"
        ]
        assert [one.address for one in deployment.resources] == ["R"]


@pytest.mark.in_time(20)
def test_loops_that_multiply_are_stopped(read: Read) -> None:
    body = "'X&{L0}': {Type: Custom::R}"
    elements = "[" + ", ".join(str(number) for number in range(100)) + "]"
    for level in range(6):
        body = f"'Fn::ForEach::L{level}': [L{level}, {elements}, {{{body}}}]"
    deployment = read("Resources: {" + body + "}\n")
    assert any("too many copies" in one.message for one in deployment.errors)


# Includes


def test_a_local_file_is_included(read: Read) -> None:
    deployment = read(
        """\
Parameters:
  Stage: {Type: String, Default: dev}
Resources:
  A: {Type: Custom::A}
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: !Sub 'parts/${Stage}.yaml'}}
  C:
    Type: Custom::C
    Properties:
      X: 1
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: ./parts/properties.json}}
      Whole:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/list.yaml}}
""",
        files={
            "parts/dev.yaml": "B:\n  Type: Custom::B\n  Properties: {Stage: !Ref Stage}\n",
            "parts/properties.json": '{"Y": {"Ref": "A"}}',
            "parts/list.yaml": "[1, 2]",
        },
    )
    assert deployment.errors == []
    assert attributes(deployment) == {
        "A": {},
        "B": {"Stage": "dev"},
        "C": {"X": 1, "Y": Reference("A"), "Whole": [1, 2]},
    }
    included = deployment.find("B")[0]
    assert included.span is not None
    assert (included.span.path, included.span.line) == ("parts/dev.yaml", 1)
    assert {file.path for file in deployment.files} == {
        "template.yaml",
        "parts/dev.yaml",
        "parts/properties.json",
        "parts/list.yaml",
    }


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("X: 1\nX: [2]\n", "X stands twice in one object: only the last one is read"),
        ("X: 1\n---\nY: 2\n", "a second YAML document: only the first one is read"),
    ],
)
def test_what_an_included_file_hides_is_an_error_in_that_file(
    read: Read, part: str, message: str
) -> None:
    include = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}"
    text = f"Resources:\n  A:\n    Type: Custom::A\n    Properties:\n      {include}\n"
    deployment = read(text, files={"part.yaml": part})
    assert [(one.path, one.message) for one in deployment.errors] == [("part.yaml", message)]


def test_a_template_includes_sections_at_its_top(read: Read) -> None:
    deployment = read(
        """\
Transform:
  - AWS::LanguageExtensions
  - Name: AWS::Include
    Parameters: {Location: mappings.yaml}
Resources:
  A: {Type: Custom::A, Properties: {V: !FindInMap [M, a, b]}}
""",
        files={"mappings.yaml": "Mappings: {M: {a: {b: found}}}\n"},
    )
    assert deployment.errors == []
    assert attributes(deployment) == {"A": {"V": "found"}}


def test_what_is_included_from_elsewhere_leaves_the_object_open(read: Read) -> None:
    deployment = read(
        """\
Resources:
  A:
    Type: Custom::A
    Properties:
      X: 1
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://bucket/part.yaml'}}
"""
    )
    assert deployment.errors == []
    assert isinstance(plain(deployment.find("A")[0].attributes), OpenDict)


def test_a_file_to_include_that_cannot_be_read_is_an_error(read: Read) -> None:
    template = """\
Resources:
  A: {Type: Custom::A}
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}
"""
    deployment = read(template)
    assert [one.message for one in deployment.errors] == [
        "part.yaml: no such file",
        "there may be more resources: what it includes could not be read",
    ]
    assert deployment.errors[0].span is not None
    assert deployment.errors[0].span.text == "part.yaml"
    broken = read(template, files={"part.yaml": "a: [\n"})
    assert broken.errors[0].path == "part.yaml"
    assert "not YAML" in broken.errors[0].message
    outside = read(template.replace("part.yaml", "../part.yaml"))
    assert "outside the scanned root" in outside.errors[0].message


def test_a_file_that_includes_itself_ends(read: Read) -> None:
    include = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}\n"
    deployment = read(
        f"Resources:\n  {include}",
        files={"part.yaml": f"B: {{Type: Custom::B}}\n{include}"},
    )
    assert [one.address for one in deployment.resources] == ["B"]
    assert "includes another one" in deployment.errors[0].message
