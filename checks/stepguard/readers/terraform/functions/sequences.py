"""Functions that make lists of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    Text,
    Traced,
    render_hole,
)
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    list_like,
    placed_count,
    refusal,
    takes,
    takes_more,
    why_open,
)
from stepguard.readers.terraform.functions.conversion import is_open, to_string, unified
from stepguard.readers.terraform.functions.equality import comparison_key
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.texts import (
    is_never_empty,
    parts_of,
)
from stepguard.readers.terraform.functions.types import (
    ListItems,
    LooseItems,
    SetItems,
)


def _chunklist(arguments: Arguments) -> Traced:
    elements, size = arguments.known_list(0), arguments.whole(1)
    if size < 0:
        raise FunctionError("the size of the chunks is negative")
    size = size or max(1, len(elements))
    chunks = (elements[start : start + size] for start in range(0, len(elements), size))
    return arguments.result(ListItems(arguments.result(ListItems(chunk)) for chunk in chunks))


def _compact(arguments: Arguments) -> Traced:
    argument = arguments.sequence(0)
    kept: list[Traced] = []
    for element in argument.value:
        text = to_string(element)
        if text.value is None or text.value == "":
            continue
        if not isinstance(text.value, (str, Text)) and not is_open(text):
            raise refusal(element, "a string")
        kept.append(_without_empty(text))
    return Traced(_items(argument, kept), arguments.span, rest=argument.rest)


def _without_empty(element: Traced) -> Traced:
    """Return a string that is left out when it turns out to be empty."""
    content = element.value
    if isinstance(content, OneOf):
        cells = tuple(
            one
            if not isinstance(one, Traced)
            else REMOVED
            if one.value is None or one.value == ""
            else _without_empty(one)
            for one in content.alternatives
        )
        return Traced(OneOf(content.condition, cells), element.span)
    if isinstance(content, str) or is_never_empty(element):
        return element
    part = parts_of(element)[0]
    name = render_hole(part.value)[2:-1] if isinstance(part, Hole) else str(content)
    return Traced(OneOf(f'{name} != ""', (element, REMOVED)), element.span)


def _items(argument: Traced, elements: Sequence[Traced]) -> list[Traced]:
    if isinstance(argument.value, LooseItems):
        return LooseItems(elements, min(argument.value.placed, len(elements)))
    return ListItems(elements)


def _distinct(arguments: Arguments) -> Traced:
    argument = arguments.sequence(0)
    elements = unified(argument.value)
    kept: list[Traced] = []
    keys: set[str] = set()
    for element in elements:
        key = comparison_key(element)
        if key is not None:
            if key in keys:
                continue
            keys.add(key)
        kept.append(element)
    placed = next((number for number, one in enumerate(kept) if not one.is_known), len(kept))
    placed = min(placed, placed_count(argument))
    if placed == len(kept) and argument.rest is None:
        return arguments.result(ListItems(kept))
    return Traced(LooseItems(kept, placed), arguments.span, rest=argument.rest)


def _matchkeys(arguments: Arguments) -> Traced:
    values, keys = arguments.known_list(0), arguments.known_list(1)
    searched = arguments.known_list(2)
    if len(values) != len(keys):
        raise FunctionError("there are not as many keys as values")
    unified_keys = unified([*keys, *searched])
    names = [_key(key) for key in unified_keys]
    wanted = set(names[len(keys) :])
    kept = [value for value, name in zip(values, names, strict=False) if name in wanted]
    return arguments.result(ListItems(kept))


def _key(element: Traced) -> str:
    key = comparison_key(element)
    if key is None:
        raise NotKnownError(why_open(element))
    return key


def _reverse(arguments: Arguments) -> Traced:
    argument = arguments.sequence(0)
    elements = argument.value[::-1]
    if argument.rest is None and placed_count(argument) == len(elements):
        return arguments.result(list_like(argument, elements))
    gaps = 1 if placed_count(argument) == len(elements) else 2
    return Traced(LooseItems(elements, 0, gaps), arguments.span, rest=argument.rest)


def _slice(arguments: Arguments) -> Traced:
    sequence, start, end = arguments.sequence(0), arguments.whole(1), arguments.whole(2)
    if isinstance(sequence.value, SetItems):
        raise FunctionError("a list is required, not set")
    if not 0 <= start <= end:
        raise FunctionError("the indexes are negative, or in the wrong order")
    if end > placed_count(sequence):
        if sequence.rest is not None or placed_count(sequence) < len(sequence.value):
            raise NotKnownError(why_open(sequence))
        raise FunctionError("the end is beyond that of the list")
    return arguments.result(list_like(sequence, sequence.value[start:end]))


def _sort(arguments: Arguments) -> Traced:
    argument = arguments.sequence(0)
    elements = [to_string(element) for element in argument.value]
    known = [one for one in elements if not is_open(one) and not isinstance(one.value, Text)]
    for one in known:
        if not isinstance(one.value, str):
            raise refusal(one, "a string")
    known.sort(key=lambda one: str(one.value))
    if argument.rest is None and len(known) == len(elements):
        return arguments.result(ListItems(known))
    others = [one for one in elements if is_open(one) or isinstance(one.value, Text)]
    return Traced(LooseItems([*known, *others]), arguments.span, rest=argument.rest)


def _list(arguments: Arguments) -> Traced:
    """Make a list as before Terraform 0.15."""
    return arguments.result(ListItems(unified(arguments.values)))


_RUNS: dict[str, Callable[[Arguments], Traced]] = {
    "compact": _compact,
    "distinct": _distinct,
    "reverse": _reverse,
    "sort": _sort,
}

FUNCTIONS: dict[str, Function] = {
    **{name: takes(run, 1) for name, run in _RUNS.items()},
    "chunklist": takes(_chunklist, 2),
    "list": takes_more(_list, 0),
    "matchkeys": takes(_matchkeys, 3),
    "slice": takes(_slice, 3),
}
"""The functions of this module, by name."""
