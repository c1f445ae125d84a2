"""`stepguard doctor`: what is installed, and whether checkov and cfn-lint load the packs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from stepguard.cli.terminal import write, write_error
from stepguard.reports.display import harmless

HOSTS = ("checkov", "cfn-lint")


@click.command(name="doctor")
@click.argument("hosts", nargs=-1, type=click.Choice(HOSTS))
@click.option(
    "--checkov",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PROGRAM",
    help="The checkov to ask [default: the one beside this Python, or else on the search path].",
)
@click.option(
    "--cfn-lint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PROGRAM",
    help="The cfn-lint to ask [default: likewise].",
)
@click.option(
    "--external-checks-dir",
    type=click.Path(path_type=Path),
    metavar="DIRECTORY",
    help="What checkov is given [default: `stepguard path checkov`].",
)
@click.option(
    "--append-rules",
    metavar="DIRECTORY",
    help="What cfn-lint is given: a directory or a module [default: `stepguard path cfn-lint`].",
)
def command(
    hosts: tuple[str, ...],
    checkov: Path | None,
    cfn_lint: Path | None,
    external_checks_dir: Path | None,
    append_rules: str | None,
) -> None:
    """Tell whether everything is installed as it should be.

    Prints versions, and runs each installed host on small projects that must be flagged and on
    some that must not. The exit code is 1, with the reason, when a host does not load the pack.
    Of HOSTS that are named, only those are asked, and each has to be installed. Unlike every other
    command, this one starts programs: checkov and cfn-lint.
    """
    programs = {"checkov": checkov, "cfn-lint": cfn_lint}
    sound = True
    for name, value, problem in _lines(hosts, programs, external_checks_dir, append_rules):
        if value:
            write(f"{name:<12} {harmless(value)}\n")
        if problem:
            sound = False
            write_error(f"{name}: {problem}")
    sys.exit(0 if sound else 1)


def _lines(
    hosts: Sequence[str],
    programs: Mapping[str, Path | None],
    checks: Path | None,
    rules: str | None,
) -> Iterator[tuple[str, str, str]]:
    """Yield what there is to be said: a name, what is there, and what is wrong with it."""
    from stepguard.hosts.diagnosis import diagnose_cfn_lint, diagnose_checkov, program_of
    from stepguard.hosts.installation import hcl2_problem, versions

    for name, value in versions():
        yield name, value, ""
    yield "hcl2", "", hcl2_problem() or ""
    for host in hosts or HOSTS:
        program = programs[host] or program_of(host)
        if program is None:
            yield host, "not installed", "it is not installed" if host in hosts else ""
            continue
        if host == "checkov":
            found = diagnose_checkov(program, checks)
        else:
            found = diagnose_cfn_lint(program, rules)
        version = f"{found.version} ({program})" if found.version else program
        state = "does not load the pack" if found.problem else "loads the pack"
        yield host, f"{version}: {state}", found.problem
