"""`Fn::ForEach`: members of an object that are written once and stand there for each element."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepguard.deployment.source import Span
from stepguard.deployment.values import Piece, Text, Traced, text_of
from stepguard.readers.cloudformation.texts import Parts, replaced, scalar_as_text
from stepguard.structs import Struct

FOR_EACH = "Fn::ForEach::"

MAXIMUM_COPIED = 70_000
"""Values that the loops of one template may make, all together."""

_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")


class TooManyCopiesError(Exception):
    """The loops of a template make more than can be read."""


class Loop(Struct, frozen=True):
    """A loop: the name of its variable, what it runs over (as written), and what it repeats."""

    identifier: str
    collection: Traced
    fragment: Traced


def read_loop(node: Traced) -> Loop | None:
    """Return the loop that is written under `Fn::ForEach::Name`; `None` for a wrong form."""
    if not isinstance(node.value, list) or len(node.value) != 3:
        return None
    identifier, collection, fragment = node.value
    if not isinstance(identifier.value, str) or not isinstance(fragment.value, dict):
        return None
    return Loop(identifier.value, collection, fragment)


def elements_of(collection: Traced) -> list[str] | None:
    """Return what a loop runs over; `None` unless every element is a known text."""
    if not isinstance(collection.value, list):
        return None
    texts = [scalar_as_text(element.value) for element in collection.value]
    return [text for text in texts if text is not None] if None not in texts else None


class Copier:
    """Makes the copies of loops' fragments, and counts what it makes."""

    def __init__(self) -> None:
        self._made = 0

    def copies(self, loop: Loop, elements: Sequence[str]) -> list[Traced]:
        """Return a loop's fragment for each element, the loop's variable replaced by it.

        Raises `TooManyCopiesError`, or `TextTooLongError`.
        """
        name = re.escape(loop.identifier)
        pattern = re.compile(r"([$&])\{" + name + r"\}")
        return [self._copy(loop.fragment, loop.identifier, pattern, one) for one in elements]

    def _copy(self, node: Traced, name: str, pattern: re.Pattern[str], element: str) -> Traced:
        self._made += 1
        if self._made > MAXIMUM_COPIED:
            raise TooManyCopiesError
        value = node.value
        if isinstance(value, str):
            return _replaced(node, pattern, element)
        if isinstance(value, list):
            copied = [self._copy(one, name, pattern, element) for one in value]
            return Traced(copied, node.span)
        if not isinstance(value, dict):
            return node
        if len(value) == 1 and (called := value.get("Ref")) is not None and called.value == name:
            return Traced(element, node.span)
        members: dict[str, Traced] = {}
        keys: dict[str, Span] = {}
        for key, member in value.items():
            new = pattern.sub(lambda match: _element(match, element), key)
            members[new] = self._copy(member, name, pattern, element)
            if node.keys is not None and key in node.keys:
                keys[new] = node.keys[key]
        return Traced(members, node.span, keys=keys)


def _element(match: re.Match[str], element: str) -> str:
    # `&{Name}` is for logical ids, which take letters and digits only.
    return _NOT_ALPHANUMERIC.sub("", element) if match.group(1) == "&" else element


def _replaced(node: Traced, pattern: re.Pattern[str], element: str) -> Traced:
    if not pattern.search(node.value):
        return node
    text = node.as_text() or Text(())

    def make(match: re.Match[str], place: Span | None) -> Parts:
        return (Piece(_element(match, element), place),)

    return text_of(replaced(text, pattern, make), node.span)
