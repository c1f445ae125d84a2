"""`concat` and `flatten`: lists one after the other, of which some may be unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    Reference,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.choices import choose
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    check_size,
    placed_count,
    refusal,
    takes,
    takes_more,
)
from stepguard.readers.terraform.functions.conversion import (
    is_open,
    unified,
)
from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.functions.texts import (
    is_surely_text,
)
from stepguard.readers.terraform.functions.types import (
    ListItems,
    LooseItems,
    SetItems,
    type_of,
    unify,
)


def _concat(arguments: Arguments) -> Traced:
    sequences = [arguments.given(position) for position in range(len(arguments))]
    for one in sequences:
        if isinstance(one.value, SetItems):
            raise FunctionError("a list is required, not set")
        if not isinstance(one.value, (list, Unknown, Reference)):
            raise refusal(one, "a list")
    check_size(sum(len(one.value) for one in sequences if isinstance(one.value, list)))
    if all(isinstance(one.value, ListItems) and one.rest is None for one in sequences):
        elements = list(_all_elements(sequences))
        if unify(map(type_of, elements)) is not None:
            return arguments.result(ListItems(unified(elements)))
    return _one_after_the_other(arguments, sequences)


def _all_elements(sequences: Iterable[Traced]) -> Iterator[Traced]:
    for one in sequences:
        if isinstance(one.value, list):
            yield from one.value


def _one_after_the_other(arguments: Arguments, sequences: Iterable[Traced]) -> Traced:
    """Return sequences as one, of which some may be unknown as a whole or in part."""
    elements: list[Traced] = []
    placed: int | None = None
    gaps = 0
    rest: Unknown | Reference | None = None
    for one in sequences:
        content = one.value
        more = one.rest if isinstance(content, list) else content
        if isinstance(content, list):
            certain = placed_count(one)
            if certain < len(content) and placed is None:
                placed = len(elements) + certain
            elements.extend(content)
            gaps += certain < len(content) and more is None
        if more is not None:
            gaps += 1
            rest = rest or more
            placed = len(elements) if placed is None else placed
    if placed is None:
        return arguments.result(elements)
    return Traced(LooseItems(elements, placed, gaps), arguments.span, rest=rest)


def _flatten(arguments: Arguments) -> Traced:
    argument = arguments.sequence(0)
    room = [0]
    return _one_after_the_other(arguments, list(_flat(argument, room)))


def _flat(argument: Traced, room: list[int]) -> Iterator[Traced]:
    """Yield what a sequence flattens to, as sequences and unknown values."""
    room[0] += len(argument.value) + 1
    check_size(room[0])
    if isinstance(argument.value, LooseItems) or placed_count(argument) < len(argument.value):
        flat = [part for one in argument.value for part in _flat_element(one, room)]
        elements = list(_all_elements(flat))
        opened = next((one.value for one in flat if is_open(one)), None)
        yield Traced(LooseItems(elements), argument.span, rest=argument.rest or opened)
        return
    for element in argument.value:
        yield from _flat_element(element, room)
    if argument.rest is not None:
        yield Traced(argument.rest, argument.span)


def _flat_element(element: Traced, room: list[int]) -> Iterator[Traced]:
    content = element.value
    if isinstance(content, list):
        yield from _flat(element, room)
    elif isinstance(content, OneOf):
        yield from _flat_choice(element, content, room)
    elif isinstance(content, (Unknown, Reference)) and not is_surely_text(element):
        yield element
    else:
        yield Traced([element])


def _flat_choice(element: Traced, choice: OneOf, room: list[int]) -> Iterator[Traced]:
    """Yield what may stand in the place of a choice, each element on its condition."""
    lists = [
        one
        for one in choice.alternatives
        if isinstance(one, Traced) and isinstance(one.value, (list, OneOf, Unknown, Reference))
    ]
    if not lists:
        yield Traced([element])
        return
    count = len(choice.alternatives)
    for number, alternative in enumerate(choice.alternatives):
        if not isinstance(alternative, Traced):
            continue
        for part in _flat_element(alternative, room):
            if not isinstance(part.value, list):
                yield part
                continue
            members = [
                choose(
                    choice.condition,
                    [member if one == number else REMOVED for one in range(count)],
                )
                for member in part.value
            ]
            yield Traced(LooseItems(members), element.span, rest=part.rest)


FUNCTIONS: dict[str, Function] = {
    "concat": takes_more(_concat, 1),
    "flatten": takes(_flatten, 1),
}
"""The functions of this module, by name."""
