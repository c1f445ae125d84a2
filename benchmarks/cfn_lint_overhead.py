"""Time cfn-lint with and without the pack, in alternating pairs.

    python benchmarks/cfn_lint_overhead.py --cfn-lint PROGRAM [--pairs N] PATH…

A path is a template, or a project whose templates are linted in one run: those that have to do with
Step Functions. Printed are, for each path, the median processor time
(user and system) of both, and the median of the pairs' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from side_by_side import Program, measure, version

from stepguard.inputs import Kind, discover

PACK = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "hosts" / "cfn_lint"


def templates(program: str, path: Path) -> list[str]:
    """Return the templates of a project, without those that cfn-lint crashes on."""
    if path.is_file():
        return [str(path)]
    found = [str(one.path) for one in discover(path).found if one.kind is Kind.TEMPLATE]
    return [one for one in found if _is_linted(program, one)]


def _is_linted(program: str, template: str) -> bool:
    done = subprocess.run([program, template], capture_output=True, text=True, check=False)
    return "Traceback" not in done.stderr


def main() -> None:
    """Measure every path and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cfn-lint", required=True)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("paths", nargs="+", type=Path)
    options = parser.parse_args()
    say = sys.stdout.write
    say(f"{version(options.cfn_lint)}\n\n")
    say("| project | templates | without, s | with, s | ratio |\n|---|---|---|---|---|\n")
    for path in options.paths:
        linted = templates(options.cfn_lint, path)
        command = (options.cfn_lint, "-t", *linted)
        programs = [
            Program("without", command),
            Program("with", (*command, "--append-rules", str(PACK))),
        ]
        timings = measure(programs, path, options.pairs, timeout=600)
        without, beside = timings["without"].processor, timings["with"].processor
        ratio = statistics.median(b / a for a, b in zip(without, beside, strict=True))
        say(
            f"| {path.name} | {len(linted)} | {statistics.median(without):.3f} "
            f"| {statistics.median(beside):.3f} | {ratio:.3f} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
