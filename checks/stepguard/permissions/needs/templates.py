"""The ARNs that AWS documents for a call, with the values of the call's parameters in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.patterns import Symbols, literal, symbols_of
from stepguard.deployment.values import (
    UNREAD,
    Hole,
    OneOf,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
    alternatives,
)
from stepguard.permissions.actions import Action, ResourceType, find_action
from stepguard.permissions.arn_expressions import is_arn_expression, is_arn_name
from stepguard.permissions.identity import (
    arn_reference,
    as_text,
    expand,
    identity_of,
    name_reference,
    resource_named_by,
)
from stepguard.permissions.needs.parameters import find_parameter
from stepguard.structs import Struct

_PLACEHOLDER = re.compile(r"\[\[(.+?)\]\]|\$\{(\w+)\}")
_PLACES = {
    "Partition": Reference("AWS::Partition", "", "AWS::Partition"),
    "Region": Reference("AWS::Region", "", "AWS::Region"),
    "Account": Reference("AWS::AccountId", "", "AWS::AccountId"),
}
_QUEUE_URL = re.compile(
    r"https://(?:sqs\.[a-z0-9-]+|queue|[a-z0-9-]+\.queue)\.amazonaws\.com[^/]*/"
)
_OBJECT_URI = "s3://"
_ONLY = re.compile(r"\[\[[^\]]+\]\]")
_MAXIMUM_COMBINATIONS = 64

Documented: TypeAlias = "tuple[str, tuple[str, ...]]"
"""An ARN for a target that the definition names, and the ARNs for one that it does not."""


class GivenAsArn(Struct, frozen=True):
    """The value of a parameter that takes nothing but an ARN."""

    value: Plain


Lookup: TypeAlias = "Callable[[str], Sequence[Plain | GivenAsArn]]"
"""Returns the values of a placeholder; an empty list when there is none to be put in."""


class _Template(Struct, frozen=True):
    """A documented ARN, taken apart.

    `placeholders` are each the text before it, its name, and what it stands for where it has
    none: the partition, the region or the account. `first` is the first name, `others` are those
    behind it, `end` is the text behind the last. `ends_in_names` tells whether nothing but names
    and wildcards follows the first.
    """

    placeholders: tuple[tuple[str, str, Plain], ...]
    first: str
    others: tuple[str, ...]
    end: str
    ends_in_names: bool


# Each row of the documentation has a few, and every call of a workflow asks for those of its row.
@lru_cache(maxsize=4096)
def _parsed(template: str) -> _Template:
    placeholders: list[tuple[str, str, Plain]] = []
    names: list[str] = []
    end = 0
    rest = ""
    for match in _PLACEHOLDER.finditer(template):
        name, place = match.groups()
        before = template[end : match.start()]
        end = match.end()
        placeholders.append((before, name or "", _PLACES.get(place, Unknown(place or ""))))
        if name:
            rest = rest if names else template[end:]
            names.append(name)
    return _Template(
        placeholders=tuple(placeholders),
        first=names[0] if names else "",
        others=tuple(names[1:]),
        end=template[end:],
        ends_in_names=not _ONLY.sub("", rest).strip("/*"),
    )


def fill(template: str, lookup: Lookup, deployment: Deployment) -> list[Plain]:
    """Return the resources that a documented ARN means for a call.

    A placeholder's value may be a name, an ARN or a reference to a resource of the project. An
    ARN takes the place of the whole template where that is nothing but the ARN of what it names,
    else its name is put in.
    """
    parsed = _parsed(template)
    if not parsed.first:
        return [_text([template])]
    found: list[Plain] = []
    is_whole = parsed.ends_in_names and not any(map(lookup, parsed.others))
    for given in lookup(parsed.first):
        takes_arn = isinstance(given, GivenAsArn)
        for value in _flat([given]):
            if value == "":
                continue
            whole = _as_arn(value, template, deployment, takes_arn) if is_whole else None
            if whole is not None:
                found.append(whole)
            else:
                found.extend(_substituted(parsed, value, lookup, deployment))
    return found[:_MAXIMUM_COMBINATIONS]


def with_qualifier(resources: tuple[Plain, ...], parameters: Plain) -> tuple[Plain, ...]:
    """Return the ARNs of functions with the `Qualifier` that a call gives: a version or alias."""
    qualifier = find_parameter(parameters, "Qualifier")[0]
    if qualifier.decided == "absent":
        return resources
    suffix = symbols_of(qualifier.value) if qualifier.decided == "written" else None
    tail: Symbols = ("*",) if suffix is None else suffix
    texts = [symbols_of(one) for one in resources]
    return tuple(as_text((*one, ":", *tail)) for one in texts if one is not None) or resources


def split_by_type(
    action: str, templates: Iterable[Documented]
) -> tuple[list[Documented], list[Documented]]:
    """Return which of a statement's documented ARNs an action needs, and which it may need.

    Those of types that the action does not take are left out, unless no type is known at all. The
    types that every call names are needed, or else the first one.
    """
    everything = list(templates)
    found = find_action(action)
    if found is None or len(everything) < 2:
        return everything, []
    types = [(pair, _type_of(pair[0], found)) for pair in everything]
    taken = [(pair, kind) for pair, kind in types if kind is not None]
    if not taken:
        return everything, []
    needed = [pair for pair, kind in taken if kind.required] or [taken[0][0]]
    return needed, [pair for pair, _ in taken if pair not in needed]


def _type_of(template: str, action: Action) -> ResourceType | None:
    return next((one for one in action.types if _is_of(template, _braced(one.arn))), None)


def _braced(arn: str) -> str:
    return _PLACEHOLDER.sub(lambda match: "{" + str(match.group(2)) + "}", arn)


def _flat(values: Iterable[Plain | GivenAsArn]) -> list[Plain]:
    bare = (one.value if isinstance(one, GivenAsArn) else one for one in values)
    return [one for value in bare for one in alternatives(value) if not isinstance(one, OneOf)]


def _as_arn(value: Plain, template: str, deployment: Deployment, takes_arn: bool) -> Plain | None:
    """Return the value as the resource itself, where it is the ARN of what the template means."""
    service = template.split(":")[2] if template.startswith("arn:") else ""
    first = leading_reference(value)
    named = None if first is None else resource_named_by(first, deployment)
    if named is not None and first is not None:
        identity = identity_of(named)
        if identity is None or not _is_of(template, identity.arn):
            return None
        parts = len(identity.attributes) + identity.arn.count("*")
        if parts < len(_ONLY.findall(template)):
            # A bucket is not the object whose key is chosen at run time.
            return None
        if sole_reference(value) is not None:
            own = arn_reference(named)
            return None if own is None else Text((Hole(own),))
        return value if first.attribute in identity.arns else None
    if _reads_like_arn(value) or (takes_arn and _begins_unknown(value)):
        return Text((Hole(value),)) if isinstance(value, UNREAD) else value
    arn = split_arn(value)
    if arn is None:
        return None
    return value if not service or literal(arn.service) == service else None


def _is_of(template: str, arn: str) -> bool:
    """Tell whether an ARN's pattern is of the type of resource that a template is about."""
    if not template.startswith("arn:"):
        return True
    return arn.split(":")[2] == template.split(":")[2] and _kind(arn) == _kind(template)


def _begins_unknown(value: Plain) -> bool:
    """Tell whether what a value begins with is not known."""
    if isinstance(value, Text):
        return bool(value.parts) and isinstance(value.parts[0], Hole)
    return isinstance(value, UNREAD)


def _reads_like_arn(value: Plain) -> bool:
    """Tell whether a value begins with something unknown that its name says to be an ARN."""
    if isinstance(value, Text) and value.parts:
        first = value.parts[0]
        value = first.value if isinstance(first, Hole) else first.text
    if isinstance(value, Reference):
        return not value.is_pseudo and is_arn_name(value.attribute.rpartition(".")[2])
    return isinstance(value, Unknown) and is_arn_expression(value.expression)


def _kind(arn: str) -> str:
    """Return the type of resource that stands before a name in an ARN: `function`, `table`."""
    resource = arn.split(":", 5)[5] if arn.count(":") >= 5 else arn
    return re.split(r"\[\[|\{|\*", resource)[0].strip("/:")


def sole_reference(value: Plain) -> Reference | None:
    """Return the reference that a value is and nothing else; `None` for every other value."""
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Hole):
        value = value.parts[0].value
    return value if isinstance(value, Reference) else None


def leading_reference(value: Plain) -> Reference | None:
    """Return the reference that a value begins with; `None` for every other value."""
    if isinstance(value, Text) and value.parts and isinstance(value.parts[0], Hole):
        value = value.parts[0].value
    return value if isinstance(value, Reference) else None


def _substituted(
    parsed: _Template, value: Plain, lookup: Lookup, deployment: Deployment
) -> list[Plain]:
    combinations: list[list[Plain]] = [[]]
    for before, name, place in parsed.placeholders:
        if not name:
            values: list[Plain] = [place]
        elif name == parsed.first:
            values = [_name(value, deployment)]
        else:
            values = [_name(one, deployment) for one in _flat(lookup(name))] or ["*"]
        combinations = [[*parts, before, one] for parts in combinations for one in values]
        combinations = combinations[:_MAXIMUM_COMBINATIONS]
    return [_with_place(_text([*parts, parsed.end]), value) for parts in combinations]


def _with_place(resource: Plain, value: Plain) -> Plain:
    """Return a resource with the partition, region and account of the ARN that names it."""
    given = split_arn(value)
    own = split_arn(resource)
    if given is None or own is None or not isinstance(value, (str, Text)):
        return resource
    if literal(given.service) != literal(own.service) or not given.account:
        return resource
    colon: Symbols = (":",)
    symbols: Symbols = (
        *"arn:",
        *given.partition,
        *colon,
        *own.service,
        *colon,
        *given.region,
        *colon,
        *given.account,
        *colon,
        *own.resource,
    )
    return as_text(symbols)


def _name(value: Plain, deployment: Deployment) -> Plain:
    """Return the name in a value: of an ARN what follows the type, of a queue's URL its end."""
    reference = sole_reference(value)
    if reference is not None and not reference.is_pseudo:
        resource = resource_named_by(reference, deployment)
        own = None if resource is None else name_reference(resource)
        if own is not None:
            return own
        if resource is not None:
            return _name_of_arn(as_text(expand(reference, deployment)[0]))
    first = leading_reference(value)
    if first is not None and not first.is_pseudo and not _gives_name(first, deployment):
        return _name_of_arn(as_text(expand(value, deployment)[0]))
    if isinstance(value, str):
        if match := _QUEUE_URL.match(value):
            return value[match.end() :].rpartition("/")[2] or value
        if value.startswith(_OBJECT_URI):
            return value.removeprefix(_OBJECT_URI)
    return _name_of_arn(value)


def _gives_name(reference: Reference, deployment: Deployment) -> bool:
    named = resource_named_by(reference, deployment)
    identity = None if named is None else identity_of(named)
    return identity is not None and reference.attribute in identity.names


def _name_of_arn(value: Plain) -> Plain:
    arn = split_arn(value)
    if arn is None or value == "*":
        return value
    resource = arn.resource
    for position, symbol in enumerate(resource):
        if symbol in (":", "/"):
            return as_text(resource[position + 1 :])
    return as_text(resource)


def _text(parts: Iterable[Plain]) -> Plain:
    made: list[Piece | Hole] = []
    for part in parts:
        if isinstance(part, Text):
            made.extend(part.parts)
        elif isinstance(part, UNREAD):
            made.append(Hole(part))
        elif isinstance(part, str):
            made.extend(_with_variables(part) if "${" in part else (Piece(part),))
        elif isinstance(part, (bool, int, float)):
            made.append(Piece(str(part)))
    joined: list[Piece | Hole] = []
    for one in made:
        last = joined[-1] if joined else None
        if isinstance(one, Piece) and isinstance(last, Piece):
            joined[-1] = Piece(last.text + one.text)
        elif not isinstance(one, Piece) or one.text:
            joined.append(one)
    text = Text(tuple(joined))
    known = text.known
    return text if known is None else known


def _with_variables(text: str) -> list[Piece | Hole]:
    """Return a stretch of a template: `${Region}` in it is the region of the deployment."""
    parts: list[Piece | Hole] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        if match.group(2) in _PLACES:
            parts.append(Piece(text[end : match.start()]))
            parts.append(Hole(_PLACES[match.group(2)]))
            end = match.end()
    parts.append(Piece(text[end:]))
    return parts
