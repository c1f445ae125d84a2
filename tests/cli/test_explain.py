"""`explain` prints a rule's page: the same that stands in `docs/rules`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from stepguard.cli.main import main
from stepguard.rules.registry import rule_ids

PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"


@pytest.mark.parametrize("identifier", rule_ids())
def test_the_page_of_the_documentation_is_printed(identifier: str) -> None:
    output = CliRunner().invoke(main, ["explain", identifier]).output
    mark, _, page = (PAGES / f"{identifier}.md").read_text(encoding="utf-8").partition("\n\n")
    assert mark.startswith("<!-- ")
    assert output == page


def test_an_unknown_rule_is_refused() -> None:
    done = CliRunner().invoke(main, ["explain", "SFN000"])
    assert done.exit_code == 2
    assert "there is no rule 'SFN000'" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_a_terminal_gets_the_page_rendered() -> None:
    import pty

    own, others = pty.openpty()
    command = [sys.executable, "-m", "stepguard", "explain", "SFN402"]
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, stdout=others, env=environment) as running:
        os.close(others)
        shown = b""
        while True:
            try:
                piece = os.read(own, 65536)
            except OSError:  # Linux tells the end in this way
                break
            if not piece:
                break
            shown += piece
    os.close(own)
    text = shown.decode("utf-8")
    assert running.returncode == 0
    assert "no-task-timeout" in text
    assert "How to suppress it" in text
    assert "##" not in text
    assert "```" not in text
