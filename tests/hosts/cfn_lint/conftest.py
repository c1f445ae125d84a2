"""The newest and the oldest cfn-lint for the tests of its pack: they skip where there is none.

They are the programs that `STEPGUARD_CFN_LINT` and `STEPGUARD_CFN_LINT_OLDEST` name; in place of
the first, there may be one beside this Python. stepguard has to be installed where they are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import stepguard

from ..forked_program import ForkedProgram

PACK = Path(stepguard.__file__).parent / "hosts" / "cfn_lint"
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Found:
    """A match of cfn-lint; lines and columns count from one."""

    rule: str
    file: str
    path: tuple[Any, ...]
    message: str
    line: int
    column: int

    @classmethod
    def of(cls, match: dict[str, Any]) -> Found:
        start = match["Location"]["Start"]
        return cls(
            rule=match["Rule"]["Id"],
            file=match["Filename"],
            path=tuple(match["Location"]["Path"] or ()),
            message=match["Message"],
            line=start["LineNumber"],
            column=start["ColumnNumber"],
        )


class CfnLint:
    """cfn-lint as a program, in a directory of templates."""

    pack = PACK
    templates = TEMPLATES

    def __init__(self, program: Path) -> None:
        self.program = program
        self._forked = ForkedProgram(program, "cfnlint.runner")

    @property
    def python(self) -> Path:
        """The Python that cfn-lint is installed for."""
        name = "python.exe" if os.name == "nt" else "python"
        return self.program.parent / name

    def run(
        self,
        *arguments: str | Path,
        cwd: Path = TEMPLATES,
        text: str = "",
        pack: Sequence[str | Path] = ("--append-rules", PACK),
    ) -> subprocess.CompletedProcess[str]:
        """Run it with the pack and return how it ended."""
        return self._forked.run([*arguments, *pack], cwd, text)

    def matches(self, *arguments: str | Path, **named: Any) -> list[Found]:
        """Run it with the pack and return the matches of the pack."""
        ended = self.run("--format", "json", *arguments, **named)
        try:
            report = json.loads(ended.stdout)
        except json.JSONDecodeError:
            pytest.fail(f"no report of cfn-lint: {ended.stdout}{ended.stderr}")
        found = [Found.of(match) for match in report]
        assert [one for one in found if one.rule == "E0002"] == []
        return [one for one in found if one.rule[1] == "9"]

    def close(self) -> None:
        """End what the runs are forks of."""
        self._forked.close()


@pytest.fixture(scope="session", params=["newest", "oldest"])
def cfn_lint(request: pytest.FixtureRequest) -> Iterator[CfnLint]:
    """The cfn-lint to be tested: the two ends of what is supported, in turn."""
    variable = "STEPGUARD_CFN_LINT" if request.param == "newest" else "STEPGUARD_CFN_LINT_OLDEST"
    named = os.environ.get(variable)
    name = "cfn-lint.exe" if os.name == "nt" else "cfn-lint"
    beside = [Path(sysconfig.get_path("scripts"), name), Path(sys.executable).with_name(name)]
    places = [Path(named)] if named else beside if request.param == "newest" else []
    program = next((one for one in places if one.exists()), None)
    if program is None:
        pytest.skip(f"there is no {request.param} cfn-lint ({variable} names one)")
    started = CfnLint(program)
    yield started
    started.close()


@pytest.fixture(scope="session")
def everything(cfn_lint: CfnLint) -> list[Found]:
    """What the pack shows, informational rules too, of all templates in one run."""
    templates = sorted(path.name for path in TEMPLATES.iterdir() if path.is_file())
    return cfn_lint.matches(*templates, "-c", "I")


@pytest.fixture
def line_of() -> Callable[[Found], str]:
    """The line of the template that a match points at, from the column on."""

    def line(found: Found) -> str:
        lines = (TEMPLATES / found.file).read_text(encoding="utf-8").splitlines()
        return lines[found.line - 1][found.column - 1 :]

    return line
