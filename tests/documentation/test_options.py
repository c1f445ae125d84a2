"""Options as the documentation has them: each rule's own, and the schema for editors."""

from __future__ import annotations

import ast
import dataclasses
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stepguard.config import Config
from stepguard.config_file import ConfigError, settings_from
from stepguard.documentation.options import options, options_of
from stepguard.documentation.schema import config_schema
from stepguard.engine import ScanOptions, scan
from stepguard.rules.example_files import examples_of
from stepguard.rules.registry import rule_ids

RULES = Path(__file__).resolve().parents[2] / "checks" / "stepguard" / "rules"
FIELDS = {field.name for field in dataclasses.fields(Config)}
ABOUT_FINDINGS = {"severities", "unsuppressible_rules"}


@cache
def read_by(module: str) -> frozenset[str]:
    """Return the options that a module of the rules reads, or one that it imports."""
    tree = ast.parse((RULES / f"{module}.py").read_text(encoding="utf-8"))
    read = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "config"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stepguard.rules."):
            read |= read_by((node.module or "").rpartition(".")[2])
    return frozenset(read & FIELDS)


def documented(identifier: str) -> set[str]:
    return {option.name.replace("-", "_") for option in options_of(identifier)}


@dataclasses.dataclass(frozen=True, slots=True)
class Observed(Config):
    """Options that remember which of them were read."""

    def __getattribute__(self, name: str) -> Any:
        if name in FIELDS:
            seen.add(name)
        return object.__getattribute__(self, name)


seen: set[str] = set()


@pytest.mark.parametrize("identifier", rule_ids())
def test_the_options_of_a_rule_are_those_that_it_reads(tmp_path: Path, identifier: str) -> None:
    module = next(RULES.glob(f"{identifier.lower()}_*.py")).stem
    assert documented(identifier) <= read_by(module)
    seen.clear()
    for example in examples_of(identifier):
        for text in (example.before, example.after):
            path = tmp_path / example.file
            path.write_text(text, encoding="utf-8")
            scan([path], ScanOptions(rules=(identifier,), config=Observed()))
            path.unlink()
    assert seen - ABOUT_FINDINGS <= documented(identifier)


def test_what_is_read_is_observed(tmp_path: Path) -> None:
    seen.clear()
    path = tmp_path / "main.tf"
    path.write_text(next(examples_of("SFN202")).before, encoding="utf-8")
    scan([path], ScanOptions(rules=("SFN202",), config=Observed()))
    assert "log_level" in seen
    assert read_by("sfn202_log_level") == {"log_level"}


def test_every_option_says_what_it_is_and_who_reads_it() -> None:
    for option in options():
        assert option.what.endswith(".")
        assert set(option.rules) <= set(rule_ids())
    of_rules = {option.name.replace("-", "_") for option in options() if option.rules}
    assert of_rules == FIELDS - ABOUT_FINDINGS
    assert len({option.name for option in options()}) == len(options())


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"preset": "strict", "pedantic": False},
        {"rules": ["SFN101", "W9402"], "skip-rules": []},
        {"fail-on": "never", "strict": True},
        {"log-level": "ALL", "required-tags": ["Owner"]},
        {"trusted-accounts": ["123456789012"]},
        {"severities": {"SFN402": "low", "E9101": "critical"}},
        {"maximum-attempts": 5, "alarms-here": ["ExecutionsFailed"]},
    ],
)
def test_the_schema_lets_pass_what_is_read(document: dict[str, Any]) -> None:
    jsonschema.validate(document, config_schema())
    settings_from(document, "x")


@pytest.mark.parametrize(
    "document",
    [
        {"loglevel": "ALL"},
        {"preset": "none"},
        {"rules": ["SFN000"]},
        {"rules": "SFN101"},
        {"pedantic": "yes"},
        {"fail-on": "none"},
        {"log-level": "OFF"},
        {"trusted-accounts": ["1234"]},
        {"severities": {"SFN402": "awful"}},
        {"severities": {"SFN000": "low"}},
        {"maximum-attempts": -1},
        {"alarms-here": ["ExecutionsStarted"]},
        {"required-tags": [3]},
    ],
)
def test_the_schema_refuses_what_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, config_schema())
    with pytest.raises(ConfigError):
        settings_from(document, "x")


def test_the_schema_is_one_and_its_defaults_fit() -> None:
    schema = config_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    defaults = {
        name: one["default"] for name, one in schema["properties"].items() if "default" in one
    }
    jsonschema.validate(defaults, schema)
    assert settings_from(defaults, "x").config == Config()
