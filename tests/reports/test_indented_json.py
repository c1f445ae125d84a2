"""Reports in JSON are what the standard library writes, whatever is in them."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as some

from stepguard.reports.indented_json import indented

VALUES = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(some.characters()),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(some.characters()), inner),
)


@given(VALUES)
def test_any_value(value: object) -> None:
    assert indented(value) == json.dumps(value, indent=2)


def test_half_of_a_surrogate_pair() -> None:
    value = {"a\ud800": ["\udfff", {}, []]}
    assert indented(value) == json.dumps(value, indent=2)
