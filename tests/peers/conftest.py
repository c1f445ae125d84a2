"""What this tool says where another tool's rule judges the same property."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stepguard.config import Config
from stepguard.engine import ScanOptions, scan

Verdicts = Callable[..., dict[str, str]]

OUTCOMES = ("violation", "not_evaluated", "pass")
"""The verdicts on one resource, the one that counts first."""


def outcome(counts: Mapping[str, int]) -> str:
    """Return the verdict of a rule that judged one resource; `none` where it judged none."""
    return next((one for one in OUTCOMES if counts.get(one)), "none")


@pytest.fixture
def verdicts(tmp_path: Path) -> Verdicts:
    """Return what each of some rules says about a template, Terraform, a plan or a definition."""

    def run(text: str, *rules: str, name: str = "", config: Config | None = None) -> dict[str, str]:
        if not name:
            name = "main.tf" if 'resource "' in text else "template.yaml"
        (tmp_path / name).write_text(text, encoding="utf-8")
        report = scan([tmp_path], ScanOptions(rules=rules, config=config or Config()))
        assert [str(error) for error in report.errors] == []
        found = {rule: report.evaluated[rule].items() for rule in rules}
        return {rule: outcome({str(one): n for one, n in found[rule]}) for rule in rules}

    return run
