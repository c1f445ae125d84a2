"""Whether the conditions of a statement hold for a need: yes, no, or not to be known."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.conditions import Condition, Conditions
from stepguard.deployment.iam.patterns import Symbols
from stepguard.deployment.values import Plain, Reference
from stepguard.permissions.identity import expand
from stepguard.permissions.matching import matches, with_variables
from stepguard.permissions.names import Names
from stepguard.permissions.needs.need import Need

_SAME_PLACE = {
    "aws:principalaccount": "AWS::AccountId",
    "aws:requestedregion": "AWS::Region",
    "aws:resourceaccount": "AWS::AccountId",
}
"""Keys whose value is the account or region of the deployment for everything in it."""

_ENCRYPTED_TRANSPORT = "aws:securetransport"
_PATTERNS = frozenset({"stringlike", "arnlike", "arnequals"})
"""Operators for which `*` and `?` are wildcards; `ArnEquals` is the same as `ArnLike`."""


def conditions_hold(
    conditions: Conditions, need: Need, deployment: Deployment, names: Names
) -> bool | None:
    """Tell whether every condition of a statement holds when a need arises.

    Known are the values that AWS documents for the need (`iam:PassedToService`, the encryption
    context), the deployment's own account and region, and that services use TLS.
    """
    answers = [_holds(one, need, deployment, names) for one in conditions.known]
    if False in answers:
        return False
    return None if None in answers or conditions.unread else True


def _holds(condition: Condition, need: Need, deployment: Deployment, names: Names) -> bool | None:
    if not condition.is_certain or condition.quantifier or condition.values.reasons:
        return None
    entries = [one.value for one in condition.values.entries]
    if condition.key == _ENCRYPTED_TRANSPORT and condition.operator == "bool":
        return {"true": True, "false": False}.get(str(entries[0]).lower()) if entries else None
    if not condition.is_positive:
        return None
    if condition.key in _SAME_PLACE:
        return _is_here(entries, _SAME_PLACE[condition.key])
    known = [
        value
        for _, key, values in need.condition
        if key.lower() == condition.key
        for value in values
    ]
    if not known or "*" in known:
        return None
    answers = [_among(one, entries, condition, deployment, names) for one in known]
    if False in answers:
        return False
    return None if None in answers else True


def _is_here(entries: Iterable[Plain], place: str) -> bool | None:
    return True if any(_is_reference(one, place) for one in entries) else None


def _is_reference(value: Plain, target: str) -> bool:
    holes = getattr(value, "holes", None)
    if holes is not None and len(value.parts) == 1 and holes:
        value = holes[0]
    return isinstance(value, Reference) and value.target == target


def _among(
    value: Plain,
    entries: Iterable[Plain],
    condition: Condition,
    deployment: Deployment,
    names: Names,
) -> bool | None:
    """Tell whether a value is one of those that a condition asks for."""
    answers: list[bool | None] = []
    for entry in entries:
        for pattern in expand(entry, deployment):
            for text in expand(value, deployment):
                answers.append(_matches(pattern, text, condition, names))
    if True in answers:
        return True
    return None if None in answers or not answers else False


def _matches(pattern: Symbols, text: Symbols, condition: Condition, names: Names) -> bool | None:
    if condition.operator not in _PATTERNS and any(one in ("*", "?") for one in pattern):
        # There they are ordinary characters, which no value of a need has.
        return pattern == text
    if condition.operator == "stringequalsignorecase":
        pattern, text = _lower(pattern), _lower(text)
    return matches(with_variables(pattern), text, names)


def _lower(symbols: Symbols) -> Symbols:
    return tuple(one.lower() if isinstance(one, str) else one for one in symbols)
