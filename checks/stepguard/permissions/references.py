"""ARNs that a project writes out, by reference to the resources of the project that have them."""

from __future__ import annotations

from stepguard.deployment.dependencies import waits_for
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text
from stepguard.permissions.identity import (
    PARTITION,
    arn_reference,
    arns_of,
    as_text,
    expand,
    identity_of,
)
from stepguard.permissions.memory import remembered_of_deployment

_SEPARATORS = (":", "/")
_PARTITION = tuple("aws")


def by_reference(value: Plain, policy: str, deployment: Deployment) -> Plain:
    """Return the ARN of a resource of the project as a reference to it; any other as it is.

    What stands behind the ARN (`/*`, `:*`) is kept. `policy` is the address of the resource that
    it is written in: one that would have to wait for itself keeps the ARN. A name that is a
    parameter's default is only right until somebody sets the parameter; a reference always is.
    """
    if _has_reference(value):
        return value
    return _references(deployment).find(value, policy)


class _References:
    """The references that were looked for: each finding on a role asks for all that it needs."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._found: dict[tuple[Plain, str], Plain] = {}

    def find(self, value: Plain, policy: str) -> Plain:
        """Return what `by_reference` does for a value without references."""
        if (value, policy) not in self._found:
            self._found[value, policy] = self._look(value, policy)
        return self._found[value, policy]

    def _look(self, value: Plain, policy: str) -> Plain:
        texts = expand(value, self._deployment)
        if len(texts) != 1:
            return value
        symbols = _without_partition(texts[0])
        known = _by_arn(self._deployment)
        for end in _ends(symbols):
            resource = known.get(symbols[:end])
            reference = None if resource is None else arn_reference(resource)
            if resource is not None and reference is not None:
                if waits_for(resource.address, policy, self._deployment):
                    return value
                return _with_rest(reference, symbols[end:])
        return value


@remembered_of_deployment
def _references(deployment: Deployment) -> _References:
    return _References(deployment)


def _has_reference(value: Plain) -> bool:
    holes = value.holes if isinstance(value, Text) else (value,)
    return any(isinstance(one, Reference) and not one.is_pseudo for one in holes)


def _ends(symbols: Symbols) -> list[int]:
    """Return where an ARN may end in a text, the longest first."""
    separators = [at for at, one in enumerate(symbols) if one in _SEPARATORS]
    return [len(symbols), *reversed(separators)]


def _with_rest(reference: Reference, rest: Symbols) -> Plain:
    if not rest:
        return reference
    behind = as_text(rest)
    parts = behind.parts if isinstance(behind, Text) else (Piece(str(behind)),)
    return Text((Hole(reference), *parts))


@remembered_of_deployment
def _by_arn(deployment: Deployment) -> dict[Symbols, Resource]:
    found: dict[Symbols, Resource] = {}
    for resource in deployment.resources:
        if identity_of(resource) is not None:
            arns = arns_of(resource, deployment)
            if len(arns) == 1:
                found.setdefault(_without_partition(arns[0]), resource)
    return found


def _without_partition(symbols: Symbols) -> Symbols:
    """Return an ARN in which the partition is written out: which one it is tells nothing apart."""
    if PARTITION not in symbols:
        return symbols
    at = symbols.index(PARTITION)
    return (*symbols[:at], *_PARTITION, *symbols[at + 1 :])
