"""SFN209: a log group whose name makes the resource policy of logs grow."""

from __future__ import annotations

from stepguard.deployment.log_groups import log_group
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.languages import property_in_language
from stepguard.rules.log_groups import LogGroupRule, users_of
from stepguard.rules.machines import possible_values, why_undecided
from stepguard.rules.rule import Context, Verdict

_PREFIX = "/aws/vendedlogs/"


class LogGroupName(LogGroupRule):
    """A log group of a state machine whose name does not begin with `/aws/vendedlogs/`.

    ## What it does
    Reports a log group that a state machine of the project logs to and whose name begins in
    another way, or that sets no name. A log group that is not part of the project is not judged.

    ## Why is this bad
    For each log group that it delivers to, Step Functions adds a statement to a resource policy
    of CloudWatch Logs. There may be ten of these in a region of an account, of 5,120 characters
    each; when they are full, no further state machine can log, and its deployment fails. Names
    with this prefix need no statement of their own.
    """

    id = "SFN209"
    name = "log-group-name"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge the name of a log group."""
        group = log_group(subject)
        name = group.name or group.prefix
        answers = {_has_prefix(one) for one in possible_values(name)}
        span = subject.span if name is None else name.span or subject.span
        if answers == {True}:
            return ()
        if answers != {False}:
            reason = f"the name of the log group {why_undecided(name)}"
            return [NotEvaluated(reason=reason, resource=subject.address, span=span)]
        named = "has no name of its own, and the one it gets does" if name is None else "does"
        return [
            Violation(
                message=f"Log group {subject.address} {named} not begin with {_PREFIX}: it takes "
                "room in the account's resource policies for logs, which are limited",
                resource=subject.address,
                span=span,
                related=users_of(subject, context),
                suggestion=property_in_language(
                    subject,
                    terraform=f'name = "{_PREFIX}states/NAME"',
                    cloudformation=f"LogGroupName: {_PREFIX}states/NAME",
                ),
                subject="name",
            )
        ]


def _has_prefix(value: Plain) -> bool | None:
    """Tell whether a name begins with the prefix; `None` when that is not known."""
    if value is None:
        return False
    if isinstance(value, str):
        return value.startswith(_PREFIX)
    first = value.parts[0] if isinstance(value, Text) and value.parts else None
    if isinstance(first, Hole) and isinstance(first.value, Reference) and first.value.is_pseudo:
        # An account, a region or a stack's name does not begin with a slash.
        return False
    if not isinstance(first, Piece):
        return None
    if first.text.startswith(_PREFIX):
        return True
    return None if _PREFIX.startswith(first.text) else False
