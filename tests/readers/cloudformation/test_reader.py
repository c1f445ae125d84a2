"""Templates as a whole: how they are recognised, what is wrong with them, what is hostile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form
from stepguard.deployment.values import plain, unknowns
from stepguard.readers.cloudformation.reader import (
    holds_template,
    looks_like_template,
    read_template,
)
from stepguard.readers.files import ProjectFiles

Read = Callable[..., Deployment]

BUCKET = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n"


@pytest.mark.parametrize(
    "text",
    [
        BUCKET,
        "---\n# comment\nAWSTemplateFormatVersion: 2010-09-09\n" + BUCKET,
        "%YAML 1.1\n---\n" + BUCKET,
        "  Resources:\n    B:\n      Type: AWS::S3::Bucket\n",
        '"Resources":\n  B:\n    "Type": "AWS::S3::Bucket"\n',
        BUCKET.replace("\n", "\r\n"),
        json.dumps({"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}),
        json.dumps({"Resources": {"Fn::Transform": {}, "B": {"Type": "Custom::B"}}}, indent=4),
        "Resources:\n  B:\n    Type: AWS::S3::Bucket\n\tBroken\n",
        '{"Resources": {"B": {"Type": "AWS::S3::Bucket",',
        '{"Parameters": {"A": {}}, "Resources": {"B": {"Type": "AWS::S3::Bucket",',
        "{Resources: {B: {Type: 'AWS::S3::Bucket'}}}",
        "Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: a.yaml}}\n",
    ],
)
def test_a_template_is_recognised(text: str) -> None:
    assert looks_like_template(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "a: 1\n",
        "Resources: {}\n",
        "Resources:\n  B:\n    Type: something\n",
        "resources:\n  Resources:\n    B:\n      Type: AWS::S3::Bucket\n",
        "on: push\njobs: {b: {Type: 'AWS::S3::Bucket'}}\n",
        json.dumps({"a": {"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}}),
        json.dumps([{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}]),
        json.dumps({"Resources": [{"Type": "AWS::S3::Bucket"}]}),
        json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}),
        '{"Resources": {"M": {"Type": ',
        '{"a": {"Resources": {"M": {"Type": "AWS::S3::Bucket"',
        "{" * 100_000,
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert not looks_like_template(text)


@pytest.mark.parametrize(
    "text",
    [
        BUCKET,
        BUCKET.replace("AWS", "&kind AWS"),
        BUCKET.replace("AWS", "!!str AWS"),
        BUCKET.replace("AWS", ">-\n      AWS"),
        BUCKET.replace("AWS::S3::Bucket", "[AWS::S3::Bucket]"),
        BUCKET.replace("AWS", "!Sub AWS"),
        "x: &kind AWS::S3::Bucket\nResources: {B: {Type: *kind}}\n",
        "{AWSTemplateFormatVersion: 2010-09-09, Resources: {B: {Type: AWS::S3::Bucket}}}",
        "# comment\n{Resources: {B: {Type: AWS::S3::Bucket}}}",
        "--- {Resources: {B: {Type: AWS::S3::Bucket}}}",
        "? Resources\n:\n  B:\n    Type: AWS::S3::Bucket\n",
        "x: &x\n  Resources: {B: {Type: AWS::S3::Bucket}}\n<<: *x\n",
    ],
)
def test_a_template_in_any_spelling_is_one(text: str) -> None:
    assert holds_template(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "- Resources: {B: {Type: AWS::S3::Bucket}}\n",
        "resources:\n  Resources: {B: {Type: AWS::S3::Bucket}}\n",
        "Resources: [{Type: AWS::S3::Bucket}]\n",
        "Resources: {B: Type}\n",
        "Resources: &a {B: *a}\n",
        "a: &a [1]\nb: &b [" + "*a," * 200_000 + "]\n" + BUCKET,
        "[" * 200_000 + BUCKET,
        "x: " + "y" * 2_000_000 + "\n" + BUCKET,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_template_however_it_is_spelled(text: str) -> None:
    assert not holds_template(text)


@pytest.mark.in_time(3)
def test_recognising_a_large_file_takes_no_time() -> None:
    text = "# Type: AWS::S3::Bucket\n" + "key: value\n" * 500_000
    assert not looks_like_template(text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (BUCKET, Form.CLOUDFORMATION),
        ("Transform: AWS::Serverless-2016-10-31\n" + BUCKET, Form.SAM),
        ("Transform: [Mine, 'AWS::Serverless-2016-10-31']\n" + BUCKET, Form.SAM),
        ("Transform: {Name: 'AWS::Serverless-2016-10-31'}\n" + BUCKET, Form.SAM),
        ("Transform: Mine\n" + BUCKET, Form.CLOUDFORMATION),
        (BUCKET.replace("S3::Bucket", "Serverless::SimpleTable"), Form.SAM),
    ],
)
def test_the_form_of_a_template(read: Read, text: str, form: Form) -> None:
    deployment = read(text)
    assert (deployment.form, deployment.errors) == (form, [])
    assert deployment.root == "template.yaml"


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("Resources:\n  B:\n   Type: x\n\tC: 1\n", "not YAML", (4, 1)),
        ("Resources: [1, 2]\n", "the template has no resources", (1, 12)),
        ("Parameters: {}\n", "the template has no resources", (1, 1)),
        ("- a\n", "the template is no object", (1, 1)),
        ("text\n", "the template is no object", (1, 1)),
        ("Resources: {A: text}\n", "the resource A is no object", (1, 13)),
        ("Resources: {A: {Properties: {}}}\n", "the resource A has no type", (1, 13)),
        ("Resources: {A: {Type: [x]}}\n", "the resource A has a type that is no text", (1, 13)),
        ("Resources: {A: {Type: !Sub x}}\n", "the resource A has a type that is no text", (1, 13)),
        (BUCKET + "---\na: 1\n", "a second YAML document: only the first one is read", (4, 1)),
        (BUCKET + "  B: {Type: Custom::B}\n", "the resource B stands twice", (4, 3)),
        (BUCKET + BUCKET, "the section Resources stands twice: only the last one", (4, 1)),
        ('{"Resources": {"A": {"Type": "A::B", "Type": "C::D"}}}', "Type stands twice", (1, 38)),
        # No YAML, since it has a pair of surrogates.
        (
            '{"Resources": {"A": {"Type": "A::B", "X": 1, "X": "\\ud83d\\ude00"}}}',
            "X stands",
            (1, 46),
        ),
        ("Resources: {A: &a [*a]}\n", "stands in what it repeats", (1, 20)),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(
    read: Read, text: str, message: str, place: tuple[int, int]
) -> None:
    deployment = read(text)
    assert len(deployment.errors) == 1
    error = deployment.errors[0]
    assert message in error.message
    assert "\n" not in error.message
    assert error.span is not None
    assert (error.path, error.span.line, error.span.column) == ("template.yaml", *place)


def test_behind_a_section_that_stands_twice_there_may_be_any_resource(read: Read) -> None:
    assert "Resources stands twice" in read(BUCKET + BUCKET).gap


def test_what_stands_twice_and_is_the_same_hides_nothing(read: Read) -> None:
    text = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Type: AWS::S3::Bucket\n"
    assert read(text).errors == []
    topic = "    Properties:\n      Topic: !Ref A\n      Topic: !Ref A\n"
    assert read(text + topic).errors == []
    assert read(text + topic.replace("A", "B", 1)).errors != []


def test_what_says_nothing_of_a_resource_hides_none(read: Read) -> None:
    outputs = "Outputs:\n  A: {Value: 1}\n  A: {Value: 2}\n"
    assert read(BUCKET + outputs).errors == []
    assert read(BUCKET + outputs.replace("Outputs", "Mappings")).errors != []


def test_of_many_keys_that_stand_twice_only_some_are_told_one_by_one(read: Read) -> None:
    repeated = "".join(f"    K{number}: {number % 7}\n" for number in range(300))
    again = repeated.replace(": ", ": 1")
    deployment = read(f"Resources:\n  B:\n    Type: A::B\n{repeated}{again}")
    assert len(deployment.errors) == 51
    assert deployment.errors[-1].message == "250 more keys stand twice in one object"


def test_the_rest_of_a_template_with_a_mistake_is_read(read: Read) -> None:
    deployment = read("Resources:\n  A: text\n  B: {Type: Custom::B}\n")
    assert [one.address for one in deployment.resources] == ["B"]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"Resources:\x00")
    for name, message in (("a.yaml", "NUL byte"), ("gone.yaml", "no such file")):
        files = ProjectFiles(tmp_path)
        deployment = read_template(files, tmp_path / name, parameters={})
        assert [message in one.message for one in deployment.errors] == [True]
        assert deployment.resources == []


def test_an_empty_section_is_no_mistake(read: Read) -> None:
    deployment = read("Parameters:\nConditions:\nMappings:\nOutputs:\n" + BUCKET)
    assert deployment.errors == []
    assert len(deployment.resources) == 1


@pytest.mark.parametrize("section", ["text", "3", "[a, b]", "{A: text}", "{A: [1]}", "{A: {B: 1}}"])
def test_sections_of_any_form_do_no_harm(read: Read, section: str) -> None:
    sections = "".join(
        f"{name}: {section}\n" for name in ("Parameters", "Conditions", "Mappings", "Outputs")
    )
    deployment = read(
        sections
        + "Resources:\n  A:\n    Type: Custom::A\n    Condition: A\n    Metadata: "
        + f"{section}\n    Properties: {{V: !Ref A, W: !FindInMap [A, B, C], X: !If [A, 1, 2]}}\n"
    )
    assert [one.address for one in deployment.resources] == ["A"]


# Hostile templates: an idle machine takes a small part of the time


@pytest.mark.in_time(10)
def test_deep_templates(read: Read) -> None:
    deep = "{a: " * 10_000 + "1" + "}" * 10_000
    deployment = read(f"Resources:\n  A: {{Type: Custom::A, Properties: {deep}}}\n")
    assert [one.message for one in deployment.errors] == ["it is nested too deeply"]
    nested = "1"
    for _ in range(40):
        nested = f"{{'Fn::If': [C, {nested}, 2]}}"
    deployment = read(f"Resources:\n  A: {{Type: Custom::A, Properties: {{V: {nested}}}}}\n")
    assert deployment.errors == []
    joined = "x"
    for _ in range(30):
        joined = f"{{'Fn::Join': ['', [{joined}]]}}"
    deployment = read(f"Resources:\n  A: {{Type: Custom::A, Properties: {{V: {joined}}}}}\n")
    assert plain(deployment.find("A")[0].attributes) == {"V": "x"}


@pytest.mark.in_time(10)
def test_a_chain_of_conditions_that_is_too_long(read: Read) -> None:
    chain = "".join(f"  C{n}: !Not [!Condition C{n + 1}]\n" for n in range(3_000))
    deployment = read(
        f"Conditions:\n{chain}  C3000: !Equals [!Ref 'AWS::Region', x]\n"
        "Resources:\n  A: {Type: Custom::A, Condition: C0, Properties: {V: !If [C0, 1, 2]}}\n"
        "  B: {Type: Custom::B}\n",
    )
    assert "B" in {one.address for one in deployment.resources}


@pytest.mark.in_time(10)
def test_an_alias_bomb(read: Read) -> None:
    lines = ["  A0: &a0 {Type: Custom::A, Properties: {x: 1}}"]
    for n in range(1, 40):
        lines.append(
            f"  A{n}: &a{n} {{Type: Custom::A, Properties: {{x: *a{n - 1}, y: *a{n - 1}}}}}"
        )
    deployment = read("Resources:\n" + "\n".join(lines) + "\n")
    assert [one.message for one in deployment.errors] == ["its aliases repeat too much"]


@pytest.mark.in_time(10)
def test_choices_within_choices(read: Read) -> None:
    conditions = "".join(f"  C{n}: !Equals [!Ref 'AWS::Region', r{n}]\n" for n in range(25))
    value = "x"
    for n in range(25):
        value = f"{{'Fn::Sub': ['${{a}}${{b}}', {{a: !If [C{n}, p{n}, q{n}], b: {value}}}]}}"
    read(
        f"Conditions:\n{conditions}Resources:\n"
        f"  A: {{Type: Custom::A, Properties: {{V: {value}}}}}\n",
    )


@pytest.mark.in_time(10)
def test_texts_that_grow(read: Read) -> None:
    value = "x" * 100
    for _ in range(30):
        value = f"{{'Fn::Sub': ['${{a}}${{a}}', {{a: {value}}}]}}"
    values = ", ".join(f"V{n}: {value}" for n in range(100))
    deployment = read(f"Resources:\n  A: {{Type: Custom::A, Properties: {{{values}}}}}\n")
    left = {one.reason for one in unknowns(plain(deployment.find("A")[0].attributes))}
    assert "the text becomes too long" in left
    assert "the texts of the template become too long" in left


@pytest.mark.in_time(10)
def test_numbers_that_are_too_long(read: Read) -> None:
    deployment = read(
        "Resources:\n  A:\n    Type: Custom::A\n    Properties:\n"
        f"      V: {'9' * 100_000}\n      W: 1e99999999\n      X: !Join ['', [1e900, 2]]\n",
    )
    assert deployment.errors == []
    assert plain(deployment.find("A")[0].attributes)["W"] == "1e99999999"


@pytest.mark.in_time(10)
def test_a_long_line_of_a_text(read: Read) -> None:
    text = " " * 200_000 + "x" + " " * 200_000
    deployment = read(
        "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        f'      DefinitionString: "{{{text}\\n{text}"\n      RoleArn: "{text}\n\n {text}"\n',
    )
    assert len(deployment.state_machines) == 1
    machine = deployment.state_machines[0]
    assert machine.role is not None
    assert machine.role.as_text() is not None


@pytest.mark.in_time(10)
def test_many_placeholders(read: Read) -> None:
    placeholders = "${a}" * 50_000 + "${" * 50_000
    read(
        "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        f"      DefinitionString: !Sub ['{placeholders}', {{a: !Ref 'AWS::Region'}}]\n"
        f"      DefinitionSubstitutions: {{a: b}}\n",
    )
