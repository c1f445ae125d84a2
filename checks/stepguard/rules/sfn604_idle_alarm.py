"""SFN604: an alarm on executions that tells nobody, or never goes off."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.alarms import ALARM_TYPES, Alarm, Metric, alarm, composite_rules
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.patterns import literal
from stepguard.deployment.members import as_object, present
from stepguard.deployment.resources import Resource
from stepguard.deployment.source import Span
from stepguard.deployment.values import Plain, Reference, Text, Traced, Unknown, plain
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.identity import as_text, expand
from stepguard.rules.grants import shown
from stepguard.rules.languages import in_language
from stepguard.rules.machines import is_undecided, possible_values, why_undecided
from stepguard.rules.rule import Context, Rule, Verdict
from stepguard.rules.watching import DIMENSION, NAMESPACE

_METRICS = frozenset(
    {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"}
)
_FEWER = frozenset({"LessThanThreshold", "LessThanOrEqualToThreshold"})
_SHORTEST_PERIOD = 60


class IdleAlarm(Rule[Resource]):
    """An alarm on failed executions that tells nobody, or that cannot go off.

    ## What it does
    Judges alarms on `ExecutionsFailed`, `ExecutionsTimedOut`, `ExecutionsAborted` and
    `ExecutionThrottled`. Reports an alarm without an action, unless a composite alarm names it;
    one whose actions are disabled; one without the dimension `StateMachineArn`, or whose value
    for it is no ARN; one that compares with "less than", which is the case while nothing fails;
    and one with a period below 60 seconds, for which Step Functions sends no data.

    In a reusable Terraform module, the caller may give the actions. The statistic, the number of
    periods and what missing data count for are not judged.

    ## Why is this bad
    Such an alarm looks like one that works: nobody adds another, and when executions fail, nobody
    is told. CloudWatch accepts a dimension that no metric has, and waits for data for ever.
    """

    id = "SFN604"
    name = "idle-alarm"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    )

    def subjects(self, context: Context) -> list[Resource]:
        """Return the alarms on failures of state machines."""
        return [
            one
            for one in context.deployment.resources
            if one.type in ALARM_TYPES and any(map(_is_failure, alarm(one).metrics))
        ]

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge an alarm."""
        judged = alarm(subject)
        found = list(_of_metrics(judged, context))
        found.extend(_of_comparison(judged))
        found.extend(_of_actions(judged, context))
        return found


def _is_failure(metric: Metric) -> bool:
    return bool(metric.namespace == NAMESPACE and metric.name in _METRICS)


def _of_metrics(judged: Alarm, context: Context) -> Iterator[Violation | NotEvaluated]:
    for metric in filter(_is_failure, judged.metrics):
        name = str(metric.name)
        written = metric.dimensions_value or metric.written
        span = None if written is None else written.span
        dimensions = as_object(metric.dimensions)
        there = None if dimensions is None else present(dimensions, DIMENSION)
        if there is None or dimensions is None:
            reason = f"the dimensions of {name} {why_undecided(metric.dimensions_value)}"
            yield _not_evaluated(judged, reason, span)
        elif not there:
            what = f"watches {name} without the dimension {DIMENSION}, of which there are no data"
            yield _violation(judged, what, span, _dimension(judged), f"dimension {name}")
        elif (value := _no_arn(dimensions[DIMENSION], context)) is not None:
            what = f"watches {name} with {value} as {DIMENSION}, which is no ARN of a machine"
            yield _violation(judged, what, span, _dimension(judged), f"dimension {name}")
        yield from _of_period(judged, metric)


def _no_arn(value: Plain, context: Context) -> str | None:
    """Return a value as a message shows it when it is certainly no ARN of a state machine."""
    for symbols in expand(value, context.deployment):
        arn = split_arn(as_text(symbols))
        if arn is not None:
            service = literal(arn.service)
            if service not in (None, "states"):
                return shown(value)
            return None
        if literal(symbols) is not None or _is_name_of_machine(value, context):
            return shown(value)
    return None


def _is_name_of_machine(value: Plain, context: Context) -> bool:
    if isinstance(value, Text) and len(value.parts) == 1 and value.holes:
        value = value.holes[0]
    if not isinstance(value, Reference):
        return False
    machines = {one.address for one in context.deployment.state_machines}
    return value.target in machines and value.attribute.lower() == "name"


def _of_period(judged: Alarm, metric: Metric) -> Iterator[Violation]:
    number = _number(metric.period)
    if number is not None and number < _SHORTEST_PERIOD:
        span = None if metric.period is None else metric.period.span
        what = f"has a period of {number:g} seconds, and Step Functions sends data once a minute"
        how = in_language(judged.resource, terraform="period = 60", cloudformation="Period: 60")
        yield _violation(judged, what, span, how, "period")


def _of_comparison(judged: Alarm) -> Iterator[Violation]:
    values = possible_values(judged.comparison)
    if all(one in _FEWER for one in values):
        span = None if judged.comparison is None else judged.comparison.span
        how = in_language(
            judged.resource,
            terraform='comparison_operator = "GreaterThanThreshold"',
            cloudformation="ComparisonOperator: GreaterThanThreshold",
        )
        what = f"goes off on {values[0]}: while nothing fails, and not when something does"
        yield _violation(judged, what, span, how, "comparison")


def _of_actions(judged: Alarm, context: Context) -> Iterator[Violation | NotEvaluated]:
    enabled = possible_values(judged.enabled)
    span = None if judged.enabled is None else judged.enabled.span
    off = {str(one).lower() == "false" for one in enabled if not is_undecided(one)}
    if any(is_undecided(one) for one in enabled) or len(off) > 1:
        reason = f"whether its actions are enabled {why_undecided(judged.enabled)}"
        yield _not_evaluated(judged, reason, span)
    elif True in off:
        how = in_language(
            judged.resource,
            terraform="actions_enabled = true",
            cloudformation="ActionsEnabled: true",
        )
        yield _violation(judged, "has its actions disabled: nobody is told", span, how, "enabled")
    if judged.actions:
        return
    part = _is_part_of_composite(judged, context)
    if part is True:
        return
    span = None if judged.actions_value is None else judged.actions_value.span
    if not judged.has_all_actions:
        reason = f"its actions: {why_undecided(judged.actions_value)}"
        yield _not_evaluated(judged, reason, span)
    elif part is None:
        reason = "whether a composite alarm names it is not known"
        yield _not_evaluated(judged, reason, None)
    elif context.deployment.is_reusable_module and judged.actions_value is not None:
        reason = "this is a module without provider, and its caller may give the actions"
        yield _not_evaluated(judged, reason, span)
    else:
        how = in_language(
            judged.resource,
            terraform="alarm_actions = [aws_sns_topic.NAME.arn]",
            cloudformation="AlarmActions:\n  - !Ref NAME_OF_TOPIC",
        )
        yield _violation(
            judged, "has no action: nobody is told when it goes off", span, how, "actions"
        )


def _is_part_of_composite(judged: Alarm, context: Context) -> bool | None:
    """Tell whether the rule of a composite alarm names an alarm, by its name or its ARN."""
    names = [] if judged.name is None else possible_values(judged.name)
    known = [one for one in names if isinstance(one, str) and one]
    answer: bool | None = False
    for rule in composite_rules(context.deployment):
        text = rule.as_text()
        if text is None:
            answer = None
            continue
        for hole in text.holes:
            if isinstance(hole, Reference) and judged.resource in context.deployment.find(
                hole.target
            ):
                return True
            answer = None if isinstance(hole, Unknown) else answer
        if any(one in str(text) for one in known):
            return True
        if judged.name is not None and len(known) < len(names):
            answer = None
    return answer


def _number(value: Traced | None) -> float | None:
    content = None if value is None else plain(value)
    if isinstance(content, str) and content.isdigit():
        return float(content)
    return float(content) if isinstance(content, (int, float)) else None


def _dimension(judged: Alarm) -> str:
    return in_language(
        judged.resource,
        terraform="dimensions = { StateMachineArn = aws_sfn_state_machine.NAME.arn }",
        cloudformation="Dimensions:\n  - Name: StateMachineArn\n    Value: !Ref NAME",
    )


def _violation(judged: Alarm, what: str, span: Span | None, how: str, subject: str) -> Violation:
    return Violation(
        message=f"Alarm {judged.resource.address} {what}",
        resource=judged.resource.address,
        span=span or judged.resource.span,
        suggestion=how,
        subject=subject,
    )


def _not_evaluated(judged: Alarm, reason: str, span: Span | None) -> NotEvaluated:
    resource = judged.resource
    return NotEvaluated(reason=reason, resource=resource.address, span=span or resource.span)
