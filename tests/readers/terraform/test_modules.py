"""Variables, modules, providers, templates and files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import OneOf, Reference, Text, Unknown, plain
from stepguard.inputs import NO_STEP_FUNCTIONS
from stepguard.readers.files import ProjectFiles
from stepguard.readers.terraform import discovery, instances, modules
from stepguard.readers.terraform.reader import TerraformOptions, find_root_modules, read_root_module
from stepguard.reading import Reading, ReadOptions, find_inputs

Project = Callable[..., Deployment]


def attributes(deployment: Deployment, address: str) -> Any:
    found = [one for one in deployment.resources if one.address == address]
    assert len(found) == 1, [one.address for one in deployment.resources]
    return plain(found[0].attributes)


def test_variables_take_their_values_in_order(read: Project, tmp_path: Path) -> None:
    deployment = read(
        {
            "main.tf": "".join(
                f'variable "{name}" {{\n  default = "default"\n}}\n' for name in "abcdef"
            )
            + 'variable "typed" {\n  type = object({ n = number, o = optional(string, "o") })\n'
            + '  default = { n = "5" }\n}\n'
            + 'resource "terraform_data" "t" {\n'
            + "  input = [var.a, var.b, var.c, var.d, var.e, var.f]\n  typed = var.typed\n}\n",
            "terraform.tfvars": 'b = "tfvars"\nc = "tfvars"\nd = "tfvars"\n',
            "terraform.tfvars.json": '{"c": "json", "d": "json"}',
            "one.auto.tfvars": 'd = "one"\ne = "one"\n',
            "two.auto.tfvars.json": '{"e": "two"}',
            "extra.tfvars": 'f = "extra"\n',
        },
        options=TerraformOptions(var_files=(tmp_path / "extra.tfvars",)),
    )
    assert not deployment.errors
    found = attributes(deployment, "terraform_data.t")
    assert found["input"] == ["default", "tfvars", "json", "one", "two", "extra"]
    assert found["typed"] == {"n": 5, "o": "o"}


def test_a_variable_without_value_is_unknown(read: Project) -> None:
    deployment = read('variable "v" {}\nresource "terraform_data" "t" {\n  input = var.v\n}\n')
    value = attributes(deployment, "terraform_data.t")["input"]
    assert value == Unknown("var.v")
    assert value.reason == "variable has no value"


MODULE = {
    "main.tf": (
        'module "a" {\n  source = "./modules/a"\n  name = "x"\n}\n'
        'resource "terraform_data" "t" {\n'
        "  input = [module.a.text, module.a.topic, module.a.inner]\n}\n"
    ),
    "modules/a/main.tf": (
        'variable "name" {}\nvariable "more" {\n  default = "m"\n}\n'
        'resource "aws_sns_topic" "t" {\n  name = "${var.name}-${var.more}"\n}\n'
        'module "b" {\n  source = "../b"\n  name = aws_sns_topic.t.name\n}\n'
        'output "text" {\n  value = "${var.name}!"\n}\n'
        'output "topic" {\n  value = aws_sns_topic.t.arn\n}\n'
        'output "inner" {\n  value = module.b.name\n}\n'
    ),
    "modules/b/main.tf": (
        'variable "name" {}\noutput "name" {\n  value = "${path.module}:${var.name}"\n}\n'
    ),
}


def test_modules_have_inputs_and_outputs(read: Project) -> None:
    deployment = read(MODULE)
    assert not deployment.errors
    assert attributes(deployment, "terraform_data.t")["input"] == [
        "x!",
        Reference("module.a.aws_sns_topic.t", "arn"),
        "modules/b:x-m",
    ]
    assert attributes(deployment, "module.a.aws_sns_topic.t")["name"] == "x-m"


def test_modules_are_repeated(read: Project) -> None:
    deployment = read(
        {
            "main.tf": (
                'variable "flag" {}\n'
                'module "each" {\n  source = "./m"\n  for_each = { k = "v" }\n'
                "  name = each.value\n}\n"
                'module "count" {\n  source = "./m"\n  count = var.flag ? 1 : 0\n  name = "c"\n}\n'
                'module "none" {\n  source = "./m"\n  count = 0\n  name = "n"\n}\n'
                'resource "terraform_data" "t" {\n'
                '  input = [module.each["k"].name, module.count[0].name, module.count[*].name]\n}\n'
            ),
            "m/main.tf": (
                'variable "name" {}\nresource "aws_sns_topic" "t" {\n  name = var.name\n}\n'
                'output "name" {\n  value = aws_sns_topic.t.name\n}\n'
            ),
        }
    )
    assert {one.address for one in deployment.resources} == {
        'module.each["k"].aws_sns_topic.t',
        "module.count[0].aws_sns_topic.t",
        "terraform_data.t",
    }
    assert attributes(deployment, "terraform_data.t")["input"] == [
        "v",
        "c",
        OneOf("var.flag", (["c"], [])),
    ]


def test_a_remote_module_is_unknown_until_it_is_installed(read: Project) -> None:
    main = (
        'module "r" {\n  source = "example/thing/aws"\n}\n'
        'resource "terraform_data" "t" {\n  input = module.r.out\n}\n'
    )
    deployment = read(main)
    value = attributes(deployment, "terraform_data.t")["input"]
    assert value == Unknown("module.r.out")
    assert "not installed" in value.reason
    assert [one.reason for one in deployment.unread_modules] == [value.reason]
    installed = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "r", "Dir": ".terraform/modules/r"}]}
    deployment = read(
        {
            "main.tf": main,
            ".terraform/modules/modules.json": json.dumps(installed),
            ".terraform/modules/r/main.tf": 'output "out" {\n  value = "here"\n}\n',
        }
    )
    assert attributes(deployment, "terraform_data.t")["input"] == "here"
    assert deployment.unread_modules == []


def test_modules_that_cannot_be_read_are_errors(read: Project, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    deployment = read(
        {
            "root/main.tf": (
                'module "self" {\n  source = "./"\n}\n'
                'module "gone" {\n  source = "./gone"\n}\n'
                'module "away" {\n  source = "../../outside"\n}\n'
            )
        },
        root="root",
    )
    messages = [error.message for error in deployment.errors]
    assert any("calls itself" in message for message in messages)
    assert any("no such directory" in message for message in messages)
    assert any("outside the scanned root" in message for message in messages)
    assert all(error.span is not None and error.span.line for error in deployment.errors)


def test_modules_that_are_nested_too_deeply_are_an_error(
    read: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "MAXIMUM_MODULE_DEPTH", 2)
    call = 'module "m" {{\n  source = "{}"\n}}\n'
    files = {
        "main.tf": call.format("./a"),
        "a/main.tf": call.format("../b"),
        "b/main.tf": 'resource "terraform_data" "t" {}\n',
        "c/main.tf": 'resource "terraform_data" "t" {}\n',
    }
    deployment = read(files)
    assert [one.address for one in deployment.resources] == ["module.m.module.m.terraform_data.t"]
    assert not deployment.errors
    deployment = read({**files, "b/main.tf": call.format("../c")})
    assert deployment.resources == []
    (error,) = deployment.errors
    assert "nested too deeply" in error.message
    assert error.hides_resources
    assert error.path == "b/main.tf"
    assert error.span is not None
    assert error.span.text == '"../c"'


@pytest.mark.parametrize("count", ["-1", "0.5"])
def test_a_count_that_terraform_refuses_is_an_error(read: Project, count: str) -> None:
    deployment = read(
        {
            "main.tf": (
                f"locals {{\n  n = {count}\n}}\n"
                'resource "terraform_data" "t" {\n  count = local.n\n}\n'
                'module "m" {\n  source = "./m"\n  count = local.n\n}\n'
            ),
            "m/main.tf": 'resource "terraform_data" "t" {}\n',
        }
    )
    addresses = [one.address for one in deployment.resources]
    assert addresses == ["terraform_data.t", "module.m.terraform_data.t"]
    message = f"count is {count}: Terraform takes whole numbers from 0 on"
    assert [one.message for one in deployment.errors] == [message] * 2
    lines = [None if one.span is None else one.span.line for one in deployment.errors]
    assert lines == [5, 9]


def test_an_alternative_that_terraform_refuses_adds_no_instance(read: Project) -> None:
    deployment = read(
        'variable "v" {}\nresource "terraform_data" "t" {\n  count = var.v == "a" ? 1 : -1\n}\n'
    )
    assert [one.address for one in deployment.resources] == ["terraform_data.t[0]"]
    assert deployment.errors == []


def test_a_count_of_nothing_is_none(read: Project) -> None:
    deployment = read('resource "terraform_data" "t" {\n  count = 0\n}\n')
    assert (deployment.resources, deployment.errors) == ([], [])


def test_a_syntax_error_leaves_the_rest(read: Project) -> None:
    deployment = read(
        {
            "bad.tf": 'resource "a" "b" {\n  x = = 1\n}\n',
            "good.tf": 'resource "terraform_data" "t" {\n  input = 1\n}\n',
        }
    )
    assert [error.path for error in deployment.errors] == ["bad.tf"]
    assert attributes(deployment, "terraform_data.t") == {"input": 1}


def test_templatefile_points_into_the_template(read: Project) -> None:
    deployment = read(
        {
            "main.tf": (
                'resource "aws_lambda_function" "f" {}\n'
                'resource "aws_sfn_state_machine" "m" {\n'
                '  definition = templatefile("${path.module}/m.asl.json", {\n'
                "    arn = aws_lambda_function.f.arn, seconds = 5,"
                ' names = ["a", "b"]\n  })\n}\n'
            ),
            "m.asl.json": (
                '{\n  "StartAt": "A",\n  "TimeoutSeconds": ${seconds},\n  "States": {\n'
                '    "A": {"Type": "Task", "Resource": "${arn}", "End": true}'
                '%{ for n in names },\n    "${n}": {"Type": "Succeed"}%{ endfor }\n  }\n}\n'
            ),
        }
    )
    (machine,) = deployment.state_machines
    definition: Any = machine.definition
    assert definition.value["TimeoutSeconds"] == 5
    assert list(definition.value["States"]) == ["A", "a", "b"]
    resource = definition.value["States"]["A"]["Resource"]
    assert isinstance(resource, Text)
    assert resource.holes == (Reference("aws_lambda_function.f", "arn"),)
    span = definition.locate(["States", "A", "Resource"])
    assert (span.path, span.line) == ("m.asl.json", 5)
    span = definition.locate(["States", "A"], key=True)
    assert span.text == '"A"'


def test_templates_that_render_themselves_end(read: Project) -> None:
    deployment = read(
        {
            "main.tf": (
                'resource "terraform_data" "t" {\n  input = templatefile("a.tpl", {})\n}\n'
            ),
            "a.tpl": 'x${templatefile("a.tpl", {})}',
        }
    )
    value = attributes(deployment, "terraform_data.t")["input"]
    assert "without end" in next(iter(value.holes)).reason


def test_default_tags_reach_modules(read: Project) -> None:
    deployment = read(
        {
            "main.tf": (
                'provider "aws" {\n  default_tags {\n    tags = { Team = "a", Env = "x" }\n  }\n}\n'
                'provider "aws" {\n  alias = "b"\n  default_tags {\n'
                '    tags = { Team = "b" }\n  }\n}\n'
                'module "plain" {\n  source = "./m"\n}\n'
                'module "b" {\n  source = "./m"\n  providers = { aws = aws.b }\n}\n'
            ),
            "m/main.tf": (
                'resource "aws_sfn_activity" "a" {\n  name = "a"\n  tags = { Env = "own" }\n}\n'
            ),
        }
    )
    tags = {one.address: one.tags for one in deployment.activities}
    plain_tags: Any = tags["module.plain.aws_sfn_activity.a"]
    assert {key: one.value for key, one in plain_tags.values.items()} == {
        "Team": "a",
        "Env": "own",
    }
    aliased: Any = tags["module.b.aws_sfn_activity.a"]
    assert {key: one.value for key, one in aliased.values.items()} == {"Team": "b", "Env": "own"}
    assert not deployment.is_reusable_module


def test_a_module_without_provider_is_reusable(read: Project) -> None:
    assert read('variable "v" {}\n').is_reusable_module
    assert not read({"terraform.tfvars": "v = 1\n"}).is_reusable_module


def test_override_files_change_what_they_name(read: Project) -> None:
    deployment = read(
        {
            "main.tf": 'resource "aws_sns_topic" "t" {\n  name = "a"\n  fifo_topic = true\n}\n',
            "x_override.tf": 'resource "aws_sns_topic" "t" {\n  name = "b"\n}\n',
        }
    )
    assert not deployment.errors
    assert attributes(deployment, "aws_sns_topic.t") == {"name": "b", "fifo_topic": True}


def test_json_configuration(read: Project) -> None:
    deployment = read(
        {
            "main.tf.json": json.dumps(
                {
                    "variable": {"n": {"default": "x"}},
                    "resource": {
                        "aws_sfn_state_machine": {
                            "m": {
                                "name": "m-${var.n}",
                                "definition": '${jsonencode({StartAt = "A", States = {}})}',
                                "logging_configuration": {"level": "ALL"},
                            }
                        }
                    },
                }
            )
        }
    )
    assert not deployment.errors
    (machine,) = deployment.state_machines
    assert machine.name is not None
    assert machine.name.value == "m-x"
    definition: Any = machine.definition
    assert definition.value == {"StartAt": "A", "States": {}}
    logging: Any = machine.logging
    assert logging.level.value == "ALL"


def test_root_modules_are_those_that_nobody_calls(tmp_path: Path) -> None:
    for name, content in {
        "app/main.tf": 'module "a" {\n  source = "../modules/a"\n}\n',
        "modules/a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
        "modules/b/main.tf": "",
        "modules/alone/main.tf": "",
        "circle/one/main.tf": 'module "o" {\n  source = "../two"\n}\n',
        "circle/two/main.tf": 'module "o" {\n  source = "../one"\n}\n',
        "app/.terraform/modules/x/main.tf": "",
        "node_modules/y/main.tf": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    roots = find_root_modules(ProjectFiles(tmp_path), tmp_path)
    assert [root.relative_to(tmp_path).as_posix() for root in roots] == [
        "app",
        "circle/one",
        "circle/two",
        "modules/alone",
    ]


CALLS = {
    "a path": 'module "m" {\n  source = "../modules/m"\n}\n',
    "a path with a letter by its number": 'module "m" {\n  source = "\\u002e./modules/m"\n}\n',
    "a path beside a comment": 'module "m" {\n  source /* "here" */ = "../modules/m"\n}\n',
    "a path on a line of its own": 'module "m" {\n  source = (\n"../modules/m"\n)\n}\n',
    "an absolute path": 'module "m" {\n  source = "ROOT/modules/m"\n}\n',
    "the directory above": 'module "m" {\n  source = ".."\n}\n',
    "JSON": '{"module": {"m": {"source": "../modules/m"}}}',
    "JSON with an escaped word": '{"\\u006dodule": {"m": {"source": "../modules/m"}}}',
    "JSON with an escaped slash": '{"module": {"m": {"source": "..\\/modules\\/m"}}}',
}


@pytest.mark.parametrize("name", CALLS)
def test_a_root_is_one_whatever_its_calls_look_like(name: str, tmp_path: Path) -> None:
    ending = ".tf.json" if name.startswith("JSON") else ".tf"
    target = tmp_path / ("" if name == "the directory above" else "modules/m")
    target.mkdir(parents=True, exist_ok=True)
    (target / "main.tf").write_text('resource "aws_sfn_state_machine" "m" {\n}\n', "utf-8")
    (tmp_path / "app").mkdir()
    text = CALLS[name].replace("ROOT", str(tmp_path.resolve()))
    (tmp_path / "app" / f"main{ending}").write_text(text, "utf-8")
    reading = Reading()
    found = find_inputs([tmp_path], ReadOptions(), reading)
    assert [one.path.relative_to(tmp_path).as_posix() for one in found] == ["app"]


def test_what_leads_nowhere_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = 'resource "aws_sfn_state_machine" "m" {\n}\n'
    for name, content in {
        "app/main.tf": 'module "m" {\n  source = "../machines"\n}\n',
        "machines/main.tf": machine,
        "other/main.tf": 'module "b" {\n  source = "../buckets"\n}\n',
        "buckets/main.tf": 'module "b" {\n  source = "example/bucket/aws"\n}\n',
        "open/main.tf": 'module "b" {\n  source = "../../outside"\n}\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    parsed: list[str] = []

    def load(files: ProjectFiles, directory: Path, parser: str | None) -> modules.ModuleSource:
        parsed.append(directory.name)
        return modules.load_module(files, directory, parser)

    monkeypatch.setattr(discovery, "load_module", load)
    reading = Reading()
    found = find_inputs([tmp_path], ReadOptions(), reading)
    assert [one.path.name for one in found] == ["app", "open"]
    assert sorted(parsed) == ["app", "open"]
    assert reading.passed_over[NO_STEP_FUNCTIONS] == 1


def test_deep_modules_end(tmp_path: Path) -> None:
    for number in range(80):
        directory = tmp_path / f"m{number}"
        directory.mkdir()
        content = (
            'variable "v" {\n  default = 1\n}\n'
            f'module "m" {{\n  source = "../m{number + 1}"\n  v = var.v\n}}\n'
        )
        (directory / "main.tf").write_text(content, encoding="utf-8")
    deployment = read_root_module(ProjectFiles(tmp_path), tmp_path / "m0", TerraformOptions())
    assert deployment.resources == []
