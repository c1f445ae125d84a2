"""Options of a scan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALARM_METRICS = (
    "ExecutionsFailed",
    "ExecutionsTimedOut",
    "ExecutionsAborted",
    "ExecutionThrottled",
)
"""The metrics of Step Functions that somebody should hear of."""


def option(
    default: Any, what: str, *, rules: tuple[str, ...] = (), choices: tuple[str, ...] = ()
) -> Any:
    """Return a field of options, with what the documentation says of it.

    `what` is one sentence, `rules` are the rules that read the option (none: all of them do, or
    none, since it is about findings), `choices` the values that it may have.
    """
    return field(default=default, metadata={"what": what, "rules": rules, "choices": choices})


@dataclass(frozen=True, slots=True)
class Config:
    """What a user can choose about the rules; the defaults are what most projects want.

    `severities` are pairs of a rule's id and a severity. Every field's metadata says what it is:
    the guide to the options and the schema for editors are made of that.
    """

    log_level: str = option(
        "ERROR",
        "The least verbose log level that is accepted.",
        rules=("SFN201", "SFN202", "SFN207"),
        choices=("ALL", "ERROR", "FATAL"),
    )
    required_tags: tuple[str, ...] = option(
        (),
        "The tag keys that state machines, activities and roles must have.",
        rules=("SFN701", "SFN702", "SFN703"),
    )
    trusted_accounts: tuple[str, ...] = option(
        (),
        "Account ids of twelve digits that a trust policy may name besides the project's own.",
        rules=("SFN111",),
    )
    severities: tuple[tuple[str, str], ...] = option(
        (), "The severity that a rule's findings get instead of their own, by the rule's id."
    )
    unsuppressible_rules: tuple[str, ...] = option(
        (), "Rules whose findings no comment or metadata of a source may suppress."
    )
    maximum_timeout_seconds: int = option(
        31_536_000,
        "The longest timeout of an execution or a task that is accepted; by default the year that "
        "Step Functions itself allows.",
        rules=("SFN405",),
    )
    maximum_attempts: int = option(
        1_000,
        "How often a retrier may try again; each attempt takes five or more of the 25,000 events "
        "that the history of an execution can hold.",
        rules=("SFN503",),
    )
    alarms_here: tuple[str, ...] = option(
        ALARM_METRICS,
        "The metrics whose alarms must be in the scanned project; alarms on the others may be set "
        "elsewhere.",
        rules=("SFN601", "SFN602", "SFN603"),
        choices=ALARM_METRICS,
    )
    minimum_deletion_days: int = option(
        7,
        "The shortest waiting period, in days, before a deleted key is gone.",
        rules=("SFN304",),
    )
