"""Which deployment of one side is which of the other: by path, else by what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form
from stepguard.deployment.workflow import read_workflow
from stepguard.structs import Struct

MAXIMUM_COMPARISONS = 40_000
"""Pairs of deployments whose contents are compared; beyond that, paths alone count."""

LEAST_SIMILARITY = 0.3
"""The share of resources that two deployments of different paths must have in common."""

Key = Callable[[Deployment], str]


class Pair(Struct, frozen=True):
    """A deployment before and after the change; `None` where there is none."""

    before: Deployment | None
    after: Deployment | None


def pair(
    before: Sequence[Deployment],
    after: Sequence[Deployment],
    key_before: Key,
    key_after: Key,
) -> list[Pair]:
    """Return every deployment once, with its partner if it has one.

    The keys say where a deployment is in its side. The one deployment of each side belong together
    wherever they are.
    """
    if len(before) == 1 and len(after) == 1:
        return [Pair(before[0], after[0])]
    pairs: list[Pair] = []
    by_key: dict[str, list[Deployment]] = {}
    for one in before:
        by_key.setdefault(key_before(one), []).append(one)
    left: list[Deployment] = []
    for one in after:
        alike = by_key.get(key_after(one))
        if alike:
            pairs.append(Pair(alike.pop(0), one))
        else:
            left.append(one)
    gone = [one for alike in by_key.values() for one in alike]
    pairs.extend(_similar(gone, left))
    return pairs


def _similar(gone: list[Deployment], new: list[Deployment]) -> Iterable[Pair]:
    """Yield those that have most in common together, the most similar first."""
    ranked: list[tuple[float, int, int]] = []
    if len(gone) * len(new) <= MAXIMUM_COMPARISONS:
        contents = [_contents(one) for one in new]
        for number, one in enumerate(gone):
            own = _contents(one)
            for other, theirs in enumerate(contents):
                likeness = _likeness(own, theirs)
                if likeness >= LEAST_SIMILARITY:
                    ranked.append((-likeness, number, other))
    taken: set[int] = set()
    partners: dict[int, int] = {}
    for _, number, other in sorted(ranked):
        if number not in partners and other not in taken:
            partners[number] = other
            taken.add(other)
    for number, one in enumerate(gone):
        yield Pair(one, new[partners[number]] if number in partners else None)
    for other, one in enumerate(new):
        if other not in taken:
            yield Pair(None, one)


def _contents(deployment: Deployment) -> frozenset[tuple[str, str]]:
    """Return what a deployment is known by; a bare definition is by its states, not by its file."""
    if deployment.form is Form.ASL:
        return frozenset(
            ("", state.name)
            for machine in deployment.state_machines
            if isinstance(machine.definition, Document)
            for state in read_workflow(machine.definition, deployment).states
        )
    return frozenset((one.type, one.address) for one in deployment.resources)


def _likeness(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    """Return the share of what two have that both have."""
    together = len(one | other)
    return len(one & other) / together if together else 0.0
