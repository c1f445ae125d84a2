"""The rules and what cfn-lint shows of them; `generators/cfn_lint_table.py` writes `rules.json`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("rules.json")


@cache
def rows() -> list[dict[str, Any]]:
    """Return one row for each rule; its members are attributes of the rule's class."""
    table: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table
