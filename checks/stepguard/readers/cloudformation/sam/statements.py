"""Policy statements from data files: texts with `${…}` in them, to be filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stepguard.deployment.source import Span
from stepguard.deployment.values import Traced

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


class MissingVariableError(Exception):
    """A text needs a value that was not given; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def filled(value: Any, variables: Mapping[str, Traced], place: Span | None) -> Traced:
    """Return a piece of a data file as a piece of a template, every node of it at `place`.

    A text that is one `${Name}` becomes the variable's value, one with `${Name}` in it an
    `Fn::Sub`; pseudo parameters (`${AWS::Region}`) stay. The result is to be evaluated. Raises
    `MissingVariableError`.
    """
    if isinstance(value, dict):
        members = {key: filled(member, variables, place) for key, member in value.items()}
        keys = {} if place is None else dict.fromkeys(members, place)
        return Traced(members, place, keys=keys)
    if isinstance(value, list):
        return Traced([filled(element, variables, place) for element in value], place)
    if not isinstance(value, str):
        return Traced(value, place)
    names = [name for name in _VARIABLE.findall(value) if not name.startswith("AWS::")]
    for name in names:
        if name not in variables:
            raise MissingVariableError(name)
    if names and value == "${" + names[0] + "}":
        return variables[names[0]]
    if "${" not in value:
        return Traced(value, place)
    used = Traced({name: variables[name] for name in names}, place)
    return Traced({"Fn::Sub": Traced([Traced(value, place), used], place)}, place)
