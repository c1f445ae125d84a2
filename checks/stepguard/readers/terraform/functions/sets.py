"""Functions on sets, and the conversions that the language names."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product

from stepguard.deployment.values import Traced, Unknown
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    check_size,
    takes,
    takes_more,
    whole_elements,
    why_open,
)
from stepguard.readers.terraform.functions.conversion import convert_to, is_open, make_set, unified
from stepguard.readers.terraform.functions.equality import comparison_key
from stepguard.readers.terraform.functions.errors import NotKnownError
from stepguard.readers.terraform.functions.types import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    ListItems,
    SetItems,
    Type,
)


def _setunion(arguments: Arguments) -> Traced:
    sequences = [arguments.sequence(position) for position in range(len(arguments))]
    check_size(sum(len(one.value) for one in sequences))
    elements = make_set(element for one in sequences for element in unified(one.value))
    rest = next((one.rest for one in sequences if one.rest is not None), None)
    return Traced(elements, arguments.span, rest=rest)


def _setintersection(arguments: Arguments) -> Traced:
    first, *others = _keyed(arguments)
    kept = (one for key, one in first.items() if all(key in other for other in others))
    return arguments.result(make_set(kept))


def _setsubtract(arguments: Arguments) -> Traced:
    first, second = _keyed(arguments)
    return arguments.result(make_set(one for key, one in first.items() if key not in second))


def _keyed(arguments: Arguments) -> list[dict[str, Traced]]:
    """Return the elements of each argument by a key that equal ones share."""
    sequences = [
        unified(whole_elements(arguments.sequence(position))) for position in range(len(arguments))
    ]
    check_size(sum(map(len, sequences)))
    converted = iter(unified([element for one in sequences for element in one]))
    tables: list[dict[str, Traced]] = []
    for one in sequences:
        table: dict[str, Traced] = {}
        for element in (next(converted) for _ in one):
            key = comparison_key(element)
            if key is None:
                raise NotKnownError(why_open(element))
            table.setdefault(key, element)
        tables.append(table)
    return tables


def _setproduct(arguments: Arguments) -> Traced:
    sequences = [arguments.sequence(position) for position in range(len(arguments))]
    check_size(math.prod(len(one.value) for one in sequences) * (len(sequences) + 1))
    factors = [unified(one.value) for one in sequences]
    combined = [arguments.result(list(row)) for row in product(*factors)]
    is_set = any(isinstance(one.value, SetItems) for one in sequences)
    elements = make_set(combined) if is_set else ListItems(combined)
    opened = next((one for one in sequences if one.rest is not None), None)
    if opened is None:
        return arguments.result(elements)
    rest = Unknown(arguments.shown, why_open(opened))
    return Traced(elements, arguments.span, rest=rest)


def _conversion(wanted: Type) -> Callable[[Arguments], Traced]:
    def run(arguments: Arguments) -> Traced:
        return convert_to(arguments.values[0], wanted)

    return run


def _sensitive(arguments: Arguments) -> Traced:
    return replace(arguments.values[0], sensitive=True)


def _nonsensitive(arguments: Arguments) -> Traced:
    # What was sensitive is masked already; its value is not here any more.
    return arguments.values[0]


def _issensitive(arguments: Arguments) -> Traced:
    value = arguments.values[0]
    if value.sensitive:
        return arguments.result(True)
    if is_open(value):
        raise NotKnownError(why_open(value))
    return arguments.result(False)


def _same(arguments: Arguments) -> Traced:
    return arguments.values[0]


CONVERSIONS: dict[str, Type] = {
    "tobool": BOOL,
    "tolist": Type("list", ANY),
    "tomap": Type("map", ANY),
    "tonumber": NUMBER,
    "toset": Type("set", ANY),
    "tostring": STRING,
}
"""The types that functions convert to, by the function's name."""

FUNCTIONS: dict[str, Function] = {
    **{name: takes(_conversion(wanted), 1) for name, wanted in CONVERSIONS.items()},
    "ephemeralasnull": takes(_same, 1),
    "issensitive": takes(_issensitive, 1),
    "nonsensitive": takes(_nonsensitive, 1),
    "sensitive": takes(_sensitive, 1),
    "setintersection": takes_more(_setintersection, 1),
    "setproduct": takes_more(_setproduct, 2),
    "setsubtract": takes(_setsubtract, 2),
    "setunion": takes_more(_setunion, 1),
}
"""The functions of this module, by name."""
