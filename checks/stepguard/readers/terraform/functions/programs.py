"""Regular expressions compiled to programs for `stepguard.readers.terraform.functions.matching`."""

from __future__ import annotations

from typing import TypeAlias

from stepguard.readers.terraform.functions.characters import Characters
from stepguard.readers.terraform.functions.errors import NotKnownError
from stepguard.readers.terraform.functions.patterns import (
    Assertion,
    Choice,
    Group,
    Node,
    Pattern,
    Repeat,
    Sequence,
    Single,
)
from stepguard.structs import Struct

MAXIMUM_INSTRUCTIONS = 5_000
"""Instructions of a program; patterns with larger ones are not looked at."""


class Take(Struct):
    """Take one character of a set."""

    characters: Characters
    next: int


class Split(Struct):
    """Go on in two ways, of which the first is preferred."""

    preferred: int
    other: int


class Save(Struct):
    """Note the place in a slot: where the match or a group starts or ends."""

    slot: int
    next: int


class Check(Struct):
    """Go on if a condition on the place holds."""

    kind: str
    next: int


class Done(Struct):
    """The pattern has matched."""


Instruction: TypeAlias = "Take | Split | Save | Check | Done"


class Program:
    """The instructions of a pattern, the one to start with, and the names of its groups.

    Raises `NotKnownError` when there are too many.
    """

    def __init__(self, pattern: Pattern) -> None:
        self.names = pattern.names
        self.instructions: list[Instruction] = []
        end = self._add(Save(1, self._add(Done())))
        self.start = self._add(Save(0, self._compile(pattern.root, end)))

    def _add(self, instruction: Instruction) -> int:
        if len(self.instructions) >= MAXIMUM_INSTRUCTIONS:
            raise NotKnownError("the regular expression is too large")
        self.instructions.append(instruction)
        return len(self.instructions) - 1

    def _compile(self, node: Node, after: int) -> int:
        """Add the instructions for a node that is followed by others; return the first one."""
        if isinstance(node, Single):
            return self._add(Take(node.characters, after))
        if isinstance(node, Assertion):
            return self._add(Check(node.kind, after))
        if isinstance(node, Group):
            end = self._add(Save(2 * node.number + 1, after))
            return self._add(Save(2 * node.number, self._compile(node.inner, end)))
        if isinstance(node, Sequence):
            for one in reversed(node.nodes):
                after = self._compile(one, after)
            return after
        if isinstance(node, Choice):
            first = self._compile(node.nodes[-1], after)
            for one in reversed(node.nodes[:-1]):
                first = self._add(Split(self._compile(one, after), first))
            return first
        return self._repeat(node, after)

    def _repeat(self, node: Repeat, after: int) -> int:
        minimum = node.minimum
        if node.maximum is None:
            if minimum == 0:
                after = self._star(node, after)
            else:
                after = self._plus(node, after)
                minimum -= 1
        else:
            skip = after
            for _ in range(node.maximum - minimum):
                after = self._split(self._compile(node.inner, after), skip, node.greedy)
        for _ in range(minimum):
            after = self._compile(node.inner, after)
        return after

    def _star(self, node: Repeat, after: int) -> int:
        if may_be_empty(node.inner):
            return self._split(self._plus(node, after), after, node.greedy)
        loop = self._split(after, after, node.greedy)
        self._close(loop, self._compile(node.inner, loop), node.greedy)
        return loop

    def _plus(self, node: Repeat, after: int) -> int:
        loop = self._split(after, after, node.greedy)
        body = self._compile(node.inner, loop)
        self._close(loop, body, node.greedy)
        return body

    def _split(self, body: int, skip: int, greedy: bool) -> int:
        return self._add(Split(body, skip) if greedy else Split(skip, body))

    def _close(self, loop: int, body: int, greedy: bool) -> None:
        split = self.instructions[loop]
        if isinstance(split, Split):
            if greedy:
                split.preferred = body
            else:
                split.other = body


def may_be_empty(node: Node) -> bool:
    """Tell whether a node may match without taking a character."""
    if isinstance(node, Single):
        return False
    if isinstance(node, Assertion):
        return True
    if isinstance(node, Group):
        return may_be_empty(node.inner)
    if isinstance(node, Sequence):
        return all(may_be_empty(one) for one in node.nodes)
    if isinstance(node, Choice):
        return any(may_be_empty(one) for one in node.nodes)
    return node.minimum == 0 or may_be_empty(node.inner)
