"""Which Terraform directories are read: root modules that have to do with Step Functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepguard.inputs import NO_STEP_FUNCTIONS
from stepguard.reading import Reading, ReadOptions, read

MACHINE = 'resource "aws_sfn_state_machine" "m" {\n  definition = "{}"\n}\n'


def tree(directory: Path, files: dict[str, str]) -> Reading:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return read([directory], ReadOptions())


def roots(reading: Reading, directory: Path) -> list[str]:
    return [Path(one.root).relative_to(directory).as_posix() for one in reading.deployments]


def test_a_root_is_read_for_what_it_calls_and_others_are_counted(tmp_path: Path) -> None:
    reading = tree(
        tmp_path,
        {
            "live/main.tf": 'module "a" {\n  source = "../modules/a"\n}\n',
            "modules/a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
            "modules/b/main.tf": MACHINE,
            "other/main.tf": 'module "c" {\n  source = "../modules/c"\n}\n',
            "modules/c/main.tf": 'resource "aws_s3_bucket" "b" {}\n',
            "plain/main.tf": 'resource "aws_s3_bucket" "b" {}\n',
        },
    )
    assert roots(reading, tmp_path) == ["live"]
    assert reading.passed_over[NO_STEP_FUNCTIONS] == 3
    assert reading.errors == []


@pytest.mark.parametrize(
    "content",
    [
        MACHINE,
        'resource "aws_iam_role" "r" {\n  assume_role_policy = file("trust.json")\n}\n',
        'module "m" {\n  source = "terraform-aws-modules/step-functions/aws"\n}\n',
        'module "m" {\n  source = "../elsewhere"\n}\n',
        'locals {\n  service = "states.${local.region}.amazonaws.com"\n}\n',
    ],
)
def test_a_root_that_may_concern_step_functions_is_read(tmp_path: Path, content: str) -> None:
    assert roots(tree(tmp_path, {"live/main.tf": content}), tmp_path) == ["live"]


def test_a_root_with_installed_modules_is_read(tmp_path: Path) -> None:
    files = {
        "live/main.tf": 'module "m" {\n  source = "acme/workflow/aws"\n}\n',
        "live/.terraform/modules/modules.json": '{"Modules": []}',
    }
    assert roots(tree(tmp_path, files), tmp_path) == ["live"]


def test_a_tree_that_is_reached_by_a_link_has_the_same_roots(tmp_path: Path) -> None:
    tree(
        tmp_path / "project",
        {
            "live/main.tf": 'module "a" {\n  source = "../modules/a"\n}\n',
            "modules/a/main.tf": MACHINE,
            "main.tf": 'module "live" {\n  source = "./live"\n}\n',
        },
    )
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "project")
    for path in (tmp_path / "project", link):
        reading = read([path], ReadOptions())
        assert [len(one.state_machines) for one in reading.deployments] == [1]
        assert reading.errors == []


DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
ONLY_READ = {
    "an object of S3": 'resource "aws_s3_object" "o" {\n  content = file("flow.asl.json")\n}\n'
    'resource "aws_sfn_activity" "a" {\n}\n',
    "a local value": 'locals {\n  flow = file("flow.asl.json")\n}\n' + MACHINE,
    "another machine's": MACHINE.replace('"{}"', '"{}"\n  name = file("flow.asl.json")'),
}


@pytest.mark.parametrize("name", ONLY_READ)
def test_a_definition_that_is_only_read_is_an_input_of_its_own(name: str, tmp_path: Path) -> None:
    reading = tree(tmp_path, {"main.tf": ONLY_READ[name], "flow.asl.json": DEFINITION})
    assert "flow.asl.json" in roots(reading, tmp_path)


@pytest.mark.parametrize(
    "definition",
    [
        'file("flow.asl.json")',
        'jsonencode(jsondecode(file("flow.asl.json")))',
        'jsonencode(merge(jsondecode(file("flow.asl.json")), { TimeoutSeconds = 9 }))',
        'replace(file("flow.asl.json"), "A", "B")',
        'templatefile("flow.asl.json", {})',
    ],
)
def test_a_definition_of_a_machine_is_no_input_of_its_own(definition: str, tmp_path: Path) -> None:
    machine = MACHINE.replace('"{}"', definition)
    reading = tree(tmp_path, {"main.tf": machine, "flow.asl.json": DEFINITION})
    assert roots(reading, tmp_path) == ["."]


def test_a_template_that_is_only_included_is_an_input_of_its_own(tmp_path: Path) -> None:
    reading = tree(
        tmp_path,
        {
            "a.yaml": "Resources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties:\n"
            "      Value:\n        Fn::Transform:\n          Name: AWS::Include\n"
            "          Parameters: {Location: b.yaml}\n"
            "  A:\n    Type: AWS::StepFunctions::Activity\n",
            "b.yaml": "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n",
        },
    )
    assert sorted(roots(reading, tmp_path)) == ["a.yaml", "b.yaml"]


def test_a_parser_that_is_not_there_is_no_defect(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MACHINE, encoding="utf-8")
    (error,) = read([tmp_path], ReadOptions(hcl_parser="another")).errors
    assert error.message == "there is no HCL parser another: choose tree-sitter or python-hcl2"
