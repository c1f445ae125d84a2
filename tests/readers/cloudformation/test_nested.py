"""Nested stacks by local path: addresses, parameters, outputs, and stacks that never end."""

from __future__ import annotations

from collections.abc import Callable

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role
from stepguard.deployment.values import OneOf, Reference, Unknown, plain

Read = Callable[..., Deployment]

CHILD = """\
Parameters:
  Stage: {Type: String, Default: dev}
  RoleArn: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !Ref RoleArn
      Definition: {StartAt: !Ref Stage, States: {}}
      LoggingConfiguration: {Level: !If [IsProd, ALL, ERROR]}
Outputs:
  MachineArn: {Value: !GetAtt Machine.Arn}
  Stage: {Value: !Sub 'stage ${Stage}'}
"""
PARENT = """\
Parameters:
  Env: {Type: String, Default: test}
Resources:
  Role: {Type: AWS::IAM::Role}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./stacks/child.yaml
      Parameters: {Stage: prod, RoleArn: !GetAtt Role.Arn}
  Twin:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: stacks/child.yaml
      Parameters: {Stage: !Ref Env, RoleArn: !GetAtt Role.Arn}
  User:
    Type: Custom::User
    Properties:
      Machine: !GetAtt Child.Outputs.MachineArn
      Stage: !GetAtt Child.Outputs.Stage
      Text: !Sub '${Child.Outputs.Stage}!'
      Nothing: !GetAtt Child.Outputs.Nothing
      Far: !GetAtt Far.Outputs.X
  Far:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: 'https://s3.amazonaws.com/bucket/far.yaml'}
"""


def test_nested_stacks_are_read_with_what_they_are_passed(read: Read) -> None:
    deployment = read(PARENT, files={"stacks/child.yaml": CHILD})
    assert deployment.errors == []
    assert [one.address for one in deployment.state_machines] == ["Child.Machine", "Twin.Machine"]
    child, twin = deployment.state_machines
    assert [role.address for role in deployment.roles_of(child)] == ["Role"]
    assert isinstance(deployment.roles_of(twin)[0], Role)
    assert plain(child.attributes)["Definition"]["StartAt"] == "prod"
    assert plain(twin.attributes)["Definition"]["StartAt"] == "test"
    # What is passed decides the condition; what only a default passes does not.
    assert plain(child.attributes)["LoggingConfiguration"] == {"Level": "ALL"}
    level = plain(twin.attributes)["LoggingConfiguration"]["Level"]
    assert level == OneOf("IsProd", ("ALL", "ERROR"))
    assert child.span is not None
    assert (child.span.path, child.span.line) == ("stacks/child.yaml", 7)
    assert [file.path for file in deployment.files] == ["template.yaml", "stacks/child.yaml"]


def test_outputs_of_nested_stacks_are_values(read: Read) -> None:
    deployment = read(PARENT, files={"stacks/child.yaml": CHILD})
    user = plain(deployment.find("User")[0].attributes)
    assert user == {
        "Machine": Reference("Child.Machine", "Arn"),
        "Stage": "stage prod",
        "Text": "stage prod!",
        "Nothing": Reference("Child", "Outputs.Nothing"),
        "Far": Reference("Far", "Outputs.X"),
    }


def test_an_output_that_stands_twice_is_told_where_it_is_used(read: Read) -> None:
    twice = CHILD + "  Stage: {Value: other}\n"
    (error,) = read(PARENT, files={"stacks/child.yaml": twice}).errors
    assert error.message == "Stage stands twice in one object: only the last one is read"
    assert error.path == "stacks/child.yaml"


def test_stacks_within_stacks(read: Read) -> None:
    middle = """\
Resources:
  Inner:
    Type: AWS::Serverless::Application
    Properties: {Location: inner/inner.yaml}
Outputs:
  Up: {Value: !GetAtt Inner.Outputs.Up}
"""
    inner = """\
Resources: {R: {Type: Custom::R}}
Outputs: {Up: {Value: !Ref R}}
"""
    deployment = read(
        """\
Resources:
  Middle:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: middle/middle.yaml}
  It: {Type: Custom::It, Properties: {V: !GetAtt Middle.Outputs.Up}}
""",
        files={"middle/middle.yaml": middle, "middle/inner/inner.yaml": inner},
    )
    assert deployment.errors == []
    assert {one.address for one in deployment.resources} == {
        "Middle",
        "Middle.Inner",
        "Middle.Inner.R",
        "It",
    }
    assert plain(deployment.find("It")[0].attributes) == {"V": Reference("Middle.Inner.R")}


def test_a_template_that_contains_itself_is_an_error(read: Read) -> None:
    deployment = read(
        """\
Resources:
  Self:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: template.yaml}
  Other:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: other.yaml}
  R: {Type: Custom::R}
""",
        files={
            "other.yaml": "Resources:\n  Back:\n    Type: AWS::CloudFormation::Stack\n"
            "    Properties: {TemplateURL: template.yaml}\n"
        },
    )
    assert {one.message for one in deployment.errors} == {
        "the template contains itself as a nested stack"
    }
    assert [one.span.text for one in deployment.errors if one.span] == ["template.yaml"] * 2
    assert "R" in {one.address for one in deployment.resources}


def test_stacks_that_multiply_are_stopped(read: Read) -> None:
    def level(number: int) -> str:
        return "Resources:\n" + "".join(
            f"  S{index}:\n    Type: AWS::CloudFormation::Stack\n"
            f"    Properties: {{TemplateURL: l{number + 1}.yaml}}\n"
            for index in range(8)
        )

    files = {f"l{number}.yaml": level(number) for number in range(1, 20)}
    deployment = read(level(0), files=files)
    assert any("too many nested stacks" in one.message for one in deployment.errors)
    assert len(deployment.resources) < 10_000


def test_a_nested_template_that_is_not_there_is_an_error(read: Read) -> None:
    deployment = read(PARENT)
    assert {one.message for one in deployment.errors} == {
        "the nested stack cannot be read: stacks/child.yaml: no such file"
    }


def test_stacks_that_pass_each_other_outputs_end(read: Read) -> None:
    parent = """\
Resources:
  A:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: c.yaml, Parameters: {P: !GetAtt B.Outputs.O}}
  B:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: c.yaml, Parameters: {P: !GetAtt A.Outputs.O}}
"""
    child = "Parameters: {P: {Type: String}}\nResources: {R: {Type: Custom::R}}\n"
    deployment = read(parent, files={"c.yaml": child + "Outputs: {O: {Value: !Ref P}}\n"})
    assert {one.address for one in deployment.resources} == {"A", "B", "A.R", "B.R"}


def test_parameters_that_are_not_passed_have_their_defaults(read: Read) -> None:
    parent = """\
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child.yaml}
"""
    deployment = read(parent, files={"child.yaml": CHILD})
    attributes = plain(deployment.find("Child.Machine")[0].attributes)
    assert attributes["RoleArn"] == Unknown("RoleArn")
    assert attributes["Definition"]["StartAt"] == "dev"


def test_a_stack_without_anything_is_a_resource(read: Read) -> None:
    for properties in ("{}", "{Parameters: {a: b}}", "{TemplateURL: !Ref AWS::Region}", "3"):
        deployment = read(
            "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n"
            f"    Properties: {properties}\n"
        )
        assert deployment.errors == []
        assert [one.address for one in deployment.resources] == ["Child"]


def test_a_path_that_is_none(read: Read) -> None:
    for path in ('"a\\0b"', '"' + "x" * 5000 + '"', '" "'):
        deployment = read(
            "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n"
            f"    Properties: {{TemplateURL: {path}, Parameters: text}}\n"
        )
        assert len(deployment.errors) == 1
        assert "the nested stack cannot be read" in deployment.errors[0].message


def test_a_choice_of_large_templates_for_many_stacks_is_stopped(read: Read) -> None:
    stack = "    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: !If [C, a, b]}\n"
    text = "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, x]}\nResources:\n"
    text += "".join(f"  S{number}:\n{stack}" for number in range(5))
    deployment = read(text, files={"a": "x" * 1_000_000, "b": ""})
    assert {one.message for one in deployment.errors} == {
        "files that are used again and again are too long together"
    }
