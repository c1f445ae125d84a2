"""`regex`, `regexall` and `replace`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from stepguard.deployment.values import Hole, Piece, Text, Traced
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    as_text,
    check_length,
    check_size,
    takes,
    why_open,
)
from stepguard.readers.terraform.functions.characters import Characters
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.matching import Machine, Match
from stepguard.readers.terraform.functions.patterns import Pattern, Repeat, Single, parse_pattern
from stepguard.readers.terraform.functions.texts import (
    FlatText,
    alphabet_of,
    may_contain,
    may_contain_any,
    renamed,
)
from stepguard.readers.terraform.functions.types import ListItems

_STEPS_OF_MATCHING = 4
"""Steps of the matching machine that count as one step of evaluation."""

_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")

Parts = list["Piece | Hole"]


def _regex(arguments: Arguments) -> Traced:
    machine, text = _prepared(arguments)
    match = machine.search(0)
    _charge(arguments, machine)
    before = len(text) if match is None else match.start
    if any(position <= before for position in machine.touched):
        raise NotKnownError(why_open(Traced(text.text)))
    if match is None:
        raise FunctionError("the regular expression matches nothing in the string")
    return _captured(arguments, machine, text, match)


def _regexall(arguments: Arguments) -> Traced:
    machine, text = _prepared(arguments)
    matches = machine.find_all()
    _charge(arguments, machine)
    if _outside(machine, matches):
        raise NotKnownError(why_open(Traced(text.text)))
    check_size(len(matches) * (1 + len(machine.names)))
    return arguments.result(
        ListItems(_captured(arguments, machine, text, match) for match in matches)
    )


def _outside(machine: Machine, matches: Iterable[Match]) -> set[int]:
    """Return the holes that hold matches of their own: those that are not within a match."""
    covered = {
        position
        for match in matches
        for position in machine.touched
        if match.start <= position < match.end
    }
    return machine.touched - covered


def _prepared(arguments: Arguments) -> tuple[Machine, FlatText]:
    pattern, text = parse_pattern(arguments.string(0)), FlatText(arguments.text(1))
    if any(pattern.names) and not all(pattern.names):
        raise FunctionError("the regular expression has named and unnamed groups")
    return _machine(pattern, text), text


def _machine(pattern: Pattern, text: FlatText) -> Machine:
    holes = {position: alphabet_of(hole.value) for position, hole in text.holes()}
    return Machine.of(pattern, text.string, holes)


def _charge(arguments: Arguments, machine: Machine) -> None:
    arguments.environment.spend(machine.steps // _STEPS_OF_MATCHING)


def _captured(arguments: Arguments, machine: Machine, text: FlatText, match: Match) -> Traced:
    """Return what a match gives: its text, or that of its groups."""
    if not machine.names:
        return arguments.result_text(text.cut(match.start, match.end))
    groups = [
        arguments.result(None) if span is None else arguments.result_text(text.cut(*span))
        for span in match.groups
    ]
    if machine.names[0]:
        return arguments.result(dict(zip(machine.names, groups, strict=True)))
    return arguments.result(groups)


def _replace(arguments: Arguments) -> Traced:
    text, searched = FlatText(arguments.text(0)), arguments.string(1)
    replacement = arguments.text(2)
    if len(searched) > 1 and searched[0] == searched[-1] == "/":
        pattern = parse_pattern(searched[1:-1])
        characters = _characters_removed(pattern, replacement)
        if characters is not None and text.first_hole() < len(text):
            return _replace_around_holes(arguments, text, pattern, replacement, characters)
        return _replace_matches(arguments, text, pattern, replacement)
    if text.first_hole() < len(text) and (not searched or text.crosses(searched)):
        raise NotKnownError(why_open(Traced(text.text)))
    count = text.string.count(searched)
    check_size(count * max(1, len(replacement.parts)))
    check_length(len(text) + count * _length(replacement))
    call = f"replace({{}}, {_shown(searched)}, {_shown(str(replacement))})"

    def around(start: int, end: int) -> Iterator[Piece | Hole]:
        for part in text.cut(start, end):
            if isinstance(part, Hole) and may_contain(part.value, searched):
                yield renamed(part, call)
            else:
                yield part

    parts: Parts = []
    start = 0
    for found in _occurrences(text.string, searched):
        parts.extend(around(start, found))
        parts.extend(replacement.parts)
        start = found + len(searched)
    parts.extend(around(start, len(text)))
    return arguments.result_text(parts)


def _length(text: Text) -> int:
    return sum(len(part.text) for part in text.parts if isinstance(part, Piece))


def _shown(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("{", "{{").replace("}", "}}") + '"'


def _occurrences(string: str, searched: str) -> Iterator[int]:
    if not searched:
        yield from range(len(string) + 1)
        return
    found = string.find(searched)
    while found >= 0:
        yield found
        found = string.find(searched, found + len(searched))


def _replace_matches(
    arguments: Arguments, text: FlatText, pattern: Pattern, replacement: Text
) -> Traced:
    machine = _machine(pattern, text)
    matches = machine.find_all()
    _charge(arguments, machine)
    changed = _outside(machine, matches)
    template = _template(replacement)
    check_size(len(matches) * max(1, len(template)))
    parts: Parts = []
    start = 0
    length = 0
    for match in matches:
        parts.extend(_renamed_within(text, start, match.start, changed, replacement))
        inserted = [part for one in template for part in _expanded(one, pattern, text, match)]
        length += sum(len(part.text) for part in inserted if isinstance(part, Piece))
        check_length(length)
        parts.extend(inserted)
        start = match.end
    parts.extend(_renamed_within(text, start, len(text), changed, replacement))
    return arguments.result_text(parts)


def _renamed_within(
    text: FlatText, start: int, end: int, changed: set[int], replacement: Text
) -> Iterator[Piece | Hole]:
    """Yield a stretch of a text in which some holes are changed by the replacement."""
    call = f"replace({{}}, {_shown('…')}, {_shown(str(replacement))})"
    for position in sorted(one for one in changed if start <= one < end):
        yield from text.cut(start, position)
        for part in text.cut(position, position + 1):
            yield renamed(part, call) if isinstance(part, Hole) else part
        start = position + 1
    yield from text.cut(start, end)


def _template(replacement: Text) -> list[Piece | Hole | str]:
    """Return a replacement as pieces, holes, and the names or numbers of groups."""
    if any(may_contain(value, "$") for value in replacement.holes):
        raise NotKnownError(why_open(Traced(replacement)))
    text = FlatText(replacement)
    template: list[Piece | Hole | str] = []
    start = 0
    for reference in _REFERENCE.finditer(text.string):
        template.extend(text.cut(start, reference.start()))
        dollar, braced, bare = reference.groups()
        if dollar:
            template.extend(text.cut(reference.start(), reference.start() + 1))
        else:
            template.append(braced or bare)
        start = reference.end()
    template.extend(text.cut(start, len(text)))
    return template


def _expanded(one: Piece | Hole | str, pattern: Pattern, text: FlatText, match: Match) -> Parts:
    if not isinstance(one, str):
        return [one]
    spans = [(match.start, match.end), *match.groups]
    if one.isascii() and one.isdigit() and (one == "0" or one[0] != "0"):
        number = int(one) if len(one) < 9 else len(spans)
        candidates = spans[number : number + 1]
    else:
        named = zip(pattern.names, match.groups, strict=True)
        candidates = [span for name, span in named if name == one]
    span = next(iter(candidates), None)
    return [] if span is None else text.cut(*span)


def _replace_around_holes(
    arguments: Arguments,
    text: FlatText,
    pattern: Pattern,
    replacement: Text,
    characters: Characters,
) -> Traced:
    """Replace in every piece by itself, for patterns that match within one piece or hole."""
    parts: Parts = []
    for part in text.text.parts:
        if isinstance(part, Hole):
            may_change = may_contain_any(part.value, characters)
            call = f"replace({{}}, {_shown('…')}, {_shown(str(replacement))})"
            parts.append(renamed(part, call) if may_change else part)
        else:
            piece = FlatText(Text((part,)))
            replaced = _replace_matches(arguments, piece, pattern, replacement)
            parts.extend(as_text(replaced).parts)
    return arguments.result_text(parts)


def _characters_removed(pattern: Pattern, replacement: Text) -> Characters | None:
    """Return the set of the characters of which a pattern matches one, or removes a run."""
    root = pattern.root
    if isinstance(root, Single):
        return root.characters
    is_run = isinstance(root, Repeat) and root.minimum == 1 and root.maximum is None
    if is_run and isinstance(root, Repeat) and isinstance(root.inner, Single):
        return root.inner.characters if replacement.known == "" else None
    return None


FUNCTIONS: dict[str, Function] = {
    "regex": takes(_regex, 2),
    "regexall": takes(_regexall, 2),
    "replace": takes(_replace, 3),
}
"""The functions of this module, by name."""
