"""`format` and `formatlist`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepguard.deployment.values import Hole, OneOf, Piece, Text, Traced, Unknown, render_hole
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    as_bool,
    as_number,
    as_string,
    check_length,
    check_size,
    refusal,
    takes_more,
    whole_elements,
    why_open,
)
from stepguard.readers.terraform.functions.conversion import is_open
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.json_encoding import encode_json
from stepguard.readers.terraform.functions.number_formats import (
    format_float,
    format_integer,
    shortest,
)
from stepguard.readers.terraform.functions.numbers import is_number
from stepguard.readers.terraform.functions.quoting import json_quote
from stepguard.readers.terraform.functions.texts import FlatText, cluster_starts, parts_of
from stepguard.readers.terraform.functions.types import ListItems, SetItems
from stepguard.structs import Struct

MAXIMUM_WIDTH = 10_000
"""The largest width or precision that is looked at."""

_VERB = re.compile(
    r"%(?:(?P<percent>%)|(?P<flags>[0#\-+ ]*)(?P<width>[1-9][0-9]*)?(?P<precision>\.[0-9]*)?"
    r"(?:\[(?P<index>[1-9][0-9]*)\])?(?P<mode>[A-Za-z]))"
)

Parts = list["Piece | Hole"]


class Verb(Struct, frozen=True):
    """A formatting verb: its flags, its width and precision where it has them, its letter."""

    flags: str
    width: int | None
    precision: int | None
    mode: str


def _format(arguments: Arguments) -> Traced:
    return arguments.result_text(_formatted(arguments, arguments.values[1:]))


def _formatlist(arguments: Arguments) -> Traced:
    values = arguments.values[1:]
    counts = {len(whole_elements(value)) for value in values if isinstance(value.value, list)}
    if len(counts) > 1:
        raise FunctionError("the lists have different lengths")
    if any(is_open(value) for value in values):
        unknown = next(value for value in values if is_open(value))
        if not counts:
            raise NotKnownError(why_open(unknown))
    count = counts.pop() if counts else 1
    check_size(count * (1 + len(values)))
    results: list[Traced] = []
    length = 0
    for number in range(count):
        row = [value.value[number] if isinstance(value.value, list) else value for value in values]
        result = arguments.result_text(_formatted(arguments, row))
        length += len(str(result.value))
        check_length(length)
        results.append(result)
    return arguments.result(ListItems(results))


def _formatted(arguments: Arguments, values: Sequence[Traced]) -> Parts:
    """Return the parts of a format string with values in the place of its verbs."""
    text = FlatText(arguments.text(0))
    if text.first_hole() < len(text):
        raise NotKnownError(why_open(Traced(text.text)))
    parts: Parts = []
    start = 0
    following = 1
    used = 0
    length = 0
    while (found := text.string.find("%", start)) >= 0:
        parts.extend(text.cut(start, found))
        match = _VERB.match(text.string, found)
        if match is None:
            raise FunctionError(f"the format string has a wrong verb at offset {found}")
        start = match.end()
        if match["percent"]:
            parts.extend(text.cut(found, found + 1))
            continue
        number = int((match["index"] or str(following))[:9])
        if number > len(values):
            raise FunctionError(f"the format string takes {number} values, not {len(values)}")
        made = _parts(_verb(match), values[number - 1])
        length += sum(len(part.text) for part in made if isinstance(part, Piece))
        check_length(length)
        parts.extend(made)
        used = max(used, number)
        following = number + 1
    if used < len(values):
        raise FunctionError(f"the format string takes {used} values, not {len(values)}")
    parts.extend(text.cut(start, len(text)))
    return parts


def _verb(match: re.Match[str]) -> Verb:
    width = None if match["width"] is None else int(match["width"][:9])
    precision = None if match["precision"] is None else int(match["precision"][1:][:9] or "0")
    if max(width or 0, precision or 0) > MAXIMUM_WIDTH:
        raise NotKnownError("the format has a very large width")
    return Verb(match["flags"], width, precision, match["mode"])


def _parts(verb: Verb, value: Traced) -> Parts:
    mode = verb.mode
    if mode not in "vtbdoxXeEfgGsq":
        raise FunctionError(f"the format string has an unknown verb %{mode}")
    if value.value is None and mode != "v":
        raise FunctionError("a value for the format string is null")
    if is_open(value) or isinstance(value.value, Text):
        return _open_parts(verb, value)
    if mode == "v":
        return _padded(verb, _as_it_is(verb, value), value)
    if mode == "t":
        return [Piece("true" if as_bool(value) else "false", value.span)]
    if mode in "sq":
        return _string(verb, value)
    number = as_number(value)
    if mode in "bdoxX":
        text = format_integer(number, mode, verb.flags, verb.width, verb.precision)
    else:
        text = format_float(number, mode, verb.flags, verb.width, verb.precision)
    return [Piece(text, value.span)]


def _open_parts(verb: Verb, value: Traced) -> Parts:
    """Return what a value that is not all known becomes: itself where the verb lets it be."""
    parts = parts_of(value)
    is_plain = verb.width is None and verb.precision is None and "#" not in verb.flags
    if is_plain and verb.mode == "s":
        return parts
    if is_plain and verb.mode == "v" and isinstance(value.value, Text):
        return parts
    if is_plain and verb.mode == "d" and not isinstance(value.value, Text):
        return parts
    expression = value.value.condition if isinstance(value.value, OneOf) else _expression(parts)
    width = "" if verb.width is None else str(verb.width)
    precision = "" if verb.precision is None else f".{verb.precision}"
    name = f'format("%{verb.flags}{width}{precision}{verb.mode}", {expression})'
    return [Hole(Unknown(name, why_open(value)), value.span)]


def _expression(parts: Parts) -> str:
    if len(parts) == 1 and isinstance(parts[0], Hole):
        return render_hole(parts[0].value)[2:-1]
    return f'"{Text(tuple(parts))}"'


def _as_it_is(verb: Verb, value: Traced) -> Parts:
    content = value.value
    if "#" not in verb.flags:
        if isinstance(content, str):
            return parts_of(value)
        if is_number(content):
            return [Piece(shortest(content), value.span)]
    if isinstance(content, SetItems) and not value.is_known:
        raise refusal(value, "a known value")
    return list(encode_json(value).parts)


def _string(verb: Verb, value: Traced) -> Parts:
    parts = parts_of(value)
    if verb.precision:
        string = as_string(value)
        starts = cluster_starts(string)
        if verb.precision < len(starts):
            text = FlatText(Text(tuple(parts)))
            parts = text.cut(0, starts[verb.precision])
    if verb.mode == "q":
        string = "".join(part.text for part in parts if isinstance(part, Piece))
        parts = [Piece(json_quote(string), value.span)]
    return _padded(verb, parts, value)


def _padded(verb: Verb, parts: Parts, value: Traced) -> Parts:
    if verb.width is None:
        return parts
    if any(isinstance(part, Hole) for part in parts):
        raise NotKnownError(why_open(value))
    string = "".join(part.text for part in parts if isinstance(part, Piece))
    padding = ("0" if "0" in verb.flags else " ") * (verb.width - len(cluster_starts(string)))
    if not padding:
        return parts
    piece = Piece(padding, value.span)
    return [*parts, piece] if "-" in verb.flags else [piece, *parts]


FUNCTIONS: dict[str, Function] = {
    "format": takes_more(_format, 1),
    "formatlist": takes_more(_formatlist, 1),
}
"""The functions of this module, by name."""
