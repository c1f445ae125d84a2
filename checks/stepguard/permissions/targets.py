"""What a call acts on: the parameters that name its target, and when their value is decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum

from stepguard.deployment.members import as_object, is_open
from stepguard.deployment.values import Piece, Plain, Text
from stepguard.structs import Struct

MAXIMUM_DEPTH = 6
"""How deep in a call's parameters a target is looked for."""

_AT_RUN_TIME_SUFFIX = ".$"
_JSONATA = "{%"
_PATH = re.compile(r"\$\$?(?:\.|\[)")
_ENDINGS = ("arns", "arn", "names", "name", "identifiers", "identifier", "ids", "id", "urls", "url")
_MORE_ENDINGS = ("uri", "endpoint", "s")
_OTHER_ENDS = ("source", "destination", "target")
_SHORTEST_PART = 4
_NO_LETTERS = re.compile(r"[^a-z0-9]")


class Decided(Enum):
    """When the target of a call is decided."""

    IN_THE_DEFINITION = "in the definition"
    AT_RUN_TIME = "at run time"
    NOT_NAMED = "not named"
    UNKNOWN = "unknown"


class Target(Struct, frozen=True):
    """When a call's target is decided, and the values that name it."""

    decided: Decided
    values: tuple[Plain, ...] = ()


class _Parameter(Struct, frozen=True):
    name: str
    value: Plain
    outermost: str
    is_outermost: bool

    @property
    def stem(self) -> str:
        return _stem(self.name.removesuffix(_AT_RUN_TIME_SUFFIX))

    @property
    def is_at_run_time(self) -> bool:
        return self.name.endswith(_AT_RUN_TIME_SUFFIX) or is_for_run_time(self.value)


def is_for_run_time(value: Plain) -> bool:
    """Tell whether a value is an expression, or a path that is passed as it is, by mistake."""
    is_path = isinstance(value, str) and _PATH.match(value) is not None
    return is_path or is_expression(value)


def is_expression(value: Plain) -> bool:
    """Tell whether a value is a JSONata expression."""
    if isinstance(value, Text) and value.parts:
        first = value.parts[0]
        value = first.text if isinstance(first, Piece) else ""
    return isinstance(value, str) and value.lstrip().startswith(_JSONATA)


def find_target(parameters: Plain, names: Iterable[str], *, guess: bool = True) -> Target:
    """Return the target of a call.

    `parameters` is what the call passes; `None` means that it passes its input. `names` are what
    the target may be called: resource types, variables of ARNs, parameters. A parameter names
    the target when it has one of these names but for an ending (`TopicArn`, `TopicName`). With
    `guess`, so do `Name`, `Arn`, `ResourceArn`, and a source or destination; and where no
    parameter does, one that is decided at run time may.
    """
    if parameters is None or isinstance(parameters, str) or is_expression(parameters):
        return Target(Decided.AT_RUN_TIME)
    members = as_object(parameters)
    if members is None:
        return Target(Decided.UNKNOWN)
    stems = {_stem(name) for name in names} - {""}
    everything = list(_parameters(members))
    found = _named(everything, stems, guess=guess)
    if any(one.is_at_run_time for one in found):
        return Target(Decided.AT_RUN_TIME)
    if found:
        return Target(Decided.IN_THE_DEFINITION, tuple(one.value for one in found))
    if is_open(members):
        return Target(Decided.UNKNOWN)
    if guess and any(one.is_at_run_time for one in everything if one.is_outermost):
        return Target(Decided.AT_RUN_TIME)
    return Target(Decided.NOT_NAMED)


def _named(everything: list[_Parameter], stems: set[str], *, guess: bool) -> list[_Parameter]:
    """Return the parameters that name the target: the outermost that do, else those inside.

    What is inside a parameter that has the name belongs to the target as well.
    """
    named = [one for one in everything if _has_name(one.stem, stems)]
    outermost = {one.outermost for one in named if one.is_outermost}
    found = [one for one in named if not outermost or one.outermost in outermost]
    if not guess:
        return found
    chosen = {id(one) for one in found}
    others = [one for one in everything if one.is_outermost and id(one) not in chosen]
    ends = [one for one in others if one.stem.endswith(_OTHER_ENDS)]
    return [*found, *ends] or [one for one in others if one.stem in ("", "resource")]


def _parameters(value: Plain, outermost: str = "", depth: int = 0) -> Iterator[_Parameter]:
    if depth > MAXIMUM_DEPTH:
        return
    if isinstance(value, list):
        for element in value:
            yield from _parameters(element, outermost, depth + 1)
        return
    for name, member in (as_object(value) or {}).items():
        yield _Parameter(str(name), member, outermost or str(name), depth == 0)
        yield from _parameters(member, outermost or str(name), depth + 1)


def _has_name(stem: str, stems: set[str]) -> bool:
    return any(
        stem == one
        or (len(stem) >= _SHORTEST_PART and one.endswith(stem))
        or (len(one) >= _SHORTEST_PART and stem.endswith(one))
        for one in stems
    )


def _stem(name: str) -> str:
    """Return a name in lower case without the ending that says how it names something."""
    stem = _NO_LETTERS.sub("", name.lower())
    for endings in (_ENDINGS, _MORE_ENDINGS):
        for ending in endings:
            if stem.endswith(ending):
                stem = stem[: -len(ending)]
                break
    return stem
