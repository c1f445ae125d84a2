"""Functions on maps and objects."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    PartlyKnownKey,
    Reference,
    Removed,
    Text,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.choices import choose, is_possibly_absent
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    as_string,
    check_size,
    refusal,
    takes,
    takes_more,
    whole_elements,
    why_open,
)
from stepguard.readers.terraform.functions.conversion import convert_to, to_string, unified
from stepguard.readers.terraform.functions.equality import equal
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.types import (
    ANY,
    ListItems,
    LooseItems,
    MapItems,
    SetItems,
    is_open_object,
    type_of,
    unify,
)


def _keys(arguments: Arguments) -> Traced:
    mapping = arguments.mapping(0)
    spans = mapping.keys or {}
    names: list[Traced] = []
    for key in sorted(mapping.value):
        value = key.text if isinstance(key, PartlyKnownKey) else key
        names.append(Traced(value, spans.get(key) or arguments.span))
    return _listed(arguments, mapping, names, Unknown(arguments.shown, why_open(mapping)))


def _values(arguments: Arguments) -> Traced:
    mapping = arguments.mapping(0)
    members = [mapping.value[key] for key in sorted(mapping.value)]
    return _listed(arguments, mapping, members, mapping.rest)


def _listed(
    arguments: Arguments,
    mapping: Traced,
    elements: list[Traced],
    rest: Unknown | Reference | None,
) -> Traced:
    """Return the elements of a list that follows the order of a map's keys."""
    if not is_open_object(mapping):
        is_map = isinstance(mapping.value, MapItems)
        return arguments.result(ListItems(elements) if is_map else elements)
    open_rest = rest if mapping.rest is not None else None
    return Traced(LooseItems(elements), arguments.span, rest=open_rest)


def _lookup(arguments: Arguments) -> Traced:
    mapping, key = arguments.mapping(0), arguments.string(1)
    default = arguments.values[2] if len(arguments) > 2 else None
    if default is not None and isinstance(mapping.value, MapItems) and mapping.value:
        element = unify(map(type_of, mapping.value.values()))
        default = convert_to(default, element or ANY)
    found = mapping.get(key)
    if found is not None:
        return found
    if mapping.rest is not None:
        raise NotKnownError(why_open(mapping))
    if any(_may_be(name, key) for name in mapping.value):
        raise NotKnownError("the map's keys are not all known")
    if default is None:
        raise FunctionError(f'the map has no key "{key}"')
    return default


def _may_be(key: str, other: str) -> bool:
    """Tell whether a key that has holes may be equal to another one."""
    if not isinstance(key, PartlyKnownKey):
        return False
    right = other.text if isinstance(other, PartlyKnownKey) else other
    return equal(Traced(key.text), Traced(right)) is not False


def _merge(arguments: Arguments) -> Traced:
    given = [one for one in arguments.values if one.value is not None]
    for one in given:
        if not isinstance(one.value, (dict, Unknown, Reference)):
            raise refusal(one, "a map")
    check_size(sum(len(one.value) for one in given if isinstance(one.value, dict)))
    merged = _Merged(arguments.shown)
    for one in given:
        merged.add(one)
    result = merged.result(arguments.span)
    is_map = all(isinstance(one.value, MapItems) for one in given)
    if is_map and len({type_of(one) for one in given if one.value}) == 1:
        result.value = MapItems(result.value)
    return result


class _Merged:
    """Maps merged so far. `shown` names the call for members that may be overridden."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._members: dict[str, Traced] = {}
        self._keys: dict[str, Span] = {}
        self._rest: Unknown | Reference | None = None

    def add(self, one: Traced) -> None:
        """Merge a map, whose members replace those of the same name."""
        content = one.value
        if not isinstance(content, dict):
            self._doubt(self._members, why_open(one))
            self._rest = self._rest or content
            return
        if one.rest is not None:
            self._doubt((key for key in self._members if key not in content), why_open(one))
            self._rest = self._rest or one.rest
        partial = [key for key in content if isinstance(key, PartlyKnownKey)]
        if partial:
            doubtful = (
                key
                for key in self._members
                if key not in content and any(_may_be(other, key) for other in partial)
            )
            self._doubt(doubtful, "a later key is not known")
        for key, member in content.items():
            earlier = self._members.pop(key, None)
            if earlier is not None and is_possibly_absent(member):
                member = _over(earlier, member)
            self._members[key] = member
            if one.keys is not None and key in one.keys:
                self._keys[key] = one.keys[key]

    def _doubt(self, keys: Iterable[str], reason: str) -> None:
        for key in list(keys):
            expression = f'{self._shown}["{key}"]'
            self._members[key] = Traced(Unknown(expression, reason), self._members[key].span)

    def result(self, span: Span | None) -> Traced:
        """Return what the maps make together."""
        return Traced(self._members, span, keys=self._keys, rest=self._rest)


def _over(earlier: Traced, member: Traced) -> Traced:
    """Return a member that may be absent, with the earlier one where it is."""
    if not isinstance(member.value, OneOf):
        return member
    cells: list[Traced | Removed] = []
    for one in member.value.alternatives:
        if one is REMOVED:
            cells.append(earlier)
        else:
            cells.append(_over(earlier, one) if isinstance(one, Traced) else one)
    return choose(member.value.condition, cells, member.span)


def _zipmap(arguments: Arguments) -> Traced:
    keys, values = arguments.sequence(0), arguments.sequence(1)
    if isinstance(values.value, SetItems):
        raise FunctionError("a list is required, not set")
    if len(whole_elements(keys)) != len(whole_elements(values)):
        raise FunctionError("there are not as many keys as values")
    result = Traced({}, arguments.span, keys={})
    if isinstance(values.value, ListItems):
        result.value = MapItems()
    for key, value in zip(keys.value, values.value, strict=True):
        content = to_string(key).value
        if isinstance(content, (Unknown, Reference, OneOf)):
            result.rest = Unknown(arguments.shown, why_open(key))
            continue
        is_partial = isinstance(content, Text) and content.known is None
        name = PartlyKnownKey(content) if is_partial else as_string(key)
        result.value[name] = value
        if key.span is not None and result.keys is not None:
            result.keys[name] = key.span
    return result


def _transpose(arguments: Arguments) -> Traced:
    mapping = arguments.mapping(0)
    if is_open_object(mapping):
        raise NotKnownError("the map's keys are not all known")
    transposed: dict[str, list[Traced]] = {}
    for key in sorted(mapping.value):
        values = mapping.value[key]
        if not isinstance(values.value, list):
            raise refusal(values, "a list")
        if values.rest is not None:
            raise NotKnownError(why_open(values))
        for value in values.value:
            span = (mapping.keys or {}).get(key) or arguments.span
            transposed.setdefault(as_string(value), ListItems()).append(Traced(key, span))
    return arguments.result(
        MapItems((name, arguments.result(keys)) for name, keys in transposed.items())
    )


def _map(arguments: Arguments) -> Traced:
    """Make a map as before Terraform 0.15."""
    if len(arguments) % 2:
        raise FunctionError("there are not as many keys as values")
    keys = (arguments.string(position) for position in range(0, len(arguments), 2))
    return arguments.result(MapItems(zip(keys, unified(arguments.values[1::2]), strict=True)))


FUNCTIONS: dict[str, Function] = {
    "keys": takes(_keys, 1),
    "lookup": Function(_lookup, 2, 3),
    "map": takes_more(_map, 0),
    "merge": takes_more(_merge, 0),
    "transpose": takes(_transpose, 1),
    "values": takes(_values, 1),
    "zipmap": takes(_zipmap, 2),
}
"""The functions of this module, by name."""
