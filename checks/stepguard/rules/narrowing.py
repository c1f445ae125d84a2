"""What to write in the place of a resource that is too wide."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Plain, Reference, Text, alternatives
from stepguard.permissions.actions import Action, ResourceType
from stepguard.permissions.identity import (
    arn_reference,
    identity_of,
    name_reference,
    resource_named_by,
)
from stepguard.permissions.targets import Decided
from stepguard.permissions.uses import Uses
from stepguard.rules.grants import is_terraform, listed, shown

ACTIONS_IN_SUGGESTION = 3
"""Actions for which a suggestion spells out the resources."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_ANY_VARIABLE = re.compile(r"\$?\{\w+\}")
_PLACES = {
    "Partition": ("aws", "${AWS::Partition}"),
    "Region": ("<region>", "${AWS::Region}"),
    "Account": ("<account>", "${AWS::AccountId}"),
}


def what_to_write(actions: Sequence[Action], uses: Uses, role: Role, deployment: Deployment) -> str:
    """Return the resources to write for some actions, with the names that the workflow uses."""
    is_read = bool(uses.machines) and not uses.unread and not uses.unread_services
    unused = [one for one in actions if is_read and not uses.of(one)]
    used = [one for one in actions if one not in unused]
    lines = [
        f"{one.full_name} on {', '.join(_resources(one, uses, role, deployment))}"
        for one in used[:ACTIONS_IN_SUGGESTION]
    ]
    further = len(used) - ACTIONS_IN_SUGGESTION
    parts: list[str] = []
    if lines:
        rest = f"; likewise for {further} more" if further > 0 else ""
        parts.append(f"Name what the workflow uses: {'; '.join(lines)}{rest}")
    if unused:
        names = listed([one.full_name for one in unused])
        example = _arn(main_type(unused[0]), "", role)
        parts.append(f"No state takes {names} itself: leave that out, or name it, as in {example}")
    return ". ".join(parts)


def _resources(action: Action, uses: Uses, role: Role, deployment: Deployment) -> list[str]:
    found: dict[str, None] = {}
    for use in uses.of(action):
        found.update(dict.fromkeys(_in_places(one, role) for one in use.resources))
        if use.target.decided is Decided.IN_THE_DEFINITION:
            for value in use.target.values:
                for one in alternatives(value):
                    written = _written(one, action, role, deployment)
                    if written:
                        found[written] = None
    return list(found) or [_arn(main_type(action), "", role)]


def _written(value: Plain, action: Action, role: Role, deployment: Deployment) -> str:
    """Return a target as a resource in the language of the form; empty when it is none."""
    if isinstance(value, Text) and len(value.parts) == 1 and value.holes:
        value = value.holes[0]
    if isinstance(value, Reference) and not value.is_pseudo:
        return _reference(value, main_type(action), role, deployment)
    if not isinstance(value, (str, Text)):
        return ""
    text = shown(value)
    if text.startswith("arn:"):
        return text
    if text.startswith("https:"):
        text = text.rpartition("/")[2]
    return _arn(main_type(action), text, role)


def _reference(value: Reference, wanted: ResourceType, role: Role, deployment: Deployment) -> str:
    """Return the resource that a reference leads to, as one of the type that is wanted.

    That is its ARN, what stands below it (`bucket/*`), or an ARN with its name.
    """
    resource = resource_named_by(value, deployment)
    arn = None if resource is None else arn_reference(resource)
    identity = None if resource is None else identity_of(resource)
    if resource is None or arn is None or identity is None:
        return _arn(wanted, shown(value), role)
    own, pattern = (_ANY_VARIABLE.sub("*", one) for one in (identity.arn, wanted.arn))
    if pattern.startswith(own):
        return _expression(arn, pattern[len(own) :], role)
    name = name_reference(resource)
    return _arn(wanted, shown(value if name is None else name), role)


def _expression(reference: Reference, below: str, role: Role) -> str:
    if is_terraform(role):
        whole = f"{reference.target}.{reference.attribute}"
        return f'"${{{whole}}}{below}"' if below else whole
    if below:
        attribute = f".{reference.attribute}" if reference.attribute else ""
        return f'!Sub "${{{reference.target}{attribute}}}{below}"'
    if reference.attribute:
        return f"!GetAtt {reference.target}.{reference.attribute}"
    return f"!Ref {reference.target}"


def main_type(action: Action) -> ResourceType:
    """Return the type that an action is mostly about; it has at least one."""
    required = [one for one in action.types if one.required]
    named = [one for one in action.types if one.name.lower() in action.name.lower()]
    return (required or named or list(action.types))[0]


def _arn(wanted: ResourceType, name: str, role: Role) -> str:
    seen = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal seen
        if match.group(1) in _PLACES:
            return _in_places(match.group(), role)
        seen += 1
        if seen == 1:
            return name or f"<{match.group(1)}>"
        return "*"

    return _VARIABLE.sub(replace, wanted.arn)


def _in_places(arn: str, role: Role) -> str:
    """Return an ARN with the places in it as the role's form writes them."""
    column = 0 if is_terraform(role) else 1
    for name, written in _PLACES.items():
        arn = arn.replace("${" + name + "}", written[column])
    return arn
