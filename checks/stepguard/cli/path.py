"""`stepguard path`: where the packs for other programs are."""

from __future__ import annotations

from pathlib import Path

import click

import stepguard.hosts
from stepguard.cli.terminal import write

_DIRECTORIES = {"checkov": "checkov", "cfn-lint": "cfn_lint"}


@click.command(name="path")
@click.argument("host", type=click.Choice(sorted(_DIRECTORIES)))
def command(host: str) -> None:
    """Print the directory to give to HOST.

    \b
    checkov -d . --external-checks-dir "$(stepguard path checkov)"
    cfn-lint template.yaml --append-rules "$(stepguard path cfn-lint)"
    """  # noqa: D301 - click wants the character itself
    hosts = Path(stepguard.hosts.__file__).resolve().parent
    write(f"{hosts / _DIRECTORIES[host]}\n")
