"""`stepguard render`: what was read, so that a user can see why a verdict is what it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from stepguard.cli.options import paths_argument, reading_options
from stepguard.cli.progress import ProgressBar
from stepguard.cli.terminal import USAGE_ERROR, fail, write, write_errors
from stepguard.time_limit import SECONDS


@click.command(name="render")
@paths_argument
@click.option("--machine", "address", metavar="ADDRESS", help="Print this state machine only.")
@reading_options
def command(
    paths: tuple[Path, ...],
    address: str | None,
    var_files: tuple[Path, ...],
    parameters: Mapping[str, str],
    source: Path | None,
    hcl_parser: str | None,
    root: Path | None,
) -> None:
    """Print what was read at PATHS as JSON: for each state machine its definition and its role.

    What is not known before deployment is written as ${...}; sensitive values are masked.
    """
    import json

    from stepguard.reading import ReadOptions, read
    from stepguard.reports.rendering import render_deployments

    options = ReadOptions(
        var_files=var_files,
        parameters=parameters,
        source=source,
        hcl_parser=hcl_parser,
        time_limit=SECONDS,
        root=root,
    )
    with ProgressBar() as progress:
        reading = read(paths, options, progress)
    machines = render_deployments(reading.deployments, address)
    write_errors(reading.errors)
    if address is not None and not machines:
        fail(f"no state machine {address!r} was read")
    write(json.dumps(machines, indent=2) + "\n")
    if reading.errors:
        sys.exit(USAGE_ERROR)
