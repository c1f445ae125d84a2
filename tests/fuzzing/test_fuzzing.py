"""A minute of fuzzing in every run, and every input that once showed a defect."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from .mutation import mutated
from .targets import TARGETS, check, seeds_of

SECONDS = 15
"""For each reader."""

REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*/*"))


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_nothing_that_is_nearly_right_shows_a_defect(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    seeds = seeds_of(target)
    assert len(seeds) > 3
    start = time.time_ns()
    end = time.monotonic() + SECONDS
    runs = recognised = 0
    while time.monotonic() < end:
        chance = random.Random(start + runs)
        content = mutated(chance.choice(seeds), target.tokens, seeds, chance)
        try:
            recognised += bool(check(target, content, tmp_path).state_machines)
        except BaseException as error:
            error.args = (f"{error}\nwith the input {content!r}",)
            raise
        runs += 1
    assert runs > 10
    assert recognised > runs / 20, "the inputs are too far from what the reader knows"


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_showed_a_defect(path: Path, tmp_path: Path) -> None:
    check(TARGETS[path.parent.name], path.read_bytes(), tmp_path)
