"""Which resource of the project a value means: by reference, by ARN, or by name."""

from __future__ import annotations

from collections.abc import Collection

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import (
    OneOf,
    Piece,
    Plain,
    Reference,
    Text,
    alternatives,
)
from stepguard.permissions.identity import arns_of, as_text, expand, name_reference
from stepguard.permissions.matching import matches_resource
from stepguard.permissions.memory import remembered
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
    return [one for one in deployment.of_types(kinds) if means(value, one, deployment) is True]


def means(value: Plain, resource: Resource, deployment: Deployment) -> bool | None:
    """Tell whether a value is the ARN or the name of a resource; `None` when it may be."""
    reference = sole_reference(value)
    if reference is not None and not reference.is_pseudo:
        found = deployment.find(reference.target)
        addresses = {one.address for one in found}
        if resource.address in addresses:
            return True if len(addresses) == 1 else None
        if found and all(one.type == resource.type for one in found):
            return False
    ending = _ending(value)
    if ending is not None and ending not in (_endings(resource, deployment) or (ending,)):
        return False
    names = Names(deployment)
    given = [_bare(one) for one in expand(value, deployment)]
    answers = [
        matches_resource(one, other, names, same_place=True)
        for one in given
        for other in _ways_to_name(resource, deployment)
    ]
    if True in answers:
        return True
    return None if None in answers or not given else False


@remembered
def _ways_to_name(resource: Resource, deployment: Deployment) -> list[Symbols]:
    found = [_bare(one) for one in arns_of(resource, deployment)]
    name = name_reference(resource)
    return found if name is None else [*found, *expand(name, deployment)]


@remembered
def _endings(resource: Resource, deployment: Deployment) -> frozenset[str] | None:
    """Return what the ways to name a resource end in; `None` when one of them is not known.

    Most comparisons are between two different names, and end here.
    """
    found = [_ending(as_text(one)) for one in _ways_to_name(resource, deployment)]
    known = frozenset(one for one in found if one is not None)
    return known if found and None not in found else None


def _ending(value: Plain) -> str | None:
    """Return what stands behind the last colon of an ARN, or a name; `None` if not known."""
    if isinstance(value, Text) and value.parts:
        last = value.parts[-1]
        text = last.text if isinstance(last, Piece) else ""
    else:
        text = value if isinstance(value, str) else ""
    text = text.removesuffix(":*")
    if not text or "*" in text or (isinstance(value, Text) and ":" not in text):
        return None
    return text.rpartition(":")[2]


def _bare(symbols: Symbols) -> Symbols:
    return symbols[:-2] if symbols[-2:] == _ALL_STREAMS else symbols


def _references(value: Plain) -> list[Reference]:
    if isinstance(value, Reference):
        return [value]
    if isinstance(value, Text):
        return [one for one in value.holes if isinstance(one, Reference)]
    return []
