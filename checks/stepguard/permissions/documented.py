"""What AWS's documentation grants for an integration or a feature of a state machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from stepguard.data import load
from stepguard.deployment.integration import Integration
from stepguard.deployment.values import Hole, Piece, Text, Unknown
from stepguard.permissions.actions import Action, ResourceType
from stepguard.permissions.breadth import covered_types
from stepguard.structs import Struct

_DATA = "integrations"
_NAME = re.compile(r"\[\[(.+?)\]\]|\$\{\w+\}")
_PLACEHOLDER = re.compile(r"\[\[(.+?)\]\]")


class DocumentedStatement(Struct, frozen=True):
    """A statement that AWS documents.

    `resources` are the ones for a call whose target is written in the definition; `[[Name]]` in
    them stands for the value of a parameter. `part` is what the statement is for: `call`, `poll`,
    `pass-role`, and so on.
    """

    actions: tuple[str, ...]
    part: str
    resources: tuple[str, ...]

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters that name the resources."""
        names: set[str] = set()
        for resource in self.resources:
            first = _PLACEHOLDER.search(resource)
            if first:
                names.update(one.split(".")[-1] for one in first.group(1).split("|"))
        return frozenset(names)

    def wide_types(self, action: Action) -> tuple[ResourceType, ...]:
        """Return the types of an action's resources that it covers whole."""
        return tuple(
            found for resource in self.resources for found in covered_types(_text(resource), action)
        )


def statements_of(call: Integration) -> tuple[DocumentedStatement, ...] | None:
    """Return the statements of an optimized integration; `None` when it is not in the data."""
    patterns = load(_DATA)["integrations"].get(f"{call.service}:{call.action}")
    if patterns is None or call.pattern not in patterns:
        return None
    return tuple(_statements(patterns[call.pattern]))


def statements_of_feature(name: str) -> tuple[DocumentedStatement, ...]:
    """Return the statements of a feature of state machines, by its name in the data."""
    return tuple(_statements(load(_DATA)["features"][name]["statements"]))


def is_documented_wildcard(action: str) -> bool:
    """Tell whether AWS's own documentation writes an action with this wildcard."""
    lower = action.lower()
    return any(one.lower() == lower for one in load(_DATA)["action_wildcards"])


def may_stand_on_everything(action: Action) -> bool:
    """Tell whether AWS's SAM policy templates allow the action on `*`."""
    return action.full_name in load(_DATA)["any_resource"]


@cache
def is_ever_wide(action: Action) -> bool:
    """Tell whether AWS documents the action on all resources of a type for any integration."""
    data = load(_DATA)
    rows = [rows for patterns in data["integrations"].values() for rows in patterns.values()]
    rows += [feature["statements"] for feature in data["features"].values()]
    name = action.full_name.lower()
    return any(
        statement.wide_types(action)
        for statements in rows
        for statement in _statements(statements)
        if any(one.lower() == name for one in statement.actions)
    )


def _statements(rows: Iterable[dict[str, Any]]) -> Iterator[DocumentedStatement]:
    for row in rows:
        if row["actions"]:
            yield DocumentedStatement(
                actions=tuple(row["actions"]),
                part=row["part"],
                resources=tuple(row["static"]),
            )


def _text(resource: str) -> Text:
    """Return a documented resource as a text in which every name is a hole."""
    parts: list[Piece | Hole] = []
    end = 0
    for match in _NAME.finditer(resource):
        parts.append(Piece(resource[end : match.start()]))
        parts.append(Hole(Unknown(match.group())))
        end = match.end()
    parts.append(Piece(resource[end:]))
    return Text(tuple(part for part in parts if not isinstance(part, Piece) or part.text))
