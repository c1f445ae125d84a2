"""What the rules on missing alarms share."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.resources import Form, StateMachine
from stepguard.finding import NotEvaluated, Violation
from stepguard.rules.defects import listed
from stepguard.rules.languages import in_language
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.watching import has_alarm, has_event_rule
from stepguard.structs import Struct


class Watched(Struct, frozen=True):
    """What a rule wants to be watched: a metric, and the status that executions have then.

    `status` is empty where EventBridge tells nothing of it.
    """

    metric: str
    status: str = ""


def judge_alarms(
    machine: StateMachine, wanted: Sequence[Watched], effect: str, context: Context
) -> Verdict:
    """Judge whether each of some metrics of a machine has an alarm.

    `effect` says what happens without one.
    """
    if machine.form is Form.ASL:
        return None
    missing: list[Watched] = []
    reasons: list[str] = []
    for one in wanted:
        answer = _is_watched(machine, one, context)
        if answer is True:
            continue
        if answer is False or answer == "":
            missing.append(one)
        else:
            reasons.append(str(answer))
    if missing:
        reason = _elsewhere(machine, missing, context)
        if reason:
            reasons.insert(0, reason)
        elif not reasons:
            return [_violation(machine, missing, effect)]
    return [_not_evaluated(machine, reasons[0])] if reasons else ()


def _is_watched(machine: StateMachine, wanted: Watched, context: Context) -> bool | str:
    answers = [has_alarm(machine, wanted.metric, context)]
    if wanted.status:
        answers.append(has_event_rule(machine, wanted.status, context))
    if True in answers:
        return True
    doubt = next((one for one in answers if one), "")
    return f"{doubt} is not known" if doubt else False


def _elsewhere(machine: StateMachine, missing: Sequence[Watched], context: Context) -> str:
    """Return why what is missing may be in another project; empty if it should be here."""
    deployment = context.deployment
    if deployment.is_reusable_module:
        return "this is a module without provider, and its caller may set alarms"
    for module in deployment.unread_modules:
        # A module may go by the machine's name; a nested stack is given the ARN or the name.
        if deployment.form is Form.TERRAFORM or machine.address in module.given:
            return f"{module.reason}, and may set the alarm"
    others = [one.metric for one in missing if one.metric not in context.config.alarms_here]
    if others:
        return f"the configuration lets alarms on {others[0]} be in another project"
    return ""


def _violation(machine: StateMachine, missing: Sequence[Watched], effect: str) -> Violation:
    metrics = [one.metric for one in missing]
    return Violation(
        message=f"No alarm of the project is on {listed(metrics)} of the state machine: {effect}",
        resource=machine.address,
        span=machine.span,
        suggestion=_how_to_watch(machine, metrics[0]),
        subject=" ".join(metrics),
    )


def _how_to_watch(machine: StateMachine, metric: str) -> str:
    # Beside the machine it has no module and no stack before its name.
    name = machine.address
    name = name[max(name.rfind(f"{machine.type}."), 0) :]
    return in_language(
        machine,
        terraform=f"""resource "aws_cloudwatch_metric_alarm" "NAME" {{
  alarm_name          = "NAME"
  namespace           = "AWS/States"
  metric_name         = "{metric}"
  dimensions          = {{ StateMachineArn = {name}.arn }}
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.NAME.arn]
}}""",
        cloudformation=f"""NAME:
  Type: AWS::CloudWatch::Alarm
  Properties:
    Namespace: AWS/States
    MetricName: {metric}
    Dimensions:
      - Name: StateMachineArn
        Value: !Ref {name.rpartition(".")[2]}
    Statistic: Sum
    Period: 300
    EvaluationPeriods: 1
    ComparisonOperator: GreaterThanThreshold
    Threshold: 0
    TreatMissingData: notBreaching
    AlarmActions:
      - !Ref NAME_OF_TOPIC""",
    )


def _not_evaluated(machine: StateMachine, reason: str) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=machine.address, span=machine.span)
