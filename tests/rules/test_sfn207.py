"""SFN207: Express workflows that log nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.values import OneOf, Traced, Unknown

RULE = "SFN207"
EXPRESS = Traced("EXPRESS")


def test_an_express_workflow_that_logs_nothing(
    judge: Callable[..., Any], logging: Callable[..., Any]
) -> None:
    for configuration in (None, logging("OFF"), logging(None), logging("ERROR", [])):
        found = judge(RULE, kind=EXPRESS, logging=configuration).only
        assert found.message.startswith("The Express state machine has ")
        assert "no history anywhere" in found.message
        assert found.suggestion


def test_an_express_workflow_that_logs(
    judge: Callable[..., Any], logging: Callable[..., Any]
) -> None:
    assert judge(RULE, kind=EXPRESS, logging=logging("FATAL")).passes
    assert judge(RULE, kind=Traced("express"), logging=logging("ALL")).passes


@pytest.mark.parametrize(
    "kind",
    [None, "STANDARD", Unknown("var.type"), OneOf("c", ("EXPRESS", "STANDARD"))],
)
def test_what_may_be_a_standard_workflow_is_left_to_another_rule(
    judge: Callable[..., Any], kind: Any
) -> None:
    assert not judge(RULE, kind=None if kind is None else Traced(kind)).applies


def test_a_level_that_is_not_known(judge: Callable[..., Any], logging: Callable[..., Any]) -> None:
    (reason,) = judge(RULE, kind=EXPRESS, logging=logging(Unknown("var.level"))).reasons
    assert "var.level" in reason
    (reason,) = judge(RULE, kind=EXPRESS, logging=Unread("lost")).reasons
    assert reason == "lost"


def test_a_bare_definition_says_nothing_about_logging(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, form=Form.ASL, kind=EXPRESS).applies
