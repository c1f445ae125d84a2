"""Rules of EventBridge, in one shape for every form of source."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.attributes import elements, first_setting, resources_of, setting
from stepguard.deployment.documents import DocumentError, read_document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Plain, Reference, Text, Traced, Unknown, plain
from stepguard.structs import Struct

_TERRAFORM = "aws_cloudwatch_event_rule"
_TARGET = "aws_cloudwatch_event_target"
_CLOUDFORMATION = "AWS::Events::Rule"
_SAM = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_SAM_EVENTS = ("EventBridgeRule", "CloudWatchEvent")
_OFF = ("DISABLED", "FALSE")


class EventRule(Struct, frozen=True, kw_only=True):
    """A rule of EventBridge that selects events by a pattern.

    `pattern` is the pattern as a plain value, `Unknown` where it cannot be read. `is_on` and
    `has_target` are `None` where that is not known.
    """

    resource: Resource
    pattern: Plain
    is_on: bool | None
    has_target: bool | None


def event_rules(deployment: Deployment) -> Iterator[EventRule]:
    """Yield the rules of a deployment that have a pattern, with those that SAM makes."""
    for one in resources_of(deployment, (_TERRAFORM,)):
        pattern = setting(one.attributes, "event_pattern")
        if pattern is not None:
            state = first_setting(one.attributes, ("state", "is_enabled"))
            yield _rule(one, pattern, state, _has_target(one, deployment))
    for one in resources_of(deployment, (_CLOUDFORMATION,)):
        pattern = setting(one.attributes, "EventPattern")
        if pattern is not None:
            targets, complete = elements(setting(one.attributes, "Targets"))
            has_target = True if targets else False if complete else None
            yield _rule(one, pattern, setting(one.attributes, "State"), has_target)
    for one in resources_of(deployment, _SAM):
        yield from _rules_of_sam(one)


def _rules_of_sam(resource: Resource) -> Iterator[EventRule]:
    events = setting(resource.attributes, "Events")
    if events is None or not isinstance(events.value, dict):
        return
    for event in events.value.values():
        kind = setting(event, "Type")
        if kind is None or kind.value not in _SAM_EVENTS:
            continue
        pattern = first_setting(event, ("Properties.Pattern", "Properties.EventPattern"))
        if pattern is not None:
            state = first_setting(event, ("Properties.State", "Properties.Enabled"))
            yield _rule(resource, pattern, state, has_target=True)


def _rule(
    resource: Resource, pattern: Traced, state: Traced | None, has_target: bool | None
) -> EventRule:
    try:
        read: Plain = read_document(pattern).value
    except DocumentError as error:
        read = Unknown("the event pattern", error.reason)
    return EventRule(resource=resource, pattern=read, is_on=_is_on(state), has_target=has_target)


def _is_on(state: Traced | None) -> bool | None:
    if state is None:
        return True
    if isinstance(state.value, (str, bool)):
        return str(state.value).upper() not in _OFF
    return None


def _has_target(rule: Resource, deployment: Deployment) -> bool | None:
    answers: list[bool | None] = []
    for one in resources_of(deployment, (_TARGET,)):
        given = setting(one.attributes, "rule")
        answers.append(None if given is None else _is_rule(plain(given), rule, deployment))
    if True in answers:
        return True
    return None if None in answers else False


def _is_rule(value: Plain, rule: Resource, deployment: Deployment) -> bool | None:
    if isinstance(value, Text) and value.holes and len(value.parts) == 1:
        value = value.holes[0]
    if isinstance(value, Reference):
        return rule in deployment.find(value.target)
    name = setting(rule.attributes, "name")
    if isinstance(value, str) and name is not None and isinstance(name.value, str):
        return value == name.value
    return None if isinstance(value, (Unknown, Text)) else False
