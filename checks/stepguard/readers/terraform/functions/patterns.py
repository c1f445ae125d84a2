"""Regular expressions in the syntax of Go (RE2), read into trees."""

from __future__ import annotations

import re
from typing import TypeAlias

from stepguard.readers.terraform.functions.characters import (
    CATEGORIES,
    PERL,
    POSIX,
    Category,
    Characters,
    Ranges,
    Union,
)
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.structs import Struct

MAXIMUM_DEPTH = 60
"""Groups within groups of a pattern that is looked at."""

_MAXIMUM_REPEAT = 1000
_ESCAPES = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ASSERTIONS = {"A": "text start", "z": "text end", "b": "boundary", "B": "no boundary"}
_REPEAT = re.compile(r"\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}")
_GROUP_NAME = re.compile(r"\?P?<([^>]*)>")
_FLAGS = re.compile(r"\?([imsU]*)(?:-([imsU]+))?([:)])")
_CLASS_NAME = re.compile(r"\[:(\^?)([^\]]*?):\]")
_HEXADECIMAL = re.compile(r"([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\}")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_PROPERTY = re.compile(r"\{(\^?)([^}]*)\}|(.)", re.DOTALL)
_EVERYTHING = Ranges([(0, 0x10FFFF)])
_ANY = Union([_EVERYTHING])
_NOT_NEWLINE = Union([Ranges([(0x0A, 0x0A)])], negated=True)


class Single(Struct, frozen=True):
    """One character of a set."""

    characters: Characters


class Assertion(Struct, frozen=True):
    """A condition on the place: `line start`, `line end`, or one of `_ASSERTIONS`."""

    kind: str


class Group(Struct, frozen=True):
    """A capturing group; its number counts from one."""

    inner: Node
    number: int


class Sequence(Struct, frozen=True):
    """Nodes one after the other; none for the empty pattern."""

    nodes: tuple[Node, ...]


class Choice(Struct, frozen=True):
    """Alternatives, the preferred one first."""

    nodes: tuple[Node, ...]


class Repeat(Struct, frozen=True):
    """A repetition; without `maximum` any number of times."""

    inner: Node
    minimum: int
    maximum: int | None
    greedy: bool


Node: TypeAlias = "Single | Assertion | Group | Sequence | Choice | Repeat"


class Pattern(Struct, frozen=True):
    """A regular expression: its tree, and the name of each group, empty where it has none."""

    root: Node
    names: tuple[str, ...]


def parse_pattern(text: str) -> Pattern:
    """Read a pattern. Raises `FunctionError` for what Go refuses, `NotKnownError` at a limit."""
    parser = _Parser(text)
    root = parser.choice(0)
    if parser.position < len(text):
        raise FunctionError("the regular expression has an unexpected )")
    return Pattern(root, tuple(parser.names))


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.names: list[str] = []
        self._flags: frozenset[str] = frozenset()

    @property
    def _folded(self) -> bool:
        return "i" in self._flags

    def _next(self) -> str:
        if self.position >= len(self.text):
            raise FunctionError("the regular expression ends too early")
        self.position += 1
        return self.text[self.position - 1]

    def _peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def choice(self, depth: int) -> Node:
        if depth > MAXIMUM_DEPTH:
            raise NotKnownError("the regular expression is nested too deeply")
        alternatives = [self._sequence(depth)]
        while self._peek() == "|":
            self.position += 1
            alternatives.append(self._sequence(depth))
        return alternatives[0] if len(alternatives) == 1 else Choice(tuple(alternatives))

    def _sequence(self, depth: int) -> Node:
        nodes: list[Node] = []
        while (character := self._peek()) and character not in "|)":
            if character in "*+?" or (character == "{" and self._repetition() is not None):
                raise FunctionError("the regular expression repeats nothing")
            node = self._atom(depth)
            if node is not None:
                nodes.append(self._repeated(node))
            elif self._repetition() is not None and not nodes:
                raise FunctionError("the regular expression repeats nothing")
            elif self._repetition() is not None:
                nodes.append(self._repeated(nodes.pop()))
        return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes))

    def _repetition(self) -> tuple[int, int | None, int] | None:
        """Return the repetition that stands here: least, most, and its length."""
        character = self._peek()
        if character and character in "*+?":
            minimum, maximum = {"*": (0, None), "+": (1, None), "?": (0, 1)}[character]
            return minimum, maximum, 1
        match = _REPEAT.match(self.text, self.position)
        if match is None:
            return None
        least, comma, most = match.groups()
        if max(len(least), len(most or "")) > 4:
            raise FunctionError("the regular expression repeats too often")
        minimum = int(least)
        maximum = minimum if not comma else int(most) if most else None
        if minimum > _MAXIMUM_REPEAT or (maximum or 0) > _MAXIMUM_REPEAT:
            raise FunctionError("the regular expression repeats too often")
        if maximum is not None and minimum > maximum:
            raise FunctionError("the regular expression repeats less often than it must")
        return minimum, maximum, match.end() - match.start()

    def _repeated(self, node: Node) -> Node:
        repetition = self._repetition()
        if repetition is None:
            return node
        minimum, maximum, length = repetition
        self.position += length
        greedy = "U" not in self._flags
        if self._peek() == "?":
            self.position += 1
            greedy = not greedy
        if self._repetition() is not None:
            raise FunctionError("the regular expression repeats a repetition")
        return Repeat(node, minimum, maximum, greedy)

    def _atom(self, depth: int) -> Node | None:
        """Return what stands here; `None` for what matches nothing by itself, such as flags."""
        character = self._next()
        if character == "(":
            return self._group(depth)
        if character == "[":
            return Single(self._class())
        if character == ".":
            return Single(_ANY if "s" in self._flags else _NOT_NEWLINE)
        if character == "^":
            return Assertion("line start" if "m" in self._flags else "text start")
        if character == "$":
            return Assertion("line end" if "m" in self._flags else "text end")
        if character == "\\":
            return self._escape()
        return self._literal(character)

    def _literal(self, character: str) -> Single:
        code = ord(character)
        return Single(Union([Ranges([(code, code)], folded=self._folded)]))

    def _group(self, depth: int) -> Node | None:
        before = self._flags
        number = 0
        if self._peek() == "?":
            named = _GROUP_NAME.match(self.text, self.position)
            flags = _FLAGS.match(self.text, self.position)
            if named is not None:
                number = self._add_group(named.group(1))
                self.position = named.end()
            elif flags is not None:
                self.position = flags.end()
                self._flags = (self._flags | set(flags.group(1))) - set(flags.group(2) or "")
                if flags.group(3) == ")":
                    return None
            else:
                raise FunctionError("the regular expression has an unknown group")
        else:
            number = self._add_group("")
        inner = self.choice(depth + 1)
        if self._peek() != ")":
            raise FunctionError("the regular expression lacks a )")
        self.position += 1
        self._flags = before
        return Group(inner, number) if number else Sequence((inner,))

    def _add_group(self, name: str) -> int:
        if name and not re.fullmatch("[A-Za-z0-9_]+", name):
            raise FunctionError("the regular expression has a wrong group name")
        if not name and self.text[self.position : self.position + 1] == "?":
            raise FunctionError("the regular expression has an empty group name")
        self.names.append(name)
        return len(self.names)

    def _escape(self) -> Node | None:
        character = self._next()
        if character == "Q":
            return self._quoted()
        if character in _ASSERTIONS:
            return Assertion(_ASSERTIONS[character])
        named = self._named_set(character)
        if named is not None:
            return Single(Union([named]))
        return self._literal(self._escaped(character))

    def _quoted(self) -> Node | None:
        end = self.text.find("\\E", self.position)
        string = self.text[self.position : end if end >= 0 else len(self.text)]
        self.position = end + 2 if end >= 0 else len(self.text)
        if not string:
            return None
        literals = [self._literal(character) for character in string]
        # A repetition after it belongs to the last character.
        return Sequence((*literals[:-1], self._repeated(literals[-1])))

    def _named_set(self, character: str) -> Characters | None:
        """Return the set that an escape such as that of digits names; `None` for others."""
        if character.lower() in PERL:
            ranges = Ranges(PERL[character.lower()], folded=self._folded)
            return Union([ranges], negated=character.isupper())
        if character not in "pP":
            return None
        match = _PROPERTY.match(self.text, self.position)
        if match is None:
            raise FunctionError("the regular expression has a wrong character class")
        self.position = match.end()
        caret, name, letter = match.groups()
        negated = (character == "P") is not bool(caret)
        name = name or letter or ""
        if name == "Any":
            return Union([_EVERYTHING], negated=negated)
        if len(name) > 2 or name[1:] not in CATEGORIES.get(name[:1], ()):
            raise NotKnownError("the regular expression names a script of Unicode")
        return Union([Category(name, folded=self._folded)], negated=negated)

    def _escaped(self, character: str) -> str:
        if character in _ESCAPES:
            return _ESCAPES[character]
        if character == "x":
            match = _HEXADECIMAL.match(self.text, self.position)
            if match is not None:
                self.position = match.end()
                code = int(match.group(1) or match.group(2), 16)
                if code <= 0x10FFFF:
                    return chr(code)
        octal = _OCTAL.match(self.text, self.position - 1)
        if octal is not None:
            self.position = octal.end()
            return chr(int(octal.group(), 8))
        if character.isascii() and not character.isalnum():
            return character
        raise FunctionError("the regular expression has an unknown escape")

    def _class(self) -> Characters:
        negated = self._peek() == "^"
        if negated:
            self.position += 1
        sets: list[Characters] = []
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            posix = _CLASS_NAME.match(self.text, self.position)
            if posix is not None:
                self.position = posix.end()
                if posix.group(2) not in POSIX:
                    raise FunctionError("the regular expression has an unknown character class")
                named: Characters = Ranges(POSIX[posix.group(2)], folded=self._folded)
                sets.append(Union([named], negated=bool(posix.group(1))))
                continue
            low = self._class_character()
            if not isinstance(low, str):
                sets.append(low)
                continue
            high: str | Characters = low
            if self._peek() == "-" and self.text[self.position + 1 : self.position + 2] != "]":
                self.position += 1
                high = self._class_character()
            if not isinstance(high, str) or high < low:
                raise FunctionError("the regular expression has a wrong range of characters")
            ranges.append((ord(low), ord(high)))
        self.position += 1
        sets.append(Ranges(ranges, folded=self._folded))
        return Union(sets, negated=negated)

    def _class_character(self) -> str | Characters:
        character = self._next()
        if character != "\\":
            return character
        character = self._next()
        named = self._named_set(character)
        return self._escaped(character) if named is None else named
