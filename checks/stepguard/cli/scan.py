"""`stepguard scan`: read, judge, report."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from stepguard.cli.options import EXISTING_FILE, paths_argument, reading_options
from stepguard.cli.progress import ProgressBar
from stepguard.cli.terminal import fail, wants_colour, write, write_errors
from stepguard.config import Config
from stepguard.config_file import ConfigError, Settings, find_config_file, read_config_file
from stepguard.engine import ScanOptions, scan
from stepguard.finding import Severity
from stepguard.report import Report
from stepguard.rules.registry import UnknownRuleError

_FAIL_ON = "medium"
_SEVERITIES = [severity.label for severity in sorted(Severity, reverse=True)]


@click.command(name="scan")
@paths_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="How to write the report.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report to a file instead of standard output.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "never"]),
    help=f"The least severity that makes the exit code 1 [default: {_FAIL_ON}].",
)
@click.option("--strict", is_flag=True, help="Exit with 1 when anything could not be evaluated.")
@click.option("--details", is_flag=True, help="List one by one what could not be evaluated.")
@click.option(
    "--rule", "rules", multiple=True, metavar="ID", help="Run this rule only; may be repeated."
)
@click.option(
    "--skip-rule", "skip_rules", multiple=True, metavar="ID", help="Leave a rule out; repeatable."
)
@click.option("--pedantic", is_flag=True, help="Run the pedantic rules too.")
@reading_options
@click.option(
    "--config",
    "config_file",
    type=EXISTING_FILE,
    help="A file of options [default: stepguard.toml, or pyproject.toml with [tool.stepguard], "
    "in the working directory].",
)
@click.option(
    "--log-level",
    type=click.Choice(["ALL", "ERROR", "FATAL"]),
    help=f"The least verbose log level that SFN202 accepts [default: {Config().log_level}].",
)
@click.option(
    "--required-tag",
    "required_tags",
    multiple=True,
    metavar="KEY",
    help="A tag key that SFN701 asks for; may be repeated.",
)
@click.option(
    "--trusted-account",
    "trusted_accounts",
    multiple=True,
    metavar="ID",
    help="An account that trust policies may name; may be repeated.",
)
def command(
    paths: tuple[Path, ...],
    form: str,
    output: Path | None,
    fail_on: str | None,
    strict: bool,
    details: bool,
    rules: tuple[str, ...],
    skip_rules: tuple[str, ...],
    pedantic: bool,
    var_files: tuple[Path, ...],
    parameters: Mapping[str, str],
    source: Path | None,
    hcl_parser: str | None,
    root: Path | None,
    config_file: Path | None,
    log_level: str | None,
    required_tags: tuple[str, ...],
    trusted_accounts: tuple[str, ...],
) -> None:
    """Find what is wrong with the workflows and roles at PATHS: directories or files.

    The exit code is 0 when nothing of at least --fail-on was found, 1 when something was, and 2
    when an input could not be read or the command was used wrongly.
    """
    settings = _settings(config_file)
    config = settings.config
    options = ScanOptions(
        config=replace(
            config,
            log_level=log_level or config.log_level,
            required_tags=required_tags or config.required_tags,
            trusted_accounts=trusted_accounts or config.trusted_accounts,
        ),
        rules=rules or settings.rules,
        skip_rules=(*settings.skip_rules, *skip_rules),
        pedantic=pedantic or settings.pedantic,
        var_files=var_files,
        parameters=parameters,
        source=source,
        hcl_parser=hcl_parser,
        root=root,
    )
    try:
        with ProgressBar() as progress:
            report = scan(paths, options, progress)
    except UnknownRuleError as error:
        fail(str(error))
    colour = output is None and wants_colour(sys.stdout)
    text = _rendered(report, form, colour=colour, details=details)
    if output is None:
        write(text, colour=colour)
    else:
        _save(text, output)
    write_errors(report.errors)
    least = fail_on or settings.fail_on or _FAIL_ON
    threshold = None if least == "never" else Severity.parse(least)
    sys.exit(report.exit_code(threshold, strict=strict or settings.strict))


def _settings(path: Path | None) -> Settings:
    try:
        path = path or find_config_file(Path.cwd())
        return Settings() if path is None else read_config_file(path)
    except ConfigError as error:
        fail(str(error))


def _rendered(report: Report, form: str, *, colour: bool, details: bool) -> str:
    # Each report is imported when it is wanted, to keep the command's start short.
    if form == "json":
        from stepguard.reports.json_report import render_json

        return render_json(report)
    if form == "sarif":
        from stepguard.reports.sarif import render_sarif

        return render_sarif(report)
    from stepguard.reports.text import render_text

    return render_text(report, colour=colour, details=details)


def _save(text: str, output: Path) -> None:
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        fail(f"{output}: {error.strerror or 'cannot be written'}")
