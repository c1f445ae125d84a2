"""The data files on SAM: whole, and equal to what their generator makes of the library."""

from __future__ import annotations

import importlib.util
import re
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stepguard.data import load

ROOT = Path(__file__).resolve().parents[4]
FILES = ("sam_policy_templates", "sam_connectors", "aws_managed_policies")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """Return the generator as a module; it is a program and in no package."""
    pytest.importorskip("samtranslator")
    spec = importlib.util.spec_from_file_location("sam_data", ROOT / "generators" / "sam.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", FILES)
def test_file_is_what_the_generator_makes(generator: ModuleType, name: str) -> None:
    source = load(name)["source"]
    installed = version(generator.LIBRARY)
    if installed != source["version"]:
        pytest.skip(f"made from {source['version']}, installed is {installed}")
    content = {key: value for key, value in load(name).items() if key != "source"}
    assert content == generator.MADE[name]()


@pytest.mark.parametrize("name", FILES)
def test_file_says_where_it_comes_from(name: str) -> None:
    source = load(name)["source"]
    assert source["library"] == "aws-sam-translator"
    assert source["licence"] == "Apache-2.0"
    assert re.fullmatch(r"\d+\.\d+\.\d+", source["version"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", source["date"])
    assert f"`{name}.json`" in (ROOT / "checks/stepguard/data/README.md").read_text("utf-8")


def variables(value: Any) -> set[str]:
    """Return the names in `${…}` in a piece of a data file."""
    if isinstance(value, dict):
        return set().union(*(variables(member) for member in value.values()))
    if isinstance(value, list):
        return set().union(*(variables(element) for element in value))
    return set(re.findall(r"\$\{([^}]*)\}", value)) if isinstance(value, str) else set()


def test_every_variable_of_a_policy_template_is_a_parameter() -> None:
    pseudo = {"AWS::Partition", "AWS::Region", "AWS::AccountId"}
    templates = load("sam_policy_templates")["templates"]
    assert len(templates) > 70
    for name, template in templates.items():
        assert variables(template["statements"]) - pseudo == set(template["parameters"]), name


def test_every_variable_of_a_connector_is_an_attribute_of_an_end() -> None:
    pseudo = {"AWS::Partition", "AWS::Region", "AWS::AccountId"}
    names = {"Arn", "ResourceId", "Name", "Qualifier"}
    known = {side + name for side in ("Source", "Destination") for name in names}
    found: set[str] = set()
    for ends in load("sam_connectors")["profiles"].values():
        for profile in ends.values():
            found |= variables(profile)
    assert "DestinationArn" in found
    assert found - pseudo <= known
