"""Values that functions make know where what they were made from is written."""

from __future__ import annotations

from collections.abc import Callable

from stepguard.deployment.documents import read_document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import Traced

Project = Callable[..., Deployment]


def made(read: Project, expression: str, **files: str) -> Traced:
    probe = f'resource "terraform_data" "probe" {{\n  input = {expression}\n}}\n'
    deployment = read({"main.tf": 'variable "open" {}\n' + probe, **files})
    (resource,) = deployment.resources
    found = resource.attributes.get("input")
    assert found is not None
    return found


def test_jsondecode_of_a_file_points_into_the_file(read: Project) -> None:
    files = {"d.json": '{\n  "a": ["x", "é\\n"],\n  "b": 1\n}\n'}
    found = made(read, 'jsondecode(file("d.json"))', **files)
    document = read_document(found)
    first = document.locate(["a", 0])
    assert (first.path, first.line, first.text) == ("d.json", 2, '"x"')
    assert document.locate(["b"], key=True).text == '"b"'
    assert document.locate(["b"]).line == 3


def test_yamldecode_of_a_file_points_into_the_file(read: Project) -> None:
    files = {"d.yaml": "é: ü\nList:\n  - plain\n  - 'quoted'\n  - |\n    block\nKey: {a: 5}\n"}
    found = made(read, 'yamldecode(file("d.yaml"))', **files)
    document = read_document(found)
    assert document.value == {"é": "ü", "List": ["plain", "quoted", "block\n"], "Key": {"a": 5}}
    assert [document.locate(["List", number]).line for number in range(3)] == [3, 4, 5]
    assert document.locate(["List", 1]).text == "'quoted'"
    assert document.locate(["Key", "a"]).text == "5"
    assert document.locate(["é"]).text == "ü"
    assert document.locate(["List"], key=True).text == "List"


def test_yamldecode_of_a_template_points_into_the_template(read: Project) -> None:
    files = {"t.yaml": "A: ${one}\nB:\n  C: x-${two}\n"}
    found = made(read, 'yamldecode(templatefile("t.yaml", {one = 1, two = var.open}))', **files)
    document = read_document(found)
    assert document.locate(["B", "C"]).path == "t.yaml"
    assert document.locate(["B", "C"]).line == 3
    assert document.locate(["A"]).line == 1


def test_jsonencode_encodes_the_object_with_its_places(read: Project) -> None:
    found = made(read, 'jsonencode({\n    A = "x"\n    B = [5]\n  })')
    document = read_document(found)
    assert document.locate(["A"]).text == '"x"'
    assert document.locate(["B", 0]).text == "5"
    assert document.locate(["B"], key=True).text == "B"


def test_json_text_within_other_text_knows_its_places(read: Project) -> None:
    expression = '<<-EOT\n    {"Outer": ${jsonencode({Inner = "value"})}}\n  EOT\n'
    document = read_document(made(read, expression))
    assert document.value == {"Outer": {"Inner": "value"}}
    assert document.locate(["Outer", "Inner"]).text == '"value"'
    assert document.locate(["Outer"], key=True).text == '"Outer"'


def test_a_formatted_string_has_the_places_of_its_pieces(read: Project) -> None:
    found = made(read, 'format("arn:%s:x", "aws")')
    text = found.as_text()
    assert text is not None
    assert [part.span.text for part in text.parts if part.span is not None] == [
        "arn:",
        "aws",
        ":x",
    ]


def test_members_keep_their_places(read: Project) -> None:
    found = made(read, 'merge({a = "one"}, {b = lookup({k = "two"}, "k", "three")})')
    document = read_document(found)
    assert document.locate(["a"]).text == '"one"'
    assert document.locate(["b"]).text == '"two"'
    assert document.locate(["b"], key=True).text == "b"
