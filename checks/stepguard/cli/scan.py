"""`stepguard scan`: read, judge, report."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from stepguard.cli.judging import (
    judging_options,
    known_before,
    leave_out_known,
    reporting_options,
    scan_options,
    threshold,
    write_report,
)
from stepguard.cli.options import paths_argument
from stepguard.cli.progress import ProgressBar
from stepguard.cli.settings import read_settings
from stepguard.cli.terminal import fail, write_errors
from stepguard.engine import scan
from stepguard.reports.formats import SHOWING_PERMISSIONS
from stepguard.rules.registry import UnknownRuleError
from stepguard.structs import replace


@click.command(name="scan")
@paths_argument
@reporting_options
@judging_options
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="N",
    help="Read and judge with N processes; 0 takes one for each processor.",
)
def command(paths: tuple[Path, ...], jobs: int, **given: Any) -> None:
    """Find what is wrong with the workflows and roles at PATHS: directories or files.

    The exit code is 0 when nothing of at least --fail-on was found, 1 when something was, and 2
    when an input could not be read or the command was used wrongly.
    """
    settings = read_settings(given["config_file"])
    known = known_before(given["baseline_file"])
    options = replace(
        scan_options(given, settings),
        jobs=jobs or os.cpu_count() or 1,
        is_detailed=given["form"] in SHOWING_PERMISSIONS,
    )
    try:
        with ProgressBar() as progress:
            report = scan(paths, options, progress)
    except UnknownRuleError as error:
        fail(str(error))
    leave_out_known(report, known, given["baseline_file"], settings)
    write_report(report, given)
    write_errors(report.errors)
    strict = given["strict"] or settings.strict
    sys.exit(report.exit_code(threshold(given, settings), strict=strict))
