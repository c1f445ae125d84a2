"""Elements of a statement that hold one value or a list of values."""

from __future__ import annotations

from stepguard.deployment.documents import Path
from stepguard.deployment.members import why_unknown
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    OpenList,
    Plain,
    Reference,
    Text,
    Unknown,
    alternatives,
)
from stepguard.structs import Struct


class Entry(Struct, frozen=True):
    """One value of an element: a `str`, `Text`, `Reference` or `Unknown`, and where it stands.

    `condition` is what it depends on that it is there; empty when it is there in any case.
    """

    value: Plain
    path: Path
    condition: str = ""

    @property
    def why_unread(self) -> str | None:
        """Why nothing is known of it, in a few words; `None` when something is."""
        value = self.value
        if isinstance(value, Text) and len(value.parts) == 1 and value.holes:
            value = value.holes[0]
        return why_unknown(value) if isinstance(value, Unknown) else None


class Element(Struct, frozen=True):
    """The values of an element. `unread` says why there may be more."""

    path: Path
    entries: tuple[Entry, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why some of its values are not known; empty when all are."""
        return (*self.unread, *(one.why_unread for one in self.entries if one.why_unread))


def member_of(members: dict[str, Plain], name: str) -> str:
    """Return the key under which an object has a member, whatever its case; else `name`."""
    if name in members:
        return name
    lower = name.lower()
    return next((key for key in members if key.lower() == lower), name)


def read_element(value: Plain, path: Path) -> Element | None:
    """Read one value or a list of values; `None` when there is none at all."""
    if value is None or value is REMOVED:
        return None
    entries: list[Entry] = []
    unread: list[str] = []
    _collect(value, path, "", entries, unread)
    return Element(path, tuple(entries), tuple(dict.fromkeys(unread)))


def _collect(
    value: Plain, path: Path, condition: str, entries: list[Entry], unread: list[str]
) -> None:
    if isinstance(value, (str, Text, Reference, Unknown)):
        entries.append(Entry(value, path, condition))
    elif isinstance(value, OneOf):
        for one in alternatives(value):
            _collect(one, path, condition or value.condition, entries, unread)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            _collect(one, (*path, number), condition, entries, unread)
        if isinstance(value, OpenList):
            unread.append(why_unknown(value.rest))
    elif isinstance(value, (bool, int, float)):
        # Account numbers without quotes are read as numbers.
        entries.append(Entry(str(value), path, condition))
    elif value is not None and value is not REMOVED:
        unread.append("a value is no text")
