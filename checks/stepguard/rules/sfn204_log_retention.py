"""SFN204: a log group that keeps its events for ever."""

from __future__ import annotations

from stepguard.deployment.log_groups import log_group
from stepguard.deployment.resources import Resource
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.languages import argument_in_language, null_argument
from stepguard.rules.log_groups import LogGroupRule, users_of
from stepguard.rules.machines import is_undecided, possible_values, why_undecided
from stepguard.rules.rule import Context, Verdict

_FOR_EVER = (None, 0, "0")


class LogRetention(LogGroupRule):
    """A log group of a state machine that keeps its events for ever.

    ## What it does
    Reports a log group that a state machine of the project logs to and that sets no retention, or
    0. A log group that is not part of the project is not judged.

    ## Why is this bad
    CloudWatch Logs keeps events for ever unless told otherwise, and charges for it. Logs of
    executions can hold personal data, of which rules of data protection ask that it is deleted
    some day.
    """

    id = "SFN204"
    name = "log-retention"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html#SettingLogRetention",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge the retention of a log group."""
        retention = log_group(subject).retention_days
        values = possible_values(retention)
        certain = [one in _FOR_EVER for one in values if not is_undecided(one)]
        if len(certain) == len(values) and len(set(certain)) == 1:
            return [_violation(subject, context)] if certain[0] else ()
        reason = f"the retention of the log group {why_undecided(retention)}"
        span = None if retention is None else retention.span
        return [NotEvaluated(reason=reason, resource=subject.address, span=span or subject.span)]


def _violation(group: Resource, context: Context) -> Violation:
    retention = log_group(group).retention_days
    return Violation(
        message=f"Log group {group.address} has no retention: the logs of executions are kept, "
        "and paid for, for ever",
        resource=group.address,
        span=null_argument(group, "retention_in_days")
        or (None if retention is None else retention.span)
        or group.span,
        related=users_of(group, context),
        suggestion=argument_in_language(
            group,
            "retention_in_days",
            terraform="retention_in_days = 90",
            cloudformation="RetentionInDays: 90",
        ),
        subject="retention",
    )
