"""The options of `stepguard.toml`, described from the fields that hold them."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, TypeAlias

from stepguard.config import Config
from stepguard.config_file import PRESETS, Settings
from stepguard.structs import Struct

Kind: TypeAlias = Literal[
    "text", "whole number", "true or false", "list of texts", "list of rules", "table of severities"
]

_LISTS_OF_RULES = ("rules", "skip_rules", "unsuppressible_rules")


class Option(Struct, frozen=True, kw_only=True):
    """An option as a file of options writes it.

    `default` is what holds without it (`None`: what `what` says), `choices` are the values that
    it may have (none: any), `rules` the rules that read it.
    """

    name: str
    what: str
    kind: Kind
    default: Any = None
    choices: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def options() -> list[Option]:
    """Return every option: the preset, those that choose the rules, those of the rules."""
    preset = Option(
        name="preset",
        what="The options to start from; every other option overrides what the preset sets.",
        kind="text",
        default="default",
        choices=tuple(PRESETS),
    )
    chosen = [one for one in dataclasses.fields(Settings) if one.name != "config"]
    return [preset, *map(_option, (*chosen, *dataclasses.fields(Config)))]


def options_of(identifier: str) -> list[Option]:
    """Return the options that a rule reads."""
    return [option for option in options() if identifier in option.rules]


def _option(field: dataclasses.Field[Any]) -> Option:
    return Option(
        name=field.name.replace("_", "-"),
        what=field.metadata["what"],
        kind=_kind(field),
        default=field.default,
        choices=field.metadata["choices"],
        rules=field.metadata["rules"],
    )


def _kind(field: dataclasses.Field[Any]) -> Kind:
    declared = str(field.type)
    if field.name in _LISTS_OF_RULES:
        return "list of rules"
    if declared.startswith("tuple[tuple"):
        return "table of severities"
    if declared.startswith("tuple"):
        return "list of texts"
    if declared == "bool":
        return "true or false"
    return "whole number" if declared == "int" else "text"
