"""The arguments of a function call, read as the types that the function takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TypeAlias

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    Hole,
    OneOf,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
    text_of,
)
from stepguard.readers.terraform.budget import MAXIMUM_CHARACTERS, MAXIMUM_NODES
from stepguard.readers.terraform.functions.conversion import (
    is_open,
    kind_of,
    to_bool,
    to_number,
    to_string,
    unified,
)
from stepguard.readers.terraform.functions.environment import Environment
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.numbers import Number, is_number
from stepguard.readers.terraform.functions.types import ListItems, LooseItems, SetItems
from stepguard.structs import Struct

_LARGEST_INDEX = 2**63 - 1


class Arguments(Struct, frozen=True):
    """The arguments of one call.

    Its methods take the position of an argument. They raise `FunctionError` for null and for a
    value of another type, `NotKnownError` for one that is not known. `span` is where the call is
    written, `shown` its source on one line.
    """

    values: Sequence[Traced]
    span: Span | None
    environment: Environment
    shown: str

    def __len__(self) -> int:
        return len(self.values)

    def given(self, position: int) -> Traced:
        """Return an argument that may be anything but null."""
        argument = self.values[position]
        if argument.value is None:
            raise FunctionError("an argument is null")
        return argument

    def text(self, position: int) -> Text:
        """Return a string, holes included; something wholly unknown is a text of one hole."""
        argument = self.given(position)
        if isinstance(argument.value, (Unknown, Reference)):
            return Text((Hole(argument.value, argument.span),))
        return as_text(argument)

    def string(self, position: int) -> str:
        """Return a string without holes."""
        return as_string(self.given(position))

    def number(self, position: int) -> Number:
        """Return a number."""
        return as_number(self.given(position))

    def whole(self, position: int) -> int:
        """Return a whole number of at most 64 bits."""
        number = self.number(position)
        if isinstance(number, Decimal) or abs(number) > _LARGEST_INDEX:
            raise FunctionError("a whole number is required")
        return number

    def sequence(self, position: int) -> Traced:
        """Return a list, tuple or set; further elements of it may be unknown."""
        argument = self.given(position)
        if isinstance(argument.value, list):
            return argument
        raise refusal(argument, "a list")

    def mapping(self, position: int) -> Traced:
        """Return a map or object; further members of it may be unknown."""
        argument = self.given(position)
        if isinstance(argument.value, dict):
            return argument
        raise refusal(argument, "a map")

    def known_list(self, position: int) -> list[Traced]:
        """Return the elements of a list of one type, of which none is missing."""
        argument = self.sequence(position)
        return unified(whole_elements(argument))

    def result(self, value: object) -> Traced:
        """Return the call's result."""
        return Traced(value, self.span)

    def result_text(self, parts: Iterable[Piece | Hole]) -> Traced:
        """Return a string made of parts as the call's result. Raises `NotKnownError`."""
        listed = [part for part in parts if isinstance(part, Hole) or part.text]
        if len(listed) == 1 and isinstance(listed[0], Hole):
            return Traced(listed[0].value, self.span)
        check_length(sum(len(part.text) for part in listed if isinstance(part, Piece)))
        return text_of(listed, self.span)


Implementation: TypeAlias = Callable[[Arguments], Traced]


class Function(Struct, frozen=True):
    """A function: how it is computed, and how many arguments it takes at least and at most."""

    run: Implementation
    minimum: int
    maximum: int | None


def takes(run: Implementation, count: int) -> Function:
    """Return a function of a fixed number of arguments."""
    return Function(run, count, count)


def takes_more(run: Implementation, minimum: int) -> Function:
    """Return a function of any number of arguments from a minimum."""
    return Function(run, minimum, None)


def why_open(argument: Traced) -> str:
    """Return why a value is not known."""
    value = argument.value
    if isinstance(value, Text):
        value = next(iter(value.holes), None)
    if isinstance(value, Unknown) and value.reason:
        return value.reason
    if isinstance(value, Reference):
        return f"{value.expression or value.target} is known after apply"
    if isinstance(value, OneOf):
        return f"depends on condition {value.condition}"
    if argument.rest is not None:
        return why_open(Traced(argument.rest))
    return "not known before deployment"


def refusal(argument: Traced, wanted: str) -> FunctionError | NotKnownError:
    """Return the error for an argument that is not known or of another type than wanted."""
    if is_open(argument):
        return NotKnownError(why_open(argument))
    return FunctionError(f"{wanted} is required, not {kind_of(argument)}")


def as_text(argument: Traced) -> Text:
    """Return a value as a string with its places. Raises `FunctionError`, `NotKnownError`."""
    converted = to_string(argument)
    if isinstance(converted.value, (str, Text)):
        text = converted.as_text()
        if text is not None:
            return text
    raise refusal(argument, "a string")


def as_string(argument: Traced) -> str:
    """Return a value as a string. Raises `FunctionError`, `NotKnownError`."""
    value = to_string(argument).value
    if isinstance(value, Text):
        value = value.known
        if value is None:
            raise NotKnownError(why_open(argument))
    if not isinstance(value, str):
        raise refusal(argument, "a string")
    return value


def as_number(argument: Traced) -> Number:
    """Return a value as a number. Raises `FunctionError`, `NotKnownError`."""
    if isinstance(argument.value, Text) and argument.value.known is None:
        raise NotKnownError(why_open(argument))
    value = to_number(argument).value
    if not is_number(value):
        raise refusal(argument, "a number")
    number: Number = value
    return number


def as_bool(argument: Traced) -> bool:
    """Return a value as a boolean. Raises `FunctionError`, `NotKnownError`."""
    if isinstance(argument.value, Text) and argument.value.known is None:
        raise NotKnownError(why_open(argument))
    value = to_bool(argument).value
    if not isinstance(value, bool):
        raise refusal(argument, "a boolean")
    return value


def whole_elements(argument: Traced) -> list[Traced]:
    """Return the elements of a sequence in their order.

    Raises `NotKnownError` when that are not all, or the order is not known.
    """
    if argument.rest is not None:
        raise NotKnownError(why_open(argument))
    if isinstance(argument.value, LooseItems) and argument.value.placed < len(argument.value):
        raise NotKnownError("the order of the elements is not known")
    elements: list[Traced] = argument.value
    return elements


def placed_count(argument: Traced) -> int:
    """Return of how many elements of a sequence, from the first, the index is known."""
    value = argument.value
    if isinstance(value, LooseItems):
        return value.placed
    if isinstance(value, SetItems) and not argument.is_known:
        return 0
    return len(value)


def list_like(argument: Traced, elements: Iterable[Traced]) -> list[Traced]:
    """Return elements as a list where the argument is a list or set, else as a tuple."""
    if isinstance(argument.value, (ListItems, SetItems)):
        return ListItems(elements)
    return list(elements)


def check_length(characters: int) -> None:
    """Raise `NotKnownError` when a text would be too long."""
    if characters > MAXIMUM_CHARACTERS:
        raise NotKnownError("the text is too long")


def check_size(elements: int) -> None:
    """Raise `NotKnownError` when a container would be too large."""
    if elements > MAXIMUM_NODES:
        raise NotKnownError("the value is too large")
