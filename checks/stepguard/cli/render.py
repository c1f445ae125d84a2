"""`stepguard render`: what was read, so that a user can see why a verdict is what it is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from stepguard.cli.options import paths_argument, read_options, reading_options
from stepguard.cli.progress import ProgressBar
from stepguard.cli.terminal import USAGE_ERROR, fail, write, write_errors


@click.command(name="render")
@paths_argument
@click.option("--machine", "address", metavar="ADDRESS", help="Print this state machine only.")
@reading_options
def command(
    paths: tuple[Path, ...],
    address: str | None,
    **given: Any,
) -> None:
    """Print what was read at PATHS as JSON: for each state machine its definition and its role.

    What is not known before deployment is written as ${...}; sensitive values are masked. A role
    that very many state machines have is printed with the first 50 of them.
    """
    from stepguard.reading import read
    from stepguard.reports.escaping_commands import json_text
    from stepguard.reports.rendering import render_deployments

    with ProgressBar() as progress:
        reading = read(paths, read_options(given), progress)
    machines = list(render_deployments(reading.deployments, address))
    write_errors(reading.errors)
    if address is not None and not machines:
        fail(f"no state machine {address!r} was read")
    write(json_text(machines))
    if reading.errors:
        sys.exit(USAGE_ERROR)
