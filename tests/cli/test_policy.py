"""`stepguard policy`: what it prints, in which language, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stepguard.cli.main import main


def run(*arguments: str | Path, **environment: str) -> Result:
    settings = {"NO_COLOR": "1", "FORCE_COLOR": "", **environment}
    return CliRunner().invoke(main, ["policy", *map(str, arguments)], env=settings)


@pytest.mark.parametrize(
    ("path", "beginning"),
    [
        ("fixtures/good/terraform", 'data "aws_iam_policy_document" "workflow_needs" {'),
        ("fixtures/plans/create/plan.json", 'data "aws_iam_policy_document"'),
        ("fixtures/good/cloudformation", "  WorkflowRoleNeeds:\n    Type: AWS::IAM::Policy"),
        ("fixtures/good/sam", "  InvoiceRoleNeeds:\n    Type: AWS::IAM::Policy"),
        ("fixtures/good/asl", '[\n  {\n    "role": null,'),
        ("fixtures/good", '[\n  {\n    "role": '),
    ],
)
def test_the_language_is_that_of_the_source(path: str, beginning: str, in_root: Path) -> None:
    done = run(path)
    assert beginning in done.stdout


def test_the_language_can_be_chosen(in_root: Path) -> None:
    (found,) = json.loads(run("fixtures/good/terraform", "--format", "json").stdout)
    assert found["role"] == "aws_iam_role.workflow"
    assert (
        'resource "aws_iam_role" "nightly" {' in run("fixtures/good/asl", "--format", "hcl").stdout
    )
    assert "  NightlyRole:\n" in run("fixtures/good/asl", "--format", "cloudformation").stdout


def test_a_language_that_has_no_names_for_the_resources_is_refused(in_root: Path) -> None:
    done = run("fixtures/good/cloudformation", "--format", "hcl")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "error: no policy for WorkflowRole: what it refers to has no name in HCL; it is written "
        "in CloudFormation\n"
    )
    some = run("fixtures/good", "--format", "hcl")
    assert some.exit_code == 2
    assert "aws_iam_role.workflow" in some.stdout
    assert "WorkflowRole" not in some.stdout


def test_what_deployment_needs_has_to_be_waited_for(in_root: Path) -> None:
    said = " ".join(run("fixtures/bad/cloudformation").stdout.replace("#", " ").split())
    assert (
        "Step Functions looks for events:PutTargets, events:PutRule and events:DescribeRule when "
        "it makes Workflow, which by itself waits only for the role: name the policy in its "
        "DependsOn"
    ) in said
    terraform = " ".join(run("fixtures/good/terraform").stdout.replace("#", " ").split())
    assert "name the policy in its depends_on" in terraform
    assert "depends_on" not in run("fixtures/bad/terraform").stdout
    assert "DependsOn" not in run("fixtures/good/asl").stdout


def test_logical_ids_are_those_of_the_template(tmp_path: Path, in_root: Path) -> None:
    template = (Path("fixtures/bad/cloudformation/template.yaml")).read_text(encoding="utf-8")
    path = tmp_path / "template.yaml"
    path.write_text(template.replace("WorkflowRole", "workflowRole"), encoding="utf-8")
    said = run(path).stdout
    assert "\n  workflowRole:\n" in said
    assert "\n        - !Ref workflowRole\n" in said
    assert "\n  workflowRoleNeeds:\n" in said


def test_one_machine_can_be_chosen(in_root: Path) -> None:
    done = run("fixtures/good", "--machine", "Invoice")
    assert done.exit_code == 0
    assert "InvoiceRoleNeeds" in done.stdout
    assert "aws_iam_role" not in done.stdout


def test_the_difference_is_shown_and_coloured(in_root: Path) -> None:
    plain = run("fixtures/bad/terraform", "--diff")
    assert plain.exit_code == 0
    assert '\n-    "dynamodb:*"\n' in plain.stdout
    assert "\x1b[" not in plain.stdout
    coloured = run("fixtures/bad/terraform", "--diff", NO_COLOR="", FORCE_COLOR="1")
    assert '\x1b[31m-    "dynamodb:*"\x1b[0m' in coloured.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fixtures/good", "--machine", "Nothing"], "no state machine 'Nothing' was read"),
        (["docs/rules"], "no state machine was read"),
        (["nowhere"], "nowhere"),
        (["fixtures/good", "--diff", "--format", "json"], "leave --format out"),
        (["fixtures/good", "--format", "xml"], "xml"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], said: str, in_root: Path) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_definition_that_is_not_known_is_said_and_the_rest_is_printed(tmp_path: Path) -> None:
    role = 'resource "aws_iam_role" "{0}" {{\n  assume_role_policy = "{{}}"\n}}\n'
    machine = (
        'resource "aws_sfn_state_machine" "{0}" {{\n  name = "{0}"\n'
        "  role_arn = aws_iam_role.{0}.arn\n  definition = {1}\n}}\n"
    )
    known = 'jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })'
    (tmp_path / "main.tf").write_text(role.format("a") + machine.format("a", "data.http.x.body"))
    done = run(tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no policy for aws_iam_role.a: the definition of ")
    (tmp_path / "more.tf").write_text(role.format("b") + machine.format("b", known))
    both = run(tmp_path)
    assert both.exit_code == 2
    assert "# aws_iam_role.b for aws_sfn_state_machine.b" in both.stdout
    assert "error: no policy for aws_iam_role.a" in both.stderr


def test_an_input_that_cannot_be_read_is_not_passed_over(tmp_path: Path, in_root: Path) -> None:
    (tmp_path / "a.yaml").write_text("Resources:\n  M:\n\tType: AWS::StepFunctions::StateMachine\n")
    done = run("fixtures/good/sam", tmp_path)
    assert done.exit_code == 2
    assert "InvoiceRoleNeeds" in done.stdout
    assert "a.yaml" in done.stderr


def test_names_cannot_break_out_of_comments(tmp_path: Path) -> None:
    state = 'A\nresource "x" "y" {}\r\u2028\x1b[31m'
    definition = {
        "StartAt": state,
        "States": {
            state: {"Type": "Task", "Resource": "arn:aws:lambda:a:1:function:f", "End": True}
        },
    }
    path = tmp_path / "flow.asl.json"
    path.write_text(json.dumps(definition))
    for form in ("hcl", "cloudformation"):
        done = run(path, "--format", form)
        assert done.exit_code == 0
        assert "# state 'A\\u{a}resource" in done.stdout
        assert '\nresource "x"' not in done.stdout
        assert all(one.isprintable() or one == "\n" for one in done.stdout)


@pytest.mark.parametrize("form", ["json", "hcl", "cloudformation"])
def test_no_policy_holds_a_command_of_a_runner(form: str, tmp_path: Path) -> None:
    name = "##[error]a"
    call = {"Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": name}}
    states = {name: {"Type": "Task", **call, "End": True}}
    path = tmp_path / "m.asl.json"
    path.write_text(json.dumps({"StartAt": name, "States": states}), encoding="utf-8")
    said = run(path, "--format", form).stdout
    assert "error" in said
    assert "##[" not in said
    rendered = CliRunner().invoke(main, ["render", str(path)]).stdout
    assert "##[" not in rendered
    assert json.loads(rendered)[0]["definition"]["StartAt"] == name
