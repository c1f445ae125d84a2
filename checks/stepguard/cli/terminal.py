"""What every command does with its streams: colours, characters, errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import NoReturn, TextIO

import click

from stepguard.report import ScanError
from stepguard.reports.display import harmless
from stepguard.reports.escaping_commands import inert

USAGE_ERROR = 2
"""The exit code for wrong usage, and for input that could not be read."""


def wants_colour(stream: TextIO) -> bool:
    """Tell whether to colour what is written to a stream.

    `NO_COLOR` and `FORCE_COLOR` decide where they are set and not empty, else whether the stream
    is a terminal.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write(text: str, *, colour: bool | None = None) -> None:
    """Write text to standard output, whatever characters that can show."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    click.echo(text, nl=False, color=colour)


def write_errors(errors: Iterable[ScanError]) -> None:
    """Write errors to standard error, one line each."""
    for error in errors:
        write_error(str(error))


def write_error(message: str) -> None:
    """Write `error: message` to standard error, as one line."""
    colour = wants_colour(sys.stderr)
    label = click.style("error", fg="red", bold=True) if colour else "error"
    shown = inert(harmless(message)).encode("utf-8", "backslashreplace").decode("utf-8")
    click.echo(f"{label}: {shown}", err=True, color=colour)


def fail(message: str) -> NoReturn:
    """Write an error and end with the exit code for wrong usage."""
    write_error(message)
    sys.exit(USAGE_ERROR)
