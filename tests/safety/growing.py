"""Inputs of which a reader, a rule or a report could make far more work than they are long."""

from __future__ import annotations

import json
from typing import Any

TRUST = {
    "Statement": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "states.amazonaws.com"},
    }
}
SUCCEEDS = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}


def one_role_of_many_machines(count: int) -> str:
    """Return a template of that many machines with one role that has as many statements."""
    function = "arn:aws:lambda:*:*:function:f"
    statements = [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": f"{function}{number}"}
        for number in range(count)
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    role = {
        "AssumeRolePolicyDocument": TRUST,
        "Policies": [{"PolicyName": "p", "PolicyDocument": document}],
    }
    resources: dict[str, Any] = {"R": {"Type": "AWS::IAM::Role", "Properties": role}}
    for number in range(count):
        task = {"Type": "Task", "Resource": f"arn:aws:lambda:eu-west-1:1:function:f{number}"}
        definition = {"StartAt": "A", "States": {"A": {**task, "End": True}}}
        properties = {"RoleArn": {"Fn::GetAtt": ["R", "Arn"]}, "Definition": definition}
        resources[f"M{number}"] = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": properties,
        }
    return json.dumps({"Resources": resources})


def conditions_of_conditions(count: int) -> str:
    """Return a template whose conditions depend on all that stand before them."""
    equal = {"Fn::Equals": [{"Ref": "P"}, "1"]}
    conditions = {
        f"C{number}": {"Fn::And": [*({"Condition": f"C{one}"} for one in range(number)), equal]}
        for number in range(count)
    }
    resources = {
        f"M{number}": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Condition": f"C{number}",
            "Properties": {"RoleArn": "r", "Definition": SUCCEEDS},
        }
        for number in range(count)
    }
    return json.dumps(
        {
            "Parameters": {"P": {"Type": "String"}},
            "Conditions": conditions,
            "Resources": resources,
        }
    )


def many_escapes(count: int) -> str:
    """Return a template with a definition of that many letters that are written as escapes."""
    definition = '{"Comment": "' + "\\u0041" * count + '"}'
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"RoleArn": "r", "DefinitionString": "…"},
    }
    text = json.dumps({"Resources": {"M": machine}}, ensure_ascii=False)
    return text.replace("…", definition.replace('"', '\\"'))


def different_escapes(count: int) -> str:
    """Return a template with a text of all escapes of ASCII characters, that many times over."""
    digits = "0123456789abcdefABCDEF"
    escapes = "".join(
        f"\\u00{one}{other}" for one in "01234567" for other in digits if one + other != "00"
    )
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": "r"}}
    text = json.dumps({"Description": "…", "Resources": {"M": machine}}, ensure_ascii=False)
    return text.replace("…", escapes * count)


def many_attachments(count: int) -> str:
    """Return a configuration that attaches that many policies to that many roles, each to all."""
    return f"""\
resource "aws_iam_role" "r" {{
  count              = {count}
  name               = "r${{count.index}}"
  assume_role_policy = jsonencode({json.dumps(TRUST)})
}}

resource "aws_iam_policy" "p" {{
  count  = {count}
  policy = jsonencode({{ Statement = [{{ Effect = "Allow", Action = "s3:*", Resource = "*" }}] }})
}}

resource "aws_iam_policy_attachment" "a" {{
  count      = {count}
  name       = "a${{count.index}}"
  roles      = aws_iam_role.r[*].name
  policy_arn = aws_iam_policy.p[count.index].arn
}}

resource "aws_sfn_state_machine" "m" {{
  count      = {count}
  name       = "m${{count.index}}"
  role_arn   = aws_iam_role.r[count.index].arn
  definition = jsonencode({json.dumps(SUCCEEDS)})
}}
"""


def counted_resources(count: int) -> str:
    """Return a configuration of that many machines, each of which stands there 400 times."""
    return "".join(
        f"""\
resource "aws_sfn_state_machine" "m{number}" {{
  count      = 400
  name       = "m${{count.index}}"
  role_arn   = "r"
  definition = jsonencode({json.dumps(SUCCEEDS)})
}}
"""
        for number in range(count)
    )


def many_references(machines: int, references: int) -> str:
    """Return a plan of machines whose role is known after apply and refers to very much."""
    declared = [f"aws_iam_role.r{number}.arn" for number in range(references)]
    kind = "aws_sfn_state_machine"
    planned, changes, configured = [], [], []
    for number in range(machines):
        named = {"address": f"{kind}.m{number}", "mode": "managed", "type": kind}
        named["name"] = f"m{number}"
        values = {"name": f"m{number}", "definition": json.dumps(SUCCEEDS)}
        provider = {"provider_name": "registry.terraform.io/hashicorp/aws"}
        planned.append({**named, **provider, "values": values, "sensitive_values": {}})
        change = {
            "actions": ["create"],
            "before": None,
            "after": values,
            "after_unknown": {"role_arn": True},
            "after_sensitive": {},
        }
        changes.append({**named, **provider, "change": change})
        configured.append({**named, "expressions": {"role_arn": {"references": declared}}})
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "planned_values": {"root_module": {"resources": planned}},
            "resource_changes": changes,
            "configuration": {"root_module": {"resources": configured}},
        }
    )


def suppressed_states(count: int) -> str:
    """Return a template of that many states, each of which has a comment that excuses a finding."""
    states = "".join(
        f"          # stepguard: ignore[SFN402] it ends by itself\n          s{number}:\n"
        "            Type: Task\n            Resource: arn:aws:states:::glue:startJobRun.sync\n"
        f"            Next: s{number + 1}\n"
        for number in range(count)
    )
    return (
        "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        "      RoleArn: r\n      Definition:\n        StartAt: s0\n        States:\n"
        f"{states}          s{count}:\n            Type: Succeed\n"
    )


def wildcards_of_actions(count: int) -> str:
    """Return a template of that many tasks, with as many statements of 26 wildcards for a role."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    statements = [
        {
            "Effect": "Allow",
            "Action": [f"s3:{'?*'[at % 2]}{one}*{number}*" for at, one in enumerate(letters)],
            "Resource": "*",
        }
        for number in range(count)
    ]
    call = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject"}
    states = {
        f"s{number}": {
            **call,
            "Parameters": {"Bucket": f"bucket{number}", "Key": "k"},
            **({"Next": f"s{number + 1}"} if number + 1 < count else {"End": True}),
        }
        for number in range(count)
    }
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": statements}}
    role = {"AssumeRolePolicyDocument": TRUST, "Policies": [policy]}
    machine = {
        "RoleArn": {"Fn::GetAtt": ["R", "Arn"]},
        "Definition": {"StartAt": "s0", "States": states},
    }
    return json.dumps(
        {
            "Resources": {
                "R": {"Type": "AWS::IAM::Role", "Properties": role},
                "M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
            }
        }
    )


TEXTS = {
    "json one role of many machines": ("t.json", one_role_of_many_machines(800)),
    "json conditions of conditions": ("t.json", conditions_of_conditions(400)),
    "json many escapes": ("t.json", many_escapes(2_000_000)),
    "json different escapes": ("t.json", different_escapes(12_000)),
    "hcl many attachments": ("main.tf", many_attachments(300)),
    "hcl counted resources": ("main.tf", counted_resources(30)),
    "yaml suppressed states": ("t.yaml", suppressed_states(1_500)),
    "json wildcards of actions": ("t.json", wildcards_of_actions(300)),
    "plan many references": ("p.json", many_references(200, 3_000)),
}
"""The file's name and its content, by a name of the input."""
