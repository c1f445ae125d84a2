"""Options of the commands that judge: which rules, with which settings, and how to report."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from stepguard.baseline import Known, apply_baseline
from stepguard.baseline_file import BaselineError, read_baseline
from stepguard.cli.options import EXISTING_FILE, Function, given_for_reading, reading_options
from stepguard.cli.terminal import fail, wants_colour, write
from stepguard.config import Config
from stepguard.config_file import Settings
from stepguard.engine import ScanOptions
from stepguard.finding import Severity
from stepguard.report import Report
from stepguard.reports.formats import FORMATS, render

FAIL_ON = "medium"
"""The least severity that fails unless another one is asked for."""

_SEVERITIES = [severity.label for severity in sorted(Severity, reverse=True)]

_JUDGING = (
    click.option(
        "--rule", "rules", multiple=True, metavar="ID", help="Run this rule only; may be repeated."
    ),
    click.option(
        "--skip-rule",
        "skip_rules",
        multiple=True,
        metavar="ID",
        help="Leave a rule out; repeatable.",
    ),
    click.option("--pedantic", is_flag=True, help="Run the pedantic rules too."),
    reading_options,
    click.option(
        "--config",
        "config_file",
        type=EXISTING_FILE,
        help="A file of options [default: stepguard.toml, or pyproject.toml with "
        "[tool.stepguard], in the working directory].",
    ),
    click.option(
        "--log-level",
        type=click.Choice(["ALL", "ERROR", "FATAL"]),
        help=f"The least verbose log level that SFN202 accepts [default: {Config().log_level}].",
    ),
    click.option(
        "--required-tag",
        "required_tags",
        multiple=True,
        metavar="KEY",
        help="A tag key that SFN701 asks for; may be repeated.",
    ),
    click.option(
        "--trusted-account",
        "trusted_accounts",
        multiple=True,
        metavar="ID",
        help="An account that trust policies may name; may be repeated.",
    ),
)

_REPORTING = (
    click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How to write the report.",
    ),
    click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the report to a file instead of standard output.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice([*_SEVERITIES, "never"]),
        help=f"The least severity that makes the exit code 1 [default: {FAIL_ON}].",
    ),
    click.option(
        "--strict", is_flag=True, help="Exit with 1 when anything could not be evaluated."
    ),
    click.option("--details", is_flag=True, help="List one by one what could not be evaluated."),
    click.option(
        "--baseline",
        "baseline_file",
        type=EXISTING_FILE,
        help="Leave out the findings that `stepguard baseline` has written to this file.",
    ),
)


def judging_options(function: Function) -> Function:
    """Add the options that say how inputs are read and judged."""
    for option in reversed(_JUDGING):
        function = option(function)
    return function


def reporting_options(function: Function) -> Function:
    """Add the options that say how a report is written and what makes it fail."""
    for option in reversed(_REPORTING):
        function = option(function)
    return function


def scan_options(given: Mapping[str, Any], settings: Settings) -> ScanOptions:
    """Return what `judging_options` gave and, where they gave nothing, the settings say."""
    config = settings.config
    return ScanOptions(
        config=replace(
            config,
            log_level=given["log_level"] or config.log_level,
            required_tags=given["required_tags"] or config.required_tags,
            trusted_accounts=given["trusted_accounts"] or config.trusted_accounts,
        ),
        rules=given["rules"] or settings.rules,
        skip_rules=(*settings.skip_rules, *given["skip_rules"]),
        pedantic=given["pedantic"] or settings.pedantic,
        **given_for_reading(given),
    )


def threshold(given: Mapping[str, Any], settings: Settings) -> Severity | None:
    """Return the least severity that fails; `None` when none does."""
    least = given["fail_on"] or settings.fail_on or FAIL_ON
    return None if least == "never" else Severity.parse(least)


def known_before(path: Path | None) -> list[Known]:
    """Return the entries of a baseline, none where there is none; ends the program on an error."""
    try:
        return [] if path is None else read_baseline(path)
    except BaselineError as error:
        fail(str(error))


def leave_out_known(
    report: Report, known: list[Known], path: Path | None, settings: Settings
) -> None:
    """Take what a baseline has out of a report."""
    if path is not None:
        apply_baseline(report, known, path, settings.config.unsuppressible_rules)


def write_report(report: Report, given: Mapping[str, Any], *, everything: bool = False) -> None:
    """Write a report as `reporting_options` say; ends the program when that is not possible."""
    output: Path | None = given["output"]
    colour = output is None and wants_colour(sys.stdout)
    text = render(
        report, given["form"], colour=colour, details=given["details"], everything=everything
    )
    if output is None:
        write(text, colour=colour)
    else:
        save(text, output)


def save(text: str, output: Path) -> None:
    """Write text to a file; ends the program when that is not possible."""
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        fail(f"{output}: {error.strerror or 'cannot be written'}")
