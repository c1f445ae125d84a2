"""`stepguard review`: what a change introduces, fixes and leaves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from stepguard.cli.progress import ProgressBar
from stepguard.cli.settings import read_settings
from stepguard.cli.terminal import fail, write_errors
from stepguard.engine import ScanOptions
from stepguard.rules.registry import UnknownRuleError

if TYPE_CHECKING:
    from stepguard.review.sides import Sides


@click.command(name="review")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--base",
    metavar="REF",
    help="Compare PATHS [default: .] with what they were in git where HEAD left this branch, tag "
    "or commit.",
)
@click.option(
    "--before",
    type=click.Path(exists=True, path_type=Path),
    help="Compare this file or directory with that of --after.",
)
@click.option("--after", type=click.Path(exists=True, path_type=Path), help="See --before.")
@click.option(
    "--fail-on-unchanged", is_flag=True, help="Let findings fail that were there before, too."
)
@click.option("--all", "everything", is_flag=True, help="List what is unchanged, too.")
@reporting_options
@judging_options
def command(
    paths: tuple[Path, ...],
    base: str | None,
    before: Path | None,
    after: Path | None,
    fail_on_unchanged: bool,
    everything: bool,
    **given: Any,
) -> None:
    """Find what a change introduces: of a Terraform plan, of a branch, or between two files.

    \b
    stepguard review plan.json --source .   what `terraform show -json` printed of a plan
    stepguard review --base main            the work tree, and where it left main
    stepguard review --before a.yaml --after b.yaml

    Every finding is introduced, fixed or unchanged. The exit code is 1 when one of at least
    --fail-on is introduced, and 2 when an input could not be read or the command was used wrongly.
    """  # noqa: D301 - click wants the character itself
    settings = read_settings(given["config_file"])
    known = known_before(given["baseline_file"])
    options = scan_options(given, settings)
    # What reads and compares is imported when it is known that the command is used rightly.
    wanted = _usage(paths, base, before, after)
    from stepguard.review.reviewing import review

    try:
        report = review(_sides(wanted, options), options)
    except UnknownRuleError as error:
        fail(str(error))
    leave_out_known(report, known, given["baseline_file"], settings)
    write_report(report, given, everything=everything)
    write_errors(report.errors)
    strict = given["strict"] or settings.strict
    least = threshold(given, settings)
    sys.exit(report.exit_code(least, strict=strict, unchanged=fail_on_unchanged))


def _usage(
    paths: Sequence[Path], base: str | None, before: Path | None, after: Path | None
) -> tuple[str | None, tuple[Path, ...]]:
    """Return the reference, if there is one, and the paths. Raises `click.UsageError`."""
    if (before is None) != (after is None):
        raise click.UsageError("--before and --after belong together")
    if before is not None and after is not None:
        if base is not None or paths:
            raise click.UsageError("--before and --after stand alone, without --base and PATHS")
        return None, (before, after)
    if base is not None:
        return base, tuple(paths) or (Path(),)
    if len(paths) != 1:
        raise click.UsageError("give one plan, or --base REF, or --before and --after")
    return None, (paths[0],)


def _sides(wanted: tuple[str | None, tuple[Path, ...]], options: ScanOptions) -> Sides:
    from stepguard.readers.git.repository import RepositoryError
    from stepguard.review.sides import (
        NothingToCompareError,
        sides_of_commit,
        sides_of_paths,
        sides_of_plan,
    )

    base, paths = wanted
    try:
        with ProgressBar() as progress:
            if base is not None:
                return sides_of_commit(base, paths, options, progress)
            if len(paths) == 1:
                return sides_of_plan(paths[0], options, progress)
            return sides_of_paths(paths[0], paths[1], options, progress)
    except (RepositoryError, NothingToCompareError) as error:
        fail(str(error))
