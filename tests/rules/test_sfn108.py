"""SFN108: statements that allow everything but what they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import PolicyDocument, Unread
from stepguard.deployment.values import OneOf, OpenDict, OpenList, Plain, Reference, Unknown

Judge = Callable[..., Any]
RULE = "SFN108"
OPEN = Unknown("var.x")


def allow(**elements: Plain) -> dict[str, Plain]:
    return {"Sid": "Work", "Effect": "Allow", **elements}


@pytest.mark.parametrize(
    ("elements", "name", "words"),
    [
        ({"NotAction": "iam:*", "Resource": "*"}, "NotAction", "every action there is but iam:*"),
        (
            {"NotAction": ["iam:*", "s3:*"], "Resource": "*"},
            "NotAction",
            "every action there is but iam:* and s3:*",
        ),
        (
            {"Action": "s3:GetObject", "NotResource": Reference("Bucket", "Arn")},
            "NotResource",
            "every resource there is but ${Bucket.Arn}",
        ),
        ({"NotAction": OneOf("Prod", ("iam:*", "s3:*")), "Resource": "*"}, "NotAction", "but iam"),
        ({"NotAction": OpenList(["iam:*"], OPEN), "Resource": "*"}, "NotAction", "but iam:*"),
        ({"NotAction": [], "Resource": "*"}, "NotAction", "every action there is"),
        ({"notaction": "iam:*", "Resource": "*"}, "NotAction", "but iam:*"),
    ],
)
def test_what_allows_the_rest(
    judge_role: Judge, elements: dict[str, Plain], name: str, words: str
) -> None:
    violation = judge_role(RULE, allow(**elements)).only
    start = f"Statement 'Work' of policy 'work' allows role 'Role' by {name} "
    assert violation.message.startswith(start)
    assert words in violation.message
    assert violation.resource == "Policy"
    assert str(violation.path[-1]).lower() == name.lower()


def test_both_in_one_statement(judge_role: Judge) -> None:
    judged = judge_role(RULE, allow(NotAction="iam:*", NotResource="arn:aws:s3:::b"))
    assert [one.path[-1] for one in judged.violations] == ["NotAction", "NotResource"]


@pytest.mark.parametrize(
    "statement",
    [
        allow(Action="s3:GetObject", Resource="*"),
        allow(NotAction="*", Resource="*"),
        {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b"},
    ],
)
def test_what_is_fine(judge_role: Judge, statement: Plain) -> None:
    assert judge_role(RULE, statement).passes


def test_a_role_without_policies_is_not_judged(judge_role: Judge) -> None:
    assert not judge_role(RULE).applies


def test_statements_that_say_the_same_are_findings_of_their_own(judge_role: Judge) -> None:
    statement = allow(NotAction="iam:*", Resource="*")
    first, second = judge_role(RULE, statement, statement).violations
    assert first.subject != second.subject


@pytest.mark.parametrize("effect", [OPEN, "Maybe"])
def test_an_effect_that_is_not_known(judge_role: Judge, effect: Plain) -> None:
    statement: dict[str, Plain] = {"Effect": effect, "NotAction": "iam:*", "Resource": "*"}
    judged = judge_role(RULE, statement)
    assert judged.violations == []
    assert "its effect is not known" in judged.reasons[0]


def test_a_statement_that_is_not_known_whole(judge_role: Judge) -> None:
    judged = judge_role(RULE, OpenDict(allow(Action="s3:GetObject", Resource="*"), OPEN))
    assert judged.violations == []
    assert "var.x" in judged.reasons[0]


def test_a_policy_that_was_not_read(judge_role: Judge) -> None:
    lost = PolicyDocument(name="lost", document=Unread("no such file"), address="Role")
    judged = judge_role(RULE, inline=[lost])
    assert judged.reasons == ["policy 'lost' could not be read: no such file"]
