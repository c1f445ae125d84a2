"""Resources of one kind before and after a change, matched by where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.structs import Struct

Located: TypeAlias = "tuple[str, str]"
"""A resource: the root of its deployment, and its address."""

Kind = TypeVar("Kind", bound=Resource)


class Present(Struct, Generic[Kind], frozen=True):
    """A resource as it is on one side: once for each of its alternatives, and its deployment."""

    variants: tuple[Kind, ...]
    deployment: Deployment

    @property
    def resource(self) -> Kind:
        """The first of the alternatives."""
        return self.variants[0]

    @property
    def located(self) -> Located:
        """Where it is."""
        return self.deployment.root, self.resource.address


class Match(Struct, Generic[Kind], frozen=True):
    """A resource before and after the change; `None` on the side where it is not there."""

    before: Present[Kind] | None
    after: Present[Kind] | None

    @property
    def present(self) -> Present[Kind]:
        """The resource after the change, or before it when it is gone."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a match without a resource")
        return found


def match(
    kind: type[Kind],
    before: Sequence[Deployment],
    after: Sequence[Deployment],
    moved: Mapping[Located, Located],
) -> Iterator[Match[Kind]]:
    """Yield every resource of a kind once: those after the change in order, then what is gone."""
    old = {moved.get(one.located, one.located): one for one in _present(kind, before)}
    for now in _present(kind, after):
        yield Match(old.pop(now.located, None), now)
    for gone in old.values():
        yield Match(gone, None)


def _present(kind: type[Kind], deployments: Sequence[Deployment]) -> Iterator[Present[Kind]]:
    for deployment in deployments:
        found: dict[str, list[Kind]] = {}
        for one in deployment.of_type(kind):
            found.setdefault(one.address, []).append(one)
        for variants in found.values():
            yield Present(tuple(variants), deployment)
