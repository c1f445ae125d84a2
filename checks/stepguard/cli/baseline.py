"""`stepguard baseline`: write down the findings that are known, so that only new ones show."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from stepguard.baseline import DEFAULT_REASON, known_findings
from stepguard.baseline_file import render_baseline
from stepguard.cli.judging import judging_options, known_before, save, scan_options
from stepguard.cli.options import paths_argument
from stepguard.cli.progress import ProgressBar
from stepguard.cli.settings import read_settings
from stepguard.cli.terminal import USAGE_ERROR, fail, write, write_errors
from stepguard.engine import scan
from stepguard.rules.registry import UnknownRuleError


@click.command(name="baseline")
@paths_argument
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("stepguard-baseline.json"),
    show_default=True,
    help="The file to write. What it has already keeps its reason and its date.",
)
@click.option(
    "--reason", default=DEFAULT_REASON, show_default=True, help="Why the findings are accepted."
)
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day to write beside them [default: today].",
)
@judging_options
def command(
    paths: tuple[Path, ...], output: Path, reason: str, day: datetime | None, **given: Any
) -> None:
    """Write the findings at PATHS to a file that --baseline of scan and review takes.

    What is suppressed in the source is left out. The exit code is 2, and nothing is written, when
    an input could not be read.
    """
    settings = read_settings(given["config_file"])
    earlier = known_before(output if output.exists() else None)
    try:
        with ProgressBar() as progress:
            report = scan(paths, scan_options(given, settings), progress)
    except UnknownRuleError as error:
        fail(str(error))
    if report.errors:
        write_errors(report.errors)
        sys.exit(USAGE_ERROR)
    forbidden = settings.config.unsuppressible_rules
    accepted = [one for one in report.findings if one.rule not in forbidden]
    on = date.today() if day is None else day.date()
    entries = known_findings(accepted, earlier, reason, on)
    save(render_baseline(entries), output)
    write(f"{len(entries)} known findings in {output.as_posix()}\n")
    if len(accepted) < len(report.findings):
        write(f"{len(report.findings) - len(accepted)} may not be suppressed\n")
