"""Which resource of the project a value means: by reference, by ARN, or by name."""

from __future__ import annotations

from collections.abc import Collection

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import (
    OneOf,
    Plain,
    Reference,
    Text,
    alternatives,
)
from stepguard.permissions.identity import arns_of, expand, name_reference
from stepguard.permissions.matching import matches_resource
from stepguard.permissions.names import Names

_ALL_STREAMS: Symbols = (":", "*")


def sole_reference(value: Plain) -> Reference | None:
    """Return the reference that a value is, or that a text wholly consists of."""
    if isinstance(value, Reference):
        return value
    if isinstance(value, Text) and len(value.parts) == 1 and value.holes:
        hole = value.holes[0]
        return hole if isinstance(hole, Reference) else None
    return None


def resources_meant(value: Plain, kinds: Collection[str], deployment: Deployment) -> list[Resource]:
    """Return the resources of some types that a value certainly means.

    A value that depends on a condition means those of every alternative. `:*` at the end of a log
    group's ARN makes no difference.
    """
    if isinstance(value, OneOf):
        found: list[Resource] = []
        for one in alternatives(value):
            found.extend(
                each for each in resources_meant(one, kinds, deployment) if each not in found
            )
        return found
    references = [one for one in _references(value) if not one.is_pseudo]
    if references:
        found = [one for one in deployment.find(references[0].target) if one.type in kinds]
        if found:
            return found
    return [
        one
        for one in deployment.resources
        if one.type in kinds and means(value, one, deployment) is True
    ]


def means(value: Plain, resource: Resource, deployment: Deployment) -> bool | None:
    """Tell whether a value is the ARN or the name of a resource; `None` when it may be."""
    reference = sole_reference(value)
    if reference is not None and not reference.is_pseudo:
        found = deployment.find(reference.target)
        if resource in found:
            return True if len(found) == 1 else None
    names = Names(deployment)
    given = [_bare(one) for one in expand(value, deployment)]
    own = [_bare(one) for one in arns_of(resource, deployment)]
    name = name_reference(resource)
    if name is not None:
        own.extend(expand(name, deployment))
    answers = [
        matches_resource(one, other, names, same_place=True) for one in given for other in own
    ]
    if True in answers:
        return True
    return None if None in answers or not given else False


def _bare(symbols: Symbols) -> Symbols:
    return symbols[:-2] if symbols[-2:] == _ALL_STREAMS else symbols


def _references(value: Plain) -> list[Reference]:
    if isinstance(value, Reference):
        return [value]
    if isinstance(value, Text):
        return [one for one in value.holes if isinstance(one, Reference)]
    return []
