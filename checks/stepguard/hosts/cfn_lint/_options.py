"""The options of the rules, as cfn-lint's `--configure-rule` and `.cfnlintrc` give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stepguard.config import Config

LOG_LEVELS = ("ALL", "ERROR", "FATAL")

_DEFAULTS = Config()
_TEXTS = {"type": "list", "itemtype": "string"}

OPTIONS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "SFN111": {"trusted_accounts": {**_TEXTS, "default": list(_DEFAULTS.trusted_accounts)}},
    "SFN202": {"log_level": {"type": "string", "default": _DEFAULTS.log_level}},
    "SFN701": {"required_tags": {**_TEXTS, "default": list(_DEFAULTS.required_tags)}},
}
"""By rule: the options that it has, in cfn-lint's form."""


class ConfigurationError(ValueError):
    """An option with a value that it cannot have; the message is one line."""


def config_from(rule: str, values: Mapping[str, Any]) -> Config:
    """Return the configuration that a rule's options make; others keep their defaults.

    cfn-lint splits its arguments at commas, so that several values of a list are written with
    semicolons there. Raises `ConfigurationError`.
    """
    if rule == "SFN111":
        return Config(trusted_accounts=tuple(_listed(values["trusted_accounts"])))
    if rule == "SFN202":
        level = str(values["log_level"]).upper()
        if level not in LOG_LEVELS:
            raise ConfigurationError(f"log_level {level!r} is none of {', '.join(LOG_LEVELS)}")
        return Config(log_level=level)
    if rule == "SFN701":
        return Config(required_tags=tuple(_listed(values["required_tags"])))
    return _DEFAULTS


def _listed(items: list[str]) -> Iterator[str]:
    for item in items:
        yield from (part.strip() for part in item.split(";") if part.strip())
