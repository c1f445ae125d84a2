"""The program as a process: its exit codes, and that it writes everything before it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BAD = str(ROOT / "fixtures" / "bad" / "cloudformation")
FULL = Path("/dev/full")
PROGRAM = [sys.executable, "-m", "stepguard"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["scan", BAD], 1),
        (["scan", BAD, "--fail-on", "never"], 0),
        (["scan", "nowhere"], 2),
        (["scan", "--no-such-option"], 2),
        (["scan", BAD, "--jobs", "2"], 1),
        (["--version"], 0),
    ],
)
def test_its_exit_code(arguments: list[str], code: int) -> None:
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert done.stdout or done.stderr


def test_all_of_a_long_report_goes_through_a_pipe(tmp_path: Path) -> None:
    resources = {
        f"M{number}": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": "arn:aws:iam::111122223333:role/r",
                "Definition": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
            },
        }
        for number in range(300)
    }
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Resources": resources}))
    done = subprocess.run(
        [*PROGRAM, "scan", str(template), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(done.stdout) > 200_000
    assert len(json.loads(done.stdout)["state_machines"]) == 300


def test_a_reader_that_goes_is_no_error() -> None:
    scan = subprocess.Popen([*PROGRAM, "scan", BAD], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert scan.stdout is not None
    assert scan.stderr is not None
    scan.stdout.close()
    told = scan.stderr.read()
    scan.wait()
    assert told == b""


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("command", [["scan", BAD], ["rules"], ["explain", "SFN101"]])
def test_a_full_disk_is_told_in_one_line(command: list[str]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *command], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.stderr.decode() == "error: standard output: No space left on device\n"
    assert done.returncode == 2
