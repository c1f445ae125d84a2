"""What changes when a role's policies are replaced by the least-privilege policy."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import member_of
from stepguard.deployment.iam.patterns import Symbols, action_matches
from stepguard.deployment.masking import masked
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import Role, Unread
from stepguard.deployment.values import (
    UNREAD,
    Hole,
    OneOf,
    Piece,
    Plain,
    Reference,
    Text,
    alternatives,
    plain,
    render,
)
from stepguard.permissions.identity import expand
from stepguard.permissions.policy import PolicyStatement, RolePolicy, document_value
from stepguard.reports.display import harmless
from stepguard.reports.policy_comments import comment
from stepguard.reports.policy_names import heading_of

_ELEMENTS = (
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_ACTIONS_IN_SUMMARY = 12
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}

Statement = dict[str, Any]


def render_policy_diff(policy: RolePolicy, *, colour: bool = False) -> str:
    """Return a unified diff of a role's present policies against the printed ones, and a summary.

    Both sides are brought into one form: statements without names, sorted, their values too, and
    one way to write each resource.
    """
    writer = _Writer(policy.deployment)
    needed = writer.statements(document_value(policy.permissions))
    wanted = writer.statements(document_value(policy.trust))
    role = policy.role
    present: list[Statement] = []
    managed: list[Statement] = []
    trusted: list[Statement] = []
    reasons = ["no policy of the role was read"]
    if role is not None:
        present, managed, reasons = _present(role, policy.deployment, writer)
        trusted, unread = _trust(role, writer)
        reasons += unread
    name = policy.name or "role"
    texts = (heading_of(policy), *policy.notes, *reasons)
    lines = [line for one in texts for line in comment(one)]
    lines += _diff(f"{name}, permissions", [*managed, *present], needed)
    if role is None or not role.generated:
        lines += _diff(f"{name}, trust", trusted, wanted)
    lines.append(_summary(present, managed, policy.permissions))
    return "".join(f"{_styled(harmless(line), colour=colour)}\n" for line in lines)


def _diff(name: str, before: Sequence[Statement], after: Sequence[Statement]) -> list[str]:
    one, other = _json_lines(before), _json_lines(after)
    found = difflib.unified_diff(one, other, f"{name}, now", f"{name}, needed", lineterm="", n=2)
    return list(found)


def _json_lines(statements: Iterable[Statement]) -> list[str]:
    written = sorted(
        {json.dumps(one, sort_keys=False, indent=2, ensure_ascii=False) for one in statements}
    )
    return [line for text in written for line in text.split("\n")]


def _styled(line: str, *, colour: bool) -> str:
    found = _COLOURS.get(line[:1]) if colour else None
    return line if found is None else click.style(line, fg=found)


def _summary(
    present: Iterable[Statement], managed: Sequence[Statement], needed: Iterable[PolicyStatement]
) -> str:
    now = {
        action
        for one in present
        if one.get("Effect") == "Allow"
        for action in one.get("Action", ())
        if isinstance(action, str)
    }
    then = {action for one in needed for action in one.actions}
    dropped = sorted(now - then)
    added = sorted(
        action for action in then - now if not any(action_matches(one, action) for one in now)
    )
    policies = [str(one["ManagedPolicy"]) for one in managed]
    parts = [f"actions dropped: {_listed(dropped)}", f"added: {_listed(added)}"]
    if policies:
        parts.append(f"managed policies dropped: {_listed(policies)}")
    return "; ".join(parts)


def _listed(names: Sequence[str]) -> str:
    further = len(names) - _ACTIONS_IN_SUMMARY
    more = f" and {further} more" if further > 0 else ""
    return (", ".join(names[:_ACTIONS_IN_SUMMARY]) or "none") + more


def _present(
    role: Role, deployment: Deployment, writer: _Writer
) -> tuple[list[Statement], list[Statement], list[str]]:
    """Return a role's statements, the managed policies that it has, and what was not read."""
    policies = deployment.policies_of(role)
    statements: list[Statement] = []
    reasons = [one.reason for one in policies.unread]
    for policy in policies.documents:
        if isinstance(policy.document, Document):
            statements.extend(writer.statements(_masked(policy.document)))
        else:
            reasons.append(f"policy '{policy.name}' could not be read: {policy.document.reason}")
    managed = [{"ManagedPolicy": render(plain(masked(one)))} for one in policies.managed]
    return statements, managed, reasons


def _trust(role: Role, writer: _Writer) -> tuple[list[Statement], list[str]]:
    if role.trust is None:
        return [], []
    if isinstance(role.trust, Unread):
        return [], [f"the trust policy could not be read: {role.trust.reason}"]
    return writer.statements(_masked(role.trust)), []


def _masked(document: Document) -> Plain:
    traced = document.traced()
    return document.value if traced is None else plain(masked(traced))


class _Writer:
    """Writes statements in one form; what means the same resource is written the same way."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._known: dict[tuple[Symbols, ...], str] = {}

    def statements(self, document: Plain) -> list[Statement]:
        """Return the statements of a document in that form."""
        found: list[Statement] = []
        for one in alternatives(document):
            members = as_object(one) or {}
            value = members.get(member_of(members, "Statement"))
            for statement in _flat(value):
                found.append(self._statement(statement))
        return found

    def _statement(self, statement: Plain) -> Statement:
        members = as_object(statement)
        if members is None:
            return {"Statement": render(statement)}
        written: Statement = {}
        for name in _ELEMENTS:
            value = members.get(member_of(members, name))
            if value is None:
                continue
            if name in ("Action", "NotAction", "Resource", "NotResource"):
                written[name] = self._values(value)
            else:
                written[name] = self._member(value)
        return written

    def _member(self, value: Plain) -> Plain:
        members = as_object(value)
        if members is None:
            return render(value) if isinstance(value, str) else self._values(value)
        below = {str(key): self._below(member) for key, member in members.items()}
        return dict(sorted(below.items()))

    def _below(self, value: Plain) -> Plain:
        return self._values(value) if as_object(value) is None else self._member(value)

    def _values(self, value: Plain) -> list[str]:
        return sorted({self._value(one) for one in _flat(value)})

    def _value(self, value: Plain) -> str:
        if not isinstance(value, (str, Text, *UNREAD)):
            return json.dumps(render(value))
        written = _written(value)
        key = tuple(expand(value, self._deployment))
        return self._known.setdefault(key, written) if key else written


def _flat(value: Plain) -> Iterator[Plain]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, OneOf):
        for one in alternatives(value):
            yield from _flat(one)
    elif value is not None:
        yield value


def _written(value: Plain) -> str:
    """Return a text with `${…}` for its holes, whatever expression the source has for them."""
    if isinstance(value, UNREAD):
        return _hole(value)
    if not isinstance(value, Text):
        return str(value)
    return "".join(
        part.text if isinstance(part, Piece) else _hole(part.value)
        for part in value.parts
        if isinstance(part, (Piece, Hole))
    )


def _hole(hole: Plain) -> str:
    if isinstance(hole, Reference):
        name = f"{hole.target}.{hole.attribute}" if hole.attribute else hole.target
        return "${" + name + "}"
    return "${" + str(hole.expression) + "}"
