"""Instances of a resource or module: what `count` and `for_each` make of one block."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    PartlyKnownKey,
    Reference,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.access import is_whole, whole
from stepguard.readers.terraform.choices import MAXIMUM_ALTERNATIVES, choose
from stepguard.readers.terraform.evaluation import settle
from stepguard.readers.terraform.functions.conversion import SetItems
from stepguard.readers.terraform.modules import Declaration
from stepguard.readers.terraform.operators import reason_of
from stepguard.readers.terraform.scope import Scope
from stepguard.structs import Struct, field

MAXIMUM_INSTANCES = 500
"""Instances of one block that are looked at; the further ones are alike."""


class Instance(Struct, eq=False):
    """One instance of a block.

    `suffix` is its key in the address (`[0]`, `["k"]`), empty for the only one and for one that
    stands for an unknown number. `names` are `count` or `each` of its expressions. `conditions`
    are the conditions on which it exists: to the alternative, and how many there are.
    """

    suffix: str
    names: dict[str, Traced] = field(default_factory=dict)
    conditions: dict[str, tuple[int, int]] = field(default_factory=dict)


class Repetition(Struct, eq=False):
    """The instances of a block, and what its name means in expressions.

    `refused` says why Terraform would refuse their number; it is empty where it would not.
    """

    instances: list[Instance]
    value: Traced
    refused: str = ""


def repeat(declared: Declaration, scope: Scope, address: str, expression: str) -> Repetition:
    """Return the instances of a resource or module block at an address.

    An unknown `count` or `for_each` gives one instance without key, as does a `count` that
    Terraform would refuse.
    """
    count = declared.attribute("count")
    if count is not None:
        attribute, place = count
        value = settle(attribute.expression, scope.at(place))
        refused = _why_refused(value)
        if refused:
            value = Traced(Unknown("count", refused), value.span)
        repetition = _repeat(value, "count", address, expression)
        repetition.refused = refused
        return repetition
    for_each = declared.attribute("for_each")
    if for_each is not None:
        attribute, place = for_each
        value = settle(attribute.expression, scope.at(place))
        return _repeat(value, "each", address, expression)
    return Repetition([Instance("")], Traced(whole(address, expression)))


def _repeat(value: Traced, kind: str, address: str, expression: str) -> Repetition:
    instances: dict[str, Instance] = {}
    collection = _collect(value, kind, address, expression, {}, instances, MAXIMUM_ALTERNATIVES)
    return Repetition(list(instances.values()), collection)


def _collect(
    value: Traced,
    kind: str,
    address: str,
    expression: str,
    conditions: dict[str, tuple[int, int]],
    instances: dict[str, Instance],
    room: int,
) -> Traced:
    content = value.value
    if isinstance(content, OneOf):
        count = len(content.alternatives)
        known = [one for one in content.alternatives if isinstance(one, Traced)]
        if count > room or len(known) < count:
            value = Traced(Unknown(content.condition, f"depends on {content.condition}"))
            return _collect(value, kind, address, expression, conditions, instances, 1)
        collections = [
            _collect(
                alternative,
                kind,
                address,
                expression,
                {**conditions, content.condition: (number, count)},
                instances,
                room // count,
            )
            for number, alternative in enumerate(known)
        ]
        return choose(content.condition, collections)
    make = _counted if kind == "count" else _keyed
    collection = make(value, address, expression)
    for instance in collection.instances:
        present = instances.setdefault(instance.suffix, instance)
        if present is instance:
            present.conditions = dict(conditions)
        else:
            present.conditions = {
                name: taken
                for name, taken in present.conditions.items()
                if conditions.get(name) == taken
            }
    return collection.value


def _counted(value: Traced, address: str, expression: str) -> Repetition:
    number = _whole_number(value)
    if number is None:
        reason = reason_of(value)
        index = Traced({"index": Traced(Unknown("count.index", reason))})
        rest = whole(address, expression)
        return Repetition([Instance("", {"count": index})], Traced([], rest=rest))
    instances = [
        Instance(f"[{position}]", {"count": Traced({"index": Traced(position)})})
        for position in range(min(number, MAXIMUM_INSTANCES))
    ]
    elements = [_named(address, expression, instance) for instance in instances]
    rest_of = whole(address, expression) if number > MAXIMUM_INSTANCES else None
    return Repetition(instances, Traced(elements, rest=rest_of))


def _whole_number(value: Traced) -> int | None:
    content = value.value
    if isinstance(content, bool):
        return None
    if isinstance(content, (int, Decimal)):
        # One that Terraform would refuse is here only as an alternative, which never comes to be.
        return max(0, int(content))
    if isinstance(content, str) and content.isascii() and content.isdigit() and len(content) < 9:
        return int(content)
    return None


def _why_refused(value: Traced) -> str:
    """Return why Terraform would refuse a number of instances; empty where it would not."""
    content = value.value
    if isinstance(content, (int, Decimal)) and (content < 0 or content != int(content)):
        return f"count is {content}: Terraform takes whole numbers from 0 on"
    return ""


def _keyed(value: Traced, address: str, expression: str) -> Repetition:
    members: list[Instance] = []
    rest = value.rest
    for key, element in _keys(value):
        if key is None or len(members) >= MAXIMUM_INSTANCES:
            rest = rest or Unknown("for_each", "a key is not known")
            continue
        names = {"each": Traced({"key": Traced(key), "value": element})}
        members.append(Instance(f'["{_quoted(key)}"]', names))
    members.sort(key=lambda instance: instance.suffix)
    keys = {instance.suffix: instance.names["each"].value["key"].value for instance in members}
    result = Traced({keys[one.suffix]: _named(address, expression, one) for one in members})
    if rest is not None or not isinstance(value.value, (dict, list)):
        reason = reason_of(value) if rest is None else getattr(rest, "reason", "")
        open_value: Unknown | Reference = Unknown("each.value", reason)
        if is_whole(rest) and isinstance(rest, Reference):
            open_value = rest
        each = {"key": Traced(Unknown("each.key", reason)), "value": Traced(open_value)}
        members.append(Instance("", {"each": Traced(each)}))
        result.rest = whole(address, expression)
    return Repetition(members, result)


def _keys(value: Traced) -> Iterator[tuple[str | None, Traced]]:
    content = value.value
    if isinstance(content, dict):
        for key, member in content.items():
            yield (None if isinstance(key, PartlyKnownKey) else key), _present(member)
    elif isinstance(content, (SetItems, list)):
        for element in content:
            present = _present(element)
            yield (present.value if isinstance(present.value, str) else None), present


def _present(member: Traced) -> Traced:
    """Return a member that may be absent as it is when it is there."""
    value = member.value
    if isinstance(value, OneOf) and REMOVED in value.alternatives:
        return next((one for one in value.alternatives if isinstance(one, Traced)), member)
    return member


def _named(address: str, expression: str, instance: Instance) -> Traced:
    return Traced(whole(address + instance.suffix, expression + instance.suffix))


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return escaped.replace("${", "$${").replace("%{", "%%{")
