"""Promises that hold for every rule, so that none is added half."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path

import pytest

import stepguard
from stepguard.finding import Severity
from stepguard.hosts.checkov_bridge.rule_table import RULES as CHECKOV_RULES
from stepguard.rules.example_files import BAD, FORMS, OK, examples_of
from stepguard.rules.registry import (
    UnknownRuleError,
    cfn_lint_id,
    describe,
    load,
    normalize,
    rule_ids,
    select,
)

ROOT = Path(__file__).resolve().parent.parent
HEADINGS = ["What it does", "Why is this bad"]
EXAMPLES = ROOT / "checks/stepguard/rules/examples"
MINIMUM_RULES = 48
"""Sets that are empty are equal, too."""


def test_modules_examples_pages_and_both_packs_are_one_set() -> None:
    package = ROOT / "checks" / "stepguard"
    pack = json.loads((package / "hosts" / "cfn_lint" / "rules.json").read_text(encoding="utf-8"))
    sets = {
        "modules": [path.stem[:6].upper() for path in (package / "rules").glob("sfn*.py")],
        "examples": [path.name for path in EXAMPLES.iterdir()],
        "tests": [path.stem[5:].upper() for path in (ROOT / "tests/rules").glob("test_sfn*.py")],
        "pages": [path.stem for path in (ROOT / "docs" / "rules").glob("SFN*.md")],
        "checkov": [row.id for row in CHECKOV_RULES],
        "cfn-lint": [row["own_id"] for row in pack],
    }
    expected = list(rule_ids())
    assert len(expected) >= MINIMUM_RULES
    differences = {name: {*ids} ^ {*expected} for name, ids in sets.items()}
    assert {name: ids for name, ids in differences.items() if ids} == {}
    assert {name: len(ids) for name, ids in sets.items()} == dict.fromkeys(sets, len(expected))


@pytest.mark.parametrize("identifier", rule_ids())
def test_a_rule_is_complete(identifier: str) -> None:
    rule = load(identifier)
    described = describe(rule)
    assert rule.id == identifier
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", rule.name)
    assert isinstance(rule.severity, Severity)
    assert described.summary.endswith(".")
    assert len(described.summary) <= 120
    assert list(described.sections) == HEADINGS
    assert all(described.sections.values())
    assert rule.references
    assert all(reference.startswith("https://") for reference in rule.references)


def test_every_rule_has_its_examples_and_no_other_rule_has_any() -> None:
    wanted = {
        f"{identifier}/{folder}/{name}"
        for identifier in rule_ids()
        for folder in (BAD, OK)
        for _, _, name in FORMS
    }
    found = {path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*.*")}
    assert found == wanted
    for identifier in rule_ids():
        for example in examples_of(identifier):
            assert example.before != example.after


def test_names_are_used_once() -> None:
    rules = [load(identifier) for identifier in rule_ids()]
    assert len({rule.name for rule in rules}) == len(rules)


def test_an_id_is_accepted_in_either_form() -> None:
    rule = load("SFN401")
    assert cfn_lint_id(rule) == "W9401"
    for form in ("SFN401", "sfn401", "W9401", " w9401 ", "I9401", "E9401"):
        assert load(form) is rule


@pytest.mark.parametrize("given", ["", "SFN000", "401", "W401", "W94011", "SFN401x"])
def test_what_is_no_id_is_refused(given: str) -> None:
    with pytest.raises(UnknownRuleError):
        normalize(given)


def test_rules_are_selected() -> None:
    default = {rule.id for rule in select()}
    everything = {rule.id for rule in select(pedantic=True)}
    assert default <= everything == set(rule_ids())
    assert [rule.id for rule in select(["W9401", "SFN402"])] == ["SFN401", "SFN402"]
    assert everything - {rule.id for rule in select([], ["sfn402"], pedantic=True)} == {"SFN402"}
    assert select(["SFN402"], ["SFN402"]) == []


def test_the_version_is_said_once() -> None:
    assert importlib.metadata.version("stepguard") == stepguard.__version__


def test_no_project_file_names_a_path_of_one_machine() -> None:
    paths = ["/" + "work/main", "/" + "work/shared", "/" + "tmp/dev", "/" + "root/"]
    endings = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".tf", ".txt", ".sarif", ""}
    folders = ("checks", "tests", "fixtures", "docs", ".ci", ".github")
    files = [path for path in ROOT.iterdir() if path.is_file() and not path.is_symlink()]
    files += [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in files:
        folders_within = path.relative_to(ROOT).parts[1:-1]
        is_cache = any(part.startswith((".", "__pycache__")) for part in folders_within)
        if path.suffix in endings and not is_cache and path.name != ".git":
            text = path.read_text(encoding="utf-8", errors="replace")
            assert [one for one in paths if one in text] == [], path
