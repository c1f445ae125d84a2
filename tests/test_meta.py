"""Promises that hold for every rule, so that none is added half."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

import stepguard
from stepguard.finding import Severity
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
RULES = [
    "SFN101",
    "SFN102",
    "SFN103",
    "SFN104",
    "SFN111",
    "SFN112",
    "SFN114",
    "SFN201",
    "SFN202",
    "SFN207",
    "SFN301",
    "SFN401",
    "SFN402",
    "SFN403",
    "SFN701",
    "SFN902",
]
EXAMPLES = ROOT / "checks/stepguard/rules/examples"


def test_the_rules_that_there_are() -> None:
    assert list(rule_ids()) == RULES


def test_every_rule_module_is_a_rule_and_every_id_is_used_once() -> None:
    modules = sorted(path.stem for path in (ROOT / "checks/stepguard/rules").glob("sfn*.py"))
    assert [module[:6].upper() for module in modules] == list(rule_ids())


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
    assert (ROOT / "tests" / "rules" / f"test_{identifier.lower()}.py").exists()


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
