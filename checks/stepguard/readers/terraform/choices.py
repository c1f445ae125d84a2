"""Values that depend on an open condition: making them, and computing with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stepguard.deployment.source import Span
from stepguard.deployment.values import REMOVED, OneOf, Removed, Text, Traced, Unknown
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.structs import Struct

MAXIMUM_ALTERNATIVES = 16
"""Alternatives that one computation may have; beyond, its operands count as unknown."""

_COMPARED_NODES = 2_000


class Failed(Struct, frozen=True):
    """An alternative that Terraform would refuse; only inside `try` and `can`."""

    reason: str


def choose(
    condition: str, alternatives: Sequence[Traced | Removed], span: Span | None = None
) -> Traced:
    """Return the choice between alternatives, in its simplest form.

    An alternative that is itself a choice on the same condition is the branch that goes with it;
    equal alternatives are one. At least one alternative must not be `REMOVED`.
    """
    count = len(alternatives)
    branches = tuple(
        assume(alternative, condition, number, count)
        for number, alternative in enumerate(alternatives)
    )
    first = branches[0]
    if isinstance(first, Traced) and all(
        isinstance(one, Traced) and is_same(first, one) for one in branches[1:]
    ):
        return first
    where = span or next((one.span for one in branches if isinstance(one, Traced)), None)
    return Traced(OneOf(condition, branches), where)


def assume(value: Traced | Removed, condition: str, number: int, count: int) -> Traced | Removed:
    """Return what a value is when a condition takes its alternative `number` of `count`."""
    for _ in range(MAXIMUM_ALTERNATIVES):
        if not (isinstance(value, Traced) and isinstance(value.value, OneOf)):
            return value
        if value.value.condition != condition or len(value.value.alternatives) != count:
            return value
        value = value.value.alternatives[number]
    return value


def is_same(left: Traced, right: Traced) -> bool:
    """Tell whether two values are equal as far as that is cheap to find out."""
    stack = [(left, right)]
    for _ in range(_COMPARED_NODES):
        if not stack:
            return True
        one, other = stack.pop()
        if one is other:
            continue
        if type(one.value) is not type(other.value) or one.rest != other.rest:
            return False
        if isinstance(one.value, dict):
            if list(one.value) != list(other.value):
                return False
            stack.extend(zip(one.value.values(), other.value.values(), strict=True))
        elif isinstance(one.value, list):
            if len(one.value) != len(other.value):
                return False
            stack.extend(zip(one.value, other.value, strict=True))
        elif isinstance(one.value, OneOf) or one.value != other.value:
            return False
    return not stack


def distribute(
    operands: Sequence[Traced],
    compute: Callable[[list[Traced]], Traced],
    *,
    keep_failures: bool = False,
) -> Traced:
    """Compute with operands of which some may be choices; the result is one, too.

    Choices on the same condition go together. An alternative that cannot be computed is left
    out, or kept as `Failed` when `keep_failures`. Raises `EvaluationError` when none can be.
    """
    if not any(isinstance(operand.value, (OneOf, Failed)) for operand in operands):
        return compute(list(operands))
    return _distribute(list(operands), compute, MAXIMUM_ALTERNATIVES, keep_failures)


def _distribute(
    operands: list[Traced],
    compute: Callable[[list[Traced]], Traced],
    room: int,
    keep_failures: bool,
) -> Traced:
    for operand in operands:
        if isinstance(operand.value, Failed):
            raise EvaluationError(operand.value.reason)
    choice = next((one.value for one in operands if isinstance(one.value, OneOf)), None)
    if choice is None:
        return compute(operands)
    count = len(choice.alternatives)
    if count > room:
        return compute([_as_unknown(operand) for operand in operands])
    results: list[Traced] = []
    failures: list[EvaluationError] = []
    for number in range(count):
        assumed = [assume(operand, choice.condition, number, count) for operand in operands]
        given = [one for one in assumed if isinstance(one, Traced)]
        if len(given) != len(assumed):
            continue
        try:
            results.append(_distribute(given, compute, room // count, keep_failures))
        except EvaluationError as error:
            failures.append(error)
            if keep_failures:
                results.append(Traced(Failed(error.reason)))
    if failures and all(isinstance(result.value, Failed) for result in results):
        raise failures[0]
    if not results:
        raise EvaluationError("no alternative has a value")
    return results[0] if len(results) == 1 else choose(choice.condition, results)


def _as_unknown(operand: Traced) -> Traced:
    if not isinstance(operand.value, OneOf):
        return operand
    condition = operand.value.condition
    return Traced(Unknown(condition, f"depends on condition {condition}"), operand.span)


def without_failures(value: Traced) -> Traced:
    """Return a value without its `Failed` alternatives.

    Raises `EvaluationError` when none is left.
    """
    if isinstance(value.value, Failed):
        raise EvaluationError(value.value.reason)
    if not isinstance(value.value, OneOf):
        return value
    kept: list[Traced | Removed] = []
    for alternative in value.value.alternatives:
        if isinstance(alternative, Traced):
            try:
                kept.append(without_failures(alternative))
            except EvaluationError:
                continue
        else:
            kept.append(alternative)
    if not kept:
        raise EvaluationError("no alternative has a value")
    if len(kept) == 1 and isinstance(kept[0], Traced):
        return kept[0]
    return choose(value.value.condition, kept, value.span)


def possibly_absent(condition: str, element: Traced, *, present_when: bool) -> Traced:
    """Return an element that is there only when a condition is true (or false)."""
    pair = (element, REMOVED) if present_when else (REMOVED, element)
    return Traced(OneOf(condition, pair), element.span)


def is_possibly_absent(value: Traced) -> bool:
    """Tell whether a member or element may be left out."""
    return isinstance(value.value, OneOf) and any(
        alternative is REMOVED
        or (isinstance(alternative, Traced) and is_possibly_absent(alternative))
        for alternative in value.value.alternatives
    )


def describe(value: Traced) -> str | None:
    """Return how an expression text names a value: its own expression, or a small literal."""
    content = value.value
    if isinstance(content, Unknown):
        return content.expression
    expression = getattr(content, "expression", "")
    if expression:
        return str(expression)
    if content is None:
        return "null"
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, str):
        return f'"{content}"' if len(content) <= 60 and "\n" not in content else None
    if isinstance(content, (OneOf, Text, list, dict)):
        return None
    return str(content)
