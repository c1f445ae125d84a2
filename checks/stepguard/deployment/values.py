"""Values of a deployment: known JSON, and what is not known, where it stands.

Two shapes of the same thing are in use:

*Plain* values are what rules read: `None`, `bool`, `int`, `float`, `str`, `list`, `dict` with
`str` keys, and in any place of such a tree one of the classes below (`Unknown`, `Reference`,
`OneOf`, `Text`). `OpenDict` and `OpenList` are containers of which some members are not known.

*Traced* values are what readers compute with: the same tree in which every node knows the span
of the file it was written at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from stepguard.deployment.source import Span

Plain: TypeAlias = Any
"""A plain value (see the module's docstring); an alias, since recursive types say no more."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be read before deployment.

    `expression` is what stands in the source for it (`var.name`, `random_id.x.hex`), used when
    the value is rendered as `${…}`; `reason` says in a few words why it is not known.
    """

    expression: str
    reason: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute of a resource of the same project, or a pseudo parameter.

    `target` is the resource's address (Terraform: `module.a.aws_lambda_function.f`, without
    instance key when that is not known) or logical id (CloudFormation), or one of the pseudo
    parameters `AWS::AccountId`, `AWS::Region`, `AWS::Partition`, `AWS::URLSuffix`,
    `AWS::StackName`, `AWS::StackId` in every form of source. `attribute` is the attribute as the
    source names it (`arn`, `Arn`, `Outputs.X`; empty for CloudFormation's `Ref`).
    `expression` is what the source says.
    """

    target: str
    attribute: str = ""
    expression: str = field(default="", compare=False)

    @property
    def is_pseudo(self) -> bool:
        """Whether it names the account, region, partition or stack, and no resource."""
        return self.target.startswith("AWS::")


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value that depends on an open condition; every alternative is kept.

    `condition` is the condition as the source names it. An alternative may be `REMOVED`.
    """

    condition: str
    alternatives: tuple[Plain, ...]

    def __hash__(self) -> int:
        return hash((self.condition, len(self.alternatives)))


class Removed:
    """The type of `REMOVED`, which stands for a property that is not there (`AWS::NoValue`)."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED = Removed()


@dataclass(frozen=True, slots=True)
class Piece:
    """A known stretch of a text.

    `span` is where it is written; `exact` says that the stretch stands there character by
    character, so that offsets inside it carry over to the file.
    """

    text: str
    span: Span | None = field(default=None, compare=False)
    exact: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch of a text that is not known: what will stand there, and where that is written."""

    value: Unknown | Reference
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of known pieces and holes, in order. Compared by content, not by place."""

    parts: tuple[Piece | Hole, ...]

    @property
    def holes(self) -> tuple[Unknown | Reference, ...]:
        """The unknown values in it, in order."""
        return tuple(part.value for part in self.parts if isinstance(part, Hole))

    @property
    def known(self) -> str | None:
        """The whole text when it has no hole, else `None`."""
        if any(isinstance(part, Hole) for part in self.parts):
            return None
        return "".join(part.text for part in self.parts if isinstance(part, Piece))

    def __str__(self) -> str:
        return render_text(self)

    def locate(self, start: int, end: int) -> Span | None:
        """Return where characters `start` to `end` of the text are written.

        Offsets count a hole as one character. The span ends where the last character's piece is
        known to end; it is the whole piece where the piece is not exact. `None` when no part
        there has a span.
        """
        first: Span | None = None
        last: Span | None = None
        position = 0
        for part in self.parts:
            length = len(part.text) if isinstance(part, Piece) else 1
            if position + length > start and (position < end or first is None):
                span = part.span
                if span is not None:
                    if isinstance(part, Piece) and part.exact:
                        low = span.start + max(0, start - position)
                        high = span.start + min(length, max(end - position, 1))
                        span = Span(span.file, low, max(low, high))
                    if first is None:
                        first = span
                    if span.file is first.file:
                        last = span
            position += length
            if position >= end and first is not None:
                break
        if first is None or last is None:
            return first
        return Span(first.file, first.start, max(first.end, last.end))


class OpenDict(dict[str, Plain]):
    """An object that has further members which are not known; `rest` says what they are."""

    rest: Unknown | Reference

    def __init__(self, members: dict[str, Plain], rest: Unknown | Reference) -> None:
        super().__init__(members)
        self.rest = rest


class OpenList(list[Plain]):
    """A list that has further elements which are not known; `rest` says what they are."""

    rest: Unknown | Reference

    def __init__(self, elements: Iterable[Plain], rest: Unknown | Reference) -> None:
        super().__init__(elements)
        self.rest = rest


class PartlyKnownKey(str):
    """An object's key that has holes: the string is its rendering, `text` the parts."""

    text: Text
    __slots__ = ("text",)

    def __new__(cls, text: Text) -> PartlyKnownKey:
        """Make the key from its parts."""
        key = super().__new__(cls, render_text(text))
        key.text = text
        return key


UNREAD = (Unknown, Reference)
"""For `isinstance`: the classes of a value of which nothing is known but where it comes from."""


def render_hole(value: Unknown | Reference) -> str:
    """Return `${expression}` for something unknown."""
    if isinstance(value, Reference):
        default = f"{value.target}.{value.attribute}" if value.attribute else value.target
        return "${" + (value.expression or default) + "}"
    return "${" + value.expression + "}"


def render_text(text: Text) -> str:
    """Return a text with `${…}` in the place of its holes."""
    return "".join(
        part.text if isinstance(part, Piece) else render_hole(part.value) for part in text.parts
    )


def render(value: Plain) -> Plain:
    """Return plain JSON in which whatever is unknown is a string `${…}`.

    A `OneOf` becomes the string `${condition ? … : …}`; the rest of an open container becomes a
    member `"${…}"`.
    """
    if isinstance(value, UNREAD):
        return render_hole(value)
    if isinstance(value, Text):
        return render_text(value)
    if isinstance(value, OneOf):
        return "${" + value.condition + " ? … }"
    if isinstance(value, dict):
        members = {str(key): render(member) for key, member in value.items()}
        if isinstance(value, OpenDict):
            members[render_hole(value.rest)] = "…"
        return members
    if isinstance(value, list):
        elements = [render(element) for element in value]
        if isinstance(value, OpenList):
            elements.append(render_hole(value.rest))
        return elements
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is REMOVED:
        return None
    return value


def unknowns(value: Plain) -> Iterator[Unknown]:
    """Yield every `Unknown` in a plain value, those in texts, open containers and choices too.

    References are not unknown in this sense: what they point at is part of the deployment.
    """
    return (one for one in _open_parts(value) if isinstance(one, Unknown))


def references(value: Plain) -> Iterator[Reference]:
    """Yield every `Reference` in a plain value, those in texts, open containers and choices too."""
    return (one for one in _open_parts(value) if isinstance(one, Reference))


def _open_parts(value: Plain) -> Iterator[Unknown | Reference]:
    """Yield what is not known in a value; of a choice, its condition and what is in it."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, (Unknown, Reference)):
            yield current
        elif isinstance(current, Text):
            stack.extend(current.holes)
        elif isinstance(current, OneOf):
            yield Unknown(current.condition, f"depends on condition {current.condition}")
            stack.extend(current.alternatives)
        elif isinstance(current, dict):
            for key, member in current.items():
                if isinstance(key, PartlyKnownKey):
                    stack.extend(key.text.holes)
                stack.append(member)
            if isinstance(current, OpenDict):
                stack.append(current.rest)
        elif isinstance(current, list):
            stack.extend(current)
            if isinstance(current, OpenList):
                stack.append(current.rest)


def alternatives(value: Plain) -> tuple[Plain, ...]:
    """Return what a value can be: itself, or every alternative of a `OneOf`, nested ones too.

    `REMOVED` alternatives are left out.
    """
    if not isinstance(value, OneOf):
        return () if value is REMOVED else (value,)
    found: list[Plain] = []
    for alternative in value.alternatives:
        found.extend(alternatives(alternative))
    return tuple(found)


@dataclass(slots=True, eq=False)
class Traced:
    """A value together with the place where it is written.

    `value` is a scalar (`None`, `bool`, `int`, `Decimal`, `str`), an `Unknown`, `Reference`,
    `Text`, a `list` of `Traced`, a `dict` from key to `Traced`, or a `OneOf` whose alternatives
    are `Traced` (or `REMOVED`). `keys` holds the spans of an object's keys. `text` holds the
    pieces of a known string when its characters do not simply stand at `span`. `rest` marks a
    list or object of which further members are not known. `encoded` is the value of which this
    string is the JSON encoding. `sensitive` values are never printed.
    """

    value: Any
    span: Span | None = None
    keys: dict[str, Span] | None = None
    text: Text | None = None
    rest: Unknown | Reference | None = None
    encoded: Traced | None = None
    sensitive: bool = False

    @property
    def is_known(self) -> bool:
        """Whether nothing in the whole tree below is unknown (a reference counts as unknown)."""
        stack: list[Traced] = [self]
        while stack:
            node = stack.pop()
            if node.rest is not None:
                return False
            value = node.value
            if isinstance(value, (Unknown, Reference, OneOf, Text)):
                if not (isinstance(value, Text) and value.known is not None):
                    return False
            elif isinstance(value, dict):
                if any(isinstance(key, PartlyKnownKey) for key in value):
                    return False
                stack.extend(value.values())
            elif isinstance(value, list):
                stack.extend(value)
        return True

    def as_text(self) -> Text | None:
        """Return this string with the places of its pieces; `None` when it is no string.

        Something wholly unknown gives a text of one hole.
        """
        if isinstance(self.value, Text):
            return self.value
        if isinstance(self.value, UNREAD):
            return Text((Hole(self.value, self.span),))
        if not isinstance(self.value, str):
            return None
        if self.text is not None:
            return self.text
        exact = self.span is not None and self.span.text == self.value
        return Text((Piece(self.value, self.span, exact),))

    def get(self, key: str) -> Traced | None:
        """Return a member of an object; `None` when this is no object or has no such member."""
        if isinstance(self.value, dict):
            member = self.value.get(key)
            return member if isinstance(member, Traced) else None
        return None


def plain(traced: Traced) -> Plain:
    """Return the plain value of a traced one. `Decimal` becomes `int` or `float`."""
    value = traced.value
    result: Plain
    if isinstance(value, dict):
        members = {
            key: plain(member) for key, member in value.items() if member.value is not REMOVED
        }
        result = members if traced.rest is None else OpenDict(members, traced.rest)
    elif isinstance(value, list):
        elements = [plain(element) for element in value if element.value is not REMOVED]
        result = elements if traced.rest is None else OpenList(elements, traced.rest)
    elif isinstance(value, OneOf):
        result = OneOf(
            value.condition,
            tuple(plain(one) if isinstance(one, Traced) else one for one in value.alternatives),
        )
    elif isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        result = int(value) if whole else float(value)
    elif isinstance(value, Text):
        known = value.known
        result = value if known is None else known
    else:
        result = value
    return result


def text_of(parts: Iterable[Piece | Hole], span: Span | None = None) -> Traced:
    """Return the traced string made of parts; a known `str` value when there is no hole.

    A text that is one hole alone stays a text: it is known to be a string.
    """
    text = Text(tuple(part for part in parts if isinstance(part, Hole) or part.text))
    known = text.known
    if known is None:
        return Traced(text, span)
    return Traced(known, span, text=text)
