"""`stepguard explain`: a rule's documentation."""

from __future__ import annotations

import sys
import textwrap

import click

from stepguard.cli.terminal import fail, wants_colour, write
from stepguard.report import RuleDescription
from stepguard.rules.example_files import examples_of
from stepguard.rules.registry import UnknownRuleError, cfn_lint_id, describe, load


@click.command(name="explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Explain a RULE, given as SFN401 or, in cfn-lint's form, as W9401."""
    try:
        found = load(rule)
    except UnknownRuleError as error:
        fail(str(error))
    description = describe(found)
    if sys.stdout.isatty():
        _show(description, cfn_lint_id(found))
    else:
        write(as_markdown(description, cfn_lint_id(found)))


def as_markdown(rule: RuleDescription, cfn_lint: str) -> str:
    """Return a rule's page: identity, summary, documentation, examples and references."""
    tier = ", pedantic" if rule.tier == "pedantic" else ""
    parts = [
        f"# {rule.id}: {rule.name}",
        f"{rule.severity.label} severity{tier}; `{cfn_lint}` in cfn-lint",
        textwrap.fill(rule.summary, 100),
    ]
    parts += [f"## {heading}\n\n{body}" for heading, body in rule.sections.items()]
    parts += _examples(rule.id)
    if rule.references:
        parts.append("## References\n\n" + "\n".join(f"- {one}" for one in rule.references))
    return "\n\n".join(part for part in parts if part) + "\n"


def _examples(identifier: str) -> list[str]:
    """Return the examples of a rule, in every form: first what it finds, then what to write."""
    found = list(examples_of(identifier))
    parts = ["## Example"]
    parts += [_code(one.form, one.language, one.before) for one in found]
    parts.append("## Use instead")
    parts += [_code(one.form, one.language, one.after) for one in found]
    return parts


def _code(form: str, language: str, text: str) -> str:
    return f"{form}:\n\n```{language}\n{text}```"


def _show(rule: RuleDescription, cfn_lint: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(no_color=not wants_colour(sys.stdout))
    console.print(Markdown(as_markdown(rule, cfn_lint)))
