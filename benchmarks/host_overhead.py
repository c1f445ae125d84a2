"""Time checkov or cfn-lint with and without the pack, in alternating pairs.

    python benchmarks/host_overhead.py --checkov PROGRAM [--pairs N] DIRECTORY…
    python benchmarks/host_overhead.py --cfn-lint PROGRAM [--pairs N] PATH…

checkov scans a directory with the frameworks that the pack knows. cfn-lint gets a template, or the
templates of a project that have to do with Step Functions, all in one run. Printed are, for each
path, the median processor time (user and system) of both, and the median of the pairs' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from side_by_side import Program, measure, version

from stepguard.inputs import Kind, discover

HOSTS = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "hosts"
FRAMEWORKS = ("terraform", "terraform_json", "terraform_plan", "cloudformation")

Command = tuple[str, ...]


def of_checkov(program: str, path: Path) -> tuple[Command, Command]:
    """Return the command without the pack, and with it."""
    target = ("-d", str(path), "--framework", *FRAMEWORKS)
    command = (program, *target, "--skip-download", "--quiet", "--compact", "--soft-fail")
    return command, (*command, "--external-checks-dir", str(HOSTS / "checkov"))


def of_cfn_lint(program: str, path: Path) -> tuple[Command, Command]:
    """Return the command without the pack, and with it."""
    command = (program, "-t", *_templates(program, path))
    return command, (*command, "--append-rules", str(HOSTS / "cfn_lint"))


def _templates(program: str, path: Path) -> list[str]:
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
    host = parser.add_mutually_exclusive_group(required=True)
    host.add_argument("--checkov")
    host.add_argument("--cfn-lint")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("paths", nargs="+", type=Path)
    options = parser.parse_args()
    program = options.checkov or options.cfn_lint
    commands_of = of_checkov if options.checkov else of_cfn_lint
    say = sys.stdout.write
    say(f"{version(program)}\n\n")
    say("| project | without, s | with, s | ratio |\n|---|---|---|---|\n")
    for path in options.paths:
        without, beside = commands_of(program, path)
        programs = [Program("without", without), Program("with", beside)]
        timings = measure(programs, path, options.pairs, timeout=600)
        times = timings["without"].processor, timings["with"].processor
        ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
        say(
            f"| {path.name} | {statistics.median(times[0]):.3f} "
            f"| {statistics.median(times[1]):.3f} | {ratio:.3f} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
