"""Suppressions of stepguard and its file of options have the effect in cfn-lint that a scan gives.

Both are started in the same directory, and everything that either of them says is compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stepguard.rules.registry import cfn_lint_id, load

IN_YAML = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  ByComment:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/import
      Definition:
        StartAt: Run
        States:
          Run: # stepguard: ignore[SFN402] the job ends by itself
            Type: Task
            Resource: arn:aws:states:::glue:startJobRun.sync
            Parameters: {JobName: import}
            End: true
  # stepguard: ignore[W9401] the caller stops it
  ByCommentOfTheResource:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/import
      DefinitionString: |
        {"StartAt": "Run", "States": {"Run": {"Type": "Wait", "Seconds": 1, "End": true}}}
  ByMetadata:
    Type: AWS::StepFunctions::StateMachine
    Metadata:
      stepguard:
        ignore:
          - {rules: [SFN401, SFN701], reason: a machine for a day}
          - {rules: [SFN201], reason: it has ended, until: 2020-01-31}
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/import
      Definition: {StartAt: Run, States: {Run: {Type: Wait, Seconds: 1, End: true}}}
  ByCommentOfTheState:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: arn:aws:iam::123456789012:role/import
      DefinitionUri: run.asl.json
  Idle: # stepguard: ignore[SFN402] there is no task
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/import
      Definition: {StartAt: Run, States: {Run: {Type: Wait, Seconds: 1, End: true}}}
  Wrong: # stepguard: ignore[SFN401]
    Type: AWS::StepFunctions::StateMachine
    Properties:
      LoggingConfiguration:
        Level: ERROR
        Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !Sub "${Logs.Arn}:*"}}]
      RoleArn: arn:aws:iam::123456789012:role/import
      Definition: {StartAt: Run, States: {Run: {Type: Wait, Seconds: 1, End: true}}}
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: 30}
"""
IN_A_FILE = """\
{
  "StartAt": "Run",
  "States": {
    "Run": {
      "Type": "Task",
      "Comment": "stepguard: ignore[SFN402] the job ends by itself",
      "Resource": "arn:aws:states:::glue:startJobRun.sync",
      "Parameters": {"JobName": "import"},
      "End": true
    }
  }
}
"""


def in_json(*ignored: str) -> str:
    """Return a template whose metadata excuses rules of its state machine."""
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Metadata": {"stepguard": {"ignore": [{"rules": ignored, "reason": "for a day"}]}},
        "Properties": {
            "RoleArn": "arn:aws:iam::123456789012:role/import",
            "Definition": {
                "StartAt": "Run",
                "States": {"Run": {"Type": "Wait", "Seconds": 1, "End": True}},
            },
        },
    }
    return json.dumps({"Resources": {"InJson": machine}}, indent=2)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with a template in YAML and one in JSON, with suppressions of every kind."""
    (tmp_path / "template.yaml").write_text(IN_YAML, encoding="utf-8")
    (tmp_path / "run.asl.json").write_text(IN_A_FILE, encoding="utf-8")
    (tmp_path / "template.json").write_text(in_json("SFN401", "SFN701"), encoding="utf-8")
    return tmp_path


def of_cfn_lint(cfn_lint: Any, project: Path) -> tuple[set[Any], set[Any], set[str]]:
    """Return what cfn-lint shows: findings, what was not evaluated, and notices."""
    findings, open_rules, notices = set(), set(), set()
    for one in cfn_lint.matches("template.yaml", "template.json", "-c", "I", cwd=project):
        where = one.path[1] if len(one.path) > 1 else ""
        rules, separator, _ = one.message.partition(" not evaluated: ")
        if one.rule != "I9000":
            findings.add((one.rule, where))
        elif separator:
            open_rules |= {(rule, where) for rule in rules.split(": ")[-1].split(", ")}
        else:
            notices.add(one.message.split(" (")[0])
    return findings, open_rules, notices


def of_scan(project: Path) -> tuple[set[Any], set[Any], set[str]]:
    """Return what the command says of the same."""
    command = [sys.executable, "-m", "stepguard", "scan", "template.yaml", "template.json"]
    ended = subprocess.run(
        [*command, "--format", "json"], cwd=project, capture_output=True, text=True, check=False
    )
    report = json.loads(ended.stdout)
    return (
        {(cfn_lint_id(load(one["rule"])), one["resource"]) for one in report["findings"]},
        {(one["rule"], one["resource"]) for one in report["not_evaluated"]},
        {one["message"] for one in report["notices"]},
    )


def test_a_suppression_of_every_kind_holds(cfn_lint: Any, project: Path) -> None:
    found, open_rules, notices = of_cfn_lint(cfn_lint, project)
    assert (found, open_rules, notices) == of_scan(project)
    assert {where for rule, where in found if rule == "W9401"} == {
        "ByComment",
        "ByCommentOfTheState",
        "Idle",
        "Wrong",
    }
    assert {where for rule, where in found if rule == "I9701"}.isdisjoint({"ByMetadata", "InJson"})
    assert "W9402" not in {rule for rule, _ in found}
    assert ("W9201", "ByMetadata") in found
    assert notices == {
        "the suppression of SFN402 excuses nothing: take it out",
        "a suppression needs a reason behind its brackets",
        "the suppression has ended on 2020-01-31",
    }


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("stepguard.toml", 'unsuppressible-rules = ["SFN402", "SFN701"]\n'),
        ("stepguard.toml", 'skip-rules = ["SFN401", "W9402"]\n'),
        ("stepguard.toml", 'rules = ["SFN402", "SFN206"]\n'),
        ("stepguard.toml", "pedantic = true\n"),
        ("stepguard.toml", 'preset = "strict"\nskip-rules = ["SFN701"]\n'),
        ("stepguard.toml", 'required-tags = ["Owner"]\nlog-level = "ALL"\n'),
        ("stepguard.toml", '[severities]\nSFN402 = "critical"\n'),
        ("pyproject.toml", '[tool.stepguard]\nrules = ["SFN401", "SFN701"]\n'),
    ],
)
def test_a_file_of_options_has_the_effect_that_it_has_in_a_scan(
    cfn_lint: Any, project: Path, name: str, options: str
) -> None:
    without = of_scan(project)
    (project / name).write_text(options, encoding="utf-8")
    found = of_cfn_lint(cfn_lint, project)
    assert found == of_scan(project)
    assert (found != without) == ("[severities]" not in options)


def test_metadata_holds_for_a_template_on_standard_input(cfn_lint: Any) -> None:
    excused = cfn_lint.matches(text=in_json("SFN401"))
    kept = cfn_lint.matches(text=in_json("SFN402"))
    assert "W9401" not in {one.rule for one in excused}
    assert "W9401" in {one.rule for one in kept}


def test_a_suppression_of_a_rule_that_is_not_shown_is_not_called_idle(
    cfn_lint: Any, tmp_path: Path
) -> None:
    (tmp_path / "template.json").write_text(in_json("SFN701"), encoding="utf-8")
    shown = cfn_lint.matches("template.json", "-c", "I9000", cwd=tmp_path)
    assert [one.message for one in shown if "suppression" in one.message] == []
