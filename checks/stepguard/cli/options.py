"""Options that several commands have: what to read, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from stepguard.time_limit import SECONDS, SECONDS_FOR_A_MEGABYTE

if TYPE_CHECKING:
    from stepguard.reading import ReadOptions

Function = TypeVar("Function", bound=Callable[..., Any])

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)

paths_argument = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


def _parameters(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read `NAME=VALUE` options. Raises `click.BadParameter`."""
    parameters: dict[str, str] = {}
    for value in values:
        name, equals, content = value.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{value!r} is not of the form NAME=VALUE")
        parameters[name] = content
    return parameters


time_limit_option = click.option(
    "--time-limit",
    type=click.FloatRange(min=0),
    default=SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Seconds of a processor that the reading of one input, and the judging, may take, "
    f"besides {SECONDS_FOR_A_MEGABYTE:g} for each MB of it; 0 for any number.",
)

_READING = (
    click.option(
        "--var-file",
        "var_files",
        multiple=True,
        type=EXISTING_FILE,
        help="A Terraform variable file; may be repeated, the last one wins.",
    ),
    click.option(
        "--parameter",
        "parameters",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_parameters,
        help="The value of a CloudFormation parameter; may be repeated.",
    ),
    click.option(
        "--source",
        type=EXISTING_DIRECTORY,
        help="The Terraform directory that a plan was made from.",
    ),
    click.option(
        "--hcl-parser",
        type=click.Choice(["tree-sitter", "python-hcl2"]),
        help="How to parse Terraform; by default with what is installed.",
    ),
    time_limit_option,
    click.option(
        "--root",
        type=EXISTING_DIRECTORY,
        help="The directory that may be read, for modules and definitions that lie outside PATH "
        "[default: PATH itself, or its directory].",
    ),
)


def reading_options(function: Function) -> Function:
    """Add the options that say how inputs are read."""
    for option in reversed(_READING):
        function = option(function)
    return function


def read_options(given: Mapping[str, Any]) -> ReadOptions:
    """Return what `reading_options` gave."""
    from stepguard.reading import ReadOptions

    return ReadOptions(**given_for_reading(given))


def given_for_reading(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return, by the fields of `ReadOptions`, what `reading_options` gave among other things."""
    names = ("var_files", "parameters", "source", "hcl_parser", "root")
    return {**{name: given[name] for name in names}, "time_limit": given["time_limit"] or None}
