"""Inputs of any size, made by rule: templates, plans, definitions, roles, a large repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"


def definition(states: int) -> dict[str, Any]:
    """Return a definition with that many states in a row, the last of which ends it."""
    members: dict[str, Any] = {}
    for number in range(states - 1):
        members[f"Step{number}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {
                "FunctionName": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:step-{number % 50}",
                "Payload.$": "$",
            },
            "TimeoutSeconds": 60,
            "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 3}],
            "Next": f"Step{number + 1}",
        }
    members[f"Step{states - 1}"] = {"Type": "Succeed"}
    return {"StartAt": "Step0", "States": members}


def _policy() -> dict[str, Any]:
    resource = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:*"
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _trust() -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def template(machines: int) -> str:
    """Return a CloudFormation template with that many machines of ten states, each with a role."""
    resources: dict[str, Any] = {}
    for number in range(machines):
        resources[f"Role{number}"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _trust(),
                "Policies": [{"PolicyName": "call", "PolicyDocument": _policy()}],
            },
        }
        resources[f"Machine{number}"] = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": {"Fn::GetAtt": [f"Role{number}", "Arn"]},
                "Definition": definition(10),
            },
        }
    return json.dumps({"Resources": resources}, indent=1)


def plan(machines: int, others: int) -> str:
    """Return a plan that creates machines of ten states with roles, and buckets besides."""
    planned: list[dict[str, Any]] = []
    for number in range(machines):
        role = f"arn:aws:iam::{ACCOUNT}:role/role-{number}"
        values = {
            "name": f"machine-{number}",
            "role_arn": role,
            "definition": json.dumps(definition(10)),
            "type": "STANDARD",
            "logging_configuration": [],
            "tags": {"team": "a"},
        }
        planned.append(_planned("aws_sfn_state_machine", f"m{number}", values))
        role_values = {
            "name": f"role-{number}",
            "arn": role,
            "assume_role_policy": json.dumps(_trust()),
            "inline_policy": [{"name": "call", "policy": json.dumps(_policy())}],
        }
        planned.append(_planned("aws_iam_role", f"r{number}", role_values))
    for number in range(others):
        bucket = {"bucket": f"bucket-{number}", "tags": {"team": "a"}, "force_destroy": False}
        planned.append(_planned("aws_s3_bucket", f"b{number}", bucket))
    changes = [
        {
            **{key: one[key] for key in ("address", "mode", "type", "name", "provider_name")},
            "change": {
                "actions": ["create"],
                "before": None,
                "after": one["values"],
                "after_unknown": {"id": True},
                "before_sensitive": False,
                "after_sensitive": {},
            },
        }
        for one in planned
    ]
    configured = [
        {**{key: one[key] for key in ("address", "mode", "type", "name")}, "expressions": {}}
        for one in planned
    ]
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": {"resources": planned}},
            "resource_changes": changes,
            "configuration": {"root_module": {"resources": configured}},
        }
    )


def _planned(kind: str, name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "schema_version": 0,
        "values": values,
        "sensitive_values": {},
    }


def role_with_policies(policies: int) -> str:
    """Return a template with one machine whose role has that many policies."""
    resources: dict[str, Any] = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": _trust()},
        },
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "Definition": definition(10),
            },
        },
    }
    for number in range(policies):
        resources[f"Policy{number}"] = {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": f"p{number}",
                "Roles": [{"Ref": "Role"}],
                "PolicyDocument": _policy(),
            },
        }
    return json.dumps({"Resources": resources}, indent=1)


def repository(directory: Path, files: int = 20_000, concerned: int = 50) -> None:
    """Write a repository of that many files, of which some have to do with Step Functions."""
    terraform = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'
    machine = (
        'resource "aws_sfn_state_machine" "m" {\n  name = "m"\n  role_arn = "r"\n'
        f"  definition = jsonencode({json.dumps(definition(5))})\n}}\n"
    )
    other = json.dumps({"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}, indent=1)
    texts = ("# notes\n", "print(1)\n", "{}\n", "a: 1\n", other, terraform)
    names = ("README.md", "main.py", "package.json", "values.yaml", "template.json", "main.tf")
    every = files // concerned
    for number in range(files):
        folder = directory / f"team{number % 97}" / f"project{number // 6}"
        folder.mkdir(parents=True, exist_ok=True)
        if number % every == 0:
            (folder / "workflow.tf").write_text(machine, encoding="utf-8")
        else:
            kind = number % len(names)
            (folder / names[kind]).write_text(texts[kind], encoding="utf-8")
