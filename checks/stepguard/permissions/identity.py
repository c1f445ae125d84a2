"""Which ARN a resource of the project has, and which of its attributes say so.

A role's policy may name a queue as `aws_sqs_queue.q.arn`, as `!GetAtt Queue.Arn` or by an ARN
that somebody wrote, and the workflow may name the same queue by its URL. All of them are brought
to one form here: an ARN of known characters and of parts that are the same wherever they stand.

Sources: the ARN patterns are those of the Service Authorization Reference; which attribute gives
an ARN or a name is documented for each resource type (Terraform AWS provider; "Return values" of
the CloudFormation template reference).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbol, Symbols
from stepguard.deployment.resources import Resource
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
    plain,
)
from stepguard.structs import Struct

PARTITION = Reference("AWS::Partition", "", "")
REGION = Reference("AWS::Region", "", "")
ACCOUNT = Reference("AWS::AccountId", "", "")

MAXIMUM_ALTERNATIVES = 16
"""Values that one resource can have, for conditions that are open."""

_VARIABLE = re.compile(r"\{(\w+)\}")
_MAXIMUM_STEPS = 8


class Identity(Struct, frozen=True):
    """How a resource type of a source is named in IAM.

    `arn` is the ARN's pattern, with `{attribute}` for an attribute of the resource; `{P}`, `{R}`
    and `{A}` are its partition, region and account. `arns` are the attributes whose value is the
    ARN, `names` those whose value is the name, each as the source names it; the empty attribute
    is CloudFormation's `Ref`. `name` is the attribute that sets the name. `others` are attributes
    whose value is the ARN of something that belongs to the resource, `defaults` values of
    attributes that are not set.
    """

    arn: str
    arns: tuple[str, ...]
    names: tuple[str, ...]
    name: str
    others: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()

    def pattern_of(self, attribute: str) -> str:
        """Return the pattern of the ARN that an attribute gives; empty when it gives none."""
        return self.arn if attribute in self.arns else dict(self.others).get(attribute, "")

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes that are parts of the ARN."""
        return frozenset(_VARIABLE.findall(self.arn)) - _PLACES.keys()

    @property
    def service(self) -> str:
        """The service in the ARN."""
        return self.arn.split(":")[2]


_PLACES: dict[str, Symbol] = {"P": PARTITION, "R": REGION, "A": ACCOUNT}


@cache
def _identities() -> dict[str, Identity]:
    return {
        kind: Identity(
            arn=row["arn"],
            arns=tuple(row["arns"]),
            names=tuple(row["names"]),
            name=row["name"],
            others=tuple(row.get("others", {}).items()),
            defaults=tuple(row.get("defaults", {}).items()),
        )
        for kind, row in load("resource_identities")["types"].items()
    }


def identity_of(resource: Resource) -> Identity | None:
    """Return how a resource is named in IAM; `None` for a type that is not in the table."""
    return _identities().get(resource.type)


def resource_named_by(reference: Reference, deployment: Deployment) -> Resource | None:
    """Return the one resource that an attribute identifies, by its ARN or by its name."""
    found = deployment.find(reference.target)
    if len({one.address for one in found}) != 1:
        return None
    identity = identity_of(found[0])
    if identity is None or reference.attribute not in (*identity.arns, *identity.names):
        return None
    return found[0]


def arn_reference(resource: Resource) -> Reference | None:
    """Return the reference that gives a resource's ARN in its source's own language."""
    identity = identity_of(resource)
    if identity is None or not identity.arns:
        return None
    attribute = "Arn" if "Arn" in identity.arns else identity.arns[0]
    return Reference(resource.address, attribute, _expression(resource, attribute))


def arns_of(resource: Resource, deployment: Deployment) -> list[Symbols]:
    """Return the ARN of a resource, once for each alternative; empty when it is not known."""
    reference = arn_reference(resource)
    return [] if reference is None else expand(reference, deployment)


def name_reference(resource: Resource) -> Reference | None:
    """Return the reference that gives a resource's name in its source's own language."""
    identity = identity_of(resource)
    if identity is None or not identity.names:
        return None
    attribute = identity.names[0]
    return Reference(resource.address, attribute, _expression(resource, attribute))


def _expression(resource: Resource, attribute: str) -> str:
    return f"{resource.address}.{attribute}" if attribute else resource.address


def expand(value: Plain, deployment: Deployment) -> list[Symbols]:
    """Return the characters and unknown parts of a text, references to resources expanded.

    A reference to a resource's ARN becomes that ARN, and one to its name becomes the name, so
    that two ways of naming one resource are equal. A value that depends on an open condition has
    several. What is no text gives nothing.
    """
    found: list[Symbols] = []
    for one in alternatives(value)[:MAXIMUM_ALTERNATIVES]:
        found.extend(_expanded(one, deployment, 0))
    return found[:MAXIMUM_ALTERNATIVES]


def _expanded(value: Plain, deployment: Deployment, steps: int) -> list[Symbols]:
    if isinstance(value, str):
        return [tuple(value)]
    if isinstance(value, UNREAD):
        return _of_hole(value, deployment, steps)
    if not isinstance(value, Text):
        return []
    texts: list[Symbols] = [()]
    for part in value.parts:
        if isinstance(part, Piece):
            texts = [(*text, *part.text) for text in texts]
        else:
            holes = _of_hole(part.value, deployment, steps)
            texts = [_joined(text, hole) for text in texts for hole in holes]
            texts = texts[:MAXIMUM_ALTERNATIVES]
    return texts


def _joined(text: Symbols, value: Symbols) -> Symbols:
    """Return two texts as one; a name with a slash before it has one at the joint all the same."""
    is_double = text[-1:] == ("/",) and value[:1] == ("/",)
    return (*text, *value[1:]) if is_double else (*text, *value)


def _of_hole(value: Unknown | Reference, deployment: Deployment, steps: int) -> list[Symbols]:
    if isinstance(value, Unknown):
        return [(value,)]
    if value.is_pseudo:
        return [(Reference(value.target),)]
    found = deployment.find(value.target)
    identity = identity_of(found[0]) if len({one.address for one in found}) == 1 else None
    if identity is None or steps > _MAXIMUM_STEPS:
        return [(Reference(value.target, value.attribute),)]
    resource = found[0]
    pattern = identity.pattern_of(value.attribute)
    if pattern:
        return _fill(pattern, resource, identity, deployment, steps)
    if value.attribute in identity.names:
        return _attribute(resource, identity, identity.name, deployment, steps)
    return [(Reference(value.target, value.attribute),)]


def _fill(
    pattern: str, resource: Resource, identity: Identity, deployment: Deployment, steps: int
) -> list[Symbols]:
    texts: list[Symbols] = [()]
    end = 0
    for match in _VARIABLE.finditer(pattern):
        before = tuple(pattern[end : match.start()])
        name = match.group(1)
        values: Iterable[Symbols]
        if name in _PLACES:
            values = [(_PLACES[name],)]
        else:
            values = _attribute(resource, identity, name, deployment, steps)
        texts = [_joined((*text, *before), value) for text in texts for value in values]
        texts = texts[:MAXIMUM_ALTERNATIVES]
        end = match.end()
    return [(*text, *pattern[end:]) for text in texts]


def _attribute(
    resource: Resource, identity: Identity, name: str, deployment: Deployment, steps: int
) -> list[Symbols]:
    """Return the values of an attribute; one that is not set, or not known, stands for itself."""
    given = resource.attributes.get(name)
    default = dict(identity.defaults).get(name)
    own: list[Symbols] = [(Reference(resource.address, name),)]
    if given is None or given.value is None:
        return own if default is None else [tuple(default)]
    found: list[Symbols] = []
    for one in alternatives(plain(given)) if isinstance(given.value, OneOf) else [plain(given)]:
        if isinstance(one, (Unknown, OneOf)):
            found.extend(own)
        else:
            found.extend(_last_name(text) for text in _expanded(one, deployment, steps + 1))
    return found or own


def _last_name(symbols: Symbols) -> Symbols:
    """Return the name at the end of an ARN; a text that is no ARN as it is."""
    if symbols[:4] != tuple("arn:"):
        return symbols
    for position in range(len(symbols) - 1, -1, -1):
        if symbols[position] in (":", "/"):
            return symbols[position + 1 :]
    return symbols


def as_text(symbols: Symbols) -> Plain:
    """Return characters and unknown parts as a plain text."""
    parts: list[Piece | Hole] = []
    known: list[str] = []
    for symbol in symbols:
        if isinstance(symbol, str):
            known.append(symbol)
            continue
        if known:
            parts.append(Piece("".join(known)))
            known = []
        if isinstance(symbol, (Unknown, Reference)):
            parts.append(Hole(symbol))
    if known:
        parts.append(Piece("".join(known)))
    text = Text(tuple(parts))
    whole = text.known
    return text if whole is None else whole
