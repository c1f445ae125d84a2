"""`stepguard policy`: the least that a workflow's role has to be allowed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stepguard.cli.options import paths_argument, read_options, reading_options
from stepguard.cli.progress import ProgressBar
from stepguard.cli.terminal import (
    USAGE_ERROR,
    fail,
    wants_colour,
    write,
    write_error,
    write_errors,
)

if TYPE_CHECKING:
    from stepguard.permissions.policy import RolePolicy

_FORMATS = ("json", "hcl", "cloudformation")
_LANGUAGES = {"terraform": "hcl", "plan": "hcl", "cloudformation": "cloudformation"}
_LANGUAGES["sam"] = "cloudformation"
_SHOWN = {"hcl": "HCL", "cloudformation": "CloudFormation"}


@click.command(name="policy")
@paths_argument
@click.option(
    "--machine", "address", metavar="ADDRESS", help="Only the roles that this state machine uses."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="The language of the policies [default: that of the source; json where it is a "
    "definition alone, or where there are several].",
)
@click.option(
    "--diff", "shows_diff", is_flag=True, help="Show what changes against the present policies."
)
@reading_options
def command(
    paths: tuple[Path, ...],
    address: str | None,
    form: str | None,
    shows_diff: bool,
    **given: Any,
) -> None:
    """Print the least-privilege policy and the trust policy of every role at PATHS.

    The permissions are those that the definitions of the state machines with the role need.
    """
    if shows_diff and form is not None:
        raise click.UsageError("--diff has a form of its own: leave --format out")
    from stepguard.permissions.policy import NotPrintable, least_privilege
    from stepguard.reading import read

    with ProgressBar() as progress:
        reading = read(paths, read_options(given), progress)
    write_errors(reading.errors)
    found = [one for each in reading.deployments for one in least_privilege(each, address)]
    if not found:
        what = "no state machine" if address is None else f"no state machine {address!r}"
        fail(f"{what} was read")
    is_whole = not reading.errors
    policies: list[RolePolicy] = []
    for one in found:
        if isinstance(one, NotPrintable):
            write_error(f"no policy for {one.name}: {one.reason}")
            is_whole = False
        else:
            policies.append(one)
    if shows_diff:
        _write_diff(policies)
    else:
        language = form or _language_of(policies)
        fitting = [one for one in policies if _fits(one, language)]
        for one in policies:
            if one not in fitting:
                is_whole = False
                write_error(
                    f"no policy for {one.name}: what it refers to has no name in "
                    f"{_SHOWN[language]}; it is written in {_SHOWN[_LANGUAGES[one.form.value]]}"
                )
        if fitting:
            _write(fitting, language)
    if not is_whole:
        sys.exit(USAGE_ERROR)


def _language_of(policies: Sequence[RolePolicy]) -> str:
    """Return the language that all policies can be written in, JSON where there is no one."""
    languages = {_LANGUAGES.get(one.form.value, "json") for one in policies}
    return languages.pop() if len(languages) == 1 else "json"


def _fits(policy: RolePolicy, language: str) -> bool:
    own = _LANGUAGES.get(policy.form.value)
    return language == "json" or own is None or own == language


def _write(policies: Sequence[RolePolicy], language: str) -> None:
    if language == "hcl":
        from stepguard.reports.policy_hcl import render_policies_as_hcl as render
    elif language == "cloudformation":
        from stepguard.reports.policy_yaml import render_policies_as_yaml as render
    else:
        from stepguard.reports.policy_json import render_policies_as_json as render
    write(render(policies))


def _write_diff(policies: Sequence[RolePolicy]) -> None:
    from stepguard.reports.policy_diff import render_policy_diff

    colour = wants_colour(sys.stdout)
    write("\n".join(render_policy_diff(one, colour=colour) for one in policies), colour=colour)
