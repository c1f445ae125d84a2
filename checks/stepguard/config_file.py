"""Options from a file: `stepguard.toml`, or the table `[tool.stepguard]` of `pyproject.toml`.

The keys are the fields of `Config` with hyphens, and those of `Settings` that choose the rules.
A key that does not exist is an error, with the nearest one that does.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stepguard.config import Config, option
from stepguard.finding import Severity
from stepguard.rules.registry import UnknownRuleError, normalize

FILE_NAME = "stepguard.toml"
PROJECT_FILE_NAME = "pyproject.toml"
MAXIMUM_BYTES = 1024 * 1024

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "strict": {"pedantic": True, "fail-on": "low"},
    "aws-foundational": {"rules": ["SFN201", "SFN202", "SFN207", "SFN702"]},
}
"""What a preset sets; `aws-foundational` are the Security Hub controls StepFunctions.1 and .2."""


class ConfigError(ValueError):
    """A file of options that cannot be used: one line, with the file and the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of a file: those that choose the rules, and `config`, those of the rules."""

    rules: tuple[str, ...] = option((), "The only rules to run, whatever their tier.")
    skip_rules: tuple[str, ...] = option((), "Rules that are left out.")
    pedantic: bool = option(default=False, what="Whether the pedantic rules run too.")
    fail_on: str | None = option(
        None,
        "The least severity that makes the exit code 1; medium unless it is said.",
        choices=("never", *(severity.label for severity in sorted(Severity))),
    )
    strict: bool = option(
        default=False, what="Whether the exit code is 1, too, when anything was not evaluated."
    )
    config: Config = field(default_factory=Config)


def find_config_file(directory: Path) -> Path | None:
    """Return the file of options in a directory: `stepguard.toml`, else a `pyproject.toml` that
    has the table; `None` where there is neither.
    """
    own = directory / FILE_NAME
    if own.is_file():
        return own
    project = directory / PROJECT_FILE_NAME
    try:
        has_table = project.is_file() and b"[tool.stepguard" in _content(project)
    except ConfigError:
        return None
    return project if has_table else None


def read_config_file(path: Path) -> Settings:
    """Return the options of a file. Raises `ConfigError`."""
    document = _parse(path)
    if path.name == PROJECT_FILE_NAME:
        document = document.get("tool", {}).get("stepguard", {})
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: the options are no table")
    return settings_from(document, str(path))


def settings_from(document: Mapping[str, Any], source: str) -> Settings:
    """Return the options that a table holds; `source` names it in errors. Raises `ConfigError`."""
    document = dict(document)
    preset = document.pop("preset", "default")
    if preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise ConfigError(f"{source}: preset = {preset!r}: there are {known}")
    values = {**PRESETS[preset], **document}
    settings = Settings()
    config = settings.config
    for key, value in values.items():
        if key in _SELECTION:
            settings = replace(settings, **{_name(key): _checked(key, value, source)})
        elif key in option_names():
            config = replace(config, **{_name(key): _checked(key, value, source)})
        else:
            raise ConfigError(f"{source}: unknown option {key!r}{_nearest(key)}")
    return replace(settings, config=config)


_SELECTION = ("rules", "skip-rules", "pedantic", "fail-on", "strict")


def option_names() -> tuple[str, ...]:
    """Return the names of the rules' options, as files write them."""
    return tuple(one.name.replace("_", "-") for one in dataclasses.fields(Config))


def _name(key: str) -> str:
    return key.replace("-", "_")


def _nearest(key: str) -> str:
    # Only a wrong key needs it.
    import difflib

    names = ("preset", *_SELECTION, *option_names())
    near = difflib.get_close_matches(key, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _field(key: str) -> dataclasses.Field[Any]:
    owner = Settings if key in _SELECTION else Config
    return next(one for one in dataclasses.fields(owner) if one.name == _name(key))


def _checked(key: str, value: Any, source: str) -> Any:
    """Return a value in the form of its field. Raises `ConfigError`."""
    wanted = _field(key)
    try:
        made = _converted(str(wanted.type), value)
        return _validated(key, made, wanted)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{source}: {key}: {error}") from None


def _converted(kind: str, value: Any) -> Any:
    if kind == "bool":
        if isinstance(value, bool):
            return value
        raise TypeError("true or false is wanted")
    if kind.startswith("int"):
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise TypeError("a whole number is wanted")
    if kind.startswith("str"):
        if isinstance(value, str):
            return value
        raise TypeError("a text is wanted")
    if kind.startswith("tuple[tuple[str, str]"):
        if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
            return tuple(value.items())
        raise TypeError("a table of texts is wanted")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise TypeError("a list of texts is wanted")


def _validated(key: str, value: Any, wanted: dataclasses.Field[Any]) -> Any:
    choices = wanted.metadata["choices"]
    for one in value if isinstance(value, tuple) else (value,):
        if choices and one not in choices:
            raise ValueError(f"{one!r} is none of {', '.join(choices)}")
    if key in ("rules", "skip-rules", "unsuppressible-rules"):
        return tuple(_rule(one) for one in value)
    if key == "severities":
        return tuple((_rule(rule), Severity.parse(label).label) for rule, label in value)
    if key == "trusted-accounts":
        wrong = next((one for one in value if not re.fullmatch(r"\d{12}", one)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no account id of twelve digits")
    return value


def _rule(identifier: str) -> str:
    try:
        return normalize(identifier)
    except UnknownRuleError as error:
        raise ValueError(str(error)) from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or 'cannot be read'}") from None
    if len(content) > MAXIMUM_BYTES:
        raise ConfigError(f"{path}: larger than 1 MB")
    return content


def _parse(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document: dict[str, Any] = tomllib.loads(_content(path).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits are a `ValueError` that is no `TOMLDecodeError`.
        raise ConfigError(f"{path}: not TOML: {error}") from None
    return document
