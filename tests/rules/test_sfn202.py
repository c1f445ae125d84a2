"""SFN202: log levels below the wanted one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.resources import Form
from stepguard.deployment.values import Traced, Unknown

RULE = "SFN202"


@pytest.mark.parametrize(
    ("wanted", "level", "is_enough"),
    [
        ("ERROR", "ALL", True),
        ("ERROR", "ERROR", True),
        ("ERROR", "FATAL", False),
        ("ALL", "ALL", True),
        ("ALL", "ERROR", False),
        ("ALL", "FATAL", False),
        ("FATAL", "FATAL", True),
    ],
)
def test_the_wanted_level(
    judge: Callable[..., Any],
    logging: Callable[..., Any],
    wanted: str,
    level: str,
    is_enough: bool,
) -> None:
    for kind in ("STANDARD", "EXPRESS"):
        judged = judge(
            RULE, logging=logging(level), config=Config(log_level=wanted), kind=Traced(kind)
        )
        if is_enough:
            assert judged.passes
        else:
            assert f"The log level is {level}, below {wanted}: " in judged.only.message
            assert judged.only.suggestion == f'level = "{wanted}"'
            assert judged.only.span.text == '"OFF"'


def test_the_suggestion_in_a_template(
    judge: Callable[..., Any], logging: Callable[..., Any]
) -> None:
    found = judge(RULE, logging=logging("FATAL"), form=Form.CLOUDFORMATION).only
    assert found.suggestion == "Level: ERROR"


def test_logging_that_is_off_is_left_to_other_rules(
    judge: Callable[..., Any], logging: Callable[..., Any]
) -> None:
    assert not judge(RULE).applies
    assert not judge(RULE, logging=logging("OFF")).applies
    assert not judge(RULE, logging=logging("ALL", [])).applies


def test_a_level_that_is_not_known(judge: Callable[..., Any], logging: Callable[..., Any]) -> None:
    (reason,) = judge(RULE, logging=logging(Unknown("var.level"))).reasons
    assert reason == "the log level var.level is not known before deployment"


def test_a_bare_definition_says_nothing_about_logging(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, form=Form.ASL).applies
