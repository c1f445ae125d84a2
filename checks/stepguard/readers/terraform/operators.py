"""Operators on known and unknown operands; none of them is a choice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from stepguard.deployment.source import Span
from stepguard.deployment.values import Piece, Reference, Text, Traced, Unknown
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.readers.terraform.choices import describe
from stepguard.readers.terraform.functions.conversion import to_bool, to_number
from stepguard.readers.terraform.functions.equality import equal
from stepguard.readers.terraform.functions.numbers import (
    MAXIMUM_DIGITS,
    Number,
    exact,
    is_number,
    nearest,
    rounded,
)

_NEVER_NULL = frozenset({"arn", "id", "name"})
_ARITHMETIC: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": lambda left, right: _remainder(left, right),
}
_ORDER: dict[str, Callable[[Number, Number], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _remainder(left: Fraction, right: Fraction) -> Fraction:
    """Return what Terraform gives: rounded at each step; and nothing is divided by zero."""
    return left - rounded(right * int(rounded(left / right))) if right else left


def is_open(value: Traced) -> bool:
    """Tell whether the value as a whole is not known."""
    return isinstance(value.value, (Unknown, Reference)) or (
        isinstance(value.value, Text) and value.value.known is None
    )


def unary(operator: str, operand: Traced, span: Span | None, shown: str) -> Traced:
    """Return `-operand` or `!operand`. Raises `EvaluationError` for a wrong type."""
    if is_open(operand):
        name = describe(operand) or shown
        return Traced(Unknown(f"{operator}{name}", reason_of(operand)), span)
    if operator == "!":
        return Traced(not boolean(operand), span)
    return Traced(-_number(operand), span)


def binary(operator: str, left: Traced, right: Traced, span: Span | None, shown: str) -> Traced:
    """Return `left operator right`. Raises `EvaluationError` for wrong types."""
    if operator in ("==", "!="):
        same = is_equal(left, right)
        if same is not None:
            return Traced(same is (operator == "=="), span)
        return _unknown(operator, left, right, span, shown)
    if operator in ("&&", "||"):
        return _logical(operator, left, right, span, shown)
    if is_open(left) or is_open(right):
        return _unknown(operator, left, right, span, shown)
    if operator in _ORDER:
        return Traced(_ORDER[operator](_number(left), _number(right)), span)
    if operator not in _ARITHMETIC:
        raise EvaluationError(f"unknown operator {operator}")
    try:
        result = _ARITHMETIC[operator](exact(_number(left)), exact(_number(right)))
    except (ZeroDivisionError, ValueError, OverflowError) as error:
        raise EvaluationError("it divides by zero, or a number is infinite") from error
    number = nearest(result)
    if abs(Decimal(number).adjusted()) > MAXIMUM_DIGITS:
        return Traced(Unknown(shown, "the number is too large or too small"), span)
    return Traced(number, span)


def _logical(operator: str, left: Traced, right: Traced, span: Span | None, shown: str) -> Traced:
    decisive = operator == "||"
    for operand in (left, right):
        if not is_open(operand) and boolean(operand) is decisive:
            return Traced(decisive, span)
    if is_open(left) and is_open(right):
        return _unknown(operator, left, right, span, shown)
    if is_open(left) or is_open(right):
        # The known operand does not decide: the result is the other one.
        return left if is_open(left) else right
    return Traced(not decisive, span)


def is_equal(left: Traced, right: Traced) -> bool | None:
    """Compare two values; `None` when the answer is not known.

    An attribute such as `arn` of a resource of the configuration is never null or empty.
    """
    for one, other in ((left, right), (right, left)):
        if other.value is None and (_is_never_null(one.value) or isinstance(one.value, Text)):
            return False
        if other.value == "" and isinstance(other.value, str) and _is_never_empty(one.value):
            return False
    answer: bool | None = equal(left, right)
    return answer


def _is_never_null(value: Any) -> bool:
    if not isinstance(value, Reference):
        return False
    return value.is_pseudo or value.attribute in _NEVER_NULL or not value.attribute


def _is_never_empty(value: Any) -> bool:
    if isinstance(value, Text):
        return any(
            _is_never_empty(part.value) if not isinstance(part, Piece) else bool(part.text)
            for part in value.parts
        )
    return _is_never_null(value) and not str(value.target).startswith("data.")


def boolean(value: Traced) -> bool:
    """Return a known value as a boolean. Raises `EvaluationError` when it is none."""
    converted = to_bool(value)
    if isinstance(converted.value, bool):
        return converted.value
    raise EvaluationError("it is neither true nor false")


def _number(value: Traced) -> Number:
    converted = to_number(value).value
    if not is_number(converted):
        raise EvaluationError("it is no number")
    number: Number = converted
    return number


def reason_of(*values: Traced) -> str:
    """Return why the first unknown one of some values is not known."""
    for value in values:
        content = value.value
        if isinstance(content, Text):
            content = next(iter(content.holes), None)
        if isinstance(content, Unknown) and content.reason:
            return content.reason
        if isinstance(content, Reference):
            return f"{content.expression or content.target} is known after apply"
    return "not known before deployment"


def _unknown(operator: str, left: Traced, right: Traced, span: Span | None, shown: str) -> Traced:
    first, second = describe(left), describe(right)
    text = shown if first is None or second is None else f"{first} {operator} {second}"
    open_ones = [one for one in (left, right) if is_open(one)]
    return Traced(Unknown(text, reason_of(*(open_ones or [left]))), span)
