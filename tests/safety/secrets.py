"""Projects in which secrets are planted: each secret another word, so that a leak tells its way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# In two pieces, so that no scanner takes these for real ones.
ACCESS_KEY = "AKIA" + "QWERTYUIOPASDFGH"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
NAMED_TOKEN = "ghp_" + "z9Y8x7W6v5U4t3S2r1Q0p9O8n7M6l5K4j3I2"
WEBHOOK = "T0Q7A2B3C4/B0Q7A2B3C4/" + "q7WebhookAw9Lz4bN77"

PLANTED: dict[str, str] = {
    name: f"q7{name}w9Lz4bN{number:02}"
    for number, name in enumerate(
        (
            "SensitiveVariable", "VariableDefault", "NestedSensitive", "SensitiveOutput",
            "SecureString", "SecretVersion", "PlanDefinition", "PlanNested", "PlanTag",
            "PlanPriorSecret", "PlanPriorState", "PlanVariable", "PlanOutput", "NoEcho",
            "NoEchoGiven", "Password", "UrlPassword", "HeaderKey", "Variable",
            "RandomPassword", "Broken", "NoEchoCompared",
        ),
        1,
    )
}  # fmt: skip
"""Way to secret."""


def secrets() -> dict[str, str]:
    """Return all that must not be seen anywhere, by the way it could get there."""
    return {
        **PLANTED,
        "AccessKey": ACCESS_KEY,
        "Token": TOKEN,
        "Named": NAMED_TOKEN,
        "Hook": WEBHOOK,
    }


def task(parameters: dict[str, Any], resource: str = "arn:aws:states:::lambda:invoke") -> Any:
    """Return a definition of one task, without a timeout or a retrier: many rules object."""
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    return {"StartAt": "A", "States": {"A": state}}


def loud() -> dict[str, Any]:
    """Return a definition with matches of SFN801, in places that other rules print, too."""
    url = f"http://robot:{PLANTED['UrlPassword']}@example.com/x"
    return {
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Task",
                "Resource": "arn:aws:states:::http:invoke",
                "Parameters": {
                    "ApiEndpoint": url,
                    "Method": "GET",
                    "Headers": {"x-api-key": PLANTED["HeaderKey"]},
                    "Token": TOKEN,
                },
                "Next": "B",
            },
            "B": {
                "Type": "Task",
                "Resource": "arn:aws:states:::ecs:runTask",
                "Parameters": {
                    "Password": PLANTED["Password"],
                    "Key": ACCESS_KEY,
                    "Environment": [{"Name": "DB_PASSWORD", "Value": PLANTED["Variable"]}],
                },
                "Next": NAMED_TOKEN,
            },
            "C": {
                "Type": "Task",
                "Resource": "arn:aws:states:::http:invoke",
                "Parameters": {
                    "ApiEndpoint": f"https://hooks.slack.com/services/{WEBHOOK}",
                    "Method": "POST",
                },
                "Next": "D",
            },
            "D": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": NAMED_TOKEN, "Payload.$": f"$.{NAMED_TOKEN}."},
                "Catch": [{"ErrorEquals": [NAMED_TOKEN], "Next": NAMED_TOKEN}],
                "TimeoutSeconds": NAMED_TOKEN,
                "End": True,
            },
        },
    }


def terraform(directory: Path, *, indent: int | None = None, extra: str = "") -> None:
    """Write a Terraform project."""
    directory.mkdir(parents=True, exist_ok=True)
    p = PLANTED
    machine = (
        'resource "aws_sfn_state_machine" "{name}" {{\n  name = "m"\n'
        "  role_arn = aws_iam_role.r.arn\n  definition = {definition}\n}}\n"
    )
    used = (
        "jsonencode({ StartAt = \"A\", States = { A = { Type = \"Task\", End = true, "
        'Resource = "arn:aws:states:::lambda:invoke", Parameters = { '
        "A = var.hidden, B = local.nested.inner.token, C = aws_ssm_parameter.p.value, "
        "D = aws_secretsmanager_secret_version.v.secret_string, E = var.nested.token, "
        'F = "x-${var.hidden}", G = random_password.p.result, '
        'FunctionName = "arn:aws:lambda:eu-west-1:123456789012:function:${var.hidden}" } } } })'
    )  # fmt: skip
    text = f'''
variable "hidden" {{
  sensitive = true
  default   = "{p["VariableDefault"]}"
}}
variable "nested" {{
  sensitive = true
  default   = {{ token = "{p["NestedSensitive"]}" }}
}}
locals {{
  nested = {{ inner = {{ token = sensitive("{p["SensitiveVariable"]}") }} }}
}}
output "o" {{
  sensitive = true
  value     = "{p["SensitiveOutput"]}"
}}
resource "aws_ssm_parameter" "p" {{
  name  = "/p"
  type  = "SecureString"
  value = "{p["SecureString"]}"
}}
resource "aws_secretsmanager_secret_version" "v" {{
  secret_id     = "s"
  secret_string = "{p["SecretVersion"]}"
}}
resource "random_password" "p" {{
  length = 12
  result = "{p["RandomPassword"]}"
}}
resource "aws_iam_role" "r" {{
  name               = "r-${{var.hidden}}"
  assume_role_policy = jsonencode({{ Statement = [{{
    Effect    = "Allow"
    Action    = "sts:AssumeRole"
    Principal = {{ Service = "states.amazonaws.com", AWS = var.hidden }}
  }}] }})
  tags               = {{ token = var.nested.token }}
}}
resource "aws_iam_role_policy" "rp" {{
  name   = "rp"
  role   = aws_iam_role.r.id
  policy = jsonencode({{ Statement = [{{
    Effect   = "Allow"
    Action   = "s3:*"
    Resource = "arn:aws:s3:::${{var.hidden}}/*"
  }}] }})
}}
'''
    text += machine.format(name="used", definition=used)
    written = json.dumps(loud(), indent=indent)
    text += machine.format(name="loud", definition=f"<<E\n{written}\nE")
    (directory / "main.tf").write_text(text + extra, encoding="utf-8")


def plan(directory: Path) -> None:
    """Write a plan as `terraform show -json` prints it."""
    directory.mkdir(parents=True, exist_ok=True)
    p = PLANTED
    definition = json.dumps(task({"Payload": p["PlanDefinition"]}))
    machine = {
        "address": "aws_sfn_state_machine.hidden", "mode": "managed",
        "type": "aws_sfn_state_machine", "name": "hidden",
        "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0,
    }  # fmt: skip
    hidden = {
        "name": "hidden", "definition": definition,
        "role_arn": f"arn:aws:iam::1:role/{p['PlanNested']}",
        "tags": {"token": p["PlanTag"]}, "tags_all": {"token": p["PlanTag"]},
        "logging_configuration": [{"log_destination": p["PlanNested"], "level": "OFF"}],
    }  # fmt: skip
    marks = {
        "definition": True, "role_arn": True, "tags": {"token": True}, "tags_all": {"token": True},
        "logging_configuration": [{"log_destination": True}],
    }  # fmt: skip
    open_machine = {**machine, "address": "aws_sfn_state_machine.open", "name": "open"}
    open_values = {
        "name": "open",
        "definition": json.dumps(loud()),
        "role_arn": "arn:aws:iam::1:role/r",
    }
    resources = [
        {**machine, "values": hidden, "sensitive_values": marks},
        {**open_machine, "values": open_values, "sensitive_values": {}},
    ]
    data = {
        "address": "data.aws_secretsmanager_secret_version.d", "mode": "data",
        "type": "aws_secretsmanager_secret_version", "name": "d",
        "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0,
        "values": {"secret_id": "s", "secret_string": p["PlanPriorSecret"]},
        "sensitive_values": {"secret_string": True},
    }  # fmt: skip
    before = {**hidden, "definition": json.dumps(task({"Payload": p["PlanPriorState"]}))}
    changes = [
        {
            **machine,
            "change": {
                "actions": ["update"], "before": before, "after": hidden, "after_unknown": {},
                "before_sensitive": marks, "after_sensitive": marks,
            },
        },
        {
            **open_machine,
            "change": {
                "actions": ["create"], "before": None, "after": open_values, "after_unknown": {},
                "before_sensitive": False, "after_sensitive": {},
            },
        },
    ]  # fmt: skip
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {"hidden": {"value": p["PlanVariable"]}},
        "planned_values": {
            "outputs": {"o": {"sensitive": True, "value": p["PlanOutput"]}},
            "root_module": {"resources": resources},
        },
        "resource_changes": changes,
        "prior_state": {
            "format_version": "1.0",
            "values": {
                "root_module": {
                    "resources": [data, {**machine, "values": before, "sensitive_values": marks}]
                }
            },
        },
        "configuration": {
            "root_module": {
                "variables": {"hidden": {"sensitive": True, "default": p["PlanVariable"]}},
                "resources": [
                    {
                        **{key: one[key] for key in ("address", "mode", "type", "name")},
                        "provider_config_key": "aws",
                        "expressions": {
                            "definition": {
                                "references": [
                                    "data.aws_secretsmanager_secret_version.d.secret_string"
                                ]
                            }
                        },
                    }
                    for one in (machine, open_machine, data)
                ],
            }
        },
    }
    (directory / "plan.json").write_text(json.dumps(document), encoding="utf-8")


def template(directory: Path, kind: str, *, indent: int | None = 2) -> None:
    """Write a template of CloudFormation or of SAM, as JSON, which is YAML, too."""
    directory.mkdir(parents=True, exist_ok=True)
    p = PLANTED
    is_sam = kind == "sam"
    machine = "AWS::Serverless::StateMachine" if is_sam else "AWS::StepFunctions::StateMachine"
    role = "Role" if is_sam else "RoleArn"
    used = task(
        {
            "A": {"Ref": "Hidden"},
            "B": {"Fn::Sub": "x-${Hidden}"},
            "C": "{{resolve:secretsmanager:db:SecretString:password}}",
            "D": "{{resolve:ssm-secure:/p:1}}",
            "E": {"Fn::GetAtt": ["Parameter", "Value"]},
            "FunctionName": {
                "Fn::Join": [":", ["arn:aws:lambda:eu-west-1:1:function", {"Ref": "Hidden"}]]
            },
        }
    )
    hidden = {"Type": "String", "NoEcho": True, "Default": p["NoEcho"]}
    word = p["NoEchoGiven"]
    other = {"Type": "String", "NoEcho": "true", "Default": word, "AllowedValues": [word]}
    compared = {"Fn::Equals": [{"Ref": "Compared"}, p["NoEchoCompared"]]}
    token = {"Ref": "Hidden"}
    used_properties = {role: {"Fn::Sub": "arn:aws:iam::1:role/${Other}"}, "Definition": used}
    loud_properties = {
        role: {"Fn::GetAtt": ["R", "Arn"]},
        "Definition": loud(),
        "Tags": {"t": token} if is_sam else [{"Key": "t", "Value": token}],
    }
    principal = {"Service": "states.amazonaws.com", "AWS": {"Ref": "Other"}}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    wide = {"Fn::Sub": "arn:aws:s3:::${Hidden}/*"}
    grant = {"Effect": "Allow", "Action": "s3:*", "Resource": wide}
    role_properties = {
        "RoleName": {"Ref": "Other"},
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [grant]}}],
    }
    stored = {"Type": "String", "Value": token}
    known_properties = {
        role: {"Fn::Sub": "arn:aws:iam::1:role/${Compared}"},
        "Definition": loud(),
    }
    document: dict[str, Any] = {
        "Parameters": {
            "Hidden": hidden,
            "Other": other,
            "Compared": {"Type": "String", "NoEcho": True},
        },
        "Conditions": {"IsKnown": compared},
        "Resources": {
            "Known": {"Type": machine, "Condition": "IsKnown", "Properties": known_properties},
            "Used": {"Type": machine, "Properties": used_properties},
            "Loud": {"Type": machine, "Properties": loud_properties},
            "R": {"Type": "AWS::IAM::Role", "Properties": role_properties},
            "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": stored},
        },
    }
    if is_sam:
        document["Transform"] = "AWS::Serverless-2016-10-31"
    (directory / "template.json").write_text(json.dumps(document, indent=indent), encoding="utf-8")


def broken(directory: Path) -> None:
    """Write files that cannot be parsed, with a secret at the very place of the mistake."""
    directory.mkdir(parents=True, exist_ok=True)
    word = PLANTED["Broken"]
    (directory / "main.tf").write_text(
        'resource "aws_sfn_state_machine" "m" {\n'
        f'  definition = jsonencode({{ Password = "{word}" "{word}" }})\n  x = = "{word}"\n}}\n'
    )
    (directory / "a.yaml").write_text(
        "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n"
        f'    Properties:\n      Password: "{word}" "{word}"\n'
    )
    (directory / "b.asl.json").write_text(f'{{"StartAt": "A", "Password": "{word}" "{word}"}}')
    (directory / "c.json").write_text(
        f'{{"format_version": "1.2", "terraform_version": "1", "variables": "{word}" "{word}"}}'
    )
