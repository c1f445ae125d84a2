"""SFN203: a log destination that Step Functions refuses."""

from __future__ import annotations

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.patterns import Symbols, literal
from stepguard.deployment.log_groups import LOG_GROUP_TYPES
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Form, Logging, StateMachine, Unread
from stepguard.deployment.source import Span
from stepguard.deployment.values import Plain, Traced, Unknown, plain
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.identity import as_text, expand
from stepguard.rules.grants import shown
from stepguard.rules.languages import in_language
from stepguard.rules.links import sole_reference
from stepguard.rules.log_levels import LoggingOff, logging_of
from stepguard.rules.machines import possible_values
from stepguard.rules.rule import Context, MachineRule, Verdict

_STREAMS: Symbols = (":", "*")
_SERVICE = "logs"
_KIND = "log-group:"


class LogDestination(MachineRule):
    """A log destination in a form that Step Functions refuses.

    ## What it does
    Reports a state machine that logs and whose destination is not the ARN of one log group with
    `:*` at its end. `aws_cloudwatch_log_group.NAME.arn` lacks this end and needs it added;
    CloudFormation's `!GetAtt NAME.Arn` has it already, and `!Ref NAME` is no ARN. Reported are
    also an ARN of something else, and more than one destination.

    A destination of which the beginning is not known is not evaluated. A machine without any
    destination is left to SFN201 and SFN207, and a role that lacks the
    permissions for log delivery to SFN104. Whether a log group outside the project exists is not
    seen.

    ## Why is this bad
    Step Functions answers "Invalid Logging Configuration: Must specify exactly one Log
    Destination" or "The Resource Name is invalid", and the deployment fails.
    """

    id = "SFN203"
    name = "log-destination"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_CloudWatchLogsLogGroup.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge the destinations of a machine that logs, or that may."""
        logging = subject.logging
        if subject.form is Form.ASL or not isinstance(logging, Logging):
            return None
        if isinstance(logging_of(subject), LoggingOff):
            return None
        if isinstance(logging.destinations, Unread):
            reason = logging.destinations.reason
            return [_not_evaluated(subject, reason, logging.destinations.span)]
        if not logging.destinations:
            return None
        if len(logging.destinations) > 1:
            message = f"has {len(logging.destinations)} log destinations, and may have one"
            return [_violation(subject, message, logging.destinations[1].span)]
        return _judge(subject, logging.destinations[0], context.deployment)


def _judge(machine: StateMachine, destination: Traced, deployment: Deployment) -> Verdict:
    defects = [_defect(value, deployment) for value in possible_values(destination)]
    unknown = next((one for one in defects if isinstance(one, Unread)), None)
    certain = {one for one in defects if not isinstance(one, Unread)}
    if unknown is None and len(certain) == 1:
        (defect,) = certain
        return () if defect is None else [_violation(machine, defect, destination.span)]
    reason = unknown.reason if unknown is not None else why_unknown(plain(destination))
    return [_not_evaluated(machine, f"the log destination {reason}", destination.span)]


def _defect(value: Plain, deployment: Deployment) -> str | Unread | None:
    """Return what is wrong with a destination, as the predicate of a sentence."""
    texts = expand(value, deployment)
    if not texts:
        return Unread("is not known" if value is None else "is no text")
    symbols = texts[0]
    arn = split_arn(as_text(symbols))
    reference = sole_reference(value)
    if arn is None:
        if literal(symbols) is not None or (
            reference is not None and reference.target in _groups(deployment)
        ):
            return f"logs to {shown(value)}, which is no ARN of a log group"
        return Unread(why_unknown(value))
    if literal(arn.service) not in (None, _SERVICE):
        return f"logs to {shown(value)}, which is no ARN of a log group"
    kind = literal(arn.resource[: len(_KIND)])
    if kind not in (None, _KIND):
        return f"logs to {shown(value)}, which is no ARN of a log group"
    ends = _number_of_ends(symbols)
    if ends > 1:
        return f"logs to {shown(value)}, an ARN with ':*' twice at its end"
    if ends == 0 and isinstance(symbols[-1], Unknown):
        return Unread(why_unknown(value))
    return None if ends else f"logs to {shown(value)}, an ARN without ':*' at its end"


def _groups(deployment: Deployment) -> set[str]:
    return {one.address for one in deployment.resources if one.type in LOG_GROUP_TYPES}


def _number_of_ends(symbols: Symbols) -> int:
    number = 0
    while symbols[-2:] == _STREAMS:
        number += 1
        symbols = symbols[:-2]
    return number


def _violation(machine: StateMachine, reason: str, span: Span | None) -> Violation:
    return Violation(
        message=f"The state machine {reason}: Step Functions refuses the logging configuration",
        resource=machine.address,
        span=span or machine.span,
        suggestion=in_language(
            machine,
            terraform='log_destination = "${aws_cloudwatch_log_group.NAME.arn}:*"',
            cloudformation="""Destinations:
  - CloudWatchLogsLogGroup:
      LogGroupArn: !GetAtt NAME.Arn""",
        ),
        subject="destination",
    )


def _not_evaluated(machine: StateMachine, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=machine.address, span=span or machine.span)
