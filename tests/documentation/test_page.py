"""A rule's page: what it says about suppressions, options and controls is so."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import tomli

import stepguard
from stepguard.config import Config
from stepguard.config_file import settings_from
from stepguard.documentation.compliance import CONTROLS
from stepguard.documentation.page import fenced, page, table
from stepguard.engine import ScanOptions, scan
from stepguard.report import Report
from stepguard.rules.example_files import examples_of
from stepguard.rules.registry import describe, load, rule_ids


def way(identifier: str, where: str) -> str:
    """Return what a page says to write for a suppression."""
    found = re.search(rf"^\| {re.escape(where)}.* \| `(.*)` \|$", page(load(identifier)), re.M)
    assert found is not None
    return found[1]


def scanned(path: Path, identifier: str) -> Report:
    report = scan([path], ScanOptions(rules=(identifier,)))
    assert [str(error) for error in report.errors] == []
    return report


def with_lines(path: Path, identifier: str, indent: str, text: str, below: int) -> Report:
    """Scan an example with a line at each resource of its findings: above it, or below."""
    report = scanned(path, identifier)
    lines = path.read_text(encoding="utf-8").splitlines()
    places = {report.resources[(one.root, one.violation.resource)].line for one in report.findings}
    for line in sorted((one for one in places if one is not None), reverse=True):
        own = lines[line - 1]
        margin = own[: len(own) - len(own.lstrip())]
        lines.insert(line - 1 + below, f"{margin}{indent}{text}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return scanned(path, identifier)


@pytest.mark.parametrize("identifier", rule_ids())
def test_a_comment_above_the_resource_suppresses_every_example(
    tmp_path: Path, identifier: str
) -> None:
    comment = way(identifier, "a comment in Terraform or YAML")
    for example in examples_of(identifier):
        path = tmp_path / example.file
        path.write_text(example.before, encoding="utf-8")
        report = with_lines(path, identifier, "", comment, below=0)
        assert report.findings == []
        assert report.suppressed
        assert report.notices == []
        path.unlink()


@pytest.mark.parametrize("identifier", rule_ids())
def test_metadata_of_the_resource_suppresses_the_template(tmp_path: Path, identifier: str) -> None:
    metadata = way(identifier, "a template's resource")
    path = tmp_path / "template.yaml"
    example = next(one for one in examples_of(identifier) if one.file == path.name)
    path.write_text(example.before, encoding="utf-8")
    report = with_lines(path, identifier, "  ", metadata, below=1)
    assert report.findings == []
    assert report.suppressed
    assert report.notices == []


@pytest.mark.parametrize("identifier", rule_ids())
def test_the_line_for_the_options_leaves_the_rule_out(identifier: str) -> None:
    settings = settings_from(tomli.loads(way(identifier, "the whole project")), "a page")
    assert settings.skip_rules == (identifier,)


def test_a_comment_in_the_definition_is_named_where_it_works() -> None:
    assert way("SFN402", "a `Comment`") == '"Comment": "stepguard: ignore[SFN402] the reason"'
    assert "a `Comment`" not in page(load("SFN112"))


def test_a_page_names_options_and_controls() -> None:
    text = page(load("SFN202"))
    assert "| options | [`log-level`](../configuration.md#log-level) |" in text
    assert "[Security Hub StepFunctions.1](https://docs.aws.amazon.com/securityhub/" in text
    assert "| options |" not in page(load("SFN112"))
    assert "| controls |" not in page(load("SFN112"))


@pytest.mark.parametrize("identifier", rule_ids())
def test_a_page_names_options_as_files_write_them(identifier: str) -> None:
    sections = describe(load(identifier)).sections
    names = {field.name for field in dataclasses.fields(Config) if "_" in field.name}
    assert {name for name in names if name in " ".join(sections.values())} == set()


def test_controls_are_of_rules_that_there_are() -> None:
    assert {rule for control in CONTROLS for rule in control.rules} <= set(rule_ids())
    assert len({control.title for control in CONTROLS}) == len(CONTROLS)
    assert all(control.url.startswith("https://docs.aws.amazon.com/") for control in CONTROLS)
    assert all(control.rules for control in CONTROLS)


@pytest.mark.parametrize("identifier", rule_ids())
def test_no_rule_is_newer_than_the_program(identifier: str) -> None:
    since = tuple(map(int, load(identifier).since.split(".")))
    assert len(since) == 3
    assert since <= tuple(map(int, stepguard.__version__.split(".")[:3]))


def test_a_block_holds_what_has_fences_itself() -> None:
    assert fenced("a\n", "text") == "```text\na\n```"
    assert fenced("```x\n```", "") == "````\n```x\n```\n````"


def test_a_table_has_a_line_below_its_headings() -> None:
    assert table([("a", "b"), ("1", "2")]) == "| a | b |\n|---|---|\n| 1 | 2 |"
