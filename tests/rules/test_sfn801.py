"""SFN801: secrets that are written in the definition, and that no report may show."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import Hole, OneOf, Piece, Text, Unknown
from stepguard.engine import ScanOptions, scan
from stepguard.reports.json_report import render_json
from stepguard.reports.sarif import render_sarif
from stepguard.reports.text import render_text

RULE = "SFN801"
UNKNOWN = Unknown("var.x", "it is not set")
# In two pieces, so that no scanner takes these for real ones.
ACCESS_KEY = "AKIA" + "QWERTYUIOPASDFGH"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
PASSWORD = "q7RkT2vX" + "w9LmZ4bN"


def machine(**parameters: Any) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": parameters,
        "End": True,
    }
    return {"StartAt": "A", "States": {"A": task}}


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({"Key": ACCESS_KEY}, "an AWS access key"),
        ({"Command": [f"curl -H 'Authorization: token {TOKEN}'"]}, "a GitHub token"),
        ({"Url": f"https://robot:{PASSWORD}@example.com/x"}, "a password in an address"),
        ({"Text": "-----" + "BEGIN RSA " + "PRIVATE KEY-----"}, "a private key"),
        ({"MasterUserPassword": PASSWORD}, "the value of MasterUserPassword"),
        ({"api_key": PASSWORD}, "the value of api_key"),
        ({"db.password": PASSWORD}, "the value of db.password"),
        ({"Headers": {"Authorization": f"Bearer {PASSWORD}"}}, "the value of the header Author"),
        ({"Headers": {"x-api-key": PASSWORD}}, "the value of the header x-api-key"),
        ({"Key": Text((Piece(f"{ACCESS_KEY}/"), Hole(UNKNOWN)))}, "an AWS access key"),
        ({"Password": OneOf("c", ("", PASSWORD))}, "the value of Password"),
        ({"Environment": [{"Name": "DB_PASSWORD", "Value": PASSWORD}]}, "the value of DB_PASS"),
        ({"E": {"name": "API_KEY", "value": PASSWORD, "type": "PLAINTEXT"}}, "the value of API_"),
        ({"Tags": [{"Key": "access_token", "Value": PASSWORD}]}, "the value of access_token"),
    ],
)
def test_a_secret(judge: Callable[..., Any], parameters: dict[str, Any], kind: str) -> None:
    found = judge(RULE, Document(machine(**parameters), None)).only
    assert found.message.startswith(f"'A' contains {kind}")
    assert found.state == "A"
    for text in (found.message, found.suggestion, found.subject):
        assert ACCESS_KEY not in text
        assert TOKEN not in text
        assert PASSWORD not in text


@pytest.mark.parametrize(
    "parameters",
    [
        {"Password.$": "$.password"},
        {"Password": "{% $states.input.password %}"},
        {"Password": "${DatabasePassword}"},
        {"Password": "{{resolve:secretsmanager:db}}"},
        {"Password": UNKNOWN},
        {"Password": "changeme"},
        {"Password": "<password>"},
        {"Password": "$.password"},
        {"PasswordLength": "123456789"},
        {"SecretId": "prod/database/password"},
        {"ApiKey": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key"},
        {"Headers": {"Authorization": "$.token"}},
        {"Authorization": "Bearer"},
        {"Environment": [{"Name": "DB_PASSWORD", "Value.$": "$.password"}]},
        {"Environment": [{"Name": "DB_PASSWORD", "Value": "${Password}"}]},
        {"Environment": [{"Name": "DB_USER", "Value": PASSWORD}]},
        {"E": {"Name": "DB_PASSWORD", "Value": "staging-db", "Type": "PARAMETER_STORE"}},
        {"Key": "AKIAIOSFODNN7" + "EXAMPLE"},
        {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:" + "a" * 35},
        {"Url": "https://example.com/x:y@z"},
        {"Name": "APAccountsHandlerForEverything"},
    ],
)
def test_what_is_no_secret(judge: Callable[..., Any], parameters: dict[str, Any]) -> None:
    assert judge(RULE, Document(machine(**parameters), None)).passes


def test_secrets_are_found_each(judge: Callable[..., Any]) -> None:
    judged = judge(RULE, machine(Password=PASSWORD, ApiKey=PASSWORD))
    assert len({one.subject for one in judged.violations}) == 2


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    states = {"StartAt": "A", "States": UNKNOWN}
    assert judge(RULE, Document(states, None)).reasons == [
        "not all states of the state machine are known"
    ]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


def test_long_texts_are_searched_in_time(judge: Callable[..., Any]) -> None:
    for text in ("sk-" * 200_000, "//" + "a" * 600_000, "eyJ" * 200_000, "://a:" * 100_000):
        assert judge(RULE, Document(machine(Text=text), None)).passes
    deep = "x" * 3_995 + ACCESS_KEY + "x" * 3_000
    assert judge(RULE, Document(machine(Text=deep), None)).violations


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("form", ["machine.asl.json", "template.json", "main.tf"])
def test_no_report_shows_a_secret(tmp_path: Path, form: str, indent: int | None) -> None:
    definition = machine(Password=PASSWORD, Headers={"x-api-key": TOKEN}, Key=ACCESS_KEY)
    text = json.dumps(definition, indent=indent)
    if form == "template.json":
        properties = {"RoleArn": "arn:aws:iam::123456789012:role/r", "DefinitionString": text}
        resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
        text = json.dumps({"Resources": {"M": resource}}, indent=indent)
    elif form == "main.tf":
        text = (
            'resource "aws_sfn_state_machine" "m" {\n  name = "m"\n  role_arn = "r"\n'
            f"  definition = <<EOT\n{text}\nEOT\n}}\n"
        )
    (tmp_path / form).write_text(text, encoding="utf-8")
    # All rules run: what others find stands on the same line.
    report = scan([tmp_path], ScanOptions(pedantic=True))
    assert len([one for one in report.findings if one.rule == RULE]) == 3
    for render in (render_text, render_json, render_sarif):
        shown = render(report)
        assert RULE in shown
        for secret in (PASSWORD, TOKEN, ACCESS_KEY):
            assert secret not in shown
    assert "****" in render_text(report)


SHARED = """
Resources:
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      Definition:
        StartAt: A
        States:
          A:
            Type: Task
            Resource: arn:aws:states:::aws-sdk:rds:modifyDBInstance
            Parameters: &given {MasterUserPassword: Winter-2023-first}
            Next: B
          B:
            Type: Task
            Resource: arn:aws:states:::aws-sdk:rds:modifyDBInstance
            Parameters: *given
            Next: C
          C:
            Type: Task
            Resource: arn:aws:states:::aws-sdk:rds:modifyDBInstance
            Parameters: {MasterUserPassword: Winter-2023-other}
            End: true
"""


def test_a_text_of_the_definition_and_of_a_state_is_one_finding(
    scanned: Callable[..., Any],
) -> None:
    given = "Parameters: &given {MasterUserPassword: Winter-2023-first}"
    deep = "Parameters: &given {Of: {MasterUserPassword: Winter-2023-first}}"
    text = SHARED.replace("Parameters: *given", "Comment: of B").replace(
        given, "Parameters: *given"
    )
    text = text.replace("        StartAt: A\n", f"        {deep}\n        StartAt: A\n")
    first, _ = (one.violation for one in scanned("SFN801", text).findings)
    assert first.message.startswith("'A' contains the value of MasterUserPassword: whoever")


def test_one_text_that_several_states_have_is_one_finding(scanned: Callable[..., Any]) -> None:
    both, alone = (one.violation for one in scanned("SFN801", SHARED).findings)
    assert both.message.startswith("'A' and 'B' contain the value of MasterUserPassword")
    assert both.states == ("A", "B")
    assert alone.message.startswith("'C' contains the value of MasterUserPassword")
