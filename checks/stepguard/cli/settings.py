"""The options of the configuration file, for every command that judges."""

from __future__ import annotations

from pathlib import Path

from stepguard.cli.terminal import fail
from stepguard.config_file import ConfigError, Settings, find_config_file, read_config_file


def read_settings(path: Path | None) -> Settings:
    """Read a file of options, or the one of the working directory; ends the program on an error."""
    try:
        path = path or find_config_file(Path.cwd())
        return Settings() if path is None else read_config_file(path)
    except ConfigError as error:
        fail(str(error))
