"""Numbers written as Go's `fmt` package writes those of arbitrary precision."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.functions.numbers import Number, exact, format_number, written

_PREFIXES = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}
_PRECISION = 6
_LEAST_EXPONENT = -4
_HASHED_DIGITS = 10


def shortest(number: Number) -> str:
    """Return a number as `%v` and `%g` write it: with an exponent where that is not small."""
    return _general(number, None, "e")


def hashed(number: Number) -> str:
    """Return a number as Terraform writes it where it only tells values apart: ten digits."""
    if isinstance(number, Decimal) and not number.is_finite():
        return format_number(number)
    sign = "-" if number < 0 else ""
    return sign + _general(-number if sign else number, _HASHED_DIGITS, "e")


def format_integer(
    number: Number, mode: str, flags: str, width: int | None, precision: int | None
) -> str:
    """Return a whole number as `%b`, `%d`, `%o`, `%x` or `%X`. Raises `FunctionError`."""
    if isinstance(number, Decimal):
        raise FunctionError("a whole number is required")
    digits = written(abs(number)) if mode == "d" else format(abs(number), mode)
    if precision is not None:
        if number == 0 and precision == 0:
            return ""
        digits = digits.rjust(precision, "0")
    sign = _sign(number < 0, flags)
    prefix = _PREFIXES.get(mode, "") if "#" in flags else ""
    missing = (width or 0) - len(sign) - len(prefix) - len(digits)
    if missing > 0:
        if "-" in flags:
            return f"{sign}{prefix}{digits}{' ' * missing}"
        if "0" in flags and precision is None:
            return f"{sign}{prefix}{'0' * missing}{digits}"
    return f"{' ' * missing}{sign}{prefix}{digits}"


def format_float(
    number: Number, mode: str, flags: str, width: int | None, precision: int | None
) -> str:
    """Return a number as `%e`, `%E`, `%f`, `%g` or `%G`."""
    size = -number if number < 0 else number
    places = _PRECISION if precision is None else precision
    if mode in "gG":
        text = _general(size, precision, "E" if mode == "G" else "e")
    elif mode == "f":
        text = _fixed(exact(size), places)
    else:
        digits, exponent = _rounded(exact(size), places)
        text = _scientific(digits, exponent, mode)
    sign = _sign(number < 0, flags)
    missing = " " * ((width or 0) - len(sign) - len(text))
    if "0" in flags:
        return sign + "0" * len(missing) + text
    return sign + text + missing if "-" in flags else missing + sign + text


def _sign(is_negative: bool, flags: str) -> str:
    if is_negative:
        return "-"
    return "+" if "+" in flags else " " if " " in flags else ""


def _general(number: Number, precision: int | None, letter: str) -> str:
    if precision is None:
        plain = format_number(number)
        sign = "-" if plain.startswith("-") else ""
        whole, _, fraction = plain.removeprefix("-").partition(".")
        digits = (whole + fraction).lstrip("0")
        exponent = len(whole) - 1 if whole != "0" else len(digits) - len(fraction) - 1
        digits = digits.rstrip("0")
        if not digits or _LEAST_EXPONENT <= exponent < _PRECISION:
            return plain
        return sign + _scientific(digits, exponent, letter)
    precision = precision or 1
    digits, exponent = _rounded(exact(number), precision - 1)
    digits = digits.rstrip("0") or "0"
    if not _LEAST_EXPONENT <= exponent < precision:
        return _scientific(digits, exponent, letter)
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    if len(digits) <= exponent + 1:
        return digits.ljust(exponent + 1, "0")
    return f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}"


def _fixed(number: Fraction, precision: int) -> str:
    digits = written(round(number * 10**precision)).rjust(precision + 1, "0")
    return f"{digits[:-precision]}.{digits[-precision:]}" if precision else digits


def _rounded(number: Fraction, precision: int) -> tuple[str, int]:
    """Return the digits of a number, one and as many as wanted, and its decimal exponent."""
    if number == 0:
        return "0" * (precision + 1), 0
    exponent = len(written(number.numerator)) - len(written(number.denominator))
    if number < Fraction(10) ** exponent:
        exponent -= 1
    digits = round(number / Fraction(10) ** (exponent - precision))
    if digits >= 10 ** (precision + 1):
        exponent += 1
        digits //= 10
    return written(digits), exponent


def _scientific(digits: str, exponent: int, letter: str) -> str:
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    sign = "-" if exponent < 0 else "+"
    return f"{mantissa}{letter}{sign}{abs(exponent):02d}"
