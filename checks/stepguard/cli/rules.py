"""`stepguard rules`: the table of rules."""

from __future__ import annotations

import sys

import click

from stepguard.cli.terminal import wants_colour, write


@click.command(name="rules")
def command() -> None:
    """List the rules: id, id in cfn-lint, severity, tier, and what each finds."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from stepguard.rules.registry import cfn_lint_id, describe, load, rule_ids

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Rule", "cfn-lint", "Severity", "Tier", "Finds"):
        table.add_column(heading, no_wrap=heading != "Finds")
    for rule in map(load, rule_ids()):
        row = (rule.id, cfn_lint_id(rule), rule.severity.label, rule.tier, describe(rule).summary)
        table.add_row(*map(Text, row))
    colour = wants_colour(sys.stdout)
    console = Console(no_color=not colour, force_terminal=colour, highlight=False)
    if not console.is_terminal:
        # One line a rule, so that the table can be searched and cut.
        console.width = 400
    with console.capture() as capture:
        console.print(table)
    write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()), colour=colour)
