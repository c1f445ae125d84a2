"""Values that depend on open conditions, and what is made of several of them at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stepguard.deployment.source import Span
from stepguard.deployment.values import REMOVED, OneOf, Plain, Traced, Unknown, plain

MAXIMUM_ALTERNATIVES = 8
"""Combinations of alternatives that are kept apart; more of them are unknown together."""


def choice(condition: str, alternatives: Sequence[Traced], span: Span | None) -> Traced:
    """Return a value with alternatives; the value itself when they are all the same."""
    first = alternatives[0]
    if all(is_same(first, other) for other in alternatives[1:]):
        return first
    kept = tuple(REMOVED if one.value is REMOVED else one for one in alternatives)
    return Traced(OneOf(condition, kept), span)


def is_same(one: Traced, other: Traced) -> bool:
    """Tell whether two values are certainly the same, references by what they name."""
    if one is other:
        return True
    if one.sensitive or other.sensitive or (one.rest, other.rest) != (None, None):
        return False
    return _plain(one) == _plain(other) and type(one.value) is type(other.value)


def _plain(value: Traced) -> Plain:
    return value.value if not isinstance(value.value, (dict, list, OneOf)) else plain(value)


def over_alternatives(
    values: Sequence[Traced], make: Callable[[Sequence[Traced]], Traced], span: Span | None
) -> Traced:
    """Return what `make` makes of values, once for each alternative of those that have some.

    Values that depend on one condition are taken together. An alternative that is not there
    reaches `make` as `REMOVED`. Where there are too many alternatives, `make` gets unknown
    values instead.
    """
    choices = [one for one in values if _is_choice(one)]
    if not choices:
        return make(values)
    if _combinations(choices) > MAXIMUM_ALTERNATIVES:
        return make([_unknown(one) for one in values])
    sizes = {(one.value.condition, len(one.value.alternatives)) for one in choices}
    for condition, size in sorted(sizes):
        chosen = [
            over_alternatives([_pick(one, condition, size, number) for one in values], make, span)
            for number in range(size)
        ]
        return choice(condition, chosen, span)
    return make(values)


def _is_choice(value: object) -> bool:
    return isinstance(value, Traced) and isinstance(value.value, OneOf) and value.encoded is None


def _combinations(choices: Sequence[Traced]) -> int:
    """Return how many combinations of alternatives there can be, choices within choices too."""
    sizes: set[tuple[str, int]] = set()
    stack = list(choices)
    while stack and len(sizes) <= MAXIMUM_ALTERNATIVES:
        content = stack.pop().value
        sizes.add((content.condition, len(content.alternatives)))
        stack.extend(one for one in content.alternatives if _is_choice(one))
    count = 1
    for _, size in sizes:
        count *= size
    return count


def _pick(value: Traced, condition: str, size: int, number: int) -> Traced:
    content = value.value
    if not _is_choice(value):
        return value
    if (content.condition, len(content.alternatives)) != (condition, size):
        return value
    alternative = content.alternatives[number]
    return alternative if isinstance(alternative, Traced) else Traced(REMOVED, value.span)


def _unknown(value: Traced) -> Traced:
    if not _is_choice(value):
        return value
    condition = value.value.condition
    return Traced(Unknown(condition, f"depends on condition {condition}"), value.span)
