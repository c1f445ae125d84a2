"""The section `Globals` of a template: properties that resources of a type share."""

from __future__ import annotations

from dataclasses import replace

from stepguard.deployment.values import REMOVED, Traced, plain
from stepguard.readers.cloudformation.parts import given
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext

_SHARED_BY_MACHINES = ("PropagateTags",)
"""What SAM takes from `Globals.StateMachine`; it refuses a template with anything else there."""


def with_globals(
    machine: EvaluatedResource, template: Traced, context: TemplateContext
) -> EvaluatedResource:
    """Return a state machine with the shared properties that it does not set itself."""
    section = template.get("Globals")
    shared = None if section is None else section.get("StateMachine")
    properties = machine.properties
    if shared is None or not isinstance(properties.value, dict):
        return machine
    evaluated = context.evaluate(shared)
    ignored = _ignored(machine, context)
    added = {
        name: value
        for name in _SHARED_BY_MACHINES
        if name not in properties.value
        and name not in ignored
        and (value := given(evaluated, name)) is not None
    }
    if not added:
        return machine
    merged = Traced(
        {**added, **properties.value}, properties.span, keys=properties.keys, rest=properties.rest
    )
    return replace(machine, properties=merged)


def _ignored(machine: EvaluatedResource, context: TemplateContext) -> frozenset[str]:
    """Return the shared properties that a state machine does not want."""
    attribute = machine.body.get("IgnoreGlobals")
    if attribute is None or attribute.value is REMOVED:
        return frozenset()
    names = plain(context.evaluate_in(machine, attribute))
    if names == "*":
        return frozenset(_SHARED_BY_MACHINES)
    if not isinstance(names, list):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str))
