"""`explain` shows the examples of a rule as they are in their files."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from stepguard.cli.main import main
from stepguard.rules.example_files import examples_of
from stepguard.rules.registry import rule_ids


@pytest.mark.parametrize("identifier", rule_ids())
def test_examples_are_shown(identifier: str) -> None:
    output = CliRunner().invoke(main, ["explain", identifier], env={"NO_COLOR": "1"}).output
    bad, instead = output.split("\n## Use instead\n")
    for example in examples_of(identifier):
        assert f"{example.form}:\n\n```{example.language}\n{example.before}```\n" in bad
        assert f"{example.form}:\n\n```{example.language}\n{example.after}```\n" in instead
    assert instead.index("## References") > 0
