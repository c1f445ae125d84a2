"""Members of plain objects of which not everything is known: present, absent, or perhaps there."""

from __future__ import annotations

from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    OpenDict,
    PartlyKnownKey,
    Plain,
    Reference,
    Text,
    Unknown,
    alternatives,
)

UNDECIDED = (Unknown, Reference, OneOf, Text)
"""For `isinstance`: the classes of a value that cannot be compared with a known one."""


def as_object(value: Plain) -> dict[str, Plain] | None:
    """Return an object, or a choice between objects as one object; `None` for anything else.

    A choice becomes the object of all members: a member that differs between the alternatives is
    itself a choice, with `REMOVED` where an alternative lacks it.
    """
    if isinstance(value, dict):
        return value
    if not isinstance(value, OneOf):
        return None
    choices = alternatives(value)
    objects = [choice for choice in choices if isinstance(choice, dict)]
    if not objects:
        return None
    condition = Unknown(value.condition, f"depends on condition {value.condition}")
    keys = list(dict.fromkeys(key for one in objects for key in one))
    members: dict[str, Plain] = {}
    for key in keys:
        found = tuple(one.get(key, REMOVED) for one in objects)
        same = all(member == found[0] for member in found[1:])
        members[key] = found[0] if same else OneOf(value.condition, found)
    certain = len(objects) == len(choices) and not any(isinstance(one, OpenDict) for one in objects)
    return members if certain else OpenDict(members, condition)


def is_open(members: dict[str, Plain]) -> bool:
    """Tell whether an object may have members besides those that are listed by name."""
    return isinstance(members, OpenDict) or PartlyKnownKey in map(type, members)


def present(members: dict[str, Plain], key: str) -> bool | None:
    """Tell whether an object has a member; `None` when that depends on something unknown."""
    if key in members:
        value = members[key]
        if value is REMOVED:
            return False
        if isinstance(value, OneOf) and _may_be_removed(value):
            return None
        return True
    return None if is_open(members) else False


def why_open(members: dict[str, Plain], key: str) -> str:
    """Return in a few words what the presence of a member depends on."""
    value = members.get(key)
    if isinstance(value, OneOf):
        return f"{key} depends on condition {value.condition}"
    if isinstance(members, OpenDict):
        return why_unknown(members.rest)
    for name in members:
        if isinstance(name, PartlyKnownKey):
            return f"the name of the member {name} is not known"
    return f"{key} is not known"


def why_unknown(value: Plain) -> str:
    """Return in a few words what a value depends on that is not known before deployment."""
    if isinstance(value, OneOf):
        return f"depends on condition {value.condition}"
    if isinstance(value, Text):
        holes = value.holes
        return why_unknown(holes[0]) if holes else "is not known"
    if isinstance(value, Unknown):
        return f"{value.expression or 'a value'} is not known before deployment"
    if isinstance(value, Reference):
        name = value.expression or (
            f"{value.target}.{value.attribute}" if value.attribute else value.target
        )
        return f"{name} is not known before deployment"
    return "is not known"


def _may_be_removed(choice: OneOf) -> bool:
    stack: list[Plain] = list(choice.alternatives)
    while stack:
        one = stack.pop()
        if one is REMOVED:
            return True
        if isinstance(one, OneOf):
            stack.extend(one.alternatives)
    return False
