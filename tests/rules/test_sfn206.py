"""SFN206: state machines that are not traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.values import REMOVED, OneOf, Traced, Unknown
from stepguard.rules.languages import SAM_MACHINE

RULE = "SFN206"


@pytest.mark.parametrize(
    ("tracing", "words"),
    [
        (None, "is not traced"),
        (Traced(False), "has tracing switched off"),
        (Traced("false"), "has tracing switched off"),
        (Traced(OneOf("c", (False, REMOVED))), "has tracing switched off"),
    ],
)
def test_no_tracing(judge: Callable[..., Any], tracing: Any, words: str) -> None:
    assert words in judge(RULE, tracing=tracing).only.message


@pytest.mark.parametrize("value", [True, "true", OneOf("c", (True, True))])
def test_tracing(judge: Callable[..., Any], value: Any) -> None:
    assert judge(RULE, tracing=Traced(value)).passes


@pytest.mark.parametrize(
    ("tracing", "reason"),
    [
        (Traced(Unknown("var.x", "")), "tracing var.x is not known before deployment"),
        (Traced(OneOf("c", (True, False))), "tracing depends on condition c"),
        (Unread("it is elsewhere"), "it is elsewhere"),
    ],
)
def test_tracing_that_is_not_known(judge: Callable[..., Any], tracing: Any, reason: str) -> None:
    assert judge(RULE, tracing=tracing).reasons == [reason]


def test_the_suggestion_and_a_bare_definition(judge: Callable[..., Any]) -> None:
    found = judge(RULE, form=Form.SAM, type=SAM_MACHINE).only
    written, needed = found.suggestion.split("\n# ", 1)
    assert written == "Tracing:\n  Enabled: true"
    assert "xray:PutTraceSegments" in needed
    assert not judge(RULE, form=Form.ASL).applies
