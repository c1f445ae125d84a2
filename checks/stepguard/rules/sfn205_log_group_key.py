"""SFN205: a log group that no customer-managed key encrypts."""

from __future__ import annotations

from stepguard.deployment.log_groups import log_group
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Unknown
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.languages import argument_in_language, null_argument
from stepguard.rules.log_groups import LogGroupRule, users_of
from stepguard.rules.machines import possible_values, why_undecided
from stepguard.rules.rule import Context, Verdict


class LogGroupKey(LogGroupRule):
    """A log group of a state machine that is encrypted with a key that AWS owns.

    ## What it does
    Reports a log group that a state machine of the project logs to and that names no key. Which
    key it names is not judged; whether that lets CloudWatch Logs in is left to SFN302. A log
    group that is not part of the project is not judged.

    ## Why is this bad
    Logs are encrypted in any case, with a key that nobody outside AWS can restrict, audit or
    withdraw. Where the state machine has a customer-managed key, its logs hold the same data
    without it.
    """

    id = "SFN205"
    name = "log-group-key"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge whether a log group has a key."""
        key = log_group(subject).key
        values = possible_values(key)
        absent = {one in (None, "") for one in values}
        if absent == {False} and not any(isinstance(one, Unknown) for one in values):
            return ()
        span = subject.span if key is None else key.span or subject.span
        if absent != {True}:
            reason = f"the key of the log group {why_undecided(key)}"
            return [NotEvaluated(reason=reason, resource=subject.address, span=span)]
        return [
            Violation(
                message=f"Log group {subject.address} has no customer-managed key: who reads the "
                "logs of executions can be neither limited nor audited by a key",
                resource=subject.address,
                span=null_argument(subject, "kms_key_id") or span,
                related=users_of(subject, context),
                suggestion=argument_in_language(
                    subject,
                    "kms_key_id",
                    terraform="kms_key_id = aws_kms_key.NAME.arn",
                    cloudformation="KmsKeyId: !GetAtt NAME.Arn",
                ),
                subject="key",
            )
        ]
