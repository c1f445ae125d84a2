"""Discovery: what is recognised by content, and that nothing is passed over in silence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from stepguard import inputs
from stepguard.inputs import (
    LINK_OUT,
    NO_STEP_FUNCTIONS,
    OPENTOFU,
    UNPACKAGED,
    UNRECOGNISED,
    UNSYNTHESIZED,
    Inputs,
    Kind,
    directory_concerns_step_functions,
    discover,
)
from stepguard.readers.cloudformation import reader
from stepguard.reading import Reading, ReadOptions, find_inputs

TEMPLATE = """Resources:
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/x
      DefinitionString: "{}"
"""
BUCKET = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n"
ROLE = """Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: states.amazonaws.com}}
"""
REGIONAL_ROLE = ROLE.replace("states.amazonaws.com", "!Sub 'states.${AWS::Region}.amazonaws.com'")
PARENT = """Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: child.yaml
"""
DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
PLAN = json.dumps(
    {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [{"type": "aws_sfn_state_machine"}]}},
        "resource_changes": [],
        "configuration": {},
    }
)
MACHINE = 'resource "aws_sfn_state_machine" "m" {}\n'


def write(root: Path, **files: str) -> Path:
    """Write files; in their names `__` stands for a dot and `_in_` for a slash."""
    for name, content in files.items():
        path = root / name.replace("_in_", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def kinds(found: Inputs, root: Path) -> dict[str, Kind]:
    return {
        os.path.relpath(os.path.realpath(one.path), os.path.realpath(root)): one.kind
        for one in found.found
    }


def test_a_tree_is_recognised_by_content(tmp_path: Path) -> None:
    write(
        tmp_path,
        a_in_stack__yml=TEMPLATE,
        a_in_stack__template=TEMPLATE,
        cdk__out_in_Stack__template__json=json.dumps(
            {"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine"}}}
        ),
        b_in_role__yaml=ROLE,
        b_in_regional__yaml=REGIONAL_ROLE,
        b_in_parent__yaml=PARENT,
        c_in_flow__asl__json=DEFINITION,
        d_in_plan__json=PLAN,
        e_in_main__tf=MACHINE,
        f_in_main__tf__json='{"resource": {"aws_sfn_state_machine": {}}}',
        g_in_notes__txt=TEMPLATE,
        g_in_values__json='{"a": 1}',
        g_in_workflow__yaml="on: push\njobs: {}\n",
    )
    assert kinds(discover(tmp_path), tmp_path) == {
        "a/stack.yml": Kind.TEMPLATE,
        "a/stack.template": Kind.TEMPLATE,
        "cdk.out/Stack.template.json": Kind.TEMPLATE,
        "b/role.yaml": Kind.TEMPLATE,
        "b/regional.yaml": Kind.TEMPLATE,
        "b/parent.yaml": Kind.TEMPLATE,
        "c/flow.asl.json": Kind.DEFINITION,
        "d/plan.json": Kind.PLAN,
        "e": Kind.TERRAFORM,
        "f": Kind.TERRAFORM,
    }


def test_what_has_no_step_functions_is_counted(tmp_path: Path) -> None:
    write(tmp_path, b__yaml=BUCKET, t_in_main__tf='resource "aws_s3_bucket" "b" {}\n')
    found = discover(tmp_path)
    assert found.found == []
    assert found.passed_over == {NO_STEP_FUNCTIONS: 2}


def test_a_terraform_directory_that_may_get_a_machine_from_elsewhere_is_read(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        calls_in_main__tf='module "m" {\n  source = "../m"\n}\n',
        trust_in_main__tf='resource "aws_iam_role" "r" {\n  policy = file("t.json")\n}\n',
    )
    assert set(kinds(discover(tmp_path), tmp_path)) == {"calls", "trust"}


NAMED_ROLE = """variable "services" {}
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({ Statement = [{
    Action    = "sts:AssumeRole"
    Principal = { Service = [for one in var.services : "${one}.amazonaws.com"] }
  }] })
}
"""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("terraform__tfvars", 'services = ["states"]'),
        ("terraform__tfvars__json", '{"services": {"states": {}}}'),
        ("one__auto__tfvars", "services = { states = {} }"),
        ("one__auto__tfvars__json", '{"services": ["states"]}'),
        ("variables__tf", "locals {\n  services = { states = {} }\n}\n"),
    ],
)
def test_a_service_that_is_named_apart_from_its_role_is_found(
    tmp_path: Path, name: str, content: str
) -> None:
    write(tmp_path, main__tf=NAMED_ROLE)
    assert discover(tmp_path).passed_over == {NO_STEP_FUNCTIONS: 1}
    assert not directory_concerns_step_functions(tmp_path)
    write(tmp_path, **{name: content})
    assert kinds(discover(tmp_path), tmp_path) == {".": Kind.TERRAFORM}
    assert directory_concerns_step_functions(tmp_path)


def test_values_that_terraform_does_not_read_by_itself_have_to_be_given(tmp_path: Path) -> None:
    write(
        tmp_path,
        role_in_main__tf=NAMED_ROLE,
        bucket_in_main__tf='resource "aws_s3_bucket" "b" {}\n',
        values_in_states__tfvars='services = ["states"]',
        values_in_other__tfvars='services = ["ec2"]',
    )

    def found(*names: str) -> list[str]:
        values = [tmp_path / "values" / name for name in names]
        one = directory_concerns_step_functions(tmp_path / "role", values)
        assert one == bool(discover(tmp_path, var_files=values).found)
        return list(kinds(discover(tmp_path, var_files=values), tmp_path))

    assert found() == found("other.tfvars") == []
    assert found("other.tfvars", "states.tfvars") == ["role"]
    options = ReadOptions(var_files=(tmp_path / "values" / "states.tfvars",))
    (one,) = find_inputs([tmp_path], options, Reading())
    assert one.path == tmp_path / "role"


def test_a_link_to_values_may_lead_to_those_of_step_functions(tmp_path: Path) -> None:
    write(tmp_path, role_in_main__tf=NAMED_ROLE, common__tfvars='services = ["states"]')
    (tmp_path / "role" / "terraform.tfvars").symlink_to(tmp_path / "common.tfvars")
    assert kinds(discover(tmp_path), tmp_path) == {"role": Kind.TERRAFORM}


def test_values_alone_are_no_input(tmp_path: Path) -> None:
    write(tmp_path, terraform__tfvars='services = ["states"]')
    found = discover(tmp_path)
    assert (found.found, found.modules, found.passed_over) == ([], [], {})


def test_other_peoples_directories_are_left_out(tmp_path: Path) -> None:
    for directory in inputs.UNVISITED:
        write(tmp_path / directory, a__yaml=TEMPLATE, main__tf=MACHINE)
    write(tmp_path / ".infrastructure", a__yaml=TEMPLATE)
    assert kinds(discover(tmp_path), tmp_path) == {".infrastructure/a.yaml": Kind.TEMPLATE}


def test_links_are_not_followed_and_those_that_lead_out_are_counted(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", a__yaml=TEMPLATE)
    inside = write(tmp_path / "inside", real__yaml=TEMPLATE)
    (inside / "out.yaml").symlink_to(outside / "a.yaml")
    (inside / "directory").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "again.yaml").symlink_to(inside / "real.yaml")
    (inside / "dangling.yaml").symlink_to(tmp_path / "nowhere.yaml")
    found = discover(inside)
    assert kinds(found, inside) == {"real.yaml": Kind.TEMPLATE}
    assert found.passed_over == {LINK_OUT: 4}
    assert found.refused == []


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert discover(tmp_path).found == []
    refused = discover(tmp_path / "pipe.yaml").refused
    assert [one.message for one in refused] == ["not a regular file"]


@pytest.mark.parametrize(
    ("name", "content", "message", "line"),
    [
        ("a.json", b'{"Resources": {"M": {"Type": ', "not JSON", 1),
        ("a.yaml", b"a: 1\n\tb: 2\n", "not YAML", 2),
        ("a.yaml", b"  \n", "the file is empty", None),
        ("a.txt", b"hello\n", "no template, plan or workflow definition is recognised in it", None),
        ("a.json", b'{"a": 1}', "no template, plan or workflow definition is recognised", None),
        ("a.yaml", b"a\xff\xfe", "not UTF-8 text (line 1)", None),
        (
            "a.yaml",
            b"\xff\xfea\x00",
            "UTF-16 text, as > in PowerShell writes it: save it as UTF-8",
            None,
        ),
        ("a.yaml", b"a\x00b", "binary", None),
        ("a.json", b"[" * 100_000, "not JSON", None),
    ],
)
def test_a_named_file_that_is_nothing_known_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str, line: int | None
) -> None:
    (tmp_path / name).write_bytes(content)
    found = discover(tmp_path / name)
    assert found.found == []
    assert len(found.refused) == 1
    assert message in found.refused[0].message
    assert "\n" not in found.refused[0].message
    assert line in (None, found.refused[0].line)
    assert found.refused[0].path == (tmp_path / name).as_posix()


def test_a_named_definition_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "flow.txt").write_text(DEFINITION)
    found = discover(tmp_path / "flow.txt").found
    assert [(one.kind, one.explicit) for one in found] == [(Kind.DEFINITION, True)]


def test_a_named_terraform_file_means_its_directory(tmp_path: Path) -> None:
    write(tmp_path, main__tf='resource "aws_s3_bucket" "b" {}\n')
    found = discover(tmp_path / "main.tf").found
    assert [(one.kind, one.path) for one in found] == [(Kind.TERRAFORM, tmp_path)]
    assert discover(tmp_path / "other.tf").refused[0].message == "no such file"


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert [one.message for one in discover(tmp_path / "nowhere").refused] == ["no such file"]


def test_a_path_outside_the_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert "outside" in discover(tmp_path / "a", tmp_path / "b").refused[0].message
    assert discover(tmp_path / "a", tmp_path).refused == []


@pytest.mark.in_time(5)
def test_a_file_that_is_too_large_is_an_error_only_when_it_matters(tmp_path: Path) -> None:
    filler = b"x" * (1024 * 1024)
    for name, end in (("data.yaml", b""), ("big.yaml", TEMPLATE.encode())):
        with (tmp_path / name).open("wb") as stream:
            stream.write(b"a: |\n  ")
            for _ in range(50):
                stream.write(filler)
            stream.write(b"\n" + end)
    found = discover(tmp_path)
    assert found.found == []
    assert [(Path(one.path).name, one.message) for one in found.refused] == [
        ("big.yaml", "larger than 20 MB")
    ]
    assert discover(tmp_path / "data.yaml").refused[0].message == "larger than 20 MB"


def test_a_broken_recogniser_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(text: str, name: str) -> Kind | None:
        if "broken" in text:
            raise RecursionError
        return Kind.TEMPLATE

    monkeypatch.setattr(inputs, "_kind_of", breaks)
    write(tmp_path, a__yaml=TEMPLATE, b__yaml=f"# broken\n{TEMPLATE}", c__yaml=TEMPLATE)
    found = discover(tmp_path)
    assert set(kinds(found, tmp_path)) == {"a.yaml", "c.yaml"}
    assert "internal error" in found.refused[0].message


# On an idle machine it takes a tenth of a second; what this guards against takes minutes.
@pytest.mark.in_time(5)
def test_many_files_are_looked_at_quickly(tmp_path: Path) -> None:
    for number in range(2_000):
        (tmp_path / f"{number}.json").write_text('{"some": "data", "of": ["an", "application"]}')
    assert discover(tmp_path).found == []


STARTER = """Resources:
  P:
    Type: AWS::IAM::UserPolicy
    Properties:
      UserName: x
      PolicyDocument: {Statement: [{Effect: Allow, Action: 'STATES:*', Resource: '*'}]}
"""


def test_actions_are_recognised_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(STARTER, encoding="utf-8")
    (tmp_path / "main.tf").write_text('locals { action = "States:Start*" }', encoding="utf-8")
    found = discover(tmp_path)
    assert sorted(one.kind.value for one in found.found) == ["template", "terraform"]
    assert all(one.concerns_step_functions for one in found.found)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "plan.json",
            '{"terraform_version": "1.9.0", "resource_changes": [{"type": "aws_sfn_x"}]}',
        ),
        ("template.yaml", TEMPLATE),
        ("definition.json", '{"StartAt": "A", "States": {}}'),
    ],
)
def test_what_would_be_read_is_refused_and_not_passed_over_in_utf_16(
    tmp_path: Path, encoding: str, name: str, text: str
) -> None:
    (tmp_path / "other.yaml").write_bytes("\ufeffa: b".encode(encoding))
    (tmp_path / name).write_bytes(f"\ufeff{text}".encode(encoding))
    found = discover(tmp_path)
    assert found.found == []
    assert [(Path(one.path).name, one.message) for one in found.refused] == [
        (name, "UTF-16 text, as > in PowerShell writes it: save it as UTF-8")
    ]
    assert discover(tmp_path / name).refused[0].message == found.refused[0].message


def test_terraform_in_utf_16_is_an_input(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_bytes(
        '\ufeffresource "aws_sfn_activity" "a" {}'.encode("utf-16-le")
    )
    assert kinds(discover(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["cdk.json"], {UNSYNTHESIZED: 1}),
        (["cdk.json", "cdk.out/manifest.json"], {}),
        (["a/cdk.json", "b/cdk.json"], {UNSYNTHESIZED: 2}),
        (["serverless.yml"], {UNPACKAGED: 1}),
        (["serverless.ts"], {UNPACKAGED: 1}),
        (["serverless.yml", ".serverless/state.json"], {}),
        (["other.yml"], {}),
    ],
)
def test_programs_that_make_templates_are_told(
    tmp_path: Path, files: list[str], expected: dict[str, int]
) -> None:
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("stepFunctions:\n  stateMachines: {}\n", encoding="utf-8")
    assert discover(tmp_path).passed_over == expected


@pytest.mark.parametrize("name", ["main.tofu", "main.tofu.json"])
def test_files_of_opentofu_are_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text('{"resource": {"aws_sfn_state_machine": {"m": {}}}}', encoding="utf-8")
    found = discover(tmp_path)
    assert (found.found, found.passed_over) == ([], {OPENTOFU: 1})
    assert [one.path for one in discover(path).refused] == [path.as_posix()]
    path.write_text('{"resource": {"aws_s3_bucket": {"m": {}}}}', encoding="utf-8")
    assert dict(discover(tmp_path).passed_over) == {}


def test_a_service_without_state_machines_is_none_to_be_told_of(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text("functions: {}\n", encoding="utf-8")
    assert discover(tmp_path).passed_over == {}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("t.json", '"AWS::Step\\u0046unctions::StateMachine"'),
        ("t.yaml", '"AWS::Step\\x46unctions::StateMachine"'),
        ("t.yaml", '"AWS::Step\\U00000046unctions::StateMachine"'),
        ("t.yaml", '"AWS::Step\\\n      Functions::StateMachine"'),
        ("t.json", '"\\u0041WS::Serverless::Stat\\u0065Machine"'),
    ],
)
def test_a_type_that_is_written_by_numbers_is_found(tmp_path: Path, name: str, kind: str) -> None:
    json_text = f'{{"\\u0052esources": {{"M": {{"Type": {kind}, "Properties": {{}}}}}}}}'
    yaml_text = f"Resources:\n  M:\n    Type: {kind}\n    Properties: {{}}\n"
    text = json_text if name.endswith("json") else yaml_text
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert [one.kind for one in discover(tmp_path).found] == [Kind.TEMPLATE]


@pytest.mark.parametrize(
    "text",
    [
        TEMPLATE.replace("AWS", "&kind AWS"),
        TEMPLATE.replace("AWS::StepFunctions::StateMachine", "[AWS::StepFunctions::StateMachine]"),
        "# comment\n{Resources: {M: {Type: AWS::StepFunctions::StateMachine}}}\n",
        '{"Resources": {"M": {"Type": ["AWS::StepFunctions::StateMachine"]}}}',
    ],
)
def test_a_template_in_another_spelling_is_found_in_a_tree_and_by_name(
    tmp_path: Path, text: str
) -> None:
    write(tmp_path, t__yaml=text)
    for path in (tmp_path, tmp_path / "t.yaml"):
        found = discover(path)
        assert [one.kind for one in found.found] == [Kind.TEMPLATE]
        assert (found.refused, found.passed_over) == ([], {})


@pytest.mark.parametrize(
    "text",
    [
        "on: push\n# Resources: of Type AWS::StepFunctions::StateMachine\njobs: {a: {}}\n",
        "resources:\n  Resources: {M: {Type: &t AWS::StepFunctions::StateMachine}}\n",
        "Resources: {{ AWS::StepFunctions }}\n  Type: [\n",
    ],
)
def test_a_file_that_only_has_the_words_of_a_template_is_none(tmp_path: Path, text: str) -> None:
    write(tmp_path, t__yaml=text)
    found = discover(tmp_path)
    assert (found.found, found.refused) == ([], [])
    assert found.passed_over == {UNRECOGNISED: 1}


def test_only_what_has_the_words_of_a_template_is_parsed_to_recognise_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(reader, "holds_template", parsed.append)
    write(
        tmp_path, a__yaml=TEMPLATE, b__yaml="# AWS::StepFunctions\na: Resources\n", c__yaml="a: 1"
    )
    discover(tmp_path)
    assert parsed == []
