"""Fuzzes a reader for a while, guided by what its inputs reach.

    python tests/fuzzing/campaign.py terraform --seconds 1800 [--seeds DIRECTORY] [--keep DIRECTORY]

Needs `atheris` (libFuzzer for Python), which is no dependency of the project. What is new is kept
in `--keep` and is a start for the next campaign; an input that shows a defect is written to
`crash-…` there. Put it into `tests/fuzzing/regressions/` when the defect is mended.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]

SECONDS_WATCHED = 30.0
"""The longest that one input may take here, where every step is counted; `-timeout` is the same."""
sys.path[:0] = [str(ROOT), str(ROOT / "checks")]

with atheris.instrument_imports(include=["stepguard", "yaml"]):
    from tests.fuzzing.mutation import mutated
    from tests.fuzzing.targets import TARGETS, check, seeds_of

    # Many modules are imported when they are first needed: here, so that they are watched, too.
    with tempfile.TemporaryDirectory() as first:
        for one in TARGETS.values():
            for content in seeds_of(one):
                # The first ones take as long as it takes to import and prepare all modules.
                check(one, content, Path(first), math.inf)


def main() -> None:
    """Run one campaign; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--seeds", type=Path, action="append", default=[])
    parser.add_argument("--keep", type=Path, default=Path("fuzzing-corpus"))
    options = parser.parse_args()
    target = TARGETS[options.target]
    seeds = seeds_of(target)
    for folder in options.seeds:
        seeds += [
            one.read_bytes()
            for one in sorted(folder.rglob(f"*{Path(target.file).suffix}"))
            if one.is_file() and one.stat().st_size < 20_000
        ]
    keep = options.keep / options.target
    keep.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (keep / f"seed-{number}").write_bytes(seed)
    directory = Path(tempfile.mkdtemp())

    def run(content: bytes) -> None:
        check(target, content, directory, SECONDS_WATCHED)

    def mutate(content: bytes, maximum: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(content, maximum))
        return mutated(content, target.tokens, seeds, chance)[:maximum]

    arguments = [
        sys.argv[0],
        f"-max_total_time={options.seconds}",
        "-max_len=20000",
        f"-timeout={SECONDS_WATCHED:.0f}",
        "-rss_limit_mb=2000",
        f"-artifact_prefix={keep}/crash-",
        str(keep),
    ]
    atheris.Setup(arguments, run, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
