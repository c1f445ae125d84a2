"""The principals of a statement: who it is about."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from stepguard.deployment.documents import Path
from stepguard.deployment.iam.arns import ACCOUNT_ID, split_arn
from stepguard.deployment.iam.elements import Entry, member_of, read_element
from stepguard.deployment.iam.patterns import literal, symbols_of
from stepguard.deployment.members import is_open, why_open, why_unknown
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    Plain,
    Reference,
    Text,
    Unknown,
    alternatives,
)
from stepguard.structs import Struct

Kind: TypeAlias = Literal["Everyone", "AWS", "Service", "Federated", "CanonicalUser"]

STEP_FUNCTIONS = "states"
"""What the name of the service in `states.amazonaws.com` is."""

_KINDS: tuple[Kind, ...] = ("AWS", "Service", "Federated", "CanonicalUser")
_SUFFIX = re.compile(
    r"([a-z0-9-]+\.)?"
    r"(amazonaws\.(com|com\.cn|eu)|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)


class Principal(Struct, frozen=True):
    """One principal: its kind, and the entry that names it."""

    kind: Kind
    entry: Entry

    @property
    def service(self) -> str | None:
        """The service that a service principal means (`states`); `None` when it is not known."""
        return service_of(self.entry.value) if self.kind == "Service" else None

    @property
    def account(self) -> str | Reference | Unknown | None:
        """The account of an `AWS` principal: its number, or what gives it; else `None`."""
        return account_of(self.entry.value) if self.kind == "AWS" else None

    @property
    def is_whole_account(self) -> bool:
        """Whether it means everybody in an account, by its number or its root user."""
        if self.kind != "AWS":
            return False
        value = self.entry.value
        if isinstance(value, str) and ACCOUNT_ID.fullmatch(value):
            return True
        arn = split_arn(value)
        if arn is not None:
            return literal(arn.resource) == "root"
        return isinstance(_sole(value), Reference) and account_of(value) is not None


class Principals(Struct, frozen=True):
    """The principals of a statement. `unread` says why there may be more."""

    path: Path
    known: tuple[Principal, ...] = ()
    unread: tuple[str, ...] = ()


def read_principals(value: Plain, path: Path) -> Principals | None:
    """Read `Principal` or `NotPrincipal`; `None` when there is none."""
    if value is None or value is REMOVED:
        return None
    known: list[Principal] = []
    unread: list[str] = []
    for one in alternatives(value):
        condition = value.condition if isinstance(value, OneOf) else ""
        if one == "*":
            known.append(Principal("Everyone", Entry("*", path, condition)))
        elif isinstance(one, dict):
            _read_members(one, path, condition, known, unread)
        elif isinstance(one, (Unknown, Reference, Text)):
            unread.append(f"its principal: {why_unknown(one)}")
        else:
            unread.append("its principal is no object")
    return Principals(path, tuple(known), tuple(dict.fromkeys(unread)))


def _read_members(
    members: dict[str, Plain],
    path: Path,
    condition: str,
    known: list[Principal],
    unread: list[str],
) -> None:
    if is_open(members):
        unread.append(f"its principal: {why_open(members, '')}")
    for kind in _KINDS:
        name = member_of(members, kind)
        element = read_element(members.get(name), (*path, name))
        if element is None:
            continue
        unread.extend(f"its principal: {reason}" for reason in element.unread)
        for entry in element.entries:
            placed = entry if entry.condition else Entry(entry.value, entry.path, condition)
            everyone = kind == "AWS" and entry.value == "*"
            known.append(Principal("Everyone" if everyone else kind, placed))


def service_of(value: Plain) -> str | None:
    """Return the service of a service principal; `None` when it is not known.

    The name comes first in every form: `states.amazonaws.com`, `states.eu-west-1.amazonaws.com`,
    `states.${AWS::Region}.${AWS::URLSuffix}`. A name with another ending is returned whole.
    """
    symbols = symbols_of(value)
    if symbols is None or "." not in symbols:
        return None
    dot = symbols.index(".")
    name, suffix = literal(symbols[:dot]), literal(symbols[dot + 1 :])
    if name is None:
        return None
    if suffix is not None and not _SUFFIX.fullmatch(suffix.lower()):
        return f"{name}.{suffix}".lower()
    return name.lower()


def account_of(value: Plain) -> str | Reference | Unknown | None:
    """Return the account that an `AWS` principal belongs to; `None` when that is not known."""
    if isinstance(value, str) and ACCOUNT_ID.fullmatch(value):
        return value
    sole = _sole(value)
    if isinstance(sole, Reference) and sole.target == "AWS::AccountId":
        return sole
    arn = split_arn(value)
    if arn is None:
        return None
    known = literal(arn.account)
    if known is not None:
        return known if ACCOUNT_ID.fullmatch(known) else None
    if len(arn.account) == 1 and isinstance(arn.account[0], (Reference, Unknown)):
        return arn.account[0]
    return None


def _sole(value: Plain) -> Plain:
    """Return the one hole that a text consists of; the value itself otherwise."""
    if isinstance(value, Text) and len(value.parts) == 1 and value.holes:
        return value.holes[0]
    return value
