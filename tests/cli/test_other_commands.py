"""`rules`, `explain`, `render` and what the group itself says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import stepguard
from stepguard.cli.main import main
from stepguard.rules.registry import rule_ids


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env={"NO_COLOR": "1"})


def test_the_version() -> None:
    assert run("--version").output == f"stepguard, version {stepguard.__version__}\n"


def test_the_help_names_every_command() -> None:
    output = run("--help").output
    commands = Path(stepguard.__file__).parent / "cli"
    for name in ("scan", "rules", "explain", "render"):
        assert f"\n  {name} " in output
        assert (commands / f"{name}.py").exists()
        assert run(name, "--help").exit_code == 0


def test_rules_are_listed_one_a_line() -> None:
    lines = run("rules").output.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(rule_ids())
    line = next(line for line in lines if line.startswith("SFN401"))
    assert line.split()[1:4] == ["W9401", "medium", "default"]
    assert line.endswith(".")


@pytest.mark.parametrize("identifier", rule_ids())
def test_a_rule_is_explained(identifier: str) -> None:
    output = run("explain", identifier).output
    assert output.startswith(f"# {identifier}: ")
    for heading in ("What it does", "Why is this bad", "Example", "Use instead", "References"):
        assert f"\n## {heading}\n" in output


def test_a_rule_is_explained_in_either_form() -> None:
    assert run("explain", "w9401").output == run("explain", "SFN401").output


def test_render_shows_what_was_read(in_root: Path) -> None:
    done = run("render", "fixtures/bad/terraform")
    assert done.exit_code == 0
    (machine,) = json.loads(done.stdout)
    states = machine["definition"]["States"]
    assert states["Charge"]["Parameters"]["FunctionName"] == "${aws_lambda_function.charge.arn}"
    assert states["Ask"]["Parameters"]["QueueUrl"] == "${var.queue_url}"
    (role,) = machine["roles"]
    assert role["address"] == "aws_iam_role.workflow"
    assert role["trust"]["Statement"][0]["Principal"] == {"Service": "states.amazonaws.com"}
    assert [one["Action"] for one in role["policies"][0]["document"]["Statement"]][
        1
    ] == "dynamodb:*"


def test_render_of_one_machine(in_root: Path) -> None:
    done = run("render", "fixtures/bad", "--machine", "Contract")
    assert [one["address"] for one in json.loads(done.stdout)] == ["Contract"]
    lost = run("render", "fixtures/bad", "--machine", "Nothing")
    assert lost.exit_code == 2
    assert "Nothing" in lost.stderr


def test_render_shows_a_role_of_many_machines_with_some_of_them(tmp_path: Path) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}
    role = {"AssumeRolePolicyDocument": {"Statement": {**trust, "Action": "sts:AssumeRole"}}}
    machine = {"Definition": {}, "RoleArn": {"Fn::GetAtt": ["R", "Arn"]}}
    resources = {
        f"M{number:02}": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine}
        for number in range(52)
    }
    resources["R"] = {"Type": "AWS::IAM::Role", "Properties": role}
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    machines = json.loads(run("render", path).stdout)
    whole = [one["address"] for one in machines if "policies" in one["roles"][0]]
    assert len(whole) == 50
    assert [one["roles"] for one in machines if one["address"] not in whole] == [
        [{"address": "R", "shown_with": "M00"}]
    ] * 2


def test_render_says_what_could_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n"
        "    Properties:\n      DefinitionUri: nowhere.asl.json\n"
    )
    (machine,) = json.loads(run("render", tmp_path).stdout)
    assert "nowhere.asl.json" in machine["definition"]["not_read"]


def test_render_masks_what_is_sensitive(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        """
variable "token" {
  type      = string
  default   = "hunter2"
  sensitive = true
}
resource "aws_sfn_state_machine" "m" {
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Pass", Result = var.token } } })
}
"""
    )
    for command in ("render", "scan"):
        assert "hunter2" not in run(command, tmp_path).output.replace('default   = "hunter2"', "")
