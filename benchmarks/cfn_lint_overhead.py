"""Time cfn-lint with and without the pack, in alternating pairs.

    python benchmarks/cfn_lint_overhead.py --cfn-lint PROGRAM [--pairs N] TEMPLATE…

Prints, for each template, the median processor time (user and system) of both, and the median of
the pairs' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from side_by_side import Program, measure, version

PACK = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "hosts" / "cfn_lint"


def main() -> None:
    """Measure every template and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cfn-lint", required=True)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("templates", nargs="+", type=Path)
    options = parser.parse_args()
    programs = [
        Program("without", (options.cfn_lint, "{}")),
        Program("with", (options.cfn_lint, "{}", "--append-rules", str(PACK))),
    ]
    say = sys.stdout.write
    say(f"{version(options.cfn_lint)}\n\n")
    say("| template | bytes | without, s | with, s | ratio |\n|---|---|---|---|---|\n")
    for template in options.templates:
        timings = measure(programs, template, options.pairs, timeout=300)
        without, beside = timings["without"].processor, timings["with"].processor
        ratio = statistics.median(b / a for a, b in zip(without, beside, strict=True))
        say(
            f"| {template.name} | {template.stat().st_size} | {statistics.median(without):.3f} "
            f"| {statistics.median(beside):.3f} | {ratio:.3f} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
