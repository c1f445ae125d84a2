"""What is known of the unknown parts of texts: which are equal, and what they can look like."""

from __future__ import annotations

import re
from typing import Final

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbol
from stepguard.deployment.values import Reference, Unknown, plain
from stepguard.permissions.identity import identity_of
from stepguard.permissions.memory import remembered_of_deployment

_CHARACTERS: Final[dict[str, re.Pattern[str]]] = {
    "AWS::AccountId": re.compile(r"\d"),
    "AWS::Region": re.compile(r"[a-z0-9-]"),
    "AWS::Partition": re.compile(r"[a-z-]"),
    "AWS::URLSuffix": re.compile(r"[a-z.]"),
    "AWS::StackName": re.compile(r"[A-Za-z0-9-]"),
}
_IN_A_NAME: Final = re.compile(r"[^:/]")
_PATH_LIKE: Final = (":ssm:", ":logs:", ":secretsmanager:", ":iam:")
"""Services whose resources have names with slashes."""

_WHOLE: Final = frozenset({"arn", "Arn", "id"})
"""Attributes that are different for each resource of a type, whatever the type is."""

_INSTANCE: Final = re.compile(r"\[[^\]]*\]")
_ITERATION: Final = re.compile(r"\b(?:each|count|self)\.")


MAXIMUM_STEPS: Final = 200_000
"""Steps that the comparisons of one deployment may take; beyond that nothing is told apart."""

STEPS_OF_A_ROLE: Final = 2_000
"""Steps that each role of it may take besides: real ones take some hundreds."""


class _Steps:
    """The steps that are left for the comparisons of a deployment."""

    def __init__(self, left: int) -> None:
        self.left = left


@remembered_of_deployment
def _steps_of(deployment: Deployment) -> _Steps:
    return _Steps(MAXIMUM_STEPS + STEPS_OF_A_ROLE * len(deployment.roles))


class Names:
    """Compares the unknown parts of texts in the light of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._steps = _steps_of(deployment)

    @property
    def steps_left(self) -> int:
        """How many steps all comparisons of the deployment may still take."""
        return self._steps.left

    def take(self, steps: int) -> bool:
        """Take steps; tell whether there were any left."""
        self._steps.left -= steps
        return self._steps.left > 0

    def same(self, one: Symbol, other: Symbol) -> bool | None:
        """Tell whether two characters or unknown parts are the same; `None` if not known."""
        if isinstance(one, str) and isinstance(other, str):
            return one == other
        if one == other:
            return _is_one_value(one) or None
        if isinstance(one, Reference) and isinstance(other, Reference):
            return self._same_reference(one, other)
        if isinstance(one, Reference) and isinstance(other, Unknown):
            return self._is_given(one, other)
        if isinstance(one, Unknown) and isinstance(other, Reference):
            return self._is_given(other, one)
        return None

    def _same_reference(self, one: Reference, other: Reference) -> bool | None:
        if one.is_pseudo or other.is_pseudo or one.attribute != other.attribute:
            return None
        if one.target == other.target or _may_be_the_same_instance(one.target, other.target):
            return None
        first, second = self._type(one), self._type(other)
        if first is None or first != second:
            return None
        if not self._is_name(one) and one.attribute not in _WHOLE:
            return None
        given = self._given(one)
        return None if given is not None and given == self._given(other) else False

    def is_made(self, symbol: Symbol) -> bool:
        """Tell whether it is a name that the deployment makes up, since none is written."""
        if not isinstance(symbol, Reference) or not self._is_name(symbol):
            return False
        return all(
            (value := one.attributes.get(symbol.attribute)) is None or value.value is None
            for one in self._deployment.find(symbol.target)
        )

    def may_be_anything(self, symbol: Symbol) -> bool:
        """Tell whether it is an unknown part of which not even the kind is known."""
        if isinstance(symbol, Unknown):
            return True
        return isinstance(symbol, Reference) and not symbol.is_pseudo and not self._is_name(symbol)

    def is_open(self, symbol: Symbol) -> bool:
        """Tell whether it may be a whole ARN, or a name that begins with a slash."""
        if not isinstance(symbol, Reference):
            return isinstance(symbol, Unknown)
        return not symbol.is_pseudo and self.characters(symbol) is None

    def characters(self, symbol: Symbol) -> re.Pattern[str] | None:
        """Return what each of its characters is; `None` when that is not known."""
        if not isinstance(symbol, Reference):
            return None
        if symbol.is_pseudo:
            return _CHARACTERS.get(symbol.target)
        return _IN_A_NAME if self._is_name(symbol) and not self._is_path(symbol) else None

    def _is_name(self, reference: Reference) -> bool:
        found = self._deployment.find(reference.target)
        identity = identity_of(found[0]) if found else None
        return identity is not None and reference.attribute in identity.attributes

    def _is_path(self, reference: Reference) -> bool:
        found = self._deployment.find(reference.target)
        identity = identity_of(found[0]) if found else None
        return identity is not None and any(one in identity.arn for one in _PATH_LIKE)

    def _type(self, reference: Reference) -> str | None:
        found = self._deployment.find(reference.target)
        return found[0].type if found else None

    def _given(self, reference: Reference) -> object:
        found = self._deployment.find(reference.target)
        value = found[0].attributes.get(reference.attribute) if found else None
        return None if value is None else plain(value)

    def _is_given(self, reference: Reference, unknown: Unknown) -> bool | None:
        """Tell whether a resource's name is what an unknown value says; else it is not known."""
        is_equal = self._given(reference) == unknown and _is_one_value(unknown)
        return True if is_equal else None


def _is_one_value(symbol: Symbol) -> bool:
    """Tell whether a symbol means the same wherever it stands."""
    if not isinstance(symbol, Unknown):
        return True
    return bool(symbol.expression) and not _ITERATION.search(symbol.expression)


def _may_be_the_same_instance(one: str, other: str) -> bool:
    bare, other_bare = _INSTANCE.sub("", one), _INSTANCE.sub("", other)
    return bare == other_bare and (one == bare or other == other_bare)
