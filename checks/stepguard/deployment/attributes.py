"""Attributes of resources that have no class of their own, by the name in each form of source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import REMOVED, OneOf, Traced, Unknown

Names: TypeAlias = "Mapping[str, Mapping[str, str]]"
"""For each type of resource: what is read, and the path of the attribute that says it."""


def resources_of(deployment: Deployment, kinds: Collection[str]) -> Iterator[Resource]:
    """Yield the resources of some types, in the order of reading."""
    return (one for one in deployment.resources if one.type in kinds)


def setting(node: Traced, path: str) -> Traced | None:
    """Return the value at a path of members (`a.b`); `None` when it is known not to be set.

    A list of one object, which is what a nested block of Terraform is, counts as the object. What
    may be there and is not known is an `Unknown`.
    """
    for step in path.split("."):
        node = _within(node)
        if not isinstance(node.value, dict):
            return _open(node)
        found = node.value.get(step)
        if not isinstance(found, Traced):
            return None if node.rest is None else Traced(node.rest, node.span)
        node = found
    return None if node.value is None or node.value is REMOVED else node


def first_setting(node: Traced, paths: Iterable[str]) -> Traced | None:
    """Return the value at the first of some paths that is set."""
    for path in paths:
        found = setting(node, path)
        if found is not None:
            return found
    return None


def elements(value: Traced | None) -> tuple[list[Traced], bool]:
    """Return the elements of a list, one value alone being one, and whether these are all.

    Elements of a list that depends on a condition are those of every alternative.
    """
    if value is None or value.value is None or value.value is REMOVED:
        return [], True
    if isinstance(value.value, list):
        members = [one for one in value.value if one.value is not REMOVED]
        return members, value.rest is None
    if isinstance(value.value, OneOf):
        found: list[Traced] = []
        for one in value.value.alternatives:
            if isinstance(one, Traced):
                found.extend(elements(one)[0])
        return found, False
    if isinstance(value.value, Unknown):
        return [], False
    return [value], True


def _within(node: Traced) -> Traced:
    while isinstance(node.value, list) and len(node.value) == 1 and node.rest is None:
        node = node.value[0]
    return node


def _open(node: Traced) -> Traced | None:
    """Return what stands for a member of something that is no object."""
    if node.value is None or node.value is REMOVED or (node.value == [] and node.rest is None):
        return None
    if isinstance(node.value, Unknown):
        return node
    if isinstance(node.value, OneOf):
        condition = node.value.condition
        return Traced(Unknown(condition, f"depends on condition {condition}"), node.span)
    return Traced(Unknown("", "it is written in a way that is not read"), node.span)
