"""Which rules are to run: what the user has said to checkov, and in `stepguard.toml`."""

from __future__ import annotations

from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from stepguard.config_file import ConfigError, Settings, find_config_file, read_config_file
from stepguard.hosts.checkov_bridge.rule_table import RULES
from stepguard.hosts.checkov_bridge.visit import NotReadError


class Wanted(NamedTuple):
    """The rules to run. `pedantic` are those that may say what belongs to the pedantic tier."""

    rules: frozenset[str]
    pedantic: frozenset[str]
    settings: Settings


def wanted(checks: tuple[str, ...]) -> Wanted:
    """Return the rules to run when a user has named some checks, or none.

    Options are those of the working directory, as with a scan. A rule of the pedantic tier runs
    where they ask for the tier or name the rule, or checkov's `--check` does by its full id.
    Raises `NotReadError` for options that cannot be used.
    """
    return _wanted(checks, str(Path.cwd()))


@lru_cache(maxsize=16)
def _wanted(checks: tuple[str, ...], directory: str) -> Wanted:
    try:
        path = find_config_file(Path(directory))
        settings = Settings() if path is None else read_config_file(path)
    except ConfigError as error:
        raise NotReadError(str(error)) from error
    named = {row.id for row in RULES if row.id in checks}
    rules = frozenset(
        row.id
        for row in RULES
        if (not checks or any(fnmatch(row.id, pattern) for pattern in checks))
        and (not settings.rules or row.id in settings.rules)
        and row.id not in settings.skip_rules
        and (not row.pedantic or settings.pedantic or row.id in {*named, *settings.rules})
    )
    return Wanted(rules, rules if settings.pedantic else rules & named, settings)
