"""No input crashes, hangs or exhausts the scanner, and none goes by unnoticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from . import hostile

SECONDS = 5
"""Of a processor that takes `COUNTING` to count to five million.

They are its own seconds, so that what else the machine does makes little difference.
"""

COUNTING = 0.35

MEGABYTES = 500

QUIET = {"hcl pow", "hcl count", "hcl module counts", "asl deep", "planted cache"}
"""Inputs that can be read as they are, so that nothing need be said of them."""

PROGRAM = """
import json, re, sys, time
from pathlib import Path
from stepguard.cli.main import main
# As the limits were set: outside of a function, where Python looks each name up.
additions = compile("for number in range(5_000_000): total += number", "additions", "exec")
def counting():
    begun = time.process_time()
    exec(additions, {"total": 0})
    return time.process_time() - begun
_, project, output = sys.argv
before = counting()
begun = time.process_time()
try:
    main(["scan", project, "--format", "json", "--output", output])
except SystemExit as ended:
    assert ended.code in (0, 1, 2)
result = {"seconds": time.process_time() - begun}
# What `getrusage` says begins with the memory of the process that started this one.
status = Path("/proc/self/status").read_text()
result["megabytes"] = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024
# A processor that has others to serve is slower at one moment than at another.
result["counting"] = max(before, counting())
print(json.dumps(result))
"""


def scanned(directory: Path, temporary: Path) -> dict[str, Any]:
    """Run the command in a process of its own; return its report, its seconds, and its memory."""
    temporary.mkdir()
    hostile.plant(temporary)
    before = sorted(temporary.iterdir())
    output = directory.with_name("report.json")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(directory), str(output)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    # Nothing of what lay there was run, and nothing was left behind.
    assert sorted(temporary.iterdir()) == before
    result: dict[str, Any] = json.loads(done.stdout)
    return {**result, "report": json.loads(output.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", [*hostile.TEXTS, *hostile.TREES])
def test_a_hostile_input(name: str, tmp_path: Path) -> None:
    directory = tmp_path / "project"
    directory.mkdir()
    hostile.write(name, directory)
    result = scanned(directory, tmp_path / "temporary")
    report = result["report"]
    # A processor may be slower than that; a limit is never less than on one that is as fast.
    assert result["seconds"] < SECONDS * max(1, result["counting"] / COUNTING)
    assert result["megabytes"] < MEGABYTES
    told = report["errors"] + report["not_evaluated"] + report["findings"]
    told += [one for one in report["state_machines"] if one["reason"]]
    assert told or report["summary"]["passed_over"] or name in QUIET, report["summary"]
    assert not [one for one in report["errors"] if "internal error" in one["message"]]
    assert "root:x:0" not in json.dumps(report)
