"""How wide a resource pattern is: which types of resources it covers whole."""

from __future__ import annotations

from functools import lru_cache

from stepguard.deployment.iam.arns import Arn, split_arn
from stepguard.deployment.iam.patterns import ANYTHING, Symbols, covers
from stepguard.deployment.values import Plain
from stepguard.permissions.actions import Action, ResourceType, find_action


def covered_types(resource: Plain, action: Action) -> tuple[ResourceType, ...]:
    """Return the types of an action's resources of which a pattern covers every one.

    Accounts, regions and partitions are left out of account: `table/*` of one region is every
    table that there is, and `*:*:table/orders` is one name. A hole in the pattern is a name.
    """
    if isinstance(resource, str):
        return _covered_by(resource, action.full_name)
    return _covered(resource, action)


@lru_cache(maxsize=4096)
def _covered_by(resource: str, action: str) -> tuple[ResourceType, ...]:
    """Return the same for a written pattern: many policies write the same few."""
    found = find_action(action)
    return () if found is None else _covered(resource, found)


def _covered(resource: Plain, action: Action) -> tuple[ResourceType, ...]:
    arn = split_arn(resource)
    if arn is None:
        return ()
    return tuple(one for one in action.types if _covers_type(arn, one))


def _covers_type(arn: Arn, wanted: ResourceType) -> bool:
    if not covers(arn.service, wanted.service):
        return False
    # With what may follow a name: a qualifier of a function, a version of a state machine.
    qualified: Symbols = (*wanted.resource, ":", ANYTHING)
    return covers(arn.resource, wanted.resource) or covers(arn.resource, qualified)
