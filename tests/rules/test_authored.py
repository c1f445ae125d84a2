"""Machines that a library writes are left out by the rules that only their author could heed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stepguard.report import Report

RULES = [
    "SFN201",
    "SFN206",
    "SFN301",
    "SFN401",
    "SFN402",
    "SFN501",
    "SFN502",
    "SFN601",
    "SFN602",
    "SFN603",
    "SFN701",
    "SFN804",
]

WAITER = """
Resources:
  Wait:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      DefinitionString: !Sub >-
        {"StartAt": "framework-isComplete-task", "States": {
        "framework-isComplete-task": {"Type": "Task", "Resource": "${Poll.Arn}", "End": true,
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 9}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "framework-onTimeout-task"}]},
        "framework-onTimeout-task": {"Type": "Task", "Resource": "${GiveUp.Arn}", "End": true}}}
  Poll:
    Type: AWS::Lambda::Function
  GiveUp:
    Type: AWS::Lambda::Function
  Role:
    Type: AWS::IAM::Role
"""


@pytest.mark.parametrize("rule", RULES)
def test_the_waiter_of_the_cdk_is_left_out(scanned: Callable[..., Report], rule: str) -> None:
    report = scanned(rule, WAITER)
    assert [machine.address for machine in report.state_machines] == ["Wait"]
    assert report.findings == []
    assert report.not_evaluated == []
    assert report.evaluated[rule].total() == 0


@pytest.mark.parametrize("rule", RULES)
def test_a_machine_with_a_state_more_is_somebodys_own(
    scanned: Callable[..., Report], rule: str
) -> None:
    mine = '"Mine": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync"}'
    more = WAITER.replace('"States": {', f'"States": {{{mine},')
    if rule == "SFN602":
        more = more.replace('{"StartAt"', '{"TimeoutSeconds": 60, "StartAt"')
    assert {one.rule for one in scanned(rule, more).findings} == {rule}
