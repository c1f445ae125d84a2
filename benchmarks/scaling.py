"""Shows how time and memory grow with the input, and how a plan compares with `json.load`.

    python benchmarks/scaling.py [--only WORD] [--largest N] [--runs N]

Every figure is of a whole process, the median of the runs; `x10` is the time over that of the
tenth of the input, less the start-up (the time of an input of one).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from generated import definition, plan, repository, role_with_policies, template
from side_by_side import run

SIZES = (1, 10, 100, 1_000, 10_000)

LOAD = "import json,sys\nwith open(sys.argv[1]) as s: data = json.load(s)\n"

GREP = """
import os, sys
found = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        with open(path, "rb") as stream:
            start = stream.read(512)
            if name.endswith((".tf", ".json", ".yaml", ".yml")):
                text = (start + stream.read()).lower()
                found += b"stepfunctions" in text or b"sfn" in text or b"states" in text
"""


def write(text: str, path: Path) -> Path:
    """Write a file and return its path."""
    path.write_text(text, encoding="utf-8")
    return path


def inputs(work: Path) -> dict[str, Callable[[int], Path]]:
    """Return, for each kind of input, what writes one of a size."""
    import json

    return {
        "machines in a template": lambda n: write(template(n), work / "template.json"),
        "machines in a plan": lambda n: write(plan(n, 5 * n), work / "plan.json"),
        "states in a definition": lambda n: write(
            json.dumps(definition(max(n, 2))), work / "one.asl.json"
        ),
        "policies on a role": lambda n: write(role_with_policies(n), work / "role.json"),
    }


def median(command: Sequence[str], runs: int) -> tuple[float, float]:
    """Return the median of the processor time, in seconds, and of the peak memory, in MiB."""
    results = [run(command, 3600) for _ in range(runs)]
    return (
        statistics.median(processor for _, processor, _ in results),
        statistics.median(memory for _, _, memory in results),
    )


def main() -> None:
    """Measure every kind of input at every size, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stepguard", default=str(Path(sys.executable).parent / "stepguard"))
    parser.add_argument("--only", default="")
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    scan = (options.stepguard, "scan", "--fail-on", "never")
    say = sys.stdout.write
    say("| input | size | MB | user+sys s | x10 | MiB | of json.load: time, memory |\n")
    say("|---|---|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in inputs(Path(folder)).items():
            if options.only not in name:
                continue
            times: list[float] = []
            for size in (one for one in SIZES if one <= options.largest):
                path = make(size)
                taken, memory = median((*scan, str(path)), options.runs)
                times.append(taken)
                growth = ""
                if len(times) > 2:
                    growth = f"{(taken - times[0]) / max(times[-2] - times[0], 0.001):.1f}"
                load, base = median((sys.executable, "-c", LOAD, str(path)), options.runs)
                say(
                    f"| {name} | {size} | {path.stat().st_size / 1e6:.1f} | {taken:.2f} | {growth} "
                    f"| {memory:.0f} | {(taken - times[0]) / load:.1f}, {memory / base:.1f} |\n"
                )
                sys.stdout.flush()
        if options.only in "repository":
            project = Path(folder) / "repository"
            repository(project)
            grep, _ = median((sys.executable, "-c", GREP, str(project)), options.runs)
            taken, memory = median((*scan, str(project)), options.runs)
            say(
                f"| repository of 20,000 files, 50 concerned | | | {taken:.2f} "
                f"| {taken / grep:.1f} times reading and grepping | {memory:.0f} | |\n"
            )


if __name__ == "__main__":
    main()
