"""`stepguard explain`: a rule's page."""

from __future__ import annotations

import sys

import click

from stepguard.cli.terminal import fail, wants_colour, write
from stepguard.rules.registry import UnknownRuleError, load


@click.command(name="explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Explain a RULE, given as SFN401 or, in cfn-lint's form, as W9401.

    Prints the rule's page: what it finds and why, an example with the finding, what to write
    instead, and how to suppress it. It is Markdown where standard output is no terminal.
    """
    try:
        found = load(rule)
    except UnknownRuleError as error:
        fail(str(error))
    # What scans the examples is imported when it is known that there is such a rule.
    from stepguard.documentation.page import page

    if sys.stdout.isatty():
        _show(page(found))
    else:
        write(page(found))


def _show(markdown: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(no_color=not wants_colour(sys.stdout))
    console.print(Markdown(markdown))
