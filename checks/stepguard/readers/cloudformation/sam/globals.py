"""The section `Globals` of a template: properties that resources of a type share."""

from __future__ import annotations

from collections.abc import Collection

from stepguard.deployment.values import REMOVED, Traced, plain
from stepguard.readers.cloudformation.parts import given
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext
from stepguard.structs import replace

_SHARED = {
    "AWS::Serverless::StateMachine": ("StateMachine", ("PropagateTags",)),
    "AWS::Serverless::Function": ("Function", ("Timeout",)),
    "AWS::Serverless::Api": ("Api", ("Auth",)),
}
"""For each type its part of `Globals`, and the properties that are taken from there.

Of a state machine that is all that SAM lets one share; of the others it is what rules look at.
"""


def with_globals(
    resource: EvaluatedResource, template: Traced, context: TemplateContext
) -> EvaluatedResource:
    """Return a resource with the shared properties that it does not set itself.

    Of an object that is given in both places, SAM takes the members of both.
    """
    section, names = _SHARED.get(resource.type, ("", ()))
    shared = _member(_member(template, "Globals"), section)
    properties = resource.properties
    if shared is None or not isinstance(properties.value, dict):
        return resource
    evaluated = context.evaluate(shared)
    ignored = _ignored(resource, names, context)
    added = {
        name: _merged(value, properties.value.get(name))
        for name in names
        if name not in ignored and (value := given(evaluated, name)) is not None
    }
    if not added:
        return resource
    merged = Traced(
        {**properties.value, **added}, properties.span, keys=properties.keys, rest=properties.rest
    )
    return replace(resource, properties=merged)


def _member(value: Traced | None, name: str) -> Traced | None:
    return None if value is None else value.get(name)


def _merged(shared: Traced, own: object) -> Traced:
    if not isinstance(own, Traced):
        return shared
    if not isinstance(own.value, dict) or not isinstance(shared.value, dict):
        return own
    members = {
        **shared.value,
        **{
            name: _merged(one, own.value[name])
            for name, one in shared.value.items()
            if name in own.value
        },
    }
    return Traced({**own.value, **members}, own.span, keys=own.keys, rest=own.rest or shared.rest)


def _ignored(
    resource: EvaluatedResource, shared: Collection[str], context: TemplateContext
) -> frozenset[str]:
    """Return the shared properties that a resource does not want."""
    attribute = resource.body.get("IgnoreGlobals")
    if attribute is None or attribute.value is REMOVED:
        return frozenset()
    names = plain(context.evaluate_in(resource, attribute))
    if names == "*":
        return frozenset(shared)
    if not isinstance(names, list):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str))
