"""SFN201: Standard workflows that log nothing, and what counts as logging nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.values import REMOVED, OneOf, Traced, Unknown
from stepguard.rules.languages import SAM_MACHINE

RULE = "SFN201"
UNKNOWN = Unknown("var.level", "it is not set")


def test_no_configuration(judge: Callable[..., Any]) -> None:
    found = judge(RULE).only
    assert "has no logging configuration" in found.message
    assert "90 days" in found.message
    assert found.span is not None
    assert found.span.text == 'resource "aws_sfn_state_machine" "m"'


@pytest.mark.parametrize(
    ("level", "destinations", "words", "located"),
    [
        ("OFF", ["arn"], "has the log level OFF", '"OFF"'),
        ("off", [], "has the log level OFF", '"OFF"'),
        (None, ["arn"], "has a logging configuration without a level", "logging_configuration"),
        ("ALL", [], "has the log level ALL and no log group", "logging_configuration"),
        (OneOf("Prod", ("OFF", REMOVED)), ["arn"], "has the log level OFF", '"OFF"'),
    ],
)
def test_a_configuration_that_logs_nothing(
    judge: Callable[..., Any],
    logging: Callable[..., Any],
    level: Any,
    destinations: list[str],
    words: str,
    located: str,
) -> None:
    found = judge(RULE, logging=logging(level, destinations)).only
    assert words in found.message
    assert found.span is not None
    assert found.span.text.startswith(located)


@pytest.mark.parametrize("level", ["ALL", "ERROR", "FATAL", "all", OneOf("Prod", ("ALL", "ALL"))])
def test_whatever_level_is_logging(
    judge: Callable[..., Any], logging: Callable[..., Any], level: Any
) -> None:
    assert judge(RULE, logging=logging(level)).passes
    assert judge(RULE, logging=logging(level), kind=Traced("STANDARD")).passes


def test_destinations_that_are_not_known_are_some(
    judge: Callable[..., Any], logging: Callable[..., Any]
) -> None:
    assert judge(RULE, logging=logging("ALL", Unread("depends"))).passes
    assert judge(RULE, logging=logging("ALL", [UNKNOWN])).passes


@pytest.mark.parametrize(
    ("level", "reason"),
    [
        (UNKNOWN, "the log level var.level is not known before deployment"),
        (OneOf("Prod", ("ALL", "OFF")), "the log level depends on condition Prod"),
        (OneOf("Prod", ("ALL", REMOVED)), "the log level depends on condition Prod"),
        (OneOf("Prod", ("ALL", UNKNOWN)), "the log level depends on condition Prod"),
        ("INFO", "'INFO' is no log level"),
    ],
)
def test_a_level_that_is_not_known(
    judge: Callable[..., Any], logging: Callable[..., Any], level: Any, reason: str
) -> None:
    assert judge(RULE, logging=logging(level)).reasons == [reason]


def test_a_configuration_that_is_not_known(judge: Callable[..., Any]) -> None:
    assert judge(RULE, logging=Unread("var.logging is not known")).reasons == [
        "var.logging is not known"
    ]


def test_an_express_workflow_is_left_to_another_rule(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, kind=Traced("EXPRESS")).applies


@pytest.mark.parametrize("kind", [UNKNOWN, OneOf("c", ("EXPRESS", "STANDARD"))])
def test_a_type_that_is_not_known_is_judged_here(
    judge: Callable[..., Any], logging: Callable[..., Any], kind: Any
) -> None:
    assert "90 days" not in judge(RULE, kind=Traced(kind)).only.message
    assert judge(RULE, kind=Traced(kind), logging=logging("ALL")).passes


def test_a_bare_definition_says_nothing_about_logging(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, form=Form.ASL).applies


@pytest.mark.parametrize(
    ("form", "type_", "beginning"),
    [
        (Form.TERRAFORM, "aws_sfn_state_machine", "logging_configuration {"),
        (Form.PLAN, "aws_sfn_state_machine", "logging_configuration {"),
        (Form.CLOUDFORMATION, "AWS::StepFunctions::StateMachine", "LoggingConfiguration:"),
        (Form.SAM, "AWS::StepFunctions::StateMachine", "LoggingConfiguration:"),
        (Form.SAM, SAM_MACHINE, "Logging:"),
    ],
)
def test_the_suggestion_is_in_the_language_of_the_source(
    judge: Callable[..., Any], form: Form, type_: str, beginning: str
) -> None:
    config = Config(log_level="ALL")
    suggestion = judge(RULE, form=form, type=type_, config=config).only.suggestion
    assert suggestion.startswith(beginning)
    assert "ALL" in suggestion
