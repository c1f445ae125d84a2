"""Functions on numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TypeGuard

from stepguard.deployment.values import Traced
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    as_number,
    takes,
    takes_more,
    whole_elements,
)
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.numbers import (
    MAXIMUM_DIGITS,
    Number,
    exact,
    nearest,
    rounded,
    tidy,
)
from stepguard.readers.terraform.functions.types import ListItems

MAXIMUM_RANGE = 1024
"""Elements that `range` may have; Terraform's own limit."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HALF_ROOT = math.sqrt(2) / 2
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LOGARITHM = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
_LOWER_BASES = 36
_LARGEST_EXPONENT = 1 << 12
_SMALL_BITS = 64


def _abs(arguments: Arguments) -> Traced:
    return arguments.result(abs(arguments.number(0)))


def _ceil(arguments: Arguments) -> Traced:
    return arguments.result(math.ceil(arguments.number(0)))


def _floor(arguments: Arguments) -> Traced:
    return arguments.result(math.floor(arguments.number(0)))


def _signum(arguments: Arguments) -> Traced:
    number = arguments.whole(0)
    return arguments.result((number > 0) - (number < 0))


def _max(arguments: Arguments) -> Traced:
    return arguments.result(max(arguments.number(n) for n in range(len(arguments))))


def _min(arguments: Arguments) -> Traced:
    return arguments.result(min(arguments.number(n) for n in range(len(arguments))))


def _sum(arguments: Arguments) -> Traced:
    elements = whole_elements(arguments.sequence(0))
    if not elements:
        raise FunctionError("an empty list has no sum")
    total = Fraction(0)
    for element in elements:
        total = rounded(total + exact(as_number(element)))
    return arguments.result(nearest(total))


def _log(arguments: Arguments) -> Traced:
    number, base = (float(arguments.number(n)) for n in (0, 1))
    if number < 0 or base < 0 or (number == base == 0):
        raise FunctionError("there is no such logarithm")
    if base == 1 or number == 0:
        raise FunctionError("the logarithm is infinite")
    result = 0.0 if base == 0 else _logarithm(number) / _logarithm(base)
    if result == 0 and (base < 1 or number < 1):
        raise NotKnownError("the logarithm is a negative zero")
    return arguments.result(_of_float(result))


def _logarithm(number: float) -> float:
    """Return the natural logarithm by the polynomial that FreeBSD and Go use, to the last bit."""
    mantissa, exponent = math.frexp(number)
    if mantissa < _HALF_ROOT:
        mantissa *= 2
        exponent -= 1
    beyond = mantissa - 1
    ratio = beyond / (2 + beyond)
    square = ratio * ratio
    fourth = square * square
    odd, even = _LOGARITHM[::2], _LOGARITHM[1::2]
    first = square * (odd[0] + fourth * (odd[1] + fourth * (odd[2] + fourth * odd[3])))
    second = fourth * (even[0] + fourth * (even[1] + fourth * even[2]))
    half = 0.5 * beyond * beyond
    small = ratio * (half + (first + second)) + exponent * _LN2_LOW
    return exponent * _LN2_HIGH - ((half - small) - beyond)


def _pow(arguments: Arguments) -> Traced:
    try:
        return arguments.result(
            _of_float(_power(float(arguments.number(0)), float(arguments.number(1))))
        )
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise FunctionError("there is no such power") from error


def _of_float(number: float) -> Number:
    if not math.isfinite(number):
        raise ValueError("not finite")
    return tidy(Decimal(repr(number)))


def _power(base: float, power: float) -> float:
    """Return a power, rounded as Go rounds it: by repeated squaring."""
    if base == 0 or not power.is_integer() or abs(power) >= 2**63:
        return float(math.pow(base, power))
    mantissa, exponent = 1.0, 0
    factor, factor_exponent = math.frexp(base)
    remaining = abs(int(power))
    while remaining:
        if abs(factor_exponent) > _LARGEST_EXPONENT:
            exponent += factor_exponent
            break
        if remaining & 1:
            mantissa *= factor
            exponent += factor_exponent
        factor *= factor
        factor_exponent <<= 1
        if abs(factor) < 0.5:
            factor += factor
            factor_exponent -= 1
        remaining >>= 1
    if power < 0:
        mantissa, exponent = 1 / mantissa, -exponent
    return math.ldexp(mantissa, exponent)


def _parseint(arguments: Arguments) -> Traced:
    given = arguments.given(0)
    if not isinstance(given.value, str):
        arguments.text(0)
        if isinstance(given.value, (bool, int, Decimal)):
            raise FunctionError("a string is required")
    text, base = arguments.string(0), arguments.whole(1)
    if not 2 <= base <= len(_DIGITS):
        raise FunctionError("the base is not between 2 and 62")
    digits = text[1:] if text[:1] in ("+", "-") else text
    if base <= _LOWER_BASES:
        digits = digits.lower() if digits.isascii() else ""
    values = [_DIGITS.find(digit) for digit in digits]
    if not values or not all(0 <= value < base for value in values):
        raise FunctionError(f"the string is no whole number of base {base}")
    if len(values) * base.bit_length() > MAXIMUM_DIGITS * 3:
        raise NotKnownError("the number has very many digits")
    number = 0
    for value in values:
        number = number * base + value
    return arguments.result(-number if text.startswith("-") else number)


def _range(arguments: Arguments) -> Traced:
    given = [arguments.number(n) for n in range(len(arguments))]
    numbers: list[Fraction | int] = [one if _is_small(one) else exact(one) for one in given]
    start = numbers[0] if len(numbers) > 1 else 0
    end = numbers[1] if len(numbers) > 1 else numbers[0]
    step = numbers[2] if len(numbers) > 2 else (1 if end >= start else -1)
    if step == 0 and start != end:
        raise FunctionError("the step is zero")
    if (end - start) * step < 0:
        raise FunctionError("the step goes away from the end")
    elements = ListItems()
    number = start
    while number < end if step > 0 else number > end:
        if len(elements) >= MAXIMUM_RANGE:
            raise FunctionError(f"the range has more than {MAXIMUM_RANGE} elements")
        is_whole = isinstance(number, int)
        elements.append(arguments.result(number if is_whole else nearest(Fraction(number))))
        number = number + step
        if not isinstance(number, int):
            number = rounded(number)
    return arguments.result(elements)


def _is_small(number: Number) -> TypeGuard[int]:
    """Tell whether sums of a number are whole and exact without further ado."""
    return isinstance(number, int) and number.bit_length() < _SMALL_BITS


_RUNS: dict[str, Callable[[Arguments], Traced]] = {
    "abs": _abs,
    "ceil": _ceil,
    "floor": _floor,
    "signum": _signum,
    "sum": _sum,
}

FUNCTIONS: dict[str, Function] = {
    **{name: takes(run, 1) for name, run in _RUNS.items()},
    "log": takes(_log, 2),
    "max": takes_more(_max, 1),
    "min": takes_more(_min, 1),
    "parseint": takes(_parseint, 2),
    "pow": takes(_pow, 2),
    "range": Function(_range, 1, 3),
}
"""The functions of this module, by name."""
