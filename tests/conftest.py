"""What all tests share: snapshots, and the environment of the python-hcl2 parser."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARSER_TESTS = ROOT / "tests" / "readers" / "terraform" / "syntax"
PARSER_VARIABLE = "STEPGUARD_PYTHON_HCL2"
PARSER_REQUIREMENT = "python-hcl2>=8"


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


@pytest.fixture(scope="session", autouse=True)
def _python_hcl2(request: pytest.FixtureRequest) -> None:
    """Tell the tests of the parsers where a Python with python-hcl2 is.

    It cannot be in this environment: checkov's fork, which an extra installs, is a module of the
    same name. So it gets an environment of its own, made once and kept in pytest's cache. Where
    that fails (no network), the tests that need it see no variable and skip.
    """
    wanted = any(PARSER_TESTS in item.path.parents for item in request.session.items)
    if wanted and not os.environ.get(PARSER_VARIABLE):
        cache = Path(str(request.config.cache.mkdir("python-hcl2")))
        python = _environment(cache / f"{sys.implementation.cache_tag}", PARSER_REQUIREMENT)
        if python is not None:
            os.environ[PARSER_VARIABLE] = str(python)


def _environment(directory: Path, requirement: str) -> Path | None:
    """Return the Python of an environment that has a package; make it where it is missing."""
    python = Path("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (directory / python).exists():
        return directory / python
    directory.parent.mkdir(parents=True, exist_ok=True)
    # Several test processes may do this at the same time: each makes its own, one gives its the
    # name. An environment works wherever it is moved to when it is run through its Python.
    made = Path(tempfile.mkdtemp(prefix="making-", dir=directory.parent)) / "environment"
    venv.create(made, with_pip=True, symlinks=os.name != "nt")
    command = [str(made / python), "-m", "pip", "install", "--quiet", requirement]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        warnings.warn(f"no python-hcl2: {installed.stderr.strip()[-300:]}", stacklevel=1)
        return None
    try:
        made.rename(directory)
    except OSError:
        if not (directory / python).exists():
            raise
    return directory / python
