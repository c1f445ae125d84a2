"""What all tests share: snapshots, and the environment of the python-hcl2 parser."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"

# How long an example takes, on a machine that does other things as well, is no property.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")

SECONDS_OF_COUNTING = 0.35
"""What five million additions took on the machine that the limits of time were set on."""


@dataclass(frozen=True)
class Environment:
    """An environment that some tests need: what is installed, and the variable that names it.

    The variable holds the path of `program`, or of the Python where there is none.
    """

    name: str
    variable: str
    requirements: tuple[str, ...]
    tests: Path
    program: str = ""


ENVIRONMENTS = (
    Environment(
        "python-hcl2",
        "STEPGUARD_PYTHON_HCL2",
        ("python-hcl2>=8", "-e", str(ROOT)),
        TESTS / "readers" / "terraform" / "syntax",
    ),
    Environment(
        "checkov",
        "STEPGUARD_CHECKOV",
        ("checkov>=3.2", "-e", str(ROOT)),
        TESTS / "hosts" / "checkov",
        "checkov",
    ),
    Environment(
        "cfn-lint",
        "STEPGUARD_CFN_LINT",
        ("cfn-lint>=1.39", "-e", str(ROOT)),
        TESTS / "hosts" / "cfn_lint",
        "cfn-lint",
    ),
    Environment(
        "cfn-lint-oldest",
        "STEPGUARD_CFN_LINT_OLDEST",
        ("cfn-lint==1.39.0", "-e", str(ROOT)),
        TESTS / "hosts" / "cfn_lint",
        "cfn-lint",
    ),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="write the snapshots and the documentation instead of comparing with them",
    )


@pytest.fixture(scope="session")
def updates_snapshots(pytestconfig: pytest.Config) -> bool:
    """Whether snapshots are to be written instead of compared."""
    return bool(pytestconfig.getoption("--update-snapshots"))


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, updates_snapshots: bool) -> Callable[[str, str], None]:
    """Compare a text with `snapshots/NAME` beside the test, or write it there."""

    def compare(name: str, text: str) -> None:
        path = request.path.parent / "snapshots" / name
        if updates_snapshots:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        assert path.exists(), f"no snapshot {name}: run pytest with --update-snapshots"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def in_root(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the test in the repository's root, so that paths in reports are relative to it."""
    monkeypatch.chdir(ROOT)
    return ROOT


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that takes the processor more seconds than its mark `in_time` names.

    What else the machine does at that time does not count, and a slower processor has more time.
    """
    begun = time.process_time()
    yield
    mark = item.get_closest_marker("in_time")
    if mark is None:
        return
    taken, most = time.process_time() - begun, float(mark.args[0])
    if taken > most and taken > most * _slowness():
        pytest.fail(f"took {taken:.1f} s of the processor")


def _slowness() -> float:
    """Return how many times longer this processor counts than the one of the limits; 1 at least."""
    begun, total = time.process_time(), 0
    for number in range(5_000_000):
        total += number
    return max(1.0, (time.process_time() - begun) / SECONDS_OF_COUNTING)


def pytest_configure(config: pytest.Config) -> None:
    """Make the environments of programs that cannot be in this one, and tell tests where they are.

    checkov and python-hcl2 both bring a module called `hcl2`, and cfn-lint is not to change what
    is tested without it. Each environment is made once and kept in pytest's cache; where that
    fails (no network), the tests that need it see no variable and skip.
    """
    if hasattr(config, "workerinput"):
        return  # The process that starts the workers has done it.
    wanted = [
        one
        for one in ENVIRONMENTS
        if not os.environ.get(one.variable) and _is_wanted(config, one.tests)
    ]
    places = [
        Path(str(config.cache.mkdir(one.name))) / f"{sys.implementation.cache_tag}"
        for one in wanted
    ]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        made = threads.map(_environment, places, (one.requirements for one in wanted))
    for one, python in zip(wanted, made, strict=True):
        if python is not None:
            program = python.with_name(one.program + python.suffix) if one.program else python
            os.environ[one.variable] = str(program)


def _is_wanted(config: pytest.Config, tests: Path) -> bool:
    named = [Path(str(one).split("::")[0]).resolve() for one in config.args] or [ROOT]
    return any(tests.is_relative_to(one) or one.is_relative_to(tests) for one in named)


def _environment(directory: Path, requirements: Sequence[str]) -> Path | None:
    """Return the Python of an environment that has packages; make it where it is missing."""
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    complete = directory / "complete"
    wanted = "\n".join([*requirements, (ROOT / "pyproject.toml").read_text(encoding="utf-8")])
    if complete.exists() and complete.read_text(encoding="utf-8") == wanted:
        return python
    # Programs in it name the place that it was made at, so it is made where it is to be.
    venv.create(directory, clear=True, with_pip=True, symlinks=os.name != "nt")
    command = [str(python), "-m", "pip", "install", "--quiet", *requirements]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        message = f"no environment with {requirements[0]}: {installed.stderr.strip()[-300:]}"
        warnings.warn(message, stacklevel=1)
        return None
    complete.write_text(wanted, encoding="utf-8")
    return python
