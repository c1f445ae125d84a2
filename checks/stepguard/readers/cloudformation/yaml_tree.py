"""A YAML or JSON file as a tree of values in which every node and key has its place.

libyaml reads the file to events; the tree is made of these without recursion, so that neither
depth nor aliases can exhaust anything. CloudFormation's short tags (`!GetAtt A.B`) become the
long form (`{"Fn::GetAtt": "A.B"}`).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from yaml import CSafeLoader, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

from stepguard.deployment.json_text import (
    DuplicateKey,
    JsonTextError,
    find_duplicates,
    hides,
    trace_json,
)
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Piece, Text, Traced
from stepguard.readers.cloudformation.meanings import meaning_of, number_of
from stepguard.readers.cloudformation.scalars import text_of_scalar
from stepguard.structs import Struct, field

MAXIMUM_DEPTH = 100
"""Containers within containers; templates and workflows stay far below."""

MAXIMUM_NODES = 500_000
"""Values of a file; a template of a thousand state machines has 150,000."""

MAXIMUM_REPEATED = 100_000
"""Values of a file that aliases and merge keys may repeat, all together."""

_PROPERTIES = re.compile(r"(?:[!&][^\s,\[\]{}]*(?:\s+|#[^\n]*\n)*)+")
_TOO_DEEP = "it is nested too deeply"
_TOO_MANY = "it has too many values"
_SHORT_NAMES = frozenset({"Ref", "Condition"})


class TreeError(Exception):
    """The file is neither YAML nor JSON. `reason` is one line; `span` says where."""

    def __init__(self, reason: str, span: Span | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


class Tree(Struct):
    """A file's content. `root` is its first document, `repeated` the keys that stand twice in it.

    Of those, one that has the same plain value both times is left out, since it hides nothing.
    `second_document` is where another YAML document begins, which is not read.
    """

    root: Traced
    repeated: list[DuplicateKey] = field(default_factory=list)
    second_document: Span | None = None


class Scalar(Traced):
    """A string of a file, of which the pieces are found only when they are asked for."""

    __slots__ = ("_pieces",)
    _pieces: Text | None

    @property
    def text(self) -> Text | None:
        """The pieces of the string, each with its place."""
        if self._pieces is None and self.span is not None:
            self._pieces = text_of_scalar(self.value, self.span)
        return self._pieces

    @text.setter
    def text(self, pieces: Text | None) -> None:
        self._pieces = pieces


def read_tree(file: SourceFile) -> Tree:
    """Read a YAML or JSON file. Raises `TreeError`."""
    try:
        return _Builder(file).build()
    except TreeError as error:
        # What is too large as YAML is no smaller as JSON.
        if error.reason == _TOO_MANY or not file.text.lstrip().startswith(("{", "[")):
            raise
        return _read_json(file, error)


def _read_json(file: SourceFile, error: TreeError) -> Tree:
    """Read JSON that is no YAML, such as a pair of surrogates; else say what is wrong with it."""
    whole = Text((Piece(file.text, Span(file, 0, len(file.text)), True),))
    try:
        return Tree(_bounded(trace_json(whole)), list(find_duplicates(whole)))
    except JsonTextError as json_error:
        if not file.path.lower().endswith((".json", ".template")):
            raise error from json_error
        raise TreeError(json_error.reason, json_error.span or error.span) from json_error


def _bounded(root: Traced) -> Traced:
    """Turn numbers that are too long to be computed with back into the text that they are."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node.value, dict):
            stack.extend(node.value.values())
        elif isinstance(node.value, list):
            stack.extend(node.value)
        elif isinstance(node.value, (int, Decimal)) and node.span is not None:
            is_short = isinstance(node.value, bool) or number_of(node.span.text) is not None
            node.value = node.value if is_short else node.span.text
    return root


class _Open(Struct):
    """A container whose end has not been met; `keys` is `None` for a list.

    `start` is where it begins, behind its tag and anchor; `before` counts the nodes before it.
    `awaits_key` says that a key comes next; else `key` is the key of the value that does.
    `merges` says that this is a merge key, and `merged` are the objects that such keys name.
    """

    node: Traced
    event: Any
    start: int
    before: int
    keys: dict[str, Span] | None
    awaits_key: bool
    key: str = ""
    key_span: Span | None = None
    merges: bool = False
    merged: list[Traced] = field(default_factory=list)


class _Builder:
    """Makes a tree out of the parser's events."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Traced, int] | None] = {}
        self._count = 0
        self._repetitions = 0
        self._repeated: list[DuplicateKey] = []
        self._root: Traced | None = None

    def build(self) -> Tree:
        """Read the whole file."""
        try:
            parser = CSafeLoader(self._file.text)
            documents = 0
            while (event := parser.get_event()) is not None:
                kind = type(event)
                if kind is DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        return self._tree(self._place(event))
                else:
                    self._take(event, kind)
        except ReaderError as error:
            place = error.position if isinstance(error.position, int) else 0
            raise TreeError(f"not YAML: {error.reason}", self._span(place, place + 1)) from error
        except YAMLError as error:
            raise self._explained(error) from error
        return self._tree(None)

    def _tree(self, second_document: Span | None) -> Tree:
        if self._root is None:
            raise TreeError("the file is empty", self._span(0, 0))
        return Tree(self._root, self._repeated, second_document)

    def _explained(self, error: YAMLError) -> TreeError:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "context", None)
        span = None if mark is None else self._span(mark.index, mark.index + 1)
        if problem is not None and "nesting depth" in problem:
            return TreeError(_TOO_DEEP, span)
        return TreeError(f"not YAML: {problem or 'it cannot be read'}", span)

    def _span(self, start: int, end: int) -> Span:
        return Span(self._file, start, end)

    def _place(self, event: Any) -> Span:
        return Span(self._file, event.start_mark.index, event.end_mark.index)

    def _take(self, event: Any, kind: type) -> None:
        if kind is ScalarEvent:
            self._take_scalar(event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self._open(event, kind is MappingStartEvent)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close(event)
        elif kind is AliasEvent:
            self._take_alias(event)

    # Scalars

    def _take_scalar(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.style in ("|", ">"):
            end = start + len(self._file.text[start:end].rstrip())
        inner = start
        if event.tag is not None or event.anchor is not None:
            inner = self._after_properties(start, end)
        span = Span(self._file, inner, end)
        if self._stack and self._stack[-1].awaits_key:
            node: Traced = Scalar(event.value, span)
            self._take_key(event.value, span, merges=event.value == "<<" and event.implicit[0])
        else:
            node = self._tagged(_scalar(event, span), event.tag, start, end)
            self._add(node)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, 1)

    def _take_key(self, key: str, span: Span, *, merges: bool = False) -> None:
        parent = self._stack[-1]
        parent.awaits_key = False
        parent.key, parent.key_span, parent.merges = key, span, merges

    def _after_properties(self, start: int, end: int) -> int:
        """Return where a node begins behind its tag and its anchor."""
        match = _PROPERTIES.match(self._file.text, start, end)
        return start if match is None else match.end()

    def _tagged(self, node: Traced, tag: str | None, start: int, end: int) -> Traced:
        """Return the long form of an intrinsic function that is written as a tag."""
        if tag is None or not tag.startswith("!") or len(tag) == 1:
            return node
        name = tag[1:] if tag[1:] in _SHORT_NAMES else f"Fn::{tag[1:]}"
        place = max(start, self._file.text.find("!", start, end))
        keys = {name: self._span(place, place + len(tag))}
        return Traced({name: node}, self._span(start, end), keys=keys)

    # Containers

    def _open(self, event: Any, is_mapping: bool) -> None:
        if self._stack and self._stack[-1].awaits_key:
            raise TreeError("a key must be a text", self._place(event))
        if len(self._stack) >= MAXIMUM_DEPTH:
            raise TreeError(_TOO_DEEP, self._place(event))
        start = event.start_mark.index
        if event.tag is not None or event.anchor is not None:
            start = self._after_properties(start, len(self._file.text))
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        keys: dict[str, Span] | None = {} if is_mapping else None
        node = Traced({} if is_mapping else [], keys=keys)
        self._stack.append(_Open(node, event, start, self._count, keys, is_mapping))

    def _close(self, event: Any) -> None:
        closed = self._stack.pop()
        node, opening = closed.node, closed.event
        # The end mark of a block container is where the next token stands.
        end = event.end_mark.index if opening.flow_style else _end_of(node, closed.start)
        node.span = Span(self._file, closed.start, end)
        for other in closed.merged:
            self._merge(node, other)
        node = self._tagged(node, opening.tag, opening.start_mark.index, end)
        self._add(node)
        if opening.anchor is not None:
            self._anchors[opening.anchor] = (node, self._count - closed.before)

    def _add(self, node: Traced) -> None:
        self._count += 1
        if self._count > MAXIMUM_NODES:
            raise TreeError(_TOO_MANY, node.span)
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if parent.keys is None or parent.key_span is None:
            parent.node.value.append(node)
            return
        parent.awaits_key = True
        if parent.merges:
            parent.merged.extend(self._to_merge(node, parent.key_span))
            return
        key = parent.key
        if key in parent.keys:
            # Where an object ends is told by its last member.
            before = parent.node.value.pop(key)
            if hides(before, node):
                self._repeated.append(DuplicateKey(key, parent.key_span))
        parent.node.value[key] = node
        parent.keys[key] = parent.key_span

    # Aliases

    def _take_alias(self, event: Any) -> None:
        place = self._place(event)
        if event.anchor not in self._anchors:
            raise TreeError(f"the alias {event.anchor} has no anchor", place)
        target = self._anchors[event.anchor]
        if target is None:
            raise TreeError(f"the alias {event.anchor} stands in what it repeats", place)
        node, size = target
        if self._stack and self._stack[-1].awaits_key:
            if not isinstance(node.value, str):
                raise TreeError("a key must be a text", place)
            self._take_key(node.value, place)
            return
        self._repeat(size, place)
        self._count += size - 1
        self._add(node)

    def _repeat(self, size: int, place: Span | None) -> None:
        self._repetitions += size
        if self._repetitions > MAXIMUM_REPEATED:
            raise TreeError("its aliases repeat too much", place)

    def _to_merge(self, node: Traced, place: Span) -> list[Traced]:
        nodes = node.value if isinstance(node.value, list) else [node]
        if not all(isinstance(one.value, dict) for one in nodes):
            raise TreeError("a merge key takes an object, or a list of them", place)
        return list(nodes)

    def _merge(self, node: Traced, other: Traced) -> None:
        self._repeat(len(other.value), node.span)
        for key, member in other.value.items():
            if key not in node.value:
                node.value[key] = member
                if node.keys is not None and other.keys and key in other.keys:
                    node.keys[key] = other.keys[key]


def _end_of(node: Traced, start: int) -> int:
    """Return where a block container ends: with its last member, or with that member's key."""
    ends = [start]
    if isinstance(node.value, dict):
        for key in list(node.value)[-1:]:
            ends.extend(
                span.end for span in ((node.keys or {}).get(key), node.value[key].span) if span
            )
    else:
        ends.extend(one.span.end for one in node.value[-1:] if one.span is not None)
    return max(ends)


def _scalar(event: Any, span: Span) -> Traced:
    """Return what a scalar means. Only a plain one is more than a string."""
    if not event.style and (event.tag is None or event.tag.startswith("!")):
        meant = meaning_of(event.value)
        if not isinstance(meant, str):
            return Traced(meant, span)
    return Scalar(event.value, span)
