"""SFN116: roles that may call any endpoint, or read any secret for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import PolicyDocument, Unread
from stepguard.deployment.values import OpenDict, Plain, Unknown

Judge = Callable[..., Any]
RULE = "SFN116"
INVOKE = "states:InvokeHTTPEndpoint"
READ = "secretsmanager:GetSecretValue"
ENDPOINT = {"StringLike": {"states:HTTPEndpoint": "https://api.example.com/*"}}
METHOD = {"StringEquals": {"states:HTTPMethod": ["GET", "POST"]}}


def machine(*resources: str) -> Plain:
    names = [f"Task{number}" for number in range(len(resources))]
    states: dict[str, Plain] = {
        name: {"Type": "Task", "Resource": resource, "End": True}
        for name, resource in zip(names, resources, strict=True)
    }
    return {"StartAt": "Task0", "States": states}


HTTP = machine("arn:aws:states:::http:invoke")


def allow(action: Plain, resource: Plain = "*", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_calls_of_any_endpoint(judge_role: Judge) -> None:
    found = judge_role(RULE, allow(["s3:GetObject", INVOKE])).only
    assert "call any endpoint" in found.message
    assert "no condition on states:HTTPEndpoint and states:HTTPMethod" in found.message
    assert found.path == ("Statement", 0, "Action", 1)
    assert 'StringLike: {"states:HTTPEndpoint":' in found.suggestion


@pytest.mark.parametrize(
    ("condition", "missing"),
    [
        (ENDPOINT, "on states:HTTPMethod"),
        (METHOD, "on states:HTTPEndpoint"),
        ({"StringLike": {"states:HTTPEndpoint": "*"}, **METHOD}, "on states:HTTPEndpoint"),
        ({"StringLike": {"states:HTTPEndpoint": "https://*"}, **METHOD}, "states:HTTPEndpoint"),
        ({"StringNotLike": {"states:HTTPEndpoint": "https://a/*"}, **METHOD}, "HTTPEndpoint"),
    ],
)
def test_half_a_condition(judge_role: Judge, condition: Plain, missing: str) -> None:
    assert judge_role(RULE, allow(INVOKE, Condition=condition)).only.message.endswith(missing)


def test_both_conditions_are_fine(judge_role: Judge) -> None:
    assert judge_role(RULE, allow(INVOKE, Condition={**ENDPOINT, **METHOD})).passes
    both = {"StringEqualsIfExists": {"states:httpendpoint": "https://a/b"}, **METHOD}
    assert judge_role(RULE, allow(INVOKE, Condition=both)).passes


def test_conditions_that_are_not_known(judge_role: Judge) -> None:
    judged = judge_role(RULE, allow(INVOKE, Condition=Unknown("var.condition")))
    assert judged.violations == []
    assert "var.condition is not known" in judged.reasons[0]
    partly = OpenDict(dict(ENDPOINT), Unknown("var.more"))
    assert judge_role(RULE, allow(INVOKE, Condition=partly)).violations == []


def test_secrets_of_a_workflow_with_calls(judge_role: Judge) -> None:
    found = judge_role(RULE, allow(READ), definition=HTTP).only
    assert "read every secret, though 'Task0' needs only those" in found.message
    assert "secret:events!connection/*" in found.suggestion
    fine = "arn:aws:secretsmanager:*:*:secret:events!connection/*"
    assert judge_role(RULE, allow(READ, fine), definition=HTTP).passes


def test_secrets_that_are_not_for_calls(judge_role: Judge) -> None:
    reads = machine(
        "arn:aws:states:::http:invoke", "arn:aws:states:::aws-sdk:secretsmanager:getSecretValue"
    )
    assert not judge_role(RULE, allow(READ), definition=reads).applies
    assert not judge_role(RULE, allow(READ)).applies


@pytest.mark.parametrize("action", ["states:*", "s3:GetObject"])
def test_other_statements_are_not_judged(judge_role: Judge, action: str) -> None:
    assert not judge_role(RULE, allow(action), definition=HTTP).applies


def test_it_is_not_reported_twice(judge_role: Judge) -> None:
    for statement in (allow(INVOKE), allow(READ)):
        assert judge_role("SFN102", statement, definition=HTTP).violations == []


def test_a_policy_that_was_not_read_may_allow_it(judge_role: Judge) -> None:
    lost = PolicyDocument(name="lost", document=Unread("no such file"), address="Role")
    for definition in (HTTP, None):
        judged = judge_role(RULE, definition=definition, inline=[lost])
        assert judged.reasons == ["policy 'lost' could not be read: no such file"]
