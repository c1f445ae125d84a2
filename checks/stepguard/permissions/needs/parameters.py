"""The values of a call's parameters, and when they are decided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from stepguard.deployment.members import as_object, present
from stepguard.deployment.values import Hole, OpenList, Piece, Plain, Text, Unknown
from stepguard.permissions.targets import is_expression, is_for_run_time
from stepguard.structs import Struct

Decided: TypeAlias = Literal["written", "dynamic", "absent", "unknown"]

_ARN = ("Arn", "Arns")
_DYNAMIC = ".$"
_SUBSTITUTION = re.compile(r"\$\{([^${}]+)\}")


class Parameter(Struct, frozen=True):
    """A parameter's value: `written` in the definition (perhaps with unknown parts), chosen at
    run time (`dynamic`), `absent`, or it is `unknown` whether there is one.

    `name` is that of the parameter, where a value is written for it.
    """

    decided: Decided
    value: Plain = None
    name: str = ""

    @property
    def takes_arn(self) -> bool:
        """Whether the parameter takes nothing but an ARN, as its name says."""
        return self.name.endswith(_ARN)


ABSENT = Parameter("absent")
DYNAMIC = Parameter("dynamic")
UNKNOWN = Parameter("unknown")


def find_parameter(parameters: Plain, path: str) -> list[Parameter]:
    """Return the values of a parameter, given as a path: `Input.S3Uri`, `Entries[].EventBusName`.

    Several only where the path goes through the elements of a list; never none.
    """
    current = [_whole(parameters)]
    for step in path.split("."):
        name, is_list = step.removesuffix("[]"), step.endswith("[]")
        below: list[Parameter] = []
        for one in current:
            member = _member(one, name)
            below.extend(_elements(member) if is_list else [member])
        current = below
    return current or [ABSENT]


def _written(value: Plain, name: str) -> Parameter:
    """Return a value of the definition; `${…}` that nothing has replaced there is not known."""
    if isinstance(value, str) and "${" in value:
        parts: list[Piece | Hole] = []
        end = 0
        for match in _SUBSTITUTION.finditer(value):
            parts.append(Piece(value[end : match.start()]))
            parts.append(Hole(Unknown(match.group(1), "nothing is substituted for it")))
            end = match.end()
        parts.append(Piece(value[end:]))
        known = [one for one in parts if not isinstance(one, Piece) or one.text]
        return Parameter("written", Text(tuple(known)), name)
    return Parameter("written", value, name)


def _whole(parameters: Plain) -> Parameter:
    # Without parameters, the state's input is what is passed.
    if parameters is None or isinstance(parameters, str):
        return DYNAMIC
    if is_expression(parameters):
        return DYNAMIC
    if as_object(parameters) is None:
        return UNKNOWN
    return Parameter("written", parameters)


def _member(holder: Parameter, name: str) -> Parameter:
    if holder.decided != "written":
        return holder
    members = as_object(holder.value)
    if members is None:
        return UNKNOWN
    if f"{name}{_DYNAMIC}" in members:
        return DYNAMIC
    key = name if name in members else name[:1].lower() + name[1:]
    there = present(members, key)
    if there is False:
        return ABSENT
    if there is None and key not in members:
        return UNKNOWN
    value = members.get(key)
    if is_for_run_time(value):
        return DYNAMIC
    return _written(value, name)


def _elements(holder: Parameter) -> Iterator[Parameter]:
    if holder.decided != "written":
        yield holder
        return
    if not isinstance(holder.value, list):
        yield UNKNOWN
        return
    for element in holder.value:
        yield DYNAMIC if is_for_run_time(element) else _written(element, holder.name)
    if isinstance(holder.value, OpenList):
        yield UNKNOWN


def unknown_value(name: str) -> Unknown:
    """Return what stands for a parameter of which nothing is known."""
    return Unknown(name, "the parameter is not known")
