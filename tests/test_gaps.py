"""What a project lacks is not said where not all of it could be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepguard.engine import ScanOptions, scan
from stepguard.readers.terraform.syntax.parser import available_parsers
from stepguard.report import Report

MISTAKES = (Path(__file__).parent / "safety" / "mistakes.tf.txt").read_bytes()

MAIN = """
provider "aws" {}

variable "level" { default = "OFF" }

resource "aws_iam_role" "r" {
  name = "runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "states.amazonaws.com" }
  }] })
}

resource "aws_iam_role_policy" "own" {
  role = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:eu-west-1:111122223333:q"
  }] })
}

resource "aws_sfn_state_machine" "m" {
  name     = "m"
  role_arn = aws_iam_role.r.arn
  logging_configuration {
    level           = var.level
    log_destination = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/m:*"
  }
  definition = jsonencode({ StartAt = "A", TimeoutSeconds = 60, States = { A = {
    Type = "Task", End = true
    Resource = "arn:aws:states:::lambda:invoke"
    Parameters = { FunctionName = "${aws_lambda_function.elsewhere.arn}:1" }
  } } })
}
"""

POLICY = """
resource "aws_iam_role_policy" "p" {
  role = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "lambda:InvokeFunction", Resource = "*"
  }] })
}
"""

CLAIMS = ("SFN104", "SFN601", "SFN602", "SFN701", "SFN904")
"""Rules that say of the project above that something is missing."""


def scanned(directory: Path, parser: str | None = None, **files: str | bytes) -> Report:
    for name, content in files.items():
        path = directory / name.replace("__", ".")
        text = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(text)
    options = ScanOptions(root=directory, hcl_parser=parser, pedantic=True)
    return scan([directory], options)


def outcome(report: Report, rule: str) -> list[str]:
    return sorted(key for key, count in report.evaluated[rule].items() if count)


def reasons(report: Report, rule: str) -> list[str]:
    return [one.reason for one in report.not_evaluated if one.rule == rule]


def test_what_is_missing_is_said_where_all_was_read(tmp_path: Path) -> None:
    report = scanned(tmp_path, main__tf=MAIN)
    assert report.errors == []
    assert {one.rule for one in report.findings} >= {*CLAIMS, "SFN103", "SFN201"}
    assert [one.role_read for one in report.state_machines] == ["full"]


@pytest.mark.parametrize("parser", available_parsers())
@pytest.mark.parametrize(
    "content",
    [
        MISTAKES,
        POLICY.encode("utf-16"),
        POLICY.replace("policy =", "policy"),
        POLICY.replace("{\n  role", "\n  role"),
        POLICY.split("policy =", 1)[0],
        f"{POLICY.replace('lambda:InvokeFunction', 'sns:Publish')}{POLICY}",
        'module "policies" { source = "./nowhere" }\n',
    ],
    ids=["mistakes", "UTF-16", "no equals sign", "no brace", "open", "twice", "no module"],
)
def test_nothing_is_missing_where_not_all_was_read(
    tmp_path: Path, parser: str, content: str | bytes
) -> None:
    report = scanned(tmp_path, parser, main__tf=MAIN, policy__tf=content)
    assert report.errors
    for rule in (*CLAIMS, "SFN103"):
        assert "violation" not in outcome(report, rule), rule
        assert reasons(report, rule), rule
    assert [one.role_read for one in report.state_machines] == ["partial"]
    # What stands there is judged as before.
    assert "SFN201" in {one.rule for one in report.findings}


@pytest.mark.parametrize("parser", available_parsers())
def test_a_resource_with_a_mistake_in_it_is_not_judged(tmp_path: Path, parser: str) -> None:
    broken = MAIN.replace("level           = var.level", "level = = var.level")
    report = scanned(tmp_path, parser, main__tf=broken)
    assert report.errors
    assert [
        one for one in report.findings if "aws_sfn_state_machine" in one.violation.resource
    ] == []
    assert outcome(report, "SFN111") == ["pass"]


@pytest.mark.parametrize("parser", available_parsers())
def test_what_another_resource_lacks_is_not_said_behind_a_mistake(
    tmp_path: Path, parser: str
) -> None:
    function = 'resource "aws_lambda_function" "elsewhere" {\n  function_name = "f"\n'
    main = MAIN.replace("End = true", "End = true, TimeoutSeconds = 2")
    report = scanned(tmp_path, parser, main__tf=main, f__tf=f"{function}}}\n")
    assert outcome(report, "SFN407") == ["violation"]
    report = scanned(tmp_path, parser, main__tf=main, f__tf=f"{function}  timeout 1\n}}\n")
    assert outcome(report, "SFN407") in ([], ["not_evaluated"])


@pytest.mark.parametrize("content", [b"\xff\xfe", "a = = 1\n"], ids=["bytes", "mistake"])
def test_an_override_that_is_not_read_may_change_everything(
    tmp_path: Path, content: str | bytes
) -> None:
    report = scanned(tmp_path, main__tf=MAIN, main_override__tf=content)
    assert report.findings == []
    assert any("main_override.tf may change it" in one for one in reasons(report, "SFN201"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("terraform__tfvars", 'level = = "ALL"\n'),
        ("terraform__tfvars", b'level = "ALL" # \xff\n'),
        ("terraform__tfvars__json", '{"level": '),
    ],
)
def test_values_of_a_file_that_is_not_read_are_not_the_defaults(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    report = scanned(tmp_path, main__tf=MAIN, **{name: content})
    assert report.errors
    assert outcome(report, "SFN201") == ["not_evaluated"]


def test_an_argument_behind_a_mistake_is_not_the_default(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(MAIN.replace('provider "aws" {}', ""))
    call = 'provider "aws" {}\nmodule "m" {\n  source = "./m"\n  level %s "ALL"\n}\n'
    assert outcome(scanned(tmp_path, main__tf=call % "="), "SFN201") == ["pass"]
    report = scanned(tmp_path, main__tf=call % "")
    assert outcome(report, "SFN201") == ["not_evaluated"]


@pytest.mark.parametrize("given", ["aws_iam_role.r.name", '{ of = ["${aws_iam_role.r.id}"] }'])
def test_a_module_that_is_not_read_may_add_a_policy_to_the_role_that_it_is_given(
    tmp_path: Path, given: str
) -> None:
    call = f'module "p" {{\n  source = "example/policies/aws"\n  given = {given}\n}}\n'
    report = scanned(tmp_path, main__tf=MAIN + call)
    assert report.errors == []
    (reason,) = reasons(report, "SFN104")
    assert reason.endswith(
        ": module example/policies/aws is not installed, is given the role, and may add a policy"
    )
    report = scanned(tmp_path, main__tf=MAIN + call.replace(given, "1"))
    assert outcome(report, "SFN104") == ["violation"]


@pytest.mark.parametrize(
    ("argument", "attached_to", "is_told"),
    [
        ('"x"', "module.bastion.role.name", False),
        ('"x"', "module.bastion.roles[0]", False),
        ("aws_iam_role.r.name", "module.bastion.role.name", True),
        # Only what is nothing but an output is of the module's making.
        ('"x"', 'module.bastion.a == "" && var.b != "" ? "x" : var.b', True),
        ('"x"', 'module.bastion.prefix == "" || var.b', True),
    ],
)
def test_a_policy_of_what_a_module_makes_is_not_that_of_a_role_it_knows_nothing_of(
    argument: str, attached_to: str, is_told: bool, tmp_path: Path
) -> None:
    module = f'module "bastion" {{\n  source = "example/bastion/aws"\n  name = {argument}\n}}\n'
    module += 'variable "b" {}\n'
    policy = POLICY.replace("aws_iam_role.r.id", attached_to)
    (tmp_path / "main.tf").write_text(MAIN + module + policy, encoding="utf-8")
    report = scan([tmp_path], ScanOptions(rules=("SFN104",)))
    assert bool(report.findings) is not is_told
    assert bool(report.not_evaluated) is is_told


def test_a_definition_that_only_such_a_module_is_given_is_judged_by_itself(tmp_path: Path) -> None:
    machine = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    call = (
        'module "m" {\n  source = "example/m/aws"\n  text = file("${path.module}/m.asl.json")\n}\n'
    )
    report = scanned(tmp_path, main__tf=call, m__asl__json=machine)
    assert [Path(one.address).name for one in report.state_machines] == ["m.asl.json"]


# CloudFormation

TEMPLATE = {
    "Resources": {
        "R": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"Service": "states.amazonaws.com"},
                    },
                },
                "Policies": [
                    {
                        "PolicyName": "p",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": {
                                "Effect": "Allow",
                                "Action": "sqs:SendMessage",
                                "Resource": "arn:aws:sqs:eu-west-1:111122223333:q",
                            },
                        },
                    }
                ],
            },
        },
        "M": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": {"Fn::GetAtt": ["R", "Arn"]},
                "Definition": {
                    "StartAt": "A",
                    "TimeoutSeconds": 60,
                    "States": {
                        "A": {
                            "Type": "Task",
                            "End": True,
                            "Resource": "arn:aws:states:::lambda:invoke",
                            "Parameters": {"FunctionName": "${Elsewhere.Arn}"},
                        }
                    },
                },
            },
        },
    }
}


def template(**resources: object) -> str:
    return json.dumps({**TEMPLATE, "Resources": {**TEMPLATE["Resources"], **resources}})


def test_a_template_lacks_something_where_all_was_read(tmp_path: Path) -> None:
    report = scanned(tmp_path, t__json=template())
    assert {one.rule for one in report.findings} >= {*CLAIMS, "SFN103", "SFN201"}


@pytest.mark.parametrize(
    "resources",
    [
        {"Fn::ForEach::L": ["X", {"Ref": "Names"}, {"P${X}": {"Type": "AWS::IAM::Policy"}}]},
        {"P": {"Properties": {"PolicyName": "p"}}},
        {"P": "text"},
        {
            "P": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": "./nowhere.yaml"},
            }
        },
        {
            "P": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": "./broken.yaml"},
            }
        },
    ],
    ids=["loop", "no type", "no object", "no file", "broken file"],
)
def test_a_template_lacks_nothing_where_not_all_was_read(
    tmp_path: Path, resources: dict[str, object]
) -> None:
    (tmp_path / "broken.yaml").write_text("Resources: [\n")
    report = scanned(tmp_path, t__json=template(**resources))
    assert report.errors
    for rule in (*CLAIMS, "SFN103"):
        assert "violation" not in outcome(report, rule), rule
        assert "not_evaluated" in outcome(report, rule), rule
    assert "SFN201" in {one.rule for one in report.findings}


def test_a_stack_stored_elsewhere_may_add_a_policy_to_the_role_that_it_is_given(
    tmp_path: Path,
) -> None:
    stack: dict[str, Any] = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {
            "TemplateURL": "https://s3.amazonaws.com/templates/policies.yaml",
            "Parameters": {"Role": {"Ref": "R"}, "Machine": {"Fn::GetAtt": ["M", "Name"]}},
        },
    }
    report = scanned(tmp_path, t__json=template(P=stack))
    assert report.errors == []
    told = "the template of nested stack P is not among the scanned files"
    (reason,) = reasons(report, "SFN104")
    assert reason.endswith(f": {told}, is given the role, and may add a policy")
    assert reasons(report, "SFN601") == [f"{told}, and may set the alarm"]
    del stack["Properties"]["Parameters"]
    report = scanned(tmp_path, t__json=template(P=stack))
    assert outcome(report, "SFN104") == outcome(report, "SFN601") == ["violation"]


STACK_SET = {"StackSetName": "s", "PermissionModel": "SELF_MANAGED"}
BODY = "Resources: {M: {Type: 'AWS::StepFunctions::StateMachine'}}"
BUCKETS = "Resources: {B: {Type: 'AWS::S3::Bucket'}}"


@pytest.mark.parametrize(
    ("kind", "properties", "told"),
    [
        ("StackSet", {**STACK_SET, "TemplateBody": BODY}, "the template in TemplateBody of P"),
        ("StackSet", {**STACK_SET, "TemplateBody": BUCKETS}, ""),
        (
            "StackSet",
            {**STACK_SET, "TemplateURL": "https://s3.amazonaws.com/b/stepfunctions.yaml"},
            "the template of stack set P",
        ),
        ("StackSet", {**STACK_SET, "TemplateURL": "https://s3.amazonaws.com/b/t.yaml"}, ""),
        ("Stack", {"TemplateBody": BODY}, "the template in TemplateBody of P"),
        ("Stack", {"TemplateBody": BUCKETS}, ""),
    ],
)
def test_a_template_that_is_not_read_is_told_where_it_names_workflows(
    tmp_path: Path, kind: str, properties: dict[str, str], told: str
) -> None:
    part = {"Type": f"AWS::CloudFormation::{kind}", "Properties": properties}
    report = scanned(tmp_path, t__json=template(P=part))
    assert report.errors == []
    end = " is not read: the state machines that it declares were not read"
    assert reasons(report, "SFN901") == ([f"{told}{end}"] if told else [])


def test_a_stack_set_may_set_the_alarm_of_what_it_is_given(tmp_path: Path) -> None:
    passed = [{"ParameterKey": "Machine", "ParameterValue": {"Ref": "M"}}]
    properties = {**STACK_SET, "TemplateBody": BUCKETS, "Parameters": passed}
    part = {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}
    report = scanned(tmp_path, t__json=template(P=part))
    told = "the template in TemplateBody of P is not read, and may set the alarm"
    assert reasons(report, "SFN601") == [told]


def test_a_stack_whose_template_depends_on_a_condition_is_not_evaluated(tmp_path: Path) -> None:
    text = """\
Parameters: {Stage: {Type: String}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  P:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: !If [IsProd, a.yaml, b.yaml]}
"""
    report = scanned(tmp_path, t__yaml=text, a__yaml=BODY, b__yaml=BUCKETS)
    assert report.errors == []
    assert len(report.state_machines) == 1
    told = "the template of nested stack P depends on condition IsProd"
    assert f"{told}: the state machines that it declares were not read" in reasons(report, "SFN901")
    report = scanned(tmp_path, t__yaml=text, a__yaml=BUCKETS)
    assert not [one for one in reasons(report, "SFN901") if told in one]
    (tmp_path / "a.yaml").unlink()
    report = scanned(tmp_path, t__yaml=text)
    assert [one.message.rpartition(": ")[2] for one in report.errors] == ["no such file"]


def test_a_module_may_do_what_a_stack_stored_elsewhere_may(tmp_path: Path) -> None:
    module: dict[str, Any] = {
        "Type": "My::Org::Alarms::MODULE",
        "Properties": {"Role": {"Ref": "R"}, "Machine": {"Ref": "M"}},
    }
    report = scanned(tmp_path, t__json=template(P=module))
    assert report.errors == []
    told = "the module P, a My::Org::Alarms::MODULE, is not read"
    (reason,) = reasons(report, "SFN104")
    assert reason.endswith(f": {told}, is given the role, and may add a policy")
    assert reasons(report, "SFN601") == [f"{told}, and may set the alarm"]
    assert outcome(report, "SFN901") == ["pass"]


def test_a_module_that_names_workflows_is_told_where_nothing_else_is_of_aws(tmp_path: Path) -> None:
    module = {"Resources": {"P": {"Type": "My::StepFunctions::Machine::MODULE"}}}
    report = scanned(tmp_path, t__json=json.dumps(module))
    assert reasons(report, "SFN901") == [
        "the module P, a My::StepFunctions::Machine::MODULE, is not read: "
        "the state machines that it declares were not read"
    ]


@pytest.mark.parametrize(
    ("transform", "told"),
    [
        ("MyMacro", "the macro MyMacro is not carried out"),
        (["AWS::LanguageExtensions", "MyMacro"], "the macro MyMacro is not carried out"),
        ([{"Name": "MyMacro", "Parameters": {}}], "the macro MyMacro is not carried out"),
        (
            {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/more.yaml"}},
            "what it includes could not be read",
        ),
    ],
)
def test_a_template_lacks_nothing_where_a_macro_makes_another_one_of_it(
    tmp_path: Path, transform: object, told: str
) -> None:
    text = json.dumps({"Transform": transform, **TEMPLATE})
    report = scanned(tmp_path, t__json=text)
    assert report.errors == []
    for rule in (*CLAIMS, "SFN103"):
        assert "violation" not in outcome(report, rule), rule
        assert "not_evaluated" in outcome(report, rule), rule
    assert reasons(report, "SFN601") == [f"not all of the project could be read: {told}"]
    assert "SFN201" in {one.rule for one in report.findings}


def test_the_macro_of_a_part_at_the_top_counts_as_one_of_the_whole(tmp_path: Path) -> None:
    text = json.dumps({"Fn::Transform": {"Name": "MyMacro"}, **TEMPLATE})
    report = scanned(tmp_path, t__json=text)
    assert outcome(report, "SFN601") == ["not_evaluated"]


@pytest.mark.parametrize(
    "transform",
    ["AWS::LanguageExtensions", [{"Name": "AWS::Serverless-2016-10-31"}], None, [], "AWS::New"],
)
def test_the_transforms_of_aws_hide_nothing(tmp_path: Path, transform: object) -> None:
    report = scanned(tmp_path, t__json=json.dumps({"Transform": transform, **TEMPLATE}))
    assert outcome(report, "SFN601") == ["violation"]


def test_a_plan_that_could_not_be_finished_lacks_nothing(tmp_path: Path) -> None:
    planned = {
        "address": "aws_sfn_state_machine.m",
        "mode": "managed",
        "type": "aws_sfn_state_machine",
        "name": "m",
        "change": {
            "actions": ["create"],
            "before": None,
            "after": {
                "name": "m",
                "definition": '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
            },
            "after_unknown": {},
        },
    }
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "resource_changes": [planned],
        "configuration": {"root_module": {}},
    }
    report = scanned(tmp_path, plan__json=json.dumps(plan))
    assert outcome(report, "SFN701") == ["violation"]
    report = scanned(tmp_path, plan__json=json.dumps({**plan, "errored": True}))
    assert outcome(report, "SFN701") == ["not_evaluated"]


CALLS = """
module "workflow" {
  source     = "%s"
  definition = jsonencode({ %s = "A" })
}

module "alarms" {
  source  = "registry.example.com/alarms/aws"
  machine = module.workflow.state_machine_arn
}
"""


@pytest.mark.parametrize("parser", available_parsers())
@pytest.mark.parametrize(
    ("source", "field", "is_told"),
    [
        ("terraform-aws-modules/step-functions/aws", "Name", True),
        ("git::https://example.com/wf.git?ref=1", "StartAt", True),
        ("terraform-aws-modules/vpc/aws", "Name", False),
    ],
)
def test_workflows_in_a_module_that_is_not_installed_are_not_evaluated(
    tmp_path: Path, parser: str, source: str, field: str, is_told: bool
) -> None:
    report = scanned(tmp_path, parser, main__tf=MAIN + CALLS % (source, field))
    told = [one for one in report.not_evaluated if one.resource.startswith("module.")]
    assert [(one.rule, one.resource) for one in told] == [("SFN901", "module.workflow")] * is_told
    alone = tmp_path / "alone"
    alone.mkdir()
    only = scanned(alone, parser, main__tf=CALLS % (source, field))
    assert only.exit_code(None, strict=True) == int(is_told)


def test_a_password_in_the_source_of_a_module_is_not_shown(tmp_path: Path) -> None:
    source = "git::https://user:geheim@example.com/sfn.git?sshkey=geheim"
    report = scanned(tmp_path, main__tf=MAIN + CALLS % (source, "StartAt"))
    reasons = [one.reason for one in report.not_evaluated]
    assert any("example.com/sfn.git is not installed" in one for one in reasons)
    assert not any("geheim" in one for one in reasons)
