"""Templates and configurations whose roles and workflows the tests change, and their reviews."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stepguard.change import MachineChange, PermissionChange, RoleChange
from stepguard.engine import ScanOptions
from stepguard.report import Report
from stepguard.review.reviewing import review
from stepguard.review.sides import sides_of_paths

STATES_TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "states.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
SEND = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage",
    "Parameters": {"QueueUrl": {"Ref": "Queue"}, "MessageBody": "m"},
    "End": True,
}


def allow(action: Any, resource: Any = "*", **others: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **others}


def deny(action: Any, resource: Any = "*", **others: Any) -> dict[str, Any]:
    return {**allow(action, resource, **others), "Effect": "Deny"}


def template(
    *statements: dict[str, Any],
    trust: tuple[dict[str, Any], ...] = (STATES_TRUST,),
    role: dict[str, Any] | None = None,
    states: dict[str, Any] | None = None,
    definition: Any = None,
    machine: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a template with a machine, its role and a queue."""
    known = states or {"Send": SEND}
    return {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Flow": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Definition": definition or {"StartAt": next(iter(known)), "States": known},
                    **(machine or {}),
                },
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Statement": list(trust)},
                    "Policies": [
                        {
                            "PolicyName": "all",
                            "PolicyDocument": {"Statement": list(statements)},
                        }
                    ],
                    **(role or {}),
                },
            },
        }
    }


def reviewed(directory: Path, before: Any, after: Any, ending: str = "json") -> Report:
    """Return the review of two templates, or of two configurations given as text."""
    paths: list[Path] = []
    for name, content in (("before", before), ("after", after)):
        if ending == "tf":
            paths.append(directory / name)
            paths[-1].mkdir()
            (paths[-1] / "main.tf").write_text(content, encoding="utf-8")
        else:
            paths.append(directory / f"{name}.{ending}")
            text = content if isinstance(content, str) else json.dumps(content)
            paths[-1].write_text(text, encoding="utf-8")
    options = ScanOptions()
    report = review(sides_of_paths(*paths, options), options)
    assert report.errors == []
    return report


def role_of(report: Report) -> RoleChange | None:
    """Return what became of the only role that changed."""
    assert report.change is not None
    assert len(report.change.roles) <= 1
    return report.change.roles[0] if report.change.roles else None


def machine_of(report: Report) -> MachineChange | None:
    """Return what became of the only machine that changed."""
    assert report.change is not None
    assert len(report.change.machines) <= 1
    return report.change.machines[0] if report.change.machines else None


def told(permissions: tuple[PermissionChange, ...]) -> list[str]:
    """Return permissions in short: effect unless it is Allow, action, resources."""
    return [
        f"{'' if one.effect == 'Allow' else f'{one.effect} '}{one.action} on "
        f"{', '.join(one.resources)}"
        for one in permissions
    ]
