"""A rule's page: what it finds, why, what to write instead, and what it says about its examples."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stepguard.documentation.compliance import controls_of
from stepguard.documentation.examples import ScannedExample, scanned_examples
from stepguard.documentation.options import options_of
from stepguard.report import RuleDescription
from stepguard.rules.example_files import Example
from stepguard.rules.registry import AnyRule, cfn_lint_id, describe

_FENCE = re.compile(r"`{3,}")


def page(rule: AnyRule) -> str:
    """Return the page of a rule as Markdown. Raises `OSError` where an example is missing.

    The findings on it are those of a scan of the examples, which takes a part of a second.
    """
    described = describe(rule)
    scanned = scanned_examples(rule)
    parts = [
        f"# {rule.id}: {rule.name}",
        described.summary,
        _identity(rule),
        *(f"## {heading}\n\n{body}" for heading, body in described.sections.items()),
        "## Example",
        *(_found(rule, one) for one in scanned),
        "## Use instead",
        *(_file(one.example, one.example.after) for one in scanned),
        "## How to suppress it",
        _suppression(rule, is_on_machine=any(one.is_on_machine for one in scanned)),
        _references(described),
    ]
    return "\n\n".join(parts) + "\n"


def fenced(text: str, language: str) -> str:
    """Return text as a block of code, whatever it holds."""
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def table(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as a Markdown table; the first holds the headings."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    columns = lines[0].replace("\\|", "").count("|") - 1
    return "\n".join([lines[0], "|" + "---|" * columns, *lines[1:]])


def _identity(rule: AnyRule) -> str:
    options = ", ".join(
        f"[`{one.name}`](../configuration.md#{one.name})" for one in options_of(rule.id)
    )
    controls = ", ".join(f"[{one.title}]({one.url})" for one in controls_of(rule.id))
    rows = [
        ("severity", rule.severity.label),
        ("tier", _TIERS[rule.tier]),
        ("since", rule.since),
        ("in checkov", f"`{rule.id}`"),
        ("in cfn-lint", f"`{cfn_lint_id(rule)}`"),
        ("options", options),
        ("controls", controls),
    ]
    return table([("", ""), *(row for row in rows if row[1])])


_TIERS = {
    "default": "default: it always runs",
    "pedantic": "pedantic: it runs with `--pedantic`, or when `--rule` names it",
}


def _found(rule: AnyRule, scanned: ScannedExample) -> str:
    example = scanned.example
    return "\n\n".join(
        [
            _file(example, example.before),
            f"`stepguard scan {example.file} --rule {rule.id}` finds:",
            fenced(scanned.output, "text"),
        ]
    )


def _file(example: Example, text: str) -> str:
    return f"{example.form}, `{example.file}`:\n\n{fenced(text, example.language)}"


def _suppression(rule: AnyRule, *, is_on_machine: bool) -> str:
    directive = f"stepguard: ignore[{rule.id}] the reason"
    ways = [("a comment in Terraform or YAML, above the place or its resource", f"# {directive}")]
    if is_on_machine:
        ways.append(
            ("a `Comment` in the definition or the state", f'"Comment": "{directive}"'),
        )
    ways += [
        (
            "a template's resource",
            f"Metadata: {{stepguard: {{ignore: [{{rules: [{rule.id}], reason: the reason}}]}}}}",
        ),
        ("in checkov", f"#checkov:skip={rule.id}:the reason"),
        (
            "in cfn-lint",
            f"Metadata: {{cfn-lint: {{config: {{ignore_checks: [{cfn_lint_id(rule)}]}}}}}}",
        ),
        ("the whole project, in `stepguard.toml`", f'skip-rules = ["{rule.id}"]'),
    ]
    rows = [("where", "what to write"), *((where, f"`{what}`") for where, what in ways)]
    return f"{table(rows)}\n\n[Suppressions](../suppressions.md) says more."


def _references(rule: RuleDescription) -> str:
    return "## References\n\n" + "\n".join(f"- <{one}>" for one in rule.references)
