"""Numbers as Terraform has them: arbitrary whole numbers and fractions of 512 bits."""

from __future__ import annotations

import re
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    Context,
    Decimal,
    DecimalException,
)
from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = "int | Decimal"

MAXIMUM_DIGITS = 4_000
"""Digits that a number may have when it is written out: as many as Python writes of one."""

CONTEXT = Context(prec=MAXIMUM_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""The context of all arithmetic here: exact for every number of the size that is let in."""

_MANTISSA_BITS = 512
_SURE_DIGITS = 153
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")


def is_number(value: object) -> bool:
    """Tell whether a value is a number (`True` and `False` are none)."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def tidy(number: Number) -> Number:
    """Return a number as `int` when it is whole, else as `Decimal`."""
    if isinstance(number, int):
        return number
    if number.is_finite() and number.adjusted() < MAXIMUM_DIGITS:
        whole = number.to_integral_value(context=CONTEXT)
        if whole == number:
            return int(whole)
    return number


def parse_number(text: str) -> Number | None:
    """Return the number that a string holds, as Terraform's conversion reads it."""
    if len(text) > MAXIMUM_DIGITS or not _NUMBER.fullmatch(text):
        return None
    try:
        number = CONTEXT.create_decimal(text)
    except DecimalException:
        return None
    if not number.is_finite() or abs(number.adjusted()) > MAXIMUM_DIGITS:
        return None
    return tidy(number)


def format_number(number: Number) -> str:
    """Return a number as Terraform writes it in strings: no exponent, no needless digits."""
    if isinstance(number, int):
        if number.bit_length() > _MANTISSA_BITS:
            return _plain(_shortest(Decimal(written(number))))
        return str(number)
    if not number.is_finite():
        return "+Inf" if number > 0 else "-Inf"
    return _plain(_shortest(number))


def written(number: int) -> str:
    """Return all digits of a whole number."""
    # Python refuses to write integers of more than 4,300 digits.
    return str(number) if number.bit_length() < 14_000 else f"{Decimal(number):f}"


def _plain(number: Decimal) -> str:
    if number == 0:
        return "0"
    if abs(number.adjusted()) > MAXIMUM_DIGITS:
        return str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shortest(number: Decimal) -> Decimal:
    """Return the shortest decimal that is the same number in 512 bits."""
    if len(number.as_tuple().digits) <= _SURE_DIGITS or abs(number.adjusted()) > MAXIMUM_DIGITS:
        return number.normalize(CONTEXT)
    wanted = exact(number)
    for digits in range(_SURE_DIGITS - 1, _SURE_DIGITS + 4):
        candidate = Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN).plus(number)
        if exact(candidate) == wanted:
            return candidate.normalize(CONTEXT)
    return number.normalize(CONTEXT)


def exact(number: Number) -> Fraction:
    """Return the nearest number with a mantissa of 512 bits, which Terraform computes with."""
    return rounded(Fraction(number))


def nearest(value: Fraction) -> Number:
    """Return a result of arithmetic as the number that Terraform would have."""
    kept = rounded(value)
    if kept.denominator == 1:
        return kept.numerator
    return CONTEXT.divide(Decimal(kept.numerator), Decimal(kept.denominator))


def rounded(value: Fraction) -> Fraction:
    """Return the nearest fraction with a mantissa of 512 bits."""
    if value == 0 or (value.denominator == 1 and value.numerator.bit_length() <= _MANTISSA_BITS):
        return value
    shift = _MANTISSA_BITS - (abs(value.numerator).bit_length() - value.denominator.bit_length())
    scaled = value * Fraction(2) ** shift
    while abs(scaled) >= 2**_MANTISSA_BITS:
        shift -= 1
        scaled /= 2
    while abs(scaled) < 2 ** (_MANTISSA_BITS - 1):
        shift += 1
        scaled *= 2
    return Fraction(round(scaled)) / Fraction(2) ** shift
