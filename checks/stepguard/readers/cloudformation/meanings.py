"""What plain scalars of YAML mean to CloudFormation.

That is what YAML 1.1 makes of them (`yes` is true, a leading zero means octal), but that dates
and times stay texts.
"""

from __future__ import annotations

import re
from decimal import Decimal

_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "yes": True, "Yes": True, "YES": True, "no": False, "No": False, "NO": False,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "on": True, "On": True, "ON": True, "off": False, "Off": False, "OFF": False,
}  # fmt: skip
_NUMBER_BEGINS = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_BASED = re.compile(r"([-+]?)0(?:x([0-9a-fA-F_]+)|b([01_]+)|([0-7_]+))")
_FRACTION = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|(?:0|[1-9][0-9]*)(?=[eE]))"
    r"(?:[eE][-+]?[0-9]{1,3})?"
)
_LONGEST_NUMBER = 40


def meaning_of(value: str) -> str | int | Decimal | None:
    """Return what a plain scalar means: a constant, a number, or the text that it is."""
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    if value[0] in _NUMBER_BEGINS and (number := number_of(value)) is not None:
        return number
    return value


def number_of(value: str) -> int | Decimal | None:
    """Return a number as YAML 1.1 and JSON write it; `None` for what is none, or too long."""
    if len(value) > _LONGEST_NUMBER:
        return None
    if _INTEGER.fullmatch(value):
        return int(value.replace("_", ""))
    if based := _BASED.fullmatch(value):
        sign, hexadecimal, binary, octal = based.groups()
        digits = (hexadecimal or binary or octal).replace("_", "")
        base = 16 if hexadecimal else 2 if binary else 8
        return int(sign + digits, base) if digits else None
    if _FRACTION.fullmatch(value):
        return Decimal(value.replace("_", ""))
    return None
