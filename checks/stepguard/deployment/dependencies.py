"""Which resources have to be there before another one is made."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.memory import remembered_of_deployment
from stepguard.deployment.resources import Resource, Role, StateMachine
from stepguard.deployment.values import Plain, plain, references
from stepguard.structs import Struct, field


class _Known(Struct):
    """What each address of a deployment refers to itself, as far as it was asked for."""

    direct: dict[str, frozenset[str]] = field(default_factory=dict)


def waits_for(address: str, other: str, deployment: Deployment) -> bool:
    """Tell whether a resource can only be made when another one is there, or is that one.

    Follows references in attributes, what `DependsOn` names, and the roles that SAM makes.
    """
    known = _known(deployment).direct
    seen = {address}
    pending = [address]
    while pending:
        current = pending.pop()
        if current == other:
            return True
        if current not in known:
            known[current] = frozenset(
                target for one in deployment.find(current) for target in _direct(one)
            )
        pending.extend(known[current] - seen)
        seen |= known[current]
    return False


@remembered_of_deployment
def _known(deployment: Deployment) -> _Known:  # noqa: ARG001 - what is remembered is of it
    return _Known()


def _direct(resource: Resource) -> Iterator[str]:
    yield from resource.depends_on
    yield from _targets(plain(resource.attributes))
    if isinstance(resource, StateMachine) and resource.role is not None:
        yield from _targets(plain(resource.role))
    if isinstance(resource, Role):
        for policy in resource.inline:
            if isinstance(policy.document, Document):
                yield from _targets(policy.document.value)


def _targets(value: Plain) -> Iterator[str]:
    return (one.target for one in references(value))
