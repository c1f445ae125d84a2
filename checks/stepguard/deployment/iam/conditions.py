"""The conditions of a statement."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.iam.elements import Element, read_element
from stepguard.deployment.members import as_object, is_open, present, why_open, why_unknown
from stepguard.deployment.values import REMOVED, PartlyKnownKey, Plain
from stepguard.structs import Struct

_POSITIVE = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
)
_SET_PREFIXES = ("forallvalues:", "foranyvalue:")
_IF_EXISTS = "ifexists"


class Condition(Struct, frozen=True):
    """A condition: the key, what it is compared with, and how.

    `key` is in lower case, as IAM's keys know none. `operator` is in lower case and without
    `ForAnyValue:`, `ForAllValues:` and `IfExists`, which `quantifier` and `if_exists` say.
    `is_certain` says that it is there in any case.
    """

    key: str
    operator: str
    values: Element
    path: Path
    quantifier: str = ""
    if_exists: bool = False
    is_certain: bool = True

    @property
    def is_positive(self) -> bool:
        """Whether it asks that the key's value is a text, or one of a pattern."""
        return self.operator in _POSITIVE


class Conditions(Struct, frozen=True):
    """The conditions of a statement, all of which must hold. `unread`: why there may be more."""

    known: tuple[Condition, ...] = ()
    unread: tuple[str, ...] = ()

    def of(self, *keys: str) -> Iterator[Condition]:
        """Yield the positive conditions on some keys, given in lower case."""
        for one in self.known:
            if one.is_positive and one.key in keys:
                yield one


def read_conditions(value: Plain, path: Path) -> Conditions:
    """Read the `Condition` of a statement."""
    if value is None or value is REMOVED:
        return Conditions()
    members = as_object(value)
    if members is None:
        return Conditions((), (f"its condition {why_unknown(value)}",))
    known: list[Condition] = []
    unread: list[str] = []
    stays = _stays({"": value}, "")
    _note_open(members, unread)
    for operator, keys in members.items():
        if keys is REMOVED or isinstance(operator, PartlyKnownKey):
            continue
        below = as_object(keys)
        if below is None:
            unread.append(f"its condition {operator} {why_unknown(keys)}")
            continue
        _note_open(below, unread)
        certain = stays and _stays(members, operator)
        for key, values in below.items():
            element = read_element(values, (*path, operator, key))
            if element is not None and not isinstance(key, PartlyKnownKey):
                is_certain = certain and _stays(below, key)
                known.append(_condition(operator, key, element, (*path, operator), is_certain))
    return Conditions(tuple(known), tuple(dict.fromkeys(unread)))


def _stays(members: dict[str, Plain], name: str) -> bool:
    return present(members, name) is True


def _note_open(members: dict[str, Plain], unread: list[str]) -> None:
    if is_open(members):
        unread.append(f"its condition: {why_open(members, '')}")


def _condition(operator: str, key: str, values: Element, path: Path, is_certain: bool) -> Condition:
    name = operator.lower()
    quantifier = ""
    for prefix in _SET_PREFIXES:
        if name.startswith(prefix):
            quantifier, name = prefix[:-1], name[len(prefix) :]
    if_exists = name.endswith(_IF_EXISTS)
    return Condition(
        key=key.lower(),
        operator=name[: -len(_IF_EXISTS)] if if_exists else name,
        values=values,
        path=path,
        quantifier=quantifier,
        if_exists=if_exists,
        is_certain=is_certain,
    )
