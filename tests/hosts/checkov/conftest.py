"""Running the installed checkov as a program, with the pack of this working tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ..forked_program import ForkedProgram

ROOT = Path(__file__).resolve().parents[3]
CHECKS = ROOT / "checks"
PACK = CHECKS / "stepguard" / "hosts" / "checkov"
PROJECTS = Path(__file__).parent / "projects"
VARIABLE = "STEPGUARD_CHECKOV"

Record = dict[str, Any]


@dataclass
class Run:
    """How a run of checkov ended, and its records."""

    code: int
    output: str
    errors: str
    records: list[Record] = field(default_factory=list)

    def of(self, rule: str, resource: str = "") -> list[Record]:
        """Return the records of a rule, of one resource if that is named."""
        return [
            one
            for one in self.records
            if one["check_id"] == rule and resource in ("", one["resource"])
        ]

    def results(self, rule: str) -> dict[str, str]:
        """Return what a rule says, by resource; no resource has two records of one rule."""
        found = self.of(rule)
        assert len({one["resource"] for one in found}) == len(found)
        return {one["resource"]: one["check_result"]["result"] for one in found}

    @property
    def rules(self) -> set[str]:
        """The ids of all checks that have a record."""
        return {one["check_id"] for one in self.records}


Checkov = Callable[..., Run]


def program() -> str | None:
    """Return checkov's program: the one that the environment names, or the one beside Python."""
    named = os.environ.get(VARIABLE)
    return named or shutil.which("checkov", path=str(Path(sys.executable).parent))


@pytest.fixture(scope="session")
def checkov_program() -> str:
    """Skip where checkov is not installed."""
    found = program()
    if found is None:
        pytest.skip(f"checkov is not beside this Python, and {VARIABLE} names none")
    return found


@pytest.fixture(scope="session")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment that checkov runs in."""
    return {
        **{name: one for name, one in os.environ.items() if not name.startswith("CHECKOV_")},
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PYTHONPATH": str(CHECKS),
        "PYTHONDONTWRITEBYTECODE": "1",
        "ANSI_COLORS_DISABLED": "1",
        "NO_COLOR": "1",
    }


@pytest.fixture(scope="session")
def forked_checkov(checkov_program: str, variables: dict[str, str]) -> Iterator[ForkedProgram]:
    """checkov, without the seconds that its imports take in each run."""
    forked = ForkedProgram(checkov_program, "checkov.main", variables)
    yield forked
    forked.close()


@pytest.fixture(scope="session")
def newer_checkov(forked_checkov: ForkedProgram) -> None:
    """Skip in a checkov of the oldest versions that the pack supports, which lack what is tested.

    All of it is known to be in 3.2.533, not which version brought it.
    """
    version = forked_checkov.run(["--version"], cwd=ROOT).stdout.strip()
    if tuple(map(int, version.split("."))) < (3, 2, 533):
        pytest.skip(f"checkov {version} cannot do this itself")


@pytest.fixture(scope="session")
def checkov(
    checkov_program: str,
    forked_checkov: ForkedProgram,
    variables: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Checkov:
    """Return a function that runs checkov with the pack.

    It takes arguments of checkov; `pack` is the directory of checks, `form` the output format,
    `cwd` the working directory, `environment` further variables, for a process of its own. The
    working directory is an empty one unless given, since checkov writes some reports there.
    """
    empty = tmp_path_factory.mktemp("empty")

    def run(
        *given: str | Path,
        pack: Path | None = PACK,
        form: str | None = "json",
        cwd: Path = empty,
        environment: dict[str, str] | None = None,
    ) -> Run:
        arguments = [*map(str, given), "--skip-download"]
        if pack is not None:
            arguments += ["--external-checks-dir", str(pack)]
        if form is not None:
            arguments += ["--output", form]
        if environment is None:
            done = forked_checkov.run(arguments, cwd)
        else:
            done = subprocess.run(
                [checkov_program, *arguments],
                cwd=cwd,
                env={**variables, **environment},
                capture_output=True,
                text=True,
                check=False,
            )
        ended = Run(done.returncode, done.stdout, done.stderr)
        if form == "json":
            ended.records = _records(ended)
        return ended

    return run


def _records(ended: Run) -> list[Record]:
    try:
        loaded = json.loads(ended.output)
    except ValueError:
        pytest.fail(f"no report: {ended.output[-1000:]}{ended.errors[-2000:]}")
    found: list[Record] = []
    for report in loaded if isinstance(loaded, list) else [loaded]:
        for records in report.get("results", {}).values():
            found.extend(one for one in records if isinstance(one, dict))
    return found
