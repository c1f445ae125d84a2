"""Functions on strings."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from itertools import pairwise

from stepguard.deployment.values import Hole, Piece, Traced, Unknown
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    check_length,
    check_size,
    placed_count,
    takes,
    takes_more,
    why_open,
)
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.letters import SPACES, lower, title, upper
from stepguard.readers.terraform.functions.texts import (
    FlatText,
    cluster_starts,
    is_lower_case,
    mapped,
    may_contain,
    may_start_or_end_with_space,
    parts_of,
    renamed,
)
from stepguard.readers.terraform.functions.types import ListItems, LooseItems
from stepguard.readers.terraform.functions.work import WORK

_NEWLINES = "\r\n"


def _lower(arguments: Arguments) -> Traced:
    def keep(hole: Hole) -> Hole:
        return hole if is_lower_case(hole.value) else renamed(hole, "lower({})")

    return arguments.result_text(mapped(arguments.text(0), lower, keep))


def _upper(arguments: Arguments) -> Traced:
    def keep(hole: Hole) -> Hole:
        is_number = not may_contain(hole.value, "a") and is_lower_case(hole.value)
        return hole if is_number else renamed(hole, "upper({})")

    return arguments.result_text(mapped(arguments.text(0), upper, keep))


def _title(arguments: Arguments) -> Traced:
    text = arguments.text(0)
    previous: Piece | Hole | None = None
    parts: list[Piece | Hole] = []
    for part in text.parts:
        if isinstance(part, Hole):
            parts.append(renamed(part, "title({})"))
        else:
            if isinstance(previous, Hole) and part.text[:1].isalpha():
                raise NotKnownError(why_open(Traced(text)))
            before = previous.text[-1:] if isinstance(previous, Piece) else " "
            parts.append(Piece(title(part.text, before), part.span))
        previous = part
    return arguments.result_text(parts)


def _strrev(arguments: Arguments) -> Traced:
    text = FlatText(arguments.text(0))
    parts: list[Piece | Hole] = []
    end = len(text)
    for position, hole in reversed(text.holes()):
        parts.append(_reversed(text, position + 1, end))
        parts.append(renamed(hole, "strrev({})"))
        end = position
    parts.append(_reversed(text, 0, end))
    return arguments.result_text(part for part in parts if isinstance(part, Hole) or part.text)


def _reversed(text: FlatText, start: int, end: int) -> Piece:
    string = text.string[start:end]
    starts = [*cluster_starts(string), len(string)]
    clusters = [string[first:last] for first, last in pairwise(starts)]
    return Piece("".join(reversed(clusters)), text.locate(start, end))


def _substr(arguments: Arguments) -> Traced:
    text = FlatText(arguments.text(0))
    offset, length = arguments.whole(1), arguments.whole(2)
    hole = text.first_hole()
    if hole < len(text):
        return arguments.result_text(_substr_before_hole(text, hole, offset, length))
    starts = cluster_starts(text.string)
    count = len(starts)
    if offset < 0:
        offset = max(0, offset + count)
        # Terraform's own oddity: no length of zero from there.
        length = length or -1
    if length == 0 or offset >= count:
        return arguments.result("")
    last = offset + length
    end = starts[last] if length >= 0 and last < count else len(text)
    return arguments.result_text(text.cut(starts[offset], end))


def _substr_before_hole(text: FlatText, hole: int, offset: int, length: int) -> list[Piece | Hole]:
    end = offset + length if length >= 0 else offset
    starts = cluster_starts(text.string[:hole])
    if offset >= 0 and end <= len(starts) == hole:
        return text.cut(offset, end if length >= 0 else len(text))
    raise NotKnownError(why_open(Traced(text.text)))


def _chomp(arguments: Arguments) -> Traced:
    return _trimmed(arguments, _NEWLINES, "chomp({})", left=False)


def _trimspace(arguments: Arguments) -> Traced:
    return _trimmed(arguments, SPACES, "trimspace({})")


def _trim(arguments: Arguments) -> Traced:
    characters = arguments.string(1)
    name = f"trim({{}}, {_literal(characters)})"
    return _trimmed(arguments, characters, name)


def _literal(text: str) -> str:
    return '"' + text.replace("{", "{{").replace("}", "}}").replace('"', '\\"') + '"'


def _trimmed(
    arguments: Arguments, characters: Container[str], call: str, *, left: bool = True
) -> Traced:
    text = FlatText(arguments.text(0))
    string = text.string
    start, end = 0, len(string)
    while left and start < end and string[start] in characters:
        start += 1
    while end > start and string[end - 1] in characters:
        end -= 1
    changing = {
        position: renamed(hole, call)
        for position, hole in text.holes()
        if characters is not SPACES or may_start_or_end_with_space(hole.value)
    }
    # What would be trimmed as well, were such a hole empty, goes into it.
    first: list[Hole] = []
    while left and start < end and (start in changing or (first and string[start] in characters)):
        if start in changing:
            first.append(changing[start])
        start += 1
    last: list[Hole] = []
    while end > start and (end - 1 in changing or (last and string[end - 1] in characters)):
        end -= 1
        if end in changing:
            last.append(changing[end])
    return arguments.result_text([*first, *text.cut(start, end), *reversed(last)])


def _trimprefix(arguments: Arguments) -> Traced:
    text, prefix = FlatText(arguments.text(0)), arguments.string(1)
    starts = _starts_with(text, prefix)
    return arguments.result_text(text.cut(len(prefix) if starts else 0, len(text)))


def _trimsuffix(arguments: Arguments) -> Traced:
    text, suffix = FlatText(arguments.text(0)), arguments.string(1)
    ends = _ends_with(text, suffix)
    return arguments.result_text(text.cut(0, len(text) - (len(suffix) if ends else 0)))


def _startswith(arguments: Arguments) -> Traced:
    return arguments.result(_starts_with(FlatText(arguments.text(0)), arguments.string(1)))


def _endswith(arguments: Arguments) -> Traced:
    return arguments.result(_ends_with(FlatText(arguments.text(0)), arguments.string(1)))


def _starts_with(text: FlatText, prefix: str) -> bool:
    known = text.string[: text.first_hole()]
    if len(known) >= len(prefix) or len(known) == len(text) or not prefix.startswith(known):
        return known.startswith(prefix)
    hole = text.holes()[0][1]
    if not may_contain(hole.value, prefix[len(known)]):
        return False
    raise NotKnownError(why_open(Traced(text.text)))


def _ends_with(text: FlatText, suffix: str) -> bool:
    known = text.string[text.last_hole() + 1 :]
    if len(known) >= len(suffix) or len(known) == len(text) or not suffix.endswith(known):
        return known.endswith(suffix)
    hole = text.holes()[-1][1]
    if not may_contain(hole.value, suffix[-len(known) - 1]):
        return False
    raise NotKnownError(why_open(Traced(text.text)))


def _strcontains(arguments: Arguments) -> Traced:
    text, searched = FlatText(arguments.text(0)), arguments.string(1)
    if searched in text.string:
        return arguments.result(True)
    if text.crosses(searched) or any(may_contain(one.value, searched) for _, one in text.holes()):
        raise NotKnownError(why_open(Traced(text.text)))
    return arguments.result(False)


def _indent(arguments: Arguments) -> Traced:
    spaces = arguments.whole(0)
    text = arguments.text(1)
    if spaces < 0:
        raise FunctionError("the number of spaces is negative")
    breaks = sum(part.text.count("\n") for part in text.parts if isinstance(part, Piece))
    check_length(breaks * spaces)
    parts: list[Piece | Hole] = []
    for part in text.parts:
        if isinstance(part, Hole):
            may_break = may_contain(part.value, "\n")
            parts.append(renamed(part, f"indent({spaces}, {{}})") if may_break else part)
            continue
        lines = FlatText(type(text)((part,)))
        start = 0
        while (found := part.text.find("\n", start)) >= 0:
            parts.extend(lines.cut(start, found + 1))
            parts.append(Piece(" " * spaces, part.span))
            start = found + 1
        parts.extend(lines.cut(start, len(lines)))
    return arguments.result_text(parts)


def _join(arguments: Arguments) -> Traced:
    separator = arguments.text(0).parts
    runs: list[list[list[Piece | Hole]]] = [[]]
    holes: list[Hole] = []
    for position in range(1, len(arguments)):
        sequence = arguments.sequence(position)
        elements = [parts_of(element) for element in sequence.value]
        placed = placed_count(sequence)
        check_size(sum(map(len, runs)) + len(elements))
        runs[-1].extend(elements[:placed])
        if sequence.rest is not None and (placed == len(elements) or _has_one_gap(sequence)):
            # The hole holds the separators on both of its sides, too.
            holes.append(Hole(sequence.rest, sequence.span))
            runs.append(elements[placed:])
        elif placed < len(elements):
            raise NotKnownError("the order of the elements is not known")
    count = sum(map(len, runs))
    if holes and not count:
        raise NotKnownError(why_open(Traced(holes[0].value)))
    check_length(_length(separator) * count)
    check_length(_length(part for run in runs for element in run for part in element))
    parts: list[Piece | Hole] = []
    for number, run in enumerate(runs):
        if number:
            parts.append(holes[number - 1])
        for place, element in enumerate(run):
            parts.extend(separator if place else ())
            parts.extend(element)
    return arguments.result_text(parts)


def _has_one_gap(sequence: Traced) -> bool:
    return isinstance(sequence.value, LooseItems) and sequence.value.gaps == 1


def _length(parts: Iterable[Piece | Hole]) -> int:
    return sum(len(part.text) for part in parts if isinstance(part, Piece))


_STEPS_OF_A_PART = 10
"""What it takes to make a part of a text."""


def _split(arguments: Arguments) -> Traced:
    separator, text = arguments.string(0), FlatText(arguments.text(1))
    if not separator:
        if text.first_hole() < len(text):
            raise NotKnownError(why_open(Traced(text.text)))
        check_size(len(text))
        WORK.add(len(text) * _STEPS_OF_A_PART)
        characters = (text.cut(start, start + 1) for start in range(len(text)))
        return arguments.result(ListItems(arguments.result_text(one) for one in characters))
    check_size(text.string.count(separator))
    WORK.add(text.string.count(separator) * _STEPS_OF_A_PART)
    end = len(text)
    if text.crosses(separator):
        end = text.first_hole()
    else:
        uncertain = (at for at, hole in text.holes() if may_contain(hole.value, separator))
        end = next(uncertain, end)
    elements: list[Traced] = []
    start = 0
    while (found := text.string.find(separator, start, end)) >= 0:
        elements.append(arguments.result_text(text.cut(start, found)))
        start = found + len(separator)
    if end == len(text):
        elements.append(arguments.result_text(text.cut(start, end)))
        return arguments.result(ListItems(elements))
    rest = Unknown(arguments.shown, why_open(Traced(text.text)))
    return Traced(LooseItems(elements, len(elements)), arguments.span, rest=rest)


_RUNS: dict[str, Callable[[Arguments], Traced]] = {
    "chomp": _chomp,
    "lower": _lower,
    "strrev": _strrev,
    "title": _title,
    "trimspace": _trimspace,
    "upper": _upper,
}
_RUNS_OF_TWO: dict[str, Callable[[Arguments], Traced]] = {
    "endswith": _endswith,
    "indent": _indent,
    "split": _split,
    "startswith": _startswith,
    "strcontains": _strcontains,
    "trim": _trim,
    "trimprefix": _trimprefix,
    "trimsuffix": _trimsuffix,
}

FUNCTIONS: dict[str, Function] = {
    **{name: takes(run, 1) for name, run in _RUNS.items()},
    **{name: takes(run, 2) for name, run in _RUNS_OF_TWO.items()},
    "join": takes_more(_join, 2),
    "substr": takes(_substr, 3),
}
"""The functions of this module, by name."""
