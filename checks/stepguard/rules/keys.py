"""What rules on the keys of state machines, activities and their log groups share."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.keys import Key, key_of, keys_meant
from stepguard.deployment.resources import Activity, Encryption, Resource, StateMachine
from stepguard.deployment.values import Traced
from stepguard.finding import RelatedPlace
from stepguard.rules.log_groups import groups_of
from stepguard.rules.machines import is_undecided, possible_values
from stepguard.rules.rule import Context, Rule

CUSTOMER_MANAGED = "CUSTOMER_MANAGED_KMS_KEY"
AWS_OWNED = "AWS_OWNED_KEY"


class KeyRule(Rule[Resource]):
    """A rule that judges the keys of machines, of activities, and of the machines' log groups."""

    def subjects(self, context: Context) -> list[Resource]:
        """Return the keys of the project that are used for these."""
        found: dict[str, Resource] = {}
        for _, value in _uses(context):
            for key in keys_meant(value, context.deployment):
                found.setdefault(key.resource.address, key.resource)
        return list(found.values())


def key_that_is(subject: Resource, context: Context) -> Key:
    """Return the key that a subject of a `KeyRule` is."""
    key = key_of(subject, context.deployment)
    if key is None:
        raise TypeError(f"{subject.address} is no key")
    return key


def users_of(key: Key, context: Context) -> tuple[RelatedPlace, ...]:
    """Return what is encrypted with a key, as related places."""
    return tuple(
        RelatedPlace(f"{user.address} is encrypted with it", user.span)
        for user, value in _uses(context)
        if any(one.resource is key.resource for one in keys_meant(value, context.deployment))
    )


def has_customer_key(encryption: Encryption) -> bool | None:
    """Tell whether an encryption is by a key of the customer's; `None` when that is not known."""
    values = possible_values(encryption.type)
    if any(is_undecided(one) for one in values):
        return None
    answers = {
        encryption.key is not None if one is None else str(one).upper() == CUSTOMER_MANAGED
        for one in values
    }
    return answers.pop() if len(answers) == 1 else None


def _uses(context: Context) -> Iterator[tuple[Resource, Traced | None]]:
    """Yield each thing that may be encrypted with a key, and what it says of the key."""
    deployment = context.deployment
    encrypted: list[StateMachine | Activity] = [
        *deployment.state_machines,
        *deployment.activities,
    ]
    for one in encrypted:
        if isinstance(one.encryption, Encryption) and has_customer_key(one.encryption) is not False:
            yield one, one.encryption.key
    for machine in deployment.state_machines:
        for group in groups_of(machine, context):
            yield group.resource, group.key
