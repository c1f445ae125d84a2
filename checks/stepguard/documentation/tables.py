"""Tables and lists that several documents hold: the rules by family, the options, the presets."""

from __future__ import annotations

import json
from typing import Any

from stepguard.config_file import PRESETS
from stepguard.documentation.options import Option, options
from stepguard.documentation.page import table
from stepguard.rules.registry import AnyRule, cfn_lint_id, describe, load, rule_ids

FAMILIES = {
    "1": "Permissions",
    "2": "Logging and tracing",
    "3": "Encryption",
    "4": "Timeouts",
    "5": "Error handling",
    "6": "Monitoring",
    "7": "Tags",
    "8": "Security of the definition",
    "9": "The definition itself",
}
"""The families of rules, by the first digit of their ids."""


def rule_tables(folder: str) -> str:
    """Return a table of rules for each family, with links to their pages in a folder."""
    rules = [load(identifier) for identifier in rule_ids()]
    parts: list[str] = []
    for digit, family in FAMILIES.items():
        members = [rule for rule in rules if rule.id[3] == digit]
        if members:
            rows = [_row(rule, folder) for rule in members]
            headings = ("rule", "in cfn-lint", "severity", "finds")
            parts.append(f"### {family}\n\n{table([headings, *rows])}")
    return "\n\n".join(parts) + "\n"


def _row(rule: AnyRule, folder: str) -> tuple[str, ...]:
    severity = rule.severity.label + (", pedantic" if rule.tier == "pedantic" else "")
    summary = describe(rule).summary.replace("|", "\\|")
    return (f"[{rule.id}]({folder}{rule.id}.md)", cfn_lint_id(rule), severity, summary)


def option_list() -> str:
    """Return every option under a heading of its own: what it is, its kind, its default."""
    return "\n\n".join(map(_described, options())) + "\n"


def _described(option: Option) -> str:
    kind: str = option.kind
    if option.choices:
        choices = ", ".join(f"`{one}`" for one in option.choices)
        kind = f"{kind}, {'of' if kind.startswith('list') else 'one of'} {choices}"
    rows = [("kind", kind)]
    if option.default is not None:
        rows.append(("default", f"`{_toml(option)}`"))
    if option.rules:
        links = ", ".join(f"[{one}](rules/{one}.md)" for one in option.rules)
        rows.append(("read by", links))
    return f"### `{option.name}`\n\n{option.what}\n\n{table([('', ''), *rows])}"


def _toml(option: Option) -> str:
    if option.kind == "table of severities":
        return "{}"
    return _toml_value(option.default)


def _toml_value(value: Any) -> str:
    """Return a text, number, truth or list as TOML writes it, which is as JSON does."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def preset_table() -> str:
    """Return the presets, and what each sets."""
    rows = [("preset", "sets")]
    for name, values in PRESETS.items():
        settings = ", ".join(f"`{key} = {_toml_value(value)}`" for key, value in values.items())
        rows.append((f"`{name}`", settings or "nothing"))
    return table(rows) + "\n"
