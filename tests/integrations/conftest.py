"""A git repository with a change in it, and programs run in it as a CI job runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "checks/stepguard/rules/examples/SFN101"
BRANCH = "a`id`$(touch${IFS}owned);b|@team"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def base_branch() -> str:
    """The name of the branch to compare with: what a shell would run if it were not quoted."""
    return BRANCH


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose base branch, of a hostile name, is good and whose work tree is bad."""
    if shutil.which("git") is None or shutil.which("bash") is None:
        pytest.skip("git or bash is not there")
    directory = tmp_path / "repository"
    hostile = directory / "$(touch owned) ::error::x `id`"
    hostile.mkdir(parents=True)
    shutil.copy(EXAMPLES / "ok" / "template.yaml", hostile / "template.yaml")

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(
            ["git", *identity, *arguments],
            cwd=directory,
            check=True,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
            timeout=60,
        )

    git("init", "-q", "-b", BRANCH, ".")
    git("add", ".")
    git("commit", "-q", "-m", "base")
    git("switch", "-q", "-c", "change")
    shutil.copy(EXAMPLES / "bad" / "template.yaml", hostile / "template.yaml")
    git("commit", "-q", "-a", "-m", "change")
    return directory


@pytest.fixture
def run(tmp_path: Path, repository: Path) -> Run:
    """Run a command in the repository with this environment's `stepguard`, and `bin` before it."""
    (tmp_path / "bin").mkdir()

    def run_one(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(
            (str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        )
        return subprocess.run(
            command,
            cwd=repository,
            env={**os.environ, "PATH": path, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run_one
