"""The statements of a policy document, with what is not known in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias
from weakref import WeakKeyDictionary

from stepguard.deployment.documents import Document, Path, PathStep
from stepguard.deployment.iam.conditions import Conditions, read_conditions
from stepguard.deployment.iam.elements import Element, member_of, read_element
from stepguard.deployment.iam.principals import Principals, read_principals
from stepguard.deployment.members import is_open, present, why_open, why_unknown
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    OpenList,
    PartlyKnownKey,
    Plain,
    alternatives,
)
from stepguard.structs import Struct, field

Effect: TypeAlias = Literal["Allow", "Deny"]


class Statement(Struct, frozen=True):
    """A statement of a policy.

    `path` is where it stands in the document. An element that is not there is `None`. `effect`
    is `None` when it is not known; one that depends on a condition counts as `Allow` where it
    can be that. `unread` says what of the statement could not be read.
    """

    path: Path
    sid: str
    effect: Effect | None
    actions: Element | None = None
    not_actions: Element | None = None
    resources: Element | None = None
    not_resources: Element | None = None
    principals: Principals | None = None
    not_principals: Principals | None = None
    conditions: Conditions = field(default_factory=Conditions)
    unread: tuple[str, ...] = ()

    @property
    def allows(self) -> bool:
        """Whether it is known to allow."""
        return self.effect == "Allow"


class Statements(Struct, frozen=True):
    """The statements of a document. `unread` says why there may be more, or other ones."""

    known: tuple[Statement, ...] = ()
    unread: tuple[str, ...] = ()


_known: WeakKeyDictionary[Document, Statements] = WeakKeyDictionary()
"""What was read of documents that are still in use: many rules ask for the same."""


def read_statements(document: Document) -> Statements:
    """Read the statements of a policy document, once. Never raises.

    Names of elements are compared without regard to case.
    """
    found = _known.get(document)
    if found is None:
        found = _known[document] = _read(document)
    return found


def _read(document: Document) -> Statements:
    known: list[Statement] = []
    unread: list[str] = []
    for policy in alternatives(document.value):
        if not isinstance(policy, dict):
            unread.append(f"the policy {_why_no_object(policy)}")
            continue
        name = member_of(policy, "Statement")
        if present(policy, name) is not True:
            open_document = is_open(policy) or name in policy
            unread.append(why_open(policy, name) if open_document else "it has no statements")
        for value, path in _each_statement(policy.get(name), (name,)):
            if isinstance(value, dict):
                known.append(_statement(value, path))
            else:
                unread.append(f"a statement {_why_no_object(value)}")
    return Statements(tuple(known), tuple(dict.fromkeys(unread)))


def _each_statement(value: Plain, path: Path) -> Iterator[tuple[Plain, Path]]:
    """Yield every statement, each alternative by itself, and whatever stands for further ones."""
    if value is None or value is REMOVED:
        return
    if isinstance(value, OneOf):
        for one in alternatives(value):
            yield from _each_statement(one, path)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            step: PathStep = number
            yield from _each_statement(one, (*path, step))
        if isinstance(value, OpenList):
            yield value.rest, path
    else:
        yield value, path


def _why_no_object(value: Plain) -> str:
    if isinstance(value, (bool, int, float, str, list)) or value is None:
        return "is no object"
    return f"is not known: {why_unknown(value)}"


def _statement(members: dict[str, Plain], path: Path) -> Statement:
    unread: list[str] = []
    names = {
        name: member_of(members, name)
        for name in (
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Principal",
            "NotPrincipal",
            "Condition",
        )
    }
    if is_open(members):
        # An element by its name is known; that there is no further one is not.
        key = next((one for one in members if isinstance(one, PartlyKnownKey)), "a statement")
        unread.append(why_open(members, str(key)))

    def element(name: str) -> Element | None:
        written = names[name]
        return read_element(members.get(written), (*path, written))

    def principals(name: str) -> Principals | None:
        written = names[name]
        return read_principals(members.get(written), (*path, written))

    effect = _effect(members.get(names["Effect"]))
    if effect is None:
        unread.append("its effect is not known")
    sid = members.get(names["Sid"])
    condition = names["Condition"]
    return Statement(
        path=path,
        sid=sid if isinstance(sid, str) else "",
        effect=effect,
        actions=element("Action"),
        not_actions=element("NotAction"),
        resources=element("Resource"),
        not_resources=element("NotResource"),
        principals=principals("Principal"),
        not_principals=principals("NotPrincipal"),
        conditions=read_conditions(members.get(condition), (*path, condition)),
        unread=tuple(unread),
    )


def _effect(value: Plain) -> Effect | None:
    found = {one.lower() for one in alternatives(value) if isinstance(one, str)}
    if "allow" in found:
        return "Allow"
    return "Deny" if found == {"deny"} and isinstance(value, str) else None
