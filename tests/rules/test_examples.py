"""The examples of every rule are run: the bad one is found, the good one is judged and passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepguard.engine import ScanOptions, scan
from stepguard.report import Report
from stepguard.rules.example_files import FORMS, Example, examples_of
from stepguard.rules.registry import rule_ids

EXAMPLES = [
    pytest.param(identifier, name, id=f"{identifier}-{form}")
    for identifier in rule_ids()
    for form, _, name in FORMS
]


def example(identifier: str, name: str) -> Example:
    return next(one for one in examples_of(identifier) if one.file == name)


def judged(tmp_path: Path, identifier: str, name: str, text: str) -> Report:
    """Scan a file alone, with one rule alone; it has to be read without an error."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    report = scan([tmp_path], ScanOptions(rules=(identifier,)))
    assert [str(error) for error in report.errors] == []
    return report


@pytest.mark.parametrize(("identifier", "name"), EXAMPLES)
def test_the_bad_example_is_found(tmp_path: Path, identifier: str, name: str) -> None:
    text = example(identifier, name).before
    report = judged(tmp_path, identifier, name, text)
    assert report.findings
    assert {finding.rule for finding in report.findings} == {identifier}
    assert report.evaluated[identifier]["violation"] >= 1
    assert [one.reason for one in report.not_evaluated] == []
    for finding in report.findings:
        violation = finding.violation
        assert violation.span is not None
        assert Path(violation.span.path).name == name
        assert violation.span.text in text
        assert violation.message
        assert violation.suggestion
        assert violation.subject


@pytest.mark.parametrize(("identifier", "name"), EXAMPLES)
def test_the_good_example_is_judged_and_passes(tmp_path: Path, identifier: str, name: str) -> None:
    report = judged(tmp_path, identifier, name, example(identifier, name).after)
    assert [finding.violation.message for finding in report.findings] == []
    assert [one.reason for one in report.not_evaluated] == []
    assert report.evaluated[identifier]["pass"] >= 1


@pytest.mark.parametrize(("identifier", "name"), EXAMPLES)
def test_an_example_is_short(identifier: str, name: str) -> None:
    shown = example(identifier, name)
    for text in (shown.before, shown.after):
        assert len(text.splitlines()) <= 60
        assert max(map(len, text.splitlines())) <= 100
        assert text.endswith("\n")
