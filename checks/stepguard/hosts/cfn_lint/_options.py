"""The options of a rule, as cfn-lint's `--configure-rule` and `.cfnlintrc` give them.

A rule's options are described by their names, which are fields of `Config`, and one word for each:
`text`, `number` or `list`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ENABLED = "enabled"
"""The option that rules of the pedantic tier have besides: run the rule."""


class OptionError(ValueError):
    """An option with a value that it cannot have; the message is one line."""


def definition(options: Mapping[str, str], *, pedantic: bool) -> dict[str, dict[str, Any]]:
    """Return the definition of a rule's options in cfn-lint's form.

    No option has a default here, so that what stands in `stepguard.toml` counts without it.
    Numbers are texts to cfn-lint: it ends the run when it cannot make one of a text.
    """
    defined: dict[str, dict[str, Any]] = {
        name: {"type": "list", "itemtype": "string", "default": None}
        if kind == "list"
        else {"type": "string", "default": None}
        for name, kind in options.items()
    }
    if pedantic:
        defined[ENABLED] = {"type": "boolean", "default": False}
    return defined


def given(options: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a rule that were given a value, named as in `stepguard.toml`.

    cfn-lint splits its arguments at commas, so that several values of a list are written with
    semicolons there.
    """
    found: dict[str, Any] = {}
    for name, kind in options.items():
        value = values.get(name)
        if value is None:
            continue
        if kind == "list":
            value = list(_listed(value))
        elif kind == "number" and value.isdecimal():
            value = int(value)
        found[name.replace("_", "-")] = value
    return found


def _listed(items: list[str]) -> Iterator[str]:
    for item in items:
        yield from (part.strip() for part in item.split(";") if part.strip())
