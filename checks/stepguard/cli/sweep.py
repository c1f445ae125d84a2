"""`stepguard sweep`: scan very many projects into a table of findings."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

import click

from stepguard.cli.options import EXISTING_FILE, time_limit_option
from stepguard.cli.settings import read_settings
from stepguard.cli.terminal import fail, write
from stepguard.engine import ScanOptions
from stepguard.finding import Severity
from stepguard.rules.registry import UnknownRuleError, select
from stepguard.sweep.executors import ExecutorError, executors
from stepguard.sweep.manifest import ManifestError, read_manifest
from stepguard.sweep.running import sweep
from stepguard.sweep.store import Store, StoreError
from stepguard.sweep.summary import render_summary, summarised

_SEVERITIES = [severity.label for severity in sorted(Severity, reverse=True)]


@click.command(name="sweep")
@click.argument("manifest")
@click.option(
    "--output",
    required=True,
    metavar="DIRECTORY",
    help="Where the tables go: a directory, by its path or the URL of an object store.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "parquet"]),
    default="jsonl",
    show_default=True,
    help="How to write the tables.",
)
@click.option("--resume", is_flag=True, help="Scan only what the output does not have yet.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    help="How many processes work at once [default: one for each processor].",
)
@click.option(
    "--engine",
    type=click.Choice(["processes", "dask"]),
    default="processes",
    show_default=True,
    help="What runs them.",
)
@click.option("--scheduler", default="", help="The address of a Dask scheduler.")
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="How often a scan that fails is repeated.",
)
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Run this rule only.")
@click.option("--skip-rule", "skip_rules", multiple=True, metavar="ID", help="Leave a rule out.")
@time_limit_option
@click.option("--pedantic", is_flag=True, help="Run the pedantic rules too.")
@click.option(
    "--config",
    "config_file",
    type=EXISTING_FILE,
    help="A file of options for all projects; those of the projects themselves are not read.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "never"]),
    default="never",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
def command(
    manifest: str,
    output: str,
    form: Literal["jsonl", "parquet"],
    resume: bool,
    jobs: int,
    engine: Literal["processes", "dask"],
    scheduler: str,
    retries: int,
    rules: tuple[str, ...],
    skip_rules: tuple[str, ...],
    time_limit: float,
    pedantic: bool,
    config_file: Path | None,
    fail_on: str,
) -> None:
    """Scan every project that MANIFEST lists, a path or URL in each line.

    The exit code is 2 when a project could not be scanned, and 1 when something of at least
    --fail-on was found.
    """
    settings = read_settings(config_file)
    options = ScanOptions(
        config=settings.config,
        rules=rules or settings.rules,
        skip_rules=(*settings.skip_rules, *skip_rules),
        pedantic=pedantic or settings.pedantic,
        time_limit=time_limit or None,
    )
    try:
        # A wrong rule would fail in every project.
        select(options.rules, options.skip_rules, pedantic=options.pedantic)
        projects = read_manifest(manifest)
        store = Store(output, form, options)
        if not resume and not store.is_empty():
            fail(f"{output} has the results of a sweep: give --resume, or another directory")
        todo = [one for one in projects if not (resume and store.is_done(one))]
        names = {one.name for one in projects}
        with (
            click.progressbar(
                length=len(todo), label="scanning", file=sys.stderr, hidden=not sys.stderr.isatty()
            ) as bar,
            executors(engine, jobs, scheduler) as make,
        ):
            sweep(
                todo,
                options,
                store,
                make,
                workers=jobs,
                retries=retries,
                progress=lambda _: bar.update(1),
            )
        summary = summarised(one for one in store.records() if one.name in names)
        store.write_summary(summary)
    except ImportError as error:
        fail(f"{error.name} is not installed: pip install 'stepguard[sweep]'")
    except (UnknownRuleError, ManifestError, StoreError, ExecutorError) as error:
        fail(str(error))
    write(render_summary(summary), colour=False)
    if summary["failed"] or summary["totals"].get("errors"):
        sys.exit(2)
    found = [label for label, count in summary["severities"].items() if count]
    failing = fail_on != "never" and any(
        Severity.parse(label) >= Severity.parse(fail_on) for label in found
    )
    sys.exit(1 if failing else 0)
