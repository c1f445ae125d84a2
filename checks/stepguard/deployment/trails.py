"""Trails and event data stores of CloudTrail, in one shape for every form of source."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.attributes import Names, elements, resources_of, setting
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Traced
from stepguard.structs import Struct

_TERRAFORM = {
    "selectors": "advanced_event_selector",
    "fields": "field_selector",
    "field": "field",
    "equals": "equals",
}
_CLOUDFORMATION = {
    "selectors": "AdvancedEventSelectors",
    "fields": "FieldSelectors",
    "field": "Field",
    "equals": "Equals",
}
_NAMES: Names = {
    "aws_cloudtrail": _TERRAFORM,
    "aws_cloudtrail_event_data_store": _TERRAFORM,
    "AWS::CloudTrail::Trail": _CLOUDFORMATION,
    "AWS::CloudTrail::EventDataStore": _CLOUDFORMATION,
}
_RESOURCE_TYPE = "resources.type"


class Trail(Struct, frozen=True):
    """A trail: the types of resources whose data events it keeps.

    `has_all_types` says that there are no others. `selectors` is where they are written.
    """

    resource: Resource
    data_types: tuple[str, ...]
    has_all_types: bool
    selectors: Traced | None


def trails(deployment: Deployment) -> list[Trail]:
    """Return the trails and event data stores of a deployment."""
    return [_trail(one) for one in resources_of(deployment, _NAMES)]


def _trail(resource: Resource) -> Trail:
    names = _NAMES[resource.type]
    found: list[str] = []
    complete = resource.attributes.rest is None
    written = resource.attributes.get(names["selectors"])
    selectors, all_selectors = elements(written)
    complete = complete and all_selectors
    for selector in selectors:
        fields, all_fields = elements(selector.get(names["fields"]))
        complete = complete and all_fields
        for field in fields:
            for value in _types(field, names["field"], names["equals"]):
                if value is None:
                    complete = False
                else:
                    found.append(value)
    return Trail(resource, tuple(found), complete, written)


def _types(field: Traced, name: str, equals: str) -> Iterator[str | None]:
    """Yield the types that a field selector selects; `None` for what is not known."""
    given = setting(field, name)
    if given is None or (isinstance(given.value, str) and given.value != _RESOURCE_TYPE):
        return
    values, complete = elements(setting(field, equals))
    if not isinstance(given.value, str) or not complete:
        yield None
        return
    for value in values:
        yield value.value if isinstance(value.value, str) else None
