"""Addresses and references of Terraform, taken apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TypeAlias

from stepguard.structs import Struct

InstanceKey: TypeAlias = "str | int | None"

_NAME = r"[^\W\d][\w-]*"
_KEY = r'\[(?:(\d+)|("(?:[^"\\]|\\.)*"))\]'
_MODULE = re.compile(rf"module\.({_NAME})(?:{_KEY})?(?:\.|$)")
_STEP = re.compile(rf"\.?({_NAME}|\d+)|{_KEY}|\[\*\]|\.\*")


class Named(Struct, frozen=True):
    """A reference: its text, the names at its beginning, and the steps that follow.

    `aws_iam_role.r[0].arn` has the names `aws_iam_role`, `r` and the steps `0`, `arn`.
    """

    text: str
    names: tuple[str, ...]
    steps: tuple[str | int, ...]

    @property
    def root(self) -> str:
        """The first name: `var`, `data`, `module`, a resource's type."""
        return self.names[0]


def modules_of(address: str) -> list[tuple[str, InstanceKey]]:
    """Return the calls that lead to a module instance: their names and instance keys."""
    return [
        (match.group(1), _key(match.group(2), match.group(3)))
        for match in _MODULE.finditer(address)
    ]


def suffix(key: InstanceKey) -> str:
    """Return an instance key as it stands in an address."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key, ensure_ascii=False)}]"


def longest(references: Iterable[str]) -> list[str]:
    """Return references without those that Terraform adds for the beginning of another.

    It lists `a.b[0].c` as `a.b[0].c`, `a.b[0]`, `a.b`.
    """
    kept: dict[str, None] = {}
    before = ""
    for reference in references:
        if before.startswith(reference) and before[len(reference) : len(reference) + 1] in ".[":
            continue
        if reference not in kept:
            kept[reference] = None
            before = reference
    return list(kept)


def parse_reference(text: str) -> Named | None:
    """Return a reference taken apart; `None` for something that is none."""
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            return None
        name, number, quoted = match.groups()
        if name is not None:
            parts.append(name)
        elif number is not None or quoted is not None:
            parts.append(_key(number, quoted) or 0)
        else:
            parts.append("*")
        position = match.end()
    count = 3 if parts[:1] == ["data"] else 2
    names = parts[:count]
    if len(names) < count or not all(isinstance(name, str) for name in names):
        return None
    return Named(text, tuple(str(name) for name in names), tuple(parts[count:]))


def _key(number: str | None, quoted: str | None) -> InstanceKey:
    if number is not None:
        return int(number[:18])
    if quoted is None:
        return None
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted[1:-1]
