"""What the pack spares cfn-lint's program, and leaves alone where cfn-lint is a library."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

AS_PROGRAM = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit:
    pass
"""
IN_PYTHON = """
import sys
from pathlib import Path
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs
lint_file(Path(sys.argv[2]), config=ManualArgs(append_rules=["stepguard.hosts.cfn_lint"]))
"""
MAIN_OF_A_SERVER = """
import sys
from cfnlint.runner import main
def serve():
    sys.argv = sys.argv[1:]
    try:
        main()
    except SystemExit:
        pass
serve()
"""
AT_THE_END = """
import gc
assert "stepguard.hosts.cfn_lint._judgement" in sys.modules
print(gc.get_freeze_count(), gc.isenabled(), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("code", "is_program"), [(AS_PROGRAM, True), (IN_PYTHON, False), (MAIN_OF_A_SERVER, False)]
)
def test_only_what_a_program_has_is_left_out_of_the_search_for_garbage(
    cfn_lint: Any, code: str, is_program: bool
) -> None:
    arguments: list[str | Path] = [cfn_lint.program, "plain.json"]
    if code != IN_PYTHON:
        arguments += ["--append-rules", "stepguard.hosts.cfn_lint"]
    ended = subprocess.run(
        [cfn_lint.python, "-c", code + AT_THE_END, *arguments],
        cwd=cfn_lint.templates,
        capture_output=True,
        text=True,
        check=False,
    )
    frozen, is_enabled = ended.stderr.split()[-2:]
    assert (int(frozen) > 0) == is_program
    assert is_enabled == "True"
