"""Write the table of rules that the cfn-lint pack reads: `python generators/cfn_lint_table.py`.

The table is what the registry of rules says, so that cfn-lint need not import the rules for every
template. `tests/hosts/cfn_lint/test_table.py` fails when the two differ.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from stepguard.config import Config
from stepguard.rules.registry import AnyRule, cfn_lint_id, describe, load, rule_ids

TABLE = Path(__file__).resolve().parent.parent / "checks/stepguard/hosts/cfn_lint/rules.json"


_KINDS = {str: "text", int: "number", tuple: "list"}


def table() -> str:
    """Return the text of the table."""
    rows = [_row(load(identifier)) for identifier in rule_ids()]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _row(rule: AnyRule) -> dict[str, Any]:
    described = describe(rule)
    why = " ".join(described.sections.get("Why is this bad", "").split())
    return {
        "own_id": rule.id,
        "id": cfn_lint_id(rule),
        "shortdesc": described.summary.removesuffix("."),
        "description": f"{described.summary} {why}".rstrip(),
        "source_url": described.url,
        "tags": ["stepguard", rule.id, rule.name, rule.severity.label],
        "pedantic": rule.tier == "pedantic",
        "options": {
            one.name: _KINDS[type(one.default)]
            for one in dataclasses.fields(Config)
            if rule.id in one.metadata["rules"]
        },
    }


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8", newline="\n")
