"""Needs and grants in the JSON report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepguard import permission_readings
from stepguard.engine import ScanOptions, scan
from stepguard.reports.json_report import render_json

TEMPLATE = """\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess]
      Policies:
        - PolicyName: work
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: [sqs:SendMessage, sqs:GetQueueUrl]
                Resource: !GetAtt Queue.Arn
              - Effect: Allow
                Action: glue:StartJobRun
                Resource: "arn:aws:glue:eu-west-1:123456789012:job/pack"
              - Effect: Deny
                NotAction: iam:*
                NotResource: "*"
                Condition: {Bool: {aws:SecureTransport: "false"}}
  Queue: {Type: AWS::SQS::Queue}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      TracingConfiguration: {Enabled: true}
      Definition:
        StartAt: Send
        States:
          Send:
            Type: Task
            Resource: arn:aws:states:::sqs:sendMessage
            Parameters: {QueueUrl: !Ref Queue, MessageBody: x}
            Next: Pack
          Pack:
            Type: Task
            Resource: arn:aws:states:::glue:startJobRun.sync
            Parameters: {JobName: pack}
            Next: Run
          Run:
            Type: Task
            Resource: arn:aws:states:::eks:call
            Parameters: {}
            Next: There
          There:
            Type: Task
            Resource: arn:aws:states:::sns:publish
            Parameters: {TopicArn: "arn:aws:sns:eu-west-1:210987654321:t", Message: x}
            Credentials: {RoleArn: "arn:aws:iam::210987654321:role/theirs"}
            End: true
"""


@pytest.fixture
def machine(tmp_path: Path) -> Any:
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    report = json.loads(render_json(scan([tmp_path], ScanOptions(rules=("SFN401",)))))
    (found,) = report["state_machines"]
    return found


def needs(machine: Any, action: str) -> list[Any]:
    return [one for one in machine["needs"] if one["action"] == action]


def test_needs_tell_who_has_them_and_whether_they_are_granted(machine: Any) -> None:
    assert needs(machine, "sqs:SendMessage") == [
        {
            "action": "sqs:SendMessage",
            "resources": ["${Queue.Arn}"],
            "states": ["Send"],
            "feature": None,
            "need": "required",
            "role": "Role",
            "granted": "yes",
        }
    ]
    (trace,) = needs(machine, "xray:PutTraceSegments")
    assert (trace["states"], trace["feature"], trace["granted"]) == ([], "tracing", "yes")
    (start,) = needs(machine, "glue:StartJobRun")
    assert start["granted"] == "unknown"
    (poll,) = needs(machine, "glue:GetJobRun")
    assert poll["granted"] == "no"
    (assume,) = needs(machine, "sts:AssumeRole")
    assert (assume["role"], assume["granted"]) == ("Role", "no")
    (publish,) = needs(machine, "sns:Publish")
    assert (publish["role"], publish["granted"]) == (None, "unknown")
    assert {one["need"] for one in machine["needs"]} <= {
        "required",
        "conditional",
        "optional",
        "downstream",
    }


def test_grants_tell_where_they_stand(machine: Any) -> None:
    grants = {(one["effect"], one["action"]): one for one in machine["grants"]}
    assert grants["Allow", "sqs:GetQueueUrl"] == {
        "effect": "Allow",
        "action": "sqs:GetQueueUrl",
        "resources": ["${Queue.Arn}"],
        "other_than_actions": [],
        "other_than_resources": [],
        "conditional": False,
        "source": "Role",
        "policy": "work",
    }
    deny = grants["Deny", "*"]
    assert deny["other_than_actions"] == ["iam:*"]
    assert deny["resources"] == ["*"]
    assert deny["other_than_resources"] == ["*"]
    assert deny["conditional"] is True
    managed = grants["Allow", "xray:PutTraceSegments"]
    assert managed["policy"] == "AWSXrayWriteOnlyAccess"


def test_what_is_not_checked_is_told(machine: Any) -> None:
    assert machine["not_checked"] == ["state 'Run': AWS documents no permissions for eks:call"]


def test_nothing_is_compared_until_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("asked")

    monkeypatch.setattr(permission_readings, "read_permissions", fail)
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    report = scan([tmp_path], ScanOptions(rules=("SFN401",)))
    assert report.errors == []
    ((machine),) = json.loads(render_json(report))["state_machines"]
    assert machine["needs"] == []
    assert "RuntimeError" in machine["not_checked"][0]
