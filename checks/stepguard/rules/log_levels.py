"""Whether a state machine logs its executions, and how much."""

from __future__ import annotations

from stepguard.deployment.resources import Logging, StateMachine, Unread
from stepguard.deployment.source import Span
from stepguard.finding import NotEvaluated
from stepguard.rules.languages import block_in_language, dynamic_block
from stepguard.rules.machines import is_undecided, possible_values, why_undecided
from stepguard.rules.role_comments import LOGGING, role_needs
from stepguard.structs import Struct

OFF = "OFF"
LEVELS = (OFF, "FATAL", "ERROR", "ALL")
"""Log levels, the one that logs least first."""

_BLOCK = "logging_configuration"


class LoggingOff(Struct, frozen=True):
    """A machine that logs nothing: why, as the predicate of a sentence, and where to change it."""

    reason: str
    span: Span | None


class LogLevel(Struct, frozen=True):
    """The level at which a machine logs, and where that is written."""

    level: str
    span: Span | None


def logging_of(machine: StateMachine) -> LogLevel | LoggingOff | NotEvaluated:
    """Return the level at which a machine logs, that it does not, or why that is not known.

    Without a level Step Functions logs nothing; a level without a log group is refused by it.
    """
    logging = machine.logging
    if logging is None:
        place = dynamic_block(machine, _BLOCK) or machine.span
        return LoggingOff("has no logging configuration", place)
    if isinstance(logging, Unread):
        return _not_evaluated(machine, logging.reason, logging.span)
    levels = [OFF if value is None else value for value in possible_values(logging.level)]
    if any(is_undecided(value) for value in levels) or len(set(map(str, levels))) > 1:
        reason = f"the log level {why_undecided(logging.level)}"
        span = None if logging.level is None else logging.level.span
        return _not_evaluated(machine, reason, span or logging.span)
    return _with_level(machine, logging, str(levels[0]).upper() if levels else OFF)


def _with_level(
    machine: StateMachine, logging: Logging, level: str
) -> LogLevel | LoggingOff | NotEvaluated:
    span = logging.span if logging.level is None else logging.level.span or logging.span
    if level == OFF:
        if logging.level is None:
            return LoggingOff("has a logging configuration without a level", span)
        return LoggingOff("has the log level OFF", span)
    if level not in LEVELS:
        return _not_evaluated(machine, f"{level!r} is no log level", span)
    if not isinstance(logging.destinations, Unread) and not logging.destinations:
        reason = f"has the log level {level} and no log group, without which nothing is logged"
        return LoggingOff(reason, logging.span)
    return LogLevel(level, span)


def _not_evaluated(machine: StateMachine, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=machine.address, span=span or machine.span)


def how_to_log(machine: StateMachine, level: str) -> str:
    """Return the configuration that logs at a level, in the machine's language."""
    needs = role_needs(LOGGING, '"*"')
    return block_in_language(
        machine,
        _BLOCK,
        terraform=f"""logging_configuration {{
  level                  = "{level}"
  include_execution_data = false
  log_destination        = "${{aws_cloudwatch_log_group.NAME.arn}}:*"
}}
{needs}""",
        cloudformation=f"""LoggingConfiguration:
  Level: {level}
  IncludeExecutionData: false
  Destinations:
    - CloudWatchLogsLogGroup:
        LogGroupArn: !GetAtt NAME.Arn
{needs}""",
        sam=f"""Logging:
  Level: {level}
  IncludeExecutionData: false
  Destinations:
    - CloudWatchLogsLogGroup:
        LogGroupArn: !GetAtt NAME.Arn
{needs}""",
    )
