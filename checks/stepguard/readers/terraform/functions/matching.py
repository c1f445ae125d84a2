"""Matching of regular expressions in a time that is bounded by pattern times text.

A pattern becomes a program for a machine that follows all ways to match at once and goes through
the text a single time (Thompson's construction with captures, as in Go's own package). Unlike
backtracking, no pattern can make it slow; the work is counted all the same.

A hole of the text stands for one or more characters of an alphabet. Where each of them leads to
the same, the hole is like a single character. Where not, the ways on are followed as doubtful
ones: if one of them comes to a match, what matches depends on the hole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from stepguard.readers.terraform.functions.errors import NotKnownError
from stepguard.readers.terraform.functions.patterns import Pattern
from stepguard.readers.terraform.functions.programs import (
    Check,
    Done,
    Program,
    Save,
    Split,
    Take,
    may_be_empty,
)
from stepguard.readers.terraform.functions.work import WORK
from stepguard.structs import Struct, field

MAXIMUM_STEPS = 1_000_000
"""Steps of the machine for one call of a function."""

_DEPENDS = "what the regular expression matches depends on something unknown"

Span: TypeAlias = "tuple[int, int] | None"
Alphabets: TypeAlias = "Mapping[int, frozenset[str]]"
"""The characters that holes may consist of, by the place of the hole."""

_Threads: TypeAlias = "list[tuple[int, tuple[int, ...]]]"


class Match(Struct, frozen=True):
    """Where a pattern matched, and where its groups did: `None` for one that took no part."""

    start: int
    end: int
    groups: tuple[Span, ...]


class _Doubts(Struct):
    """Ways to match that depend on what holes hold.

    `ways` are the instructions that they have come to, with the earliest place at which they may
    have begun; `first` is that of the first of them that came to a match.
    """

    ways: dict[int, int] = field(default_factory=dict)
    first: int | None = None

    def note(self, start: int) -> None:
        """Note that a way which began at a place came to a match."""
        self.first = start if self.first is None else min(self.first, start)


class Machine(Struct):
    """A pattern that is matched with a text.

    `steps` counts the work done. `touched` are the holes within which there may be a match.
    """

    program: Program
    text: str
    holes: Alphabets = field(default_factory=dict)
    steps: int = 0
    touched: set[int] = field(default_factory=set)

    @staticmethod
    def of(pattern: Pattern, text: str, holes: Alphabets) -> Machine:
        """Compile a pattern. Raises `NotKnownError` when its program is too large."""
        if holes and may_be_empty(pattern.root):
            raise NotKnownError(_DEPENDS)
        return Machine(Program(pattern), text, holes)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the groups, empty for those that have none."""
        return self.program.names

    def search(self, start: int) -> Match | None:
        """Return the first match from an offset on, but for those within a hole.

        Raises `NotKnownError` at the limit, and when a match depends on a hole.
        """
        found: tuple[int, ...] | None = None
        none = (-1,) * (2 * len(self.names) + 2)
        current: _Threads = []
        seen: set[int] = set()
        doubts = _Doubts()
        for position in range(start, len(self.text) + 1):
            if found is not None and not current and not _matter(doubts, found[0]):
                break
            if found is None:
                self._follow(self.program.start, none, position, current, seen)
            for number, (instruction, captures) in enumerate(current):
                if isinstance(self.program.instructions[instruction], Done):
                    found = captures
                    del current[number:]
                    break
            alphabet = self.holes.get(position)
            if alphabet is not None:
                current = self._cross(position, alphabet, current, doubts)
                seen = {instruction for instruction, _ in current}
                continue
            seen = set()
            character = self.text[position : position + 1]
            current = self._step(character, current, position + 1, seen)
            self._follow_doubts(character, doubts)
        match = None if found is None else _match(found)
        if doubts.first is not None and (match is None or match.start >= doubts.first):
            raise NotKnownError(_DEPENDS)
        return match

    def _step(self, character: str, threads: _Threads, position: int, seen: set[int]) -> _Threads:
        """Return the threads that go on after a character, which ends at `position`."""
        following: _Threads = []
        for number, captures in threads:
            instruction = self.program.instructions[number]
            if isinstance(instruction, Take) and character and character in instruction.characters:
                self._follow(instruction.next, captures, position, following, seen)
        return following

    def _follow(
        self,
        number: int,
        captures: tuple[int, ...],
        position: int,
        threads: _Threads,
        seen: set[int],
    ) -> None:
        """Add the threads that an instruction leads to without taking a character."""
        pending = [(number, captures)]
        while pending:
            number, captures = pending.pop()
            if number in seen:
                continue
            seen.add(number)
            self._count()
            instruction = self.program.instructions[number]
            if isinstance(instruction, (Take, Done)):
                threads.append((number, captures))
            elif isinstance(instruction, Split):
                pending.append((instruction.other, captures))
                pending.append((instruction.preferred, captures))
            elif isinstance(instruction, Save):
                slot = instruction.slot
                captures = (*captures[:slot], position, *captures[slot + 1 :])
                pending.append((instruction.next, captures))
            elif self._holds(instruction.kind, position):
                pending.append((instruction.next, captures))

    def _count(self) -> None:
        self.steps += 1
        WORK.add(1)
        if self.steps > MAXIMUM_STEPS:
            raise NotKnownError("matching the regular expression takes too much work")

    def _holds(self, kind: str, position: int) -> bool:
        if "boundary" in kind and (position in self.holes or position - 1 in self.holes):
            raise NotKnownError(_DEPENDS)
        return _holds(kind, self.text, position)

    # Holes

    def _cross(
        self, position: int, alphabet: frozenset[str], threads: _Threads, doubts: _Doubts
    ) -> _Threads:
        """Return the threads that certainly go on after a hole; note the doubtful ones."""
        certain: _Threads = []
        ways = dict(doubts.ways)
        begins_certainly = True
        for number, captures in threads:
            is_certain = self._is_certain(position, alphabet, (number, captures))
            if captures[0] == position:
                # One way to begin with the hole is preferred to the next one.
                begins_certainly = begins_certainly and is_certain
                is_certain = begins_certainly
            elif not is_certain:
                ways[number] = min(captures[0], ways.get(number, position))
            if is_certain:
                certain.append((number, captures))
        if not begins_certainly:
            certain = [thread for thread in certain if thread[1][0] < position]
        doubts.ways = self._reached(ways, alphabet)
        for start in self._matching(doubts.ways):
            doubts.note(start)
        within = self._reached({self.program.start: position}, alphabet)
        if self._matching(within):
            self.touched.add(position)
        doubts.ways = {**within, **doubts.ways}
        return self._step(min(alphabet), certain, position + 1, set())

    def _is_certain(
        self, position: int, alphabet: frozenset[str], thread: tuple[int, tuple[int, ...]]
    ) -> bool:
        """Tell whether a hole leads a thread to the same, whatever it holds and how long it is."""
        character = min(alphabet)
        once = self._step(character, [thread], position + 1, set())
        ahead: _Threads = []
        for following in once:
            if isinstance(self.program.instructions[following[0]], Done):
                break
            ahead.append(following)
        twice = self._step(character, ahead, position + 1, set())
        return once == twice and self._is_uniform([thread, *once], alphabet)

    def _is_uniform(self, threads: _Threads, alphabet: frozenset[str]) -> bool:
        """Tell whether every character of an alphabet leads to the same."""
        for number, _ in threads:
            instruction = self.program.instructions[number]
            if isinstance(instruction, Take):
                taken = sum(character in instruction.characters for character in alphabet)
                if taken not in (0, len(alphabet)):
                    return False
        return True

    def _reached(self, ways: Mapping[int, int], alphabet: frozenset[str]) -> dict[int, int]:
        """Return where ways may come to by one or more characters of an alphabet."""
        reached: dict[int, int] = {}
        for number, start in sorted(ways.items(), key=lambda way: way[1]):
            pending = list(self._closure({number}))
            while pending:
                instruction = self.program.instructions[pending.pop()]
                if isinstance(instruction, Take) and any(
                    character in instruction.characters for character in alphabet
                ):
                    new = self._closure({instruction.next}).difference(reached)
                    reached.update(dict.fromkeys(new, start))
                    pending.extend(new)
        return reached

    def _follow_doubts(self, character: str, doubts: _Doubts) -> None:
        """Go on with the doubtful ways after a character."""
        following: dict[int, int] = {}
        for number, start in doubts.ways.items():
            instruction = self.program.instructions[number]
            if isinstance(instruction, Take) and character and character in instruction.characters:
                for new in self._closure({instruction.next}):
                    following[new] = min(start, following.get(new, start))
        doubts.ways = following
        for start in self._matching(following):
            doubts.note(start)

    def _closure(self, numbers: Iterable[int]) -> set[int]:
        """Return the instructions that others may lead to without taking a character."""
        closure: set[int] = set()
        pending = list(numbers)
        while pending:
            number = pending.pop()
            if number in closure:
                continue
            closure.add(number)
            self._count()
            instruction = self.program.instructions[number]
            if isinstance(instruction, Split):
                pending.extend((instruction.preferred, instruction.other))
            elif isinstance(instruction, (Save, Check)):
                pending.append(instruction.next)
        return closure

    def _matching(self, ways: Mapping[int, int]) -> list[int]:
        """Return where those ways began that have come to a match."""
        return [
            start
            for number, start in ways.items()
            if isinstance(self.program.instructions[number], Done)
        ]

    def find_all(self) -> list[Match]:
        """Return all matches that do not overlap, but for empty ones right after another."""
        matches: list[Match] = []
        position, previous_end = 0, -1
        while position <= len(self.text):
            match = self.search(position)
            if match is None:
                break
            is_kept = match.end != position or match.start != previous_end
            position = position + 1 if match.end == position else match.end
            previous_end = match.end
            if is_kept:
                matches.append(match)
        return matches


def _matter(doubts: _Doubts, start: int) -> bool:
    """Tell whether doubtful ways may be preferred to a match that begins at a place."""
    return any(one <= start for one in doubts.ways.values())


def _match(captures: tuple[int, ...]) -> Match:
    pairs = list(zip(captures[::2], captures[1::2], strict=True))
    groups = tuple(None if min(pair) < 0 else pair for pair in pairs[1:])
    return Match(*pairs[0], groups)


def _holds(kind: str, text: str, position: int) -> bool:
    if kind == "text start":
        return position == 0
    if kind == "text end":
        return position == len(text)
    if kind == "line start":
        return position == 0 or text[position - 1] == "\n"
    if kind == "line end":
        return position == len(text) or text[position] == "\n"
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before is not after) is (kind == "boundary")


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")
