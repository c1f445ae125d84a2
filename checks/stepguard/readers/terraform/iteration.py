"""What a `for` expression, a `%{for}` directive or `for_each` goes through, in which order."""

from __future__ import annotations

from stepguard.deployment.values import (
    Hole,
    PartlyKnownKey,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.readers.terraform.functions.numbers import format_number, is_number
from stepguard.readers.terraform.functions.types import LooseItems, SetItems


def elements_of(collection: Traced) -> list[tuple[Traced, Traced]] | None:
    """Return the keys and values of a collection, in the order of Terraform's loops.

    `None` when the collection is not known; what its `rest` stands for is not among them.
    Raises `EvaluationError` for a value that is none.
    """
    value = collection.value
    if isinstance(value, dict):
        return [(key_value(key), value[key]) for key in sorted(value)]
    if isinstance(value, SetItems):
        return [(element, element) for element in value]
    if isinstance(value, list):
        placed = value.placed if isinstance(value, LooseItems) else len(value)
        unplaced = Unknown("…", "the order of the elements is not known")
        return [
            (Traced(number if number < placed else unplaced), element)
            for number, element in enumerate(value)
        ]
    if isinstance(value, (Unknown, Reference)):
        return None
    if value is None:
        raise EvaluationError("it goes through null")
    raise EvaluationError("it goes through something that is no collection")


def key_value(key: str) -> Traced:
    """Return an object's key as a value."""
    if isinstance(key, PartlyKnownKey):
        return Traced(key.text)
    return Traced(key)


def as_key(value: Traced) -> str | None:
    """Return a value as an object's key, partly known where it is; `None` when it is unknown.

    Raises `EvaluationError` for a value that cannot be a key.
    """
    content = value.value
    if isinstance(content, Reference):
        return PartlyKnownKey(Text((Hole(content, value.span),)))
    if isinstance(content, Text):
        known = content.known
        return PartlyKnownKey(content) if known is None else known
    if isinstance(content, Unknown):
        return None
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, str):
        return content
    if is_number(content):
        return format_number(content)
    raise EvaluationError("a key is neither a string nor a number")
