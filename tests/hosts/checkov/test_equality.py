"""checkov says of every example project what a scan says, resource by resource."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "benchmarks" / "checkov_equality.py"


def test_every_example_project_gets_the_verdicts_of_a_scan(checkov_program: str) -> None:
    python = Path(checkov_program).with_name("python")
    done = subprocess.run(
        [python, SCRIPT, ROOT / "fixtures"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    line = done.stdout.strip()
    assert line.endswith("; 0 different")
    verdicts = int(line.partition(" verdicts")[0].rpartition(" ")[2])
    assert verdicts > 500, line
