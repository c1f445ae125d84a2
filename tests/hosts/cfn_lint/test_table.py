"""The table of the pack says what the registry of rules says."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from stepguard.rules.registry import cfn_lint_id, load, rule_ids

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "checks" / "stepguard" / "hosts" / "cfn_lint" / "rules.json"


def test_the_table_is_what_the_generator_writes() -> None:
    generator = runpy.run_path(str(ROOT / "generators" / "cfn_lint_table.py"))
    assert TABLE.read_text(encoding="utf-8") == generator["table"](), (
        "run python generators/cfn_lint_table.py"
    )


def test_every_rule_is_in_the_table_with_its_own_digits() -> None:
    rows = {row["own_id"]: row for row in json.loads(TABLE.read_text(encoding="utf-8"))}
    assert list(rows) == list(rule_ids())
    for own, row in rows.items():
        assert row["id"] == cfn_lint_id(load(own))
        assert row["id"][1:] == f"9{own[3:]}"
        assert row["shortdesc"]
        assert row["description"].endswith(".")
        assert row["source_url"].startswith("https://")


def test_no_id_of_the_pack_itself_is_a_rule() -> None:
    assert "SFN000" not in rule_ids()
