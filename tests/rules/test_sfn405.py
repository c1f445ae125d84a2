"""SFN405: timeouts beyond what the service, or the project, allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.values import OneOf, Traced, Unknown

RULE = "SFN405"
UNKNOWN = Unknown("var.x", "it is not set")
CALL = "arn:aws:states:::lambda:invoke"
HTTP = "arn:aws:states:::http:invoke"
EXPRESS = Traced("EXPRESS")
YEAR = 31_536_000


def machine(resource: str = CALL, whole: Any = None, **fields: Any) -> dict[str, Any]:
    """Make a definition of one task, with a timeout of its own unless that is `None`."""
    task = {"Type": "Task", "Resource": resource, "End": True, **fields}
    limit = {} if whole is None else {"TimeoutSeconds": whole}
    return {"StartAt": "A", **limit, "States": {"A": task}}


def test_an_express_workflow_ends_after_five_minutes(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(whole=301), kind=EXPRESS).only
    assert found.message == (
        "TimeoutSeconds of the state machine is 301, but an EXPRESS workflow ends after 300 seconds"
    )
    assert found.span.text == "301"
    assert found.suggestion == "at most 300"
    assert found.state is None


def test_all_beyond_one_limit_are_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine(whole=400, TimeoutSeconds=500, HeartbeatSeconds=310)
    definition["States"]["W"] = {"Type": "Wait", "Seconds": 600, "End": True}
    found = judge(RULE, definition, kind=EXPRESS).only
    assert found.message.endswith("; 3 more are above that, too")
    assert [one.message for one in found.related] == [
        "TimeoutSeconds of the state machine is 400",
        "TimeoutSeconds of 'A' is 500",
        "HeartbeatSeconds of 'A' is 310",
        "Seconds of 'W' is 600",
    ]


def test_an_http_task_ends_after_a_minute(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(HTTP, TimeoutSeconds=61)).only
    assert found.message == "TimeoutSeconds of 'A' is 61, but an HTTP task ends after 60 seconds"
    assert found.state == "A"
    assert judge(RULE, machine(HTTP, TimeoutSeconds=60)).passes


def test_each_duration_is_reported_for_its_narrowest_limit(judge: Callable[..., Any]) -> None:
    definition = machine(HTTP, whole=900, TimeoutSeconds=400)
    http, express = judge(RULE, definition, kind=EXPRESS).violations
    assert http.subject == "limit 60"
    assert express.subject == "limit 300"
    assert express.related == ()


def test_no_execution_takes_longer_than_a_year(judge: Callable[..., Any]) -> None:
    found = judge(RULE, machine(TimeoutSeconds=99_999_999)).only
    assert found.message.endswith("but a STANDARD workflow ends after a year")
    assert judge(RULE, machine(TimeoutSeconds=YEAR)).passes


def test_the_configuration_sets_a_limit(judge: Callable[..., Any]) -> None:
    config = Config(maximum_timeout_seconds=3600)
    found = judge(RULE, machine(whole=7200), config=config).only
    assert found.message.endswith("but the configuration allows 3600 seconds")
    assert judge(RULE, machine(whole=3600), config=config).passes
    waiting = machine(whole=60)
    waiting["States"]["W"] = {"Type": "Wait", "Seconds": 7200, "End": True}
    assert judge(RULE, waiting, config=config).passes


@pytest.mark.parametrize(
    ("kind", "limit"), [("EXPRESS", 300), ("EXPRESS", "{% $t %}"), ("STANDARD", 400)]
)
def test_what_can_be_reached(judge: Callable[..., Any], kind: str, limit: Any) -> None:
    assert judge(RULE, machine(TimeoutSeconds=limit), kind=Traced(kind)).passes


def test_a_machine_without_timeouts_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, machine(), kind=EXPRESS).applies


def test_what_is_not_known(judge: Callable[..., Any]) -> None:
    assert judge(RULE, Document(machine(whole=UNKNOWN), None)).reasons == [
        "TimeoutSeconds of the state machine: var.x is not known before deployment"
    ]
    assert judge(RULE, machine(whole=400), form=Form.ASL).reasons == [
        "a bare definition does not say whether it is deployed as STANDARD or EXPRESS"
    ]
    assert judge(RULE, machine(whole=300), form=Form.ASL).passes
    mixed = Traced(OneOf("c", (Traced("EXPRESS"), Traced("STANDARD"))))
    assert judge(RULE, machine(whole=400), kind=mixed).reasons
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
