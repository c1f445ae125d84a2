"""Whether somebody is told when executions of a machine fail: alarms, and rules of EventBridge."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.alarms import Alarm, Metric, alarms
from stepguard.deployment.event_rules import EventRule, event_rules
from stepguard.deployment.graph import Deployment
from stepguard.deployment.members import UNDECIDED, as_object, present
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import OpenList, Plain, Text
from stepguard.rules.links import means
from stepguard.rules.machines import STANDARD, possible_types
from stepguard.rules.once import once
from stepguard.rules.rule import Context

NAMESPACE = "AWS/States"
DIMENSION = "StateMachineArn"

_SOURCE = "aws.states"
_MACHINE = "stateMachineArn"
_DETAIL_TYPE = "Step Functions Execution Status Change"


@once
def _alarms(deployment: Deployment) -> list[Alarm]:
    return alarms(deployment)


@once
def _event_rules(deployment: Deployment) -> list[EventRule]:
    return list(event_rules(deployment))


def has_alarm(machine: StateMachine, metric: str, context: Context) -> bool | str:
    """Tell whether an alarm of the project watches a metric of a machine.

    Returns why that is not known, as a clause, if it is not. An alarm that can be about no
    machine in particular, since it lacks the dimension, counts: SFN604 reports it.
    """
    doubt = ""
    for alarm in _alarms(context.deployment):
        answers = [_watches(one, machine, metric, context) for one in alarm.metrics]
        if True in answers:
            return True
        if None in answers or not alarm.has_all_metrics:
            doubt = (
                doubt or f"whether alarm {alarm.resource.address} is on {metric} of this machine"
            )
    return doubt


def _watches(metric: Metric, machine: StateMachine, wanted: str, context: Context) -> bool | None:
    if metric.expression is not None and metric.name is None:
        return _expression_watches(metric.expression, wanted)
    answers = [_is(metric.namespace, NAMESPACE), _is(metric.name, wanted)]
    if False in answers:
        return False
    dimensions = as_object(metric.dimensions)
    if dimensions is None:
        return None
    there = present(dimensions, DIMENSION)
    if there is False:
        return None if None in answers else True
    if there is None:
        return None
    answers.append(means(dimensions[DIMENSION], machine, context.deployment))
    if False in answers:
        return False
    return None if None in answers else True


def _expression_watches(expression: Plain, wanted: str) -> bool | None:
    """Tell whether a query of Metrics Insights is about a metric; metric maths is about others."""
    if isinstance(expression, (str, Text)):
        text = str(expression)
        if "SELECT" not in text.upper():
            return False
        return NAMESPACE in text and wanted in text
    return None


def _is(value: Plain, wanted: str) -> bool | None:
    if isinstance(value, UNDECIDED):
        return None
    return bool(value == wanted)


def has_event_rule(machine: StateMachine, status: str, context: Context) -> bool | str:
    """Tell whether an EventBridge rule of the project passes on that executions end in a status.

    Returns why that is not known, if it is not. Only STANDARD workflows emit these events.
    """
    types = possible_types(machine)
    if STANDARD not in types:
        return False
    doubt = ""
    for rule in _event_rules(context.deployment):
        answers = [rule.is_on, rule.has_target, _selects(rule, machine, status, context)]
        if False in answers:
            continue
        if None not in answers and types == {STANDARD}:
            return True
        doubt = doubt or f"whether rule {rule.resource.address} passes on {status} of this machine"
    return doubt


def _selects(rule: EventRule, machine: StateMachine, status: str, context: Context) -> bool | None:
    pattern = as_object(rule.pattern)
    if pattern is None:
        return None
    if present(pattern, "source") is False and present(pattern, "detail-type") is False:
        # A pattern that is about no service in particular passes everything on, or other things.
        return False
    detail = as_object(pattern.get("detail", {}))
    if detail is None:
        return None
    answers = [
        _matches(pattern, "source", _SOURCE),
        _matches(pattern, "detail-type", _DETAIL_TYPE),
        _matches(detail, "status", status),
    ]
    if False in answers:
        return False
    answers.append(_is_about(detail, machine, context))
    if False in answers:
        return False
    return None if None in answers else True


def _matches(pattern: dict[str, Plain], key: str, value: str) -> bool | None:
    there = present(pattern, key)
    if there is not True:
        return None if there is None else True
    return _any(_matches_one(one, value) for one in _values(pattern[key]))


def _values(given: Plain) -> list[Plain]:
    if isinstance(given, OpenList):
        return [*given, given.rest]
    return given if isinstance(given, list) else [given]


def _matches_one(one: Plain, value: str) -> bool | None:
    if isinstance(one, str):
        return one == value
    if isinstance(one, dict) and len(one) == 1:
        if isinstance(prefix := one.get("prefix"), str):
            return value.startswith(prefix)
        others = one.get("anything-but")
        if isinstance(others, (str, list)):
            return value not in _values(others)
    return None


def _is_about(detail: dict[str, Plain], machine: StateMachine, context: Context) -> bool | None:
    there = present(detail, _MACHINE)
    if there is not True:
        return None if there is None else True
    given = _values(detail[_MACHINE])
    return _any(
        None if isinstance(one, dict) else means(one, machine, context.deployment) for one in given
    )


def _any(answers: Iterable[bool | None]) -> bool | None:
    found = list(answers)
    if True in found:
        return True
    return None if None in found else False
