"""Printed policies: our own readers read them back, and nothing in a name breaks out of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Role, StateMachine
from stepguard.deployment.values import (
    Hole,
    OneOf,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
    render,
)
from stepguard.permissions.identity import expand
from stepguard.permissions.policy import (
    PolicyStatement,
    RolePolicy,
    document_value,
    least_privilege,
)
from stepguard.reading import ReadOptions, read
from stepguard.reports.policy_diff import render_policy_diff
from stepguard.reports.policy_hcl import render_policies_as_hcl
from stepguard.reports.policy_inputs import Inputs
from stepguard.reports.policy_json import render_policies_as_json
from stepguard.reports.policy_names import identifier, logical_id, module_of, unused
from stepguard.reports.policy_yaml import render_policies_as_yaml

TERRAFORM = shutil.which("terraform")
HOSTILE = "x\"${jsondecode(1)}%{if}\\\n# \u202e\x1b[31m\t\U000e0001é'\r"
NAMES = [HOSTILE, "a: b", "- c", "'", '"', "!Ref X", "#d", "{e}", "[f", "*", "&g", "${!h}", "%{i}"]


def deployment_at(path: Path) -> Deployment:
    reading = read([path], ReadOptions())
    assert [str(error) for error in reading.errors] == []
    (deployment,) = reading.deployments
    return deployment


def policies_at(path: Path) -> list[RolePolicy]:
    return [one for one in least_privilege(deployment_at(path)) if isinstance(one, RolePolicy)]


def canonical(value: Plain, deployment: Deployment) -> Any:
    """Return a statement in one form: values as sorted lists, resources by what they mean."""
    if isinstance(value, dict):
        return {str(key): canonical(member, deployment) for key, member in value.items()}
    values = value if isinstance(value, list) else [value]
    return sorted(str(expand(one, deployment)) for one in values)


def statements(document: Plain, deployment: Deployment) -> list[Any]:
    return [canonical(one, deployment) for one in document["Statement"]]


def policy_of(role: Role | None, form: Form, *given: PolicyStatement, address: str) -> RolePolicy:
    """Return a policy with statements, of a machine that there is nothing else to know of."""
    machine = StateMachine(
        address=address, type="", form=form, definition=Document({"States": {}}, None)
    )
    return RolePolicy(
        deployment=Deployment("here", form, [machine, *([role] if role else [])]),
        role=role,
        name="" if role is None else role.address,
        machines=(machine,),
        permissions=given,
        trust=(),
    )


def hostile(form: Form, address: str = "m.asl.json") -> RolePolicy:
    """Return a policy whose every text wants to be something else."""
    found = [
        PolicyStatement(
            sid=f"S{number}",
            actions=("s3:GetObject",),
            resources=(f"arn:aws:s3:::{name}", Text((Piece(name), Hole(Reference("AWS::Region"))))),
            conditions=(("StringEquals", "s3:prefix", (name,)),),
            comment=f"state '{name}': the call",
            when=name,
        )
        for number, name in enumerate(NAMES)
    ]
    return policy_of(None, form, *found, address=address)


@pytest.fixture
def project(in_root: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Return a copy of an example project, to which a printed policy can be added."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(in_root / "fixtures" / name, tmp_path / "project"))

    return copy


# What is printed is what was meant


@pytest.mark.parametrize("name", ["good/terraform", "bad/terraform"])
def test_terraform_reads_back_what_is_printed(project: Callable[[str], Path], name: str) -> None:
    path = project(name)
    (policy,) = policies_at(path)
    printed = render_policies_as_hcl([policy])
    for file in path.glob("*.tf"):
        text = file.read_text()
        # As the comment in the printed text says.
        text = text.replace("data.aws_iam_policy_document.trust.json", "LATER").replace(
            "LATER", "data.aws_iam_policy_document.workflow_trust.json"
        )
        file.write_text(text)
    (path / "policy.tf").write_text(printed)
    deployment = deployment_at(path)
    (role,) = deployment.roles
    documents = {one.address: one for one in deployment.policies_of(role).documents}
    written = documents["aws_iam_role_policy.workflow_needs"].document
    assert isinstance(written, Document)
    wanted = statements(document_value(policy.permissions), deployment)
    assert statements(written.value, deployment) == wanted
    if name == "good/terraform":
        assert isinstance(role.trust, Document)
        trust = statements(document_value(policy.trust), deployment)
        assert statements(role.trust.value, deployment) == trust


@pytest.mark.parametrize(
    "name", ["good/cloudformation", "bad/cloudformation", "good/sam", "bad/sam"]
)
def test_cloudformation_reads_back_what_is_printed(
    project: Callable[[str], Path], name: str
) -> None:
    path = project(name)
    (policy,) = policies_at(path)
    template = path / "template.yaml"
    printed = render_policies_as_yaml([policy])
    merge(template, printed)
    deployment = deployment_at(path)
    role = next(one for one in deployment.roles if one.address == policy.name)
    assert isinstance(role.trust, Document)
    assert statements(role.trust.value, deployment) == statements(
        document_value(policy.trust), deployment
    )
    documents = {one.address: one for one in deployment.policies_of(role).documents}
    written = documents[f"{policy.name}Needs"].document
    assert isinstance(written, Document)
    assert statements(written.value, deployment) == statements(
        document_value(policy.permissions), deployment
    )


def merge(template: Path, printed: str) -> None:
    """Put printed resources into a template, as a reader of the comments would."""

    class Loader(yaml.SafeLoader):
        """Keeps tags as the long names of the functions."""

    def function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
        name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
        if isinstance(node, yaml.ScalarNode):
            return {name: loader.construct_scalar(node)}
        if isinstance(node, yaml.SequenceNode):
            return {name: loader.construct_sequence(node, deep=True)}
        assert isinstance(node, yaml.MappingNode)
        return {name: loader.construct_mapping(node, deep=True)}

    Loader.add_multi_constructor("!", function)
    text = template.read_text()
    whole = Loader(text).get_single_data()
    for name, resource in Loader(printed).get_single_data()["Resources"].items():
        known = whole["Resources"].setdefault(name, resource)
        known["Properties"].update(resource["Properties"])
    template.write_text(json.dumps(whole))


def test_a_role_that_sam_makes_gets_a_policy_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Transform: AWS::Serverless-2016-10-31
Resources:
  Pay: {Type: AWS::Lambda::Function}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States: {A: {Type: Task, Resource: !GetAtt Pay.Arn, End: true}}
"""
    )
    (policy,) = policies_at(tmp_path)
    printed = yaml_of([policy])
    assert printed["Resources"].keys() == {"MachineRoleNeeds"}
    assert printed["Resources"]["MachineRoleNeeds"]["Properties"]["Roles"] == ["MachineRole"]
    assert any(one.startswith("SAM makes the role") for one in policy.notes)


def test_nothing_needed_is_said_and_still_a_template() -> None:
    made = Role(address="Role", type="AWS::IAM::Role", form=Form.SAM, generated=True)
    policy = policy_of(made, Form.SAM, address="M")
    assert yaml_of([policy])["Resources"] == {}
    assert "# Role needs no permissions" in render_policies_as_yaml([policy])
    own = Role(address="aws_iam_role.r", type="aws_iam_role", form=Form.TERRAFORM)
    text = render_policies_as_hcl([policy_of(own, Form.TERRAFORM, address="m")])
    assert "# it needs no permissions" in text
    assert "aws_iam_role_policy" not in text


def yaml_of(policies: list[RolePolicy]) -> Any:
    """Return a printed text as data; what stands under a tag is its text alone."""

    class Loader(yaml.SafeLoader):
        """Forgets tags."""

    Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))
    return Loader(render_policies_as_yaml(policies)).get_single_data()


def test_json_shows_what_is_not_known_as_render_does(in_root: Path) -> None:
    (found,) = json.loads(render_policies_as_json(policies_at(Path("fixtures/bad/terraform"))))
    assert found["role"] == "aws_iam_role.workflow"
    assert found["state_machines"] == ["aws_sfn_state_machine.approve"]
    first, second = found["policy"]["Statement"]
    assert first["Resource"] == "${aws_lambda_function.charge.arn}"
    assert second["Resource"].endswith(":${var.queue_url}")
    assert found["trust"]["Statement"][0]["Principal"] == {"Service": "states.amazonaws.com"}
    assert any("var.queue_url" in one for one in found["notes"])


# Texts that want to be something else


def test_hostile_texts_stay_texts_in_terraform(tmp_path: Path) -> None:
    policy = hostile(Form.ASL)
    printed = render_policies_as_hcl([policy])
    assert printed.isprintable() or all(one.isprintable() or one == "\n" for one in printed)
    (tmp_path / "policy.tf").write_text(printed)
    (tmp_path / "main.tf").write_text(
        'provider "aws" {}\nresource "aws_sfn_state_machine" "x" {\n'
        "  role_arn = aws_iam_role.m.arn\n}\n"
    )
    deployment = deployment_at(tmp_path)
    (role,) = deployment.roles
    (document,) = deployment.policies_of(role).documents
    assert isinstance(document.document, Document)
    # In this data source IAM's own `${` is written `&{`; the texts have no such.
    assert statements(document.document.value, deployment) == statements(
        document_value(policy.permissions), deployment
    )


def test_hostile_texts_stay_texts_in_cloudformation(tmp_path: Path) -> None:
    policy = hostile(Form.ASL)
    printed = render_policies_as_yaml([policy])
    assert all(one.isprintable() or one == "\n" for one in printed)
    (tmp_path / "template.yaml").write_text(
        f"{printed}  X: {{Type: AWS::StepFunctions::StateMachine}}\n"
    )
    deployment = deployment_at(tmp_path)
    (role,) = deployment.roles
    (document,) = deployment.policies_of(role).documents
    assert isinstance(document.document, Document)
    assert statements(document.document.value, deployment) == statements(
        document_value(policy.permissions), deployment
    )


def test_half_a_character_is_replaced() -> None:
    broken = PolicyStatement(sid="S", actions=("s3:GetObject",), resources=("a\ud800",))
    policy = policy_of(None, Form.ASL, broken, address="m.asl.json")
    for text in (
        render_policies_as_hcl([policy]),
        render_policies_as_yaml([policy]),
        render_policies_as_json([policy]),
    ):
        text.encode()


@pytest.mark.skipif(TERRAFORM is None, reason="there is no terraform here")
@pytest.mark.parametrize(
    "policies",
    [
        lambda: policies_at(Path("fixtures/good/terraform")),
        lambda: policies_at(Path("fixtures/bad/terraform")),
        lambda: policies_at(Path("fixtures/bad/asl")),
        lambda: [hostile(Form.ASL)],
    ],
)
def test_terraform_would_format_it_the_same(
    policies: Callable[[], list[RolePolicy]], in_root: Path
) -> None:
    assert TERRAFORM is not None
    printed = render_policies_as_hcl(policies())
    done = subprocess.run(
        [TERRAFORM, "fmt", "-check", "-diff", "-"],
        input=printed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


# Names


def in_terraform(value: Plain, role: str = "aws_iam_role.r") -> str:
    """Return Terraform text with one resource in it."""
    own = Role(address=role, type="aws_iam_role", form=Form.TERRAFORM)
    statement = PolicyStatement(sid="S", actions=("s3:GetObject",), resources=(value,))
    return render_policies_as_hcl(
        [policy_of(own, Form.TERRAFORM, statement, address="aws_sfn_state_machine.m")]
    )


def whole(hole: Unknown | Reference) -> Text:
    return Text((Hole(hole),))


@pytest.mark.parametrize(
    ("hole", "expected"),
    [
        (Reference("aws_sqs_queue.q", "arn"), "aws_sqs_queue.q.arn"),
        (Reference('aws_sqs_queue.q["a.b"]', "arn"), 'aws_sqs_queue.q["a.b"].arn'),
        (Reference("module.a.aws_sqs_queue.q", "arn"), "var.module_a_aws_sqs_queue_q_arn"),
        (Unknown("var.queue"), "var.queue"),
        (Unknown("module.m.arn"), "module.m.arn"),
        (Unknown("each.value"), "var.each_value"),
        (Unknown('f("}")'), "var.f"),
        (Unknown("a\n}"), "var.a"),
        (Unknown("1"), "var.input_1"),
        (Unknown("queueUrl"), "var.queue_url"),
        (Reference("AWS::StackName"), "var.aws_stack_name"),
        (Reference("AWS::URLSuffix"), "data.aws_partition.current.dns_suffix"),
    ],
)
def test_what_is_not_known_is_named_as_terraform_can(
    hole: Unknown | Reference, expected: str
) -> None:
    text = in_terraform(whole(hole))
    assert f"resources = [{expected}]\n" in text
    is_made = expected.startswith("var.") and expected != "var.queue"
    assert (f'variable "{expected.removeprefix("var.")}" {{' in text) == is_made


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("module.a.aws_sqs_queue.q", "aws_sqs_queue.q.arn"),
        ("module.a[0].aws_sqs_queue.q", "aws_sqs_queue.q.arn"),
        ("module.b.aws_sqs_queue.q", "var.module_b_aws_sqs_queue_q_arn"),
        ("aws_sqs_queue.q", "var.aws_sqs_queue_q_arn"),
    ],
)
def test_what_is_in_the_module_is_named_as_the_module_does(target: str, expected: str) -> None:
    text = in_terraform(whole(Reference(target, "arn")), "module.a.aws_iam_role.r")
    assert f"resources = [{expected}]\n" in text


def test_an_instance_that_is_not_known_is_an_input(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        """
provider "aws" {}
resource "aws_lambda_function" "f" {
  for_each      = toset(["a", "b"])
  function_name = each.key
}
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
}
resource "aws_sfn_state_machine" "m" {
  name     = "m"
  role_arn = aws_iam_role.r.arn
  definition = jsonencode({ StartAt = "A", States = { A = {
    Type = "Task", Resource = aws_lambda_function.f["a"].arn, End = true
  } } })
}
"""
    )
    (policy,) = policies_at(tmp_path)
    assert 'resources = [aws_lambda_function.f["a"].arn]' in render_policies_as_hcl([policy])


def test_what_another_module_declares_is_an_input(tmp_path: Path) -> None:
    """A module's output can only be read where the module is called."""
    files = {
        "main.tf": 'provider "aws" {}\nmodule "m" {\n  source = "./m"\n}\n',
        "m/main.tf": """
module "inner" {
  source = "./inner"
}
module "own" {
  source = "terraform-aws-modules/lambda/aws"
}
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
}
resource "aws_sfn_state_machine" "m" {
  name     = "m"
  role_arn = aws_iam_role.r.arn
  definition = jsonencode({ StartAt = "A", States = {
    A = {
      Type = "Task", Resource = "arn:aws:states:::lambda:invoke", Next = "B"
      Parameters = { FunctionName = module.inner.arn }
    }
    B = {
      Type = "Task", Resource = "arn:aws:states:::lambda:invoke", End = true
      Parameters = { FunctionName = module.own.lambda_function_arn }
    }
  } })
}
""",
        "m/inner/main.tf": """
module "send" {
  source = "terraform-aws-modules/lambda/aws"
}
output "arn" {
  value = module.send.lambda_function_arn
}
""",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    printed = render_policies_as_hcl(policies_at(tmp_path))
    assert "resources = [var.module_send_lambda_function_arn]" in printed
    assert "module.send.lambda_function_arn: it is in another module" in printed
    assert "resources = [module.own.lambda_function_arn]" in printed


def test_data_sources_that_the_module_has_are_not_printed_again(in_root: Path) -> None:
    good = render_policies_as_hcl(policies_at(Path("fixtures/good/terraform")))
    bad = render_policies_as_hcl(policies_at(Path("fixtures/bad/terraform")))
    block = 'data "aws_partition" "current" {}'
    assert block not in good
    assert block in bad
    assert 'data "aws_region" "current" {}' in bad


def test_names_that_the_module_has_are_not_taken_again() -> None:
    own = Role(address="aws_iam_role.r", type="aws_iam_role", form=Form.TERRAFORM)
    policy = policy_of(
        own,
        Form.TERRAFORM,
        PolicyStatement(sid="S", actions=("s3:GetObject",), resources=("*",)),
        address="aws_sfn_state_machine.m",
    )
    taken = Role(address="aws_iam_role_policy.r_needs", type="", form=Form.TERRAFORM)
    policy.deployment.resources.append(taken)
    text = render_policies_as_hcl([policy])
    assert 'resource "aws_iam_role_policy" "r2_needs" {' in text
    assert "role   = aws_iam_role.r.id" in text


@pytest.mark.parametrize(
    ("hole", "expected"),
    [
        (Reference("Pay", "Arn"), "!GetAtt Pay.Arn"),
        (Reference("Topic"), "!Ref Topic"),
        (Reference("AWS::Region"), "!Ref AWS::Region"),
        (Reference("Inner", "Outputs.Arn"), "!GetAtt Inner.Outputs.Arn"),
        (Unknown("QueueArn", "it is a parameter without a default"), "!Ref QueueArn"),
        (Unknown("queue-arn", "it is a parameter"), "!Ref QueueArn"),
        (Unknown("the machine", "the parameter is not known"), "!Ref TheMachine"),
        (Reference("Inner.Queue", "Arn"), "!Ref InnerQueueArn"),
        (Reference("Queue", "a b"), "!Ref QueueAB"),
    ],
)
def test_what_is_not_known_is_named_as_a_template_can(
    hole: Unknown | Reference, expected: str
) -> None:
    own = Role(address="Role", type="AWS::IAM::Role", form=Form.CLOUDFORMATION)
    statement = PolicyStatement(sid="S", actions=("s3:GetObject",), resources=(whole(hole),))
    policy = policy_of(own, Form.CLOUDFORMATION, statement, address="M")
    text = render_policies_as_yaml([policy])
    assert f"Resource: {expected}\n" in text
    is_made = expected.startswith("!Ref") and hole not in (
        Reference("Topic"),
        Reference("AWS::Region"),
        Unknown("QueueArn"),
    )
    assert ("\nParameters:\n" in text) == is_made


def test_a_function_version_that_sam_makes_is_referred_to_as_sam_does() -> None:
    own = Role(address="Role", type="AWS::IAM::Role", form=Form.SAM)
    alias = whole(Reference("Pay", "Alias"))
    statement = PolicyStatement(sid="S", actions=("lambda:InvokeFunction",), resources=(alias,))
    policy = policy_of(own, Form.SAM, statement, address="M")
    assert "Resource: !Ref Pay.Alias\n" in render_policies_as_yaml([policy])


def test_names_are_made_of_addresses() -> None:
    assert module_of('module.a["x.y"].module.b.aws_iam_role.r') == 'module.a["x.y"].module.b.'
    assert module_of("aws_iam_role.module") == ""
    assert identifier('module.a.aws_iam_role.r["k-1"]') == "r_k_1"
    assert identifier("aws_iam_role.9") == "role_9"
    assert identifier("支") == "role"
    assert logical_id("Inner.my-role") == "MyRole"
    assert logical_id("支") == "Role"
    assert unused("a", {"a", "a2"}.__contains__) == "a3"


def test_inputs_have_one_name_each() -> None:
    inputs = Inputs(snake=True)
    assert inputs.name_for("a b", "") == "a_b"
    assert inputs.name_for("a-b", "why") == "a_b2"
    assert inputs.name_for("a b", "") == "a_b"
    assert inputs.found == {"a_b": "a b", "a_b2": "a-b: why"}


def test_modules_have_headings_of_their_own() -> None:
    first = Role(address="module.a.aws_iam_role.r", type="", form=Form.TERRAFORM)
    second = Role(address="aws_iam_role.r", type="", form=Form.TERRAFORM)
    statement = PolicyStatement(
        sid="S", actions=("s3:GetObject",), resources=(whole(Unknown("var.x")),)
    )
    policies = [
        policy_of(one, Form.TERRAFORM, statement, address="aws_sfn_state_machine.m")
        for one in (first, second)
    ]
    text = render_policies_as_hcl(policies)
    assert "# here, in module.a\n\n# names of variables and locals may be those of the" in text
    assert text.count('data "aws_iam_policy_document" "r_needs"') == 1
    assert text.count('data "aws_iam_policy_document" "r2_needs"') == 1


# Against what is there


def lines(text: str, mark: str) -> Iterator[str]:
    yield from (
        line[1:].strip() for line in text.splitlines() if line[:1] == mark and line[:3] != mark * 3
    )


def test_the_diff_shows_what_goes_and_what_comes(in_root: Path) -> None:
    (policy,) = policies_at(Path("fixtures/bad/terraform"))
    text = render_policy_diff(policy)
    assert '"dynamodb:*"' in set(lines(text, "-"))
    assert '"${aws_lambda_function.charge.arn}"' in set(lines(text, "+"))
    assert '"aws:SourceAccount": [' in set(lines(text, "+"))
    assert text.endswith("\nactions dropped: dynamodb:*; added: none\n")
    assert "\x1b" not in text


def test_the_diff_is_coloured_when_asked_for(in_root: Path) -> None:
    (policy,) = policies_at(Path("fixtures/bad/terraform"))
    text = render_policy_diff(policy, colour=True)
    assert '\x1b[31m-    "dynamodb:*"\x1b[0m' in text
    assert "\x1b[32m+" in text


def test_what_means_the_same_is_no_difference(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Resources:
  Pay: {Type: AWS::Lambda::Function, Properties: {FunctionName: pay}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        statement:
          effect: Allow
          action: sts:AssumeRole
          principal: {Service: [states.amazonaws.com]}
          condition:
            ArnLike:
              aws:SourceArn: !Join
                - ":"
                - - arn
                  - !Ref AWS::Partition
                  - states
                  - !Sub ${AWS::Region}:${AWS::AccountId}:stateMachine:*
            StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement:
              Sid: Any
              Effect: Allow
              Action: [lambda:InvokeFunction]
              Resource:
                Fn::Sub: arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:pay
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition:
        StartAt: A
        States: {A: {Type: Task, Resource: !GetAtt Pay.Arn, End: true}}
"""
    )
    (policy,) = policies_at(tmp_path)
    assert render_policy_diff(policy) == (
        "# Role for Machine\nactions dropped: none; added: none\n"
    )


def test_managed_policies_and_what_was_not_read_are_in_the_diff(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Parameters:
  Given: {Type: String}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !Ref Given
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AWSLambda_FullAccess]
      Policies:
        - PolicyName: p
          PolicyDocument: !Ref Given
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
"""
    )
    (policy,) = policies_at(tmp_path)
    text = render_policy_diff(policy)
    assert '-  "ManagedPolicy": "arn:aws:iam::aws:policy/AWSLambda_FullAccess"' in text
    assert "managed policies dropped: arn:aws:iam::aws:policy/AWSLambda_FullAccess" in text
    assert "# policy 'p' could not be read" in text
    assert "# the trust policy could not be read" in text


def test_the_diff_prints_no_secret(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        """
provider "aws" {}
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy" "p" {
  role = aws_iam_role.r.id
  policy = jsonencode({ Statement = [{
    Effect = "Allow", Action = "s3:GetObject", Resource = sensitive("hunter2")
  }] })
}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = aws_iam_role.r.arn
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Pass", End = true } } })
}
"""
    )
    (policy,) = policies_at(tmp_path)
    text = render_policy_diff(policy)
    assert "hunter2" not in text
    assert "(sensitive)" in text


def test_a_role_that_depends_on_a_condition_is_shown_with_all_of_it() -> None:
    own = Role(address="Role", type="AWS::IAM::Role", form=Form.CLOUDFORMATION)
    choice = OneOf("IsProduction", ("s3:GetObject", "s3:PutObject"))
    own.trust = Document({"Statement": {"Effect": "Allow", "Action": choice}}, None)
    policy = policy_of(own, Form.CLOUDFORMATION, address="M")
    gone = set(lines(render_policy_diff(policy), "-"))
    assert {'"s3:GetObject",', '"s3:PutObject"'} <= gone
    assert render(document_value(policy.permissions)) == {"Version": "2012-10-17", "Statement": []}
