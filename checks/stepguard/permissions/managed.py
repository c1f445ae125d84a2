"""What the managed policies of AWS allow, as far as that is told by services.

AWS's documents are not shipped. `data/managed_policy_shapes.json` says of each policy which
services it allows whole, and of which it allows something that is not in the data; about these
nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.data import load
from stepguard.deployment.graph import last_name
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.conditions import Conditions
from stepguard.deployment.iam.elements import Element, Entry
from stepguard.deployment.iam.patterns import literal
from stepguard.deployment.iam.statements import Statement
from stepguard.deployment.values import Traced, plain

_EVERYTHING = ("*",)


def name_of_managed(policy: Traced) -> str | None:
    """Return the name of an attached policy that AWS manages; `None` for any other."""
    value = plain(policy)
    arn = split_arn(value)
    if arn is not None:
        return last_name(policy) if literal(arn.account) == "aws" else None
    paths = load("aws_managed_policies")["paths"]
    is_known = isinstance(value, str) and any(value in names for names in paths.values())
    return value if is_known else None


def statements_of_managed(name: str) -> tuple[Statement, ...] | None:
    """Return what a policy of AWS allows, as statements; `None` when that is not in the data.

    A statement about something that is not in the data has a condition that was not read.
    """
    shape: dict[str, list[str]] | None = load("managed_policy_shapes")["policies"].get(name)
    if shape is None:
        return None
    found: list[Statement] = []
    certain = [*map(_of_service, shape.get("whole", ())), *shape.get("actions", ())]
    if certain:
        found.append(_statement(actions=certain))
    if "all_but" in shape:
        found.append(_statement(not_actions=map(_of_service, shape["all_but"])))
    partly = [_of_service(one) for one in shape.get("partly", ())]
    if partly:
        reason = f"what exactly AWS's policy {name} allows is not in the data"
        found.append(_statement(actions=partly, unread=(reason,)))
    return tuple(found)


def _of_service(service: str) -> str:
    return "*" if service == "*" else f"{service}:*"


def _statement(
    *,
    actions: Iterable[str] = (),
    not_actions: Iterable[str] = (),
    unread: tuple[str, ...] = (),
) -> Statement:
    return Statement(
        path=(),
        sid="",
        effect="Allow",
        actions=_element(actions),
        not_actions=_element(not_actions),
        resources=_element(_EVERYTHING),
        conditions=Conditions((), unread),
    )


def _element(values: Iterable[str]) -> Element | None:
    entries = tuple(Entry(one, ()) for one in values)
    return Element((), entries) if entries else None
