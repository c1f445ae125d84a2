"""SFN509: what a workflow has started and leaves running when a step fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import Unknown

RULE = "SFN509"
UNKNOWN = Unknown("var.x", "it is not set")
TO_STOP = [{"ErrorEquals": ["States.ALL"], "Next": "Stop"}]


def task(service: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{service}", **fields}


def machine(
    start: str = "elasticmapreduce:createCluster.sync",
    stop: str = "elasticmapreduce:terminateCluster",
    **fields: Any,
) -> dict[str, Any]:
    states = {
        "Start": task(start, Next="Work"),
        "Work": task("elasticmapreduce:addStep.sync", Next="Stop", **fields),
        "Stop": task(stop, End=True),
    }
    return {"StartAt": "Start", "States": states}


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        ("elasticmapreduce:createCluster.sync", "elasticmapreduce:terminateCluster.sync"),
        ("eks:createCluster.sync", "eks:deleteCluster"),
        ("emr-serverless:startApplication", "emr-serverless:stopApplication"),
    ],
)
def test_a_step_that_can_fail(judge: Callable[..., Any], start: str, stop: str) -> None:
    found = judge(RULE, machine(start, stop)).only
    assert found.message == (
        "What 'Start' starts is left running when 'Work' fails: no Catch leads to 'Stop'"
    )
    assert found.state == "Work"
    assert [one.message for one in found.related] == ["'Start' starts it", "'Stop' stops it"]


def test_a_catcher_that_stops_it(judge: Callable[..., Any]) -> None:
    assert judge(RULE, machine(Catch=TO_STOP)).passes
    definition = machine(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Note"}])
    definition["States"]["Note"] = {"Type": "Pass", "Next": "Stop"}
    assert judge(RULE, definition).passes


def test_a_catcher_that_leads_elsewhere(judge: Callable[..., Any]) -> None:
    definition = machine(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Lost"}])
    definition["States"]["Lost"] = {"Type": "Fail"}
    assert judge(RULE, definition).violations


def test_what_nothing_stops_is_meant_to_stay(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, machine(stop="sns:publish")).applies
    assert not judge(RULE).applies


def test_a_loop_is_followed_once(judge: Callable[..., Any]) -> None:
    definition = machine(Catch=TO_STOP)
    definition["States"]["Work"]["Next"] = "Choose"
    definition["States"]["Choose"] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Work"}],
        "Default": "Stop",
    }
    assert judge(RULE, definition).passes


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, Document(machine(Catch=UNKNOWN), None)).violations
    assert judge(RULE, Document({"StartAt": "A", "States": UNKNOWN}, None)).reasons
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]


@pytest.mark.parametrize(
    ("action", "is_found"), [("TERMINATE_CLUSTER", False), ("CONTINUE", True), (None, True)]
)
def test_a_step_with_which_the_cluster_ends(
    judge: Callable[..., Any], action: str | None, is_found: bool
) -> None:
    step = {"Name": "a"} if action is None else {"Name": "a", "ActionOnFailure": action}
    judged = judge(RULE, machine(Parameters={"ClusterId": "j", "Step": step}))
    assert judged.passes is not is_found


def test_the_error_does_not_take_the_place_of_what_the_stop_needs(
    judge: Callable[..., Any],
) -> None:
    assert '"ResultPath": "$.error", "Next": "Stop"' in judge(RULE, machine()).only.suggestion
    jsonata = {"QueryLanguage": "JSONata", **machine()}
    assert "ResultPath" not in judge(RULE, jsonata).only.suggestion


@pytest.mark.parametrize(
    "parameters",
    [
        {"ClusterId": "j", "Step": {"ActionOnFailure": Unknown("var.x", "it is not set")}},
        {"ClusterId": "j", "Step": Unknown("var.x", "it is not set")},
        Unknown("var.x", "it is not set"),
    ],
)
def test_an_action_that_is_not_known_is_no_pass(judge: Callable[..., Any], parameters: Any) -> None:
    definition = machine(Parameters=parameters)
    judged = judge(RULE, Document(definition, None))
    assert not judged.passes
    assert judged.violations == []
