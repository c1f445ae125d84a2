"""Functions that choose among the elements of a list, or tell something of it."""

from __future__ import annotations

from collections.abc import Callable

from stepguard.deployment.values import (
    PartlyKnownKey,
    Reference,
    Text,
    Traced,
    Unknown,
    render_hole,
)
from stepguard.readers.terraform.access import element_at, member_of_rest
from stepguard.readers.terraform.choices import choose
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    as_bool,
    as_string,
    placed_count,
    refusal,
    takes,
    takes_more,
    whole_elements,
    why_open,
)
from stepguard.readers.terraform.functions.conversion import convert_to, is_open
from stepguard.readers.terraform.functions.equality import equal
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.texts import (
    cluster_starts,
    is_never_empty,
    is_surely_text,
)
from stepguard.readers.terraform.functions.types import (
    ANY,
    ListItems,
    SetItems,
    is_open_object,
    type_of,
    unify,
)


def _length(arguments: Arguments) -> Traced:
    argument = arguments.given(0)
    content = argument.value
    if isinstance(content, (str, Text)):
        return arguments.result(len(cluster_starts(as_string(argument))))
    if isinstance(content, dict):
        if is_open_object(argument):
            partial = sum(isinstance(key, PartlyKnownKey) for key in content)
            if argument.rest is not None or partial > 1 or len(content) > partial:
                raise NotKnownError(_why_open_object(argument))
        return arguments.result(len(content))
    if isinstance(content, list):
        if argument.rest is not None:
            raise NotKnownError(why_open(argument))
        if isinstance(content, SetItems) and len(content) > 1 and not argument.is_known:
            raise NotKnownError("elements that are not known may be equal")
        return arguments.result(len(content))
    raise refusal(argument, "a string, list or map")


def _why_open_object(argument: Traced) -> str:
    return "its keys are not all known" if argument.rest is None else why_open(argument)


def _alltrue(arguments: Arguments) -> Traced:
    return _decided(arguments, decisive=False)


def _anytrue(arguments: Arguments) -> Traced:
    return _decided(arguments, decisive=True)


def _decided(arguments: Arguments, *, decisive: bool) -> Traced:
    """Return whether any element has the decisive value; null counts as false."""
    sequence = arguments.sequence(0)
    unknown: Traced | None = None if sequence.rest is None else Traced(sequence.rest)
    answer = not decisive
    for element in sequence.value:
        if is_open(element):
            unknown = unknown or element
            continue
        if (element.value is not None and as_bool(element)) is decisive:
            answer = decisive
    if answer is not decisive and unknown is not None:
        raise NotKnownError(why_open(unknown))
    return arguments.result(answer)


def _coalesce(arguments: Arguments) -> Traced:
    common = unify(type_of(value) for value in arguments.values)
    if common is None:
        if all(value.value is not None for value in arguments.values):
            raise FunctionError("the arguments have no type in common")
        common = ANY
    for value in arguments.values:
        if is_open(value) and not is_never_empty(value):
            raise NotKnownError(why_open(value))
        if value.value is None or value.value == "":
            continue
        if isinstance(value.value, Text) and not is_never_empty(value):
            raise NotKnownError(why_open(value))
        return convert_to(value, common)
    raise FunctionError("all arguments are null or empty")


def _coalescelist(arguments: Arguments) -> Traced:
    for position, argument in enumerate(arguments.values):
        if not is_open(argument):
            argument = arguments.sequence(position)
        if isinstance(argument.value, SetItems):
            raise FunctionError("a list is required, not set")
    for position in range(len(arguments)):
        argument = arguments.sequence(position)
        if argument.value:
            return argument
        whole_elements(argument)
    raise FunctionError("all lists are empty")


def _contains(arguments: Arguments) -> Traced:
    sequence, value = arguments.sequence(0), arguments.given(1)
    unknown = sequence.rest is not None
    for element in sequence.value:
        same = equal(value, element)
        if same:
            return arguments.result(True)
        unknown = unknown or same is None
    if unknown:
        raise NotKnownError(why_open(value if is_open(value) else _first_open(sequence)))
    return arguments.result(False)


def _first_open(sequence: Traced) -> Traced:
    for element in sequence.value:
        if not element.is_known:
            found: Traced = element
            return found
    return sequence


def _element(arguments: Arguments) -> Traced:
    argument, index = arguments.given(0), arguments.whole(1)
    if isinstance(argument.value, (Unknown, Reference)) and index >= 0:
        return member_of_rest(argument.value, f"[{index}]", arguments.span)
    sequence = arguments.sequence(0)
    if isinstance(sequence.value, SetItems):
        raise FunctionError("a list is required, not set")
    count = len(sequence.value)
    if sequence.rest is None:
        if count == 0:
            raise FunctionError("the list is empty")
        if index < 0 and index % count and not isinstance(sequence.value, ListItems):
            raise FunctionError("the index is negative")
        index %= count
    elif index < 0:
        raise NotKnownError(why_open(sequence))
    return element_at(sequence, index, arguments.span)


def _index(arguments: Arguments) -> Traced:
    sequence, value = arguments.sequence(0), arguments.given(1)
    if isinstance(sequence.value, SetItems):
        raise FunctionError("a list is required, not set")
    placed = placed_count(sequence)
    for number, element in enumerate(sequence.value[:placed]):
        same = equal(element, value)
        if same:
            return arguments.result(number)
        if same is None:
            raise NotKnownError(why_open(value if is_open(value) else element))
    if sequence.rest is not None or placed < len(sequence.value):
        raise NotKnownError(why_open(sequence))
    raise FunctionError("the list has no such element")


def _one(arguments: Arguments) -> Traced:
    sequence = arguments.sequence(0)
    elements = sequence.value
    if len(elements) > 1:
        raise FunctionError("the list has more than one element")
    if sequence.rest is None:
        return elements[0] if elements else arguments.result(None)
    rest = Traced(sequence.rest, sequence.span)
    if elements or not is_surely_text(rest):
        raise NotKnownError(why_open(sequence))
    condition = f"length({render_hole(sequence.rest)[2:-1]}) > 0"
    return choose(condition, [rest, arguments.result(None)])


_RUNS: dict[str, Callable[[Arguments], Traced]] = {
    "alltrue": _alltrue,
    "anytrue": _anytrue,
    "length": _length,
    "one": _one,
}
_RUNS_OF_TWO: dict[str, Callable[[Arguments], Traced]] = {
    "contains": _contains,
    "element": _element,
    "index": _index,
}

FUNCTIONS: dict[str, Function] = {
    **{name: takes(run, 1) for name, run in _RUNS.items()},
    **{name: takes(run, 2) for name, run in _RUNS_OF_TWO.items()},
    "coalesce": takes_more(_coalesce, 1),
    "coalescelist": takes_more(_coalescelist, 1),
}
"""The functions of this module, by name."""
