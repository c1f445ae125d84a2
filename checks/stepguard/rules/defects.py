"""What the checks of a definition report: defects that are certain, and doubts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from stepguard.deployment.documents import Path
from stepguard.deployment.members import UNDECIDED
from stepguard.deployment.values import Plain, alternatives
from stepguard.deployment.workflow import State
from stepguard.structs import Struct, field

MAXIMUM_DEFECTS = 100
"""Defects of one definition that are reported."""

_SIMILARITY = 0.65
"""How alike two names must be for one to be offered for the other, from 0 to 1."""

_SIMILARITY_OF_SHORT_NAMES = 0.7
_SHORT_NAME = 4
"""Names of at most so many characters look alike by chance, and must be more so."""

_COMPARED_CHARACTERS = 100
_COMPARED_NAMES = 500
"""Longer names, and more of them, are not compared: that takes time, and no typing error is so."""

_SHOWN_CHARACTERS = 60
"""Characters of a value that a message shows."""


class Defect(Struct, frozen=True, kw_only=True):
    """Something for which Step Functions refuses a definition.

    `path` is where it stands in the definition; with `at_key` the key is meant, else the value.
    `subject` tells it from other defects of the same state without naming a place. `related` are
    further states that it concerns, with what to say of each.
    """

    message: str
    path: Path
    subject: str
    state: State | None = None
    at_key: bool = True
    suggestion: str = ""
    related: Sequence[tuple[str, Path]] = field(default_factory=tuple)


class Doubt(Struct, frozen=True):
    """A part of a definition that is not known, so that a check could not be made.

    `reason` is a clause that says what is not known; `path` is where.
    """

    reason: str
    path: Path


Found: TypeAlias = "Defect | Doubt"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant, or `None` when none is alike."""
    candidates = sorted(names)
    folded = name.casefold()
    for one in candidates:
        if one.casefold() == folded and one != name:
            return one
    if len(name) > _COMPARED_CHARACTERS or len(candidates) > _COMPARED_NAMES:
        return None
    candidates = [one for one in candidates if len(one) <= _COMPARED_CHARACTERS]
    cutoff = _SIMILARITY_OF_SHORT_NAMES if len(name) <= _SHORT_NAME else _SIMILARITY
    # Only a wrong name needs it.
    from difflib import get_close_matches

    found = get_close_matches(name, candidates, n=1, cutoff=cutoff)
    return found[0] if found and found[0] != name else None


def surely(value: Plain, is_wrong: Callable[[Plain], bool]) -> bool:
    """Tell whether a value is wrong whatever conditions decide and unknown values turn out to be.

    `is_wrong` is asked about known values only; containers may hold unknown ones. A CloudFormation
    function in a bare definition counts as unknown: something will have replaced it.
    """
    options = alternatives(value)
    return bool(options) and all(
        not isinstance(option, UNDECIDED) and not _is_function(option) and is_wrong(option)
        for option in options
    )


def _is_function(value: Plain) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = next(iter(value))
    return bool(name == "Ref" or name.startswith("Fn::"))


def capitalized(clause: str) -> str:
    """Return a clause as the beginning of a sentence."""
    return f"{clause[:1].upper()}{clause[1:]}"


def quoted(name: str) -> str:
    """Return a name for a message: in quotes, and cut where it is long."""
    shown = name if len(name) <= _SHOWN_CHARACTERS else name[: _SHOWN_CHARACTERS - 1] + "…"
    return f"'{shown}'"


def listed(names: Iterable[str], conjunction: str = "or") -> str:
    """Return names as a person lists them: `A, B or C`."""
    everything = list(names)
    if len(everything) <= 1:
        return "".join(everything)
    return f"{', '.join(everything[:-1])} {conjunction} {everything[-1]}"
