"""The table that checkov's processes import says what the registry of rules says."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from stepguard.finding import Severity
from stepguard.hosts.checkov_bridge.rule_table import (
    CLOUDFORMATION,
    RULES,
    TERRAFORM,
    TERRAFORM_DATA,
)
from stepguard.reading import ReadOptions, read
from stepguard.rules.registry import load, rule_ids

GENERATOR = Path(__file__).resolve().parents[3] / "generators" / "checkov_table.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("checkov_table", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_what_the_generator_makes(generator: ModuleType) -> None:
    assert generator.TABLE.read_text(encoding="utf-8") == generator.table(), (
        "run: python generators/checkov_table.py"
    )


def test_every_rule_is_in_the_table() -> None:
    assert [row.id for row in RULES] == list(rule_ids())


@pytest.mark.parametrize("row", RULES, ids=[row.id for row in RULES])
def test_a_row_is_fit_for_checkov(row: object, generator: ModuleType) -> None:
    rule = next(one for one in RULES if one is row)
    assert Severity[rule.severity] is load(rule.id).severity
    assert rule.pedantic == (load(rule.id).tier == "pedantic")
    assert rule.guideline.startswith("https://")
    assert rule.category in generator.CATEGORIES.values()
    # checkov masks what it takes for a secret in the lines of checks of that category.
    assert rule.category != "SECRETS"
    assert not rule.title.endswith(".")
    assert rule.kinds, "no example shows a resource that the rule says anything of"


def test_no_rule_says_anything_of_a_resource_for_which_it_is_not_asked(
    generator: ModuleType,
) -> None:
    corpus = os.environ.get("STEPGUARD_CORPUS")
    if corpus is None:
        pytest.skip("STEPGUARD_CORPUS names no corpus")
    rules = [load(identifier) for identifier in rule_ids()]
    asked = {
        row.id: {
            type_name
            for kinds in (TERRAFORM, TERRAFORM_DATA, CLOUDFORMATION)
            for kind in row.kinds
            for type_name in kinds.get(kind, ())
        }
        for row in RULES
    }
    deployments = read([Path(corpus)], ReadOptions()).deployments
    judged = generator.types_judged(rules, deployments)
    assert any(judged.values())
    assert {
        rule: types - asked[rule] for rule, types in judged.items() if types - asked[rule]
    } == {}
