"""What rules on a role's permissions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import PolicyDocument
from stepguard.deployment.values import Plain
from stepguard.rules.grants import MAXIMUM_STATEMENTS

Judge = Callable[..., Any]
FINE: Plain = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
WIDE: Plain = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(name: str, statements: list[Plain]) -> PolicyDocument:
    return PolicyDocument(
        name=name, document=Document({"Statement": statements}, None), address="R"
    )


@pytest.mark.parametrize(
    "policies",
    [
        [[*[FINE] * (MAXIMUM_STATEMENTS - 1), WIDE, WIDE]],
        [[FINE] * 600, [*[FINE] * (MAXIMUM_STATEMENTS - 601), WIDE, WIDE]],
        [[*[FINE] * (MAXIMUM_STATEMENTS - 1), WIDE], [WIDE]],
    ],
)
def test_so_many_statements_are_judged_and_the_rest_is_said(
    judge_role: Judge, policies: list[list[Plain]]
) -> None:
    inline = [policy(f"p{number}", one) for number, one in enumerate(policies)]
    judged = judge_role("SFN101", inline=inline)
    assert len(judged.violations) == 1
    assert judged.reasons == [
        f"of more than {MAXIMUM_STATEMENTS} statements of one role the rest is not judged"
    ]


def test_as_many_as_are_judged_leave_no_rest(judge_role: Judge) -> None:
    whole = policy("p", [*[FINE] * (MAXIMUM_STATEMENTS - 1), WIDE])
    judged = judge_role("SFN101", inline=[whole])
    assert len(judged.violations) == 1
    assert judged.reasons == []
