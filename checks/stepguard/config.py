"""Options of a scan."""

from __future__ import annotations

from dataclasses import dataclass, field

ALARM_METRICS = (
    "ExecutionsFailed",
    "ExecutionsTimedOut",
    "ExecutionsAborted",
    "ExecutionThrottled",
)
"""The metrics of Step Functions that somebody should hear of."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a user can choose; the defaults are what most projects want.

    `log_level` is the least verbose level that SFN202 accepts (`ALL`, `ERROR` or `FATAL`).
    `required_tags` are the tag keys that SFN701 asks for. `trusted_accounts` are twelve-digit
    account ids that a trust policy may name besides the project's own. `severities` are pairs of
    a rule's id and the severity that its findings get instead of their own.
    `unsuppressible_rules` are rules that no comment or metadata of a source may suppress.
    `maximum_timeout_seconds` is the longest timeout of an execution or a task that SFN405 accepts;
    by default the year that Step Functions itself allows. `maximum_attempts` is how often a
    retrier may try again before SFN503 reports it.
    """

    log_level: str = field(default="ERROR", metadata={"choices": ("ALL", "ERROR", "FATAL")})
    required_tags: tuple[str, ...] = ()
    trusted_accounts: tuple[str, ...] = ()
    severities: tuple[tuple[str, str], ...] = ()
    unsuppressible_rules: tuple[str, ...] = ()
    maximum_timeout_seconds: int = 31_536_000
    maximum_attempts: int = 20
    alarms_here: tuple[str, ...] = field(default=ALARM_METRICS, metadata={"choices": ALARM_METRICS})
    minimum_deletion_days: int = 7
