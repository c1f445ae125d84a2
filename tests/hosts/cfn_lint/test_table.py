"""The table of the pack says what the registry of rules says."""

from __future__ import annotations

import dataclasses
import json
import re
import runpy
from pathlib import Path

from stepguard.config import Config
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


def test_every_option_of_a_rule_is_one_of_the_pack() -> None:
    rows = {row["own_id"]: row for row in json.loads(TABLE.read_text(encoding="utf-8"))}
    assert rows["SFN202"]["options"] == {"log_level": "text"}
    assert rows["SFN111"]["options"] == {"trusted_accounts": "list"}
    assert "required_tags" in rows["SFN701"]["options"]
    offered = {name for row in rows.values() for name in row["options"]}
    fields = {one.name for one in dataclasses.fields(Config)}
    assert offered == fields - {"severities", "unsuppressible_rules"}


def test_the_guide_names_every_option_and_its_rules() -> None:
    guide = (ROOT / "docs" / "cfn-lint.md").read_text(encoding="utf-8")
    rules: dict[str, list[str]] = {}
    for row in json.loads(TABLE.read_text(encoding="utf-8")):
        for name in row["options"]:
            rules.setdefault(name, []).append(f"`{row['id']}`")
    for name, identifiers in rules.items():
        assert f"| `{name}` | {', '.join(identifiers)} |" in guide


def test_the_oldest_cfn_lint_that_is_tested_is_the_oldest_that_the_extra_takes() -> None:
    conftest = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    tested = re.search(r'"cfn-lint==(\d+\.\d+)\.0"', conftest)
    taken = re.search(r'"cfn-lint>=(\d+\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    guide = (ROOT / "docs" / "cfn-lint.md").read_text(encoding="utf-8")
    assert tested is not None
    assert taken is not None
    assert tested[1] == taken[1]
    assert f"Supported: cfn-lint {taken[1]} and newer." in guide


def test_no_id_of_the_pack_itself_is_a_rule() -> None:
    assert "SFN000" not in rule_ids()
