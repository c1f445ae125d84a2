"""Alarms of CloudWatch, in one shape for every form of source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stepguard.deployment.attributes import Names, elements, first_setting, resources_of, setting
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import OpenDict, Plain, Traced, Unknown, plain
from stepguard.structs import Struct

_NAMES: Names = {
    "aws_cloudwatch_metric_alarm": {
        "name": "alarm_name",
        "actions": "alarm_actions",
        "enabled": "actions_enabled",
        "comparison": "comparison_operator",
        "threshold": "threshold",
        "namespace": "namespace",
        "metric": "metric_name",
        "dimensions": "dimensions",
        "period": "period",
        "queries": "metric_query",
        "expression": "expression",
        "query_namespace": "metric.namespace",
        "query_name": "metric.metric_name",
        "query_dimensions": "metric.dimensions",
        "query_period": "metric.period",
    },
    "AWS::CloudWatch::Alarm": {
        "name": "AlarmName",
        "actions": "AlarmActions",
        "enabled": "ActionsEnabled",
        "comparison": "ComparisonOperator",
        "threshold": "Threshold",
        "namespace": "Namespace",
        "metric": "MetricName",
        "dimensions": "Dimensions",
        "period": "Period",
        "queries": "Metrics",
        "expression": "Expression",
        "query_namespace": "MetricStat.Metric.Namespace",
        "query_name": "MetricStat.Metric.MetricName",
        "query_dimensions": "MetricStat.Metric.Dimensions",
        "query_period": "MetricStat.Period",
    },
}
_COMPOSITE = {
    "aws_cloudwatch_composite_alarm": "alarm_rule",
    "AWS::CloudWatch::CompositeAlarm": "AlarmRule",
}

ALARM_TYPES = frozenset(_NAMES)
"""The types of resources that are alarms on metrics."""


class Metric(Struct, frozen=True, kw_only=True):
    """A metric that an alarm watches.

    `dimensions` are plain values by name, open where not all of them are known. `expression` is
    that of metric maths or of a query, which has neither namespace nor name. `written` is where
    the metric stands.
    """

    namespace: Plain = None
    name: Plain = None
    dimensions: Plain = None
    dimensions_value: Traced | None = None
    period: Traced | None = None
    expression: Plain = None
    written: Traced | None = None


class Alarm(Struct, frozen=True, kw_only=True):
    """An alarm on metrics. What its source does not set is `None`.

    `actions` are what it does when it goes off; `has_all_actions` says that there are no others.
    `has_all_metrics` says the same of `metrics`.
    """

    resource: Resource
    name: Traced | None
    actions: tuple[Traced, ...]
    has_all_actions: bool
    actions_value: Traced | None
    enabled: Traced | None
    comparison: Traced | None
    threshold: Traced | None
    metrics: tuple[Metric, ...]
    has_all_metrics: bool


def alarms(deployment: Deployment) -> list[Alarm]:
    """Return the alarms on metrics of a deployment."""
    return [alarm(one) for one in resources_of(deployment, _NAMES)]


def alarm(resource: Resource) -> Alarm:
    """Read a resource of one of `ALARM_TYPES`."""
    names = _NAMES[resource.type]
    attributes = resource.attributes
    actions = setting(attributes, names["actions"])
    found, complete = elements(actions)
    queries, all_queries = elements(attributes.get(names["queries"]))
    metrics = [_query(one, names) for one in queries]
    own = _own_metric(attributes, names)
    if own is not None:
        metrics.insert(0, own)
    return Alarm(
        resource=resource,
        name=setting(attributes, names["name"]),
        actions=tuple(found),
        has_all_actions=complete,
        actions_value=actions,
        enabled=setting(attributes, names["enabled"]),
        comparison=setting(attributes, names["comparison"]),
        threshold=setting(attributes, names["threshold"]),
        metrics=tuple(metrics),
        has_all_metrics=all_queries and (bool(metrics) or attributes.rest is None),
    )


def composite_rules(deployment: Deployment) -> Iterator[Traced]:
    """Yield the rules of composite alarms: texts that name other alarms."""
    for one in resources_of(deployment, _COMPOSITE):
        rule = setting(one.attributes, _COMPOSITE[one.type])
        if rule is not None:
            yield rule


def _own_metric(attributes: Traced, paths: Mapping[str, str]) -> Metric | None:
    namespace = setting(attributes, paths["namespace"])
    name = setting(attributes, paths["metric"])
    if name is None and namespace is None:
        return None
    dimensions = setting(attributes, paths["dimensions"])
    return Metric(
        namespace=_plain(namespace),
        name=_plain(name),
        dimensions=_dimensions(dimensions),
        dimensions_value=dimensions,
        period=setting(attributes, paths["period"]),
        written=name,
    )


def _query(query: Traced, paths: Mapping[str, str]) -> Metric:
    dimensions = setting(query, paths["query_dimensions"])
    return Metric(
        namespace=_plain(setting(query, paths["query_namespace"])),
        name=_plain(setting(query, paths["query_name"])),
        dimensions=_dimensions(dimensions),
        dimensions_value=dimensions,
        period=first_setting(query, (paths["query_period"], paths["period"])),
        expression=_plain(setting(query, paths["expression"])),
        written=query,
    )


def _dimensions(value: Traced | None) -> Plain:
    """Return dimensions as an object, whether they are written as one or as a list of pairs.

    What is not known at all is returned as it is.
    """
    if value is None:
        return {}
    content = value.value
    if isinstance(content, dict):
        return plain(value)
    if not isinstance(content, list):
        return plain(value)
    members: dict[str, Plain] = {}
    rest = value.rest
    for one in content:
        name, given = one.get("Name"), one.get("Value")
        if name is None or given is None or not isinstance(name.value, str):
            rest = rest or Unknown("", "a dimension is not known")
        else:
            members[name.value] = plain(given)
    return members if rest is None else OpenDict(members, rest)


def _plain(value: Traced | None) -> Plain:
    return None if value is None else plain(value)
