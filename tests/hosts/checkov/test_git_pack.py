"""The pack as a git branch, which works in a checkov that knows nothing of stepguard."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = ("__init__.py", "stepguard.zip", "stepguard_checkov_checks.py")
WITHOUT_STEPGUARD = """\
import sys

sys.path[:] = [one for one in sys.path if not one.endswith("checks")]
"""


def _git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", directory, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def repository(checkov_program: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the project's sources, and a branch that the script has made."""
    hcl2_python = os.environ.get("STEPGUARD_PYTHON_HCL2")
    if hcl2_python is None:
        pytest.skip("there is no environment with python-hcl2")
    hcl2 = subprocess.run(
        [hcl2_python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    directory = tmp_path_factory.mktemp("repository")
    for name in ("checks", "generators"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    _git(directory, "init", "--quiet", "--initial-branch", "main")
    _git(directory, "config", "user.name", "Test")
    _git(directory, "config", "user.email", "test@example.com")
    _git(directory, "add", "checks", "generators")
    _git(directory, "commit", "--quiet", "--message", "Sources")
    python = Path(checkov_program).with_name("python")
    script = directory / "generators" / "checkov_pack.py"
    command = [python, script, "--hcl2", hcl2, "--branch", "checkov-pack"]
    for _ in range(2):
        subprocess.run(command, capture_output=True, text=True, check=True)
    return directory


def test_the_branch_has_three_files_and_the_same_sources_make_the_same_bytes(
    repository: Path,
) -> None:
    listed = _git(repository, "ls-tree", "-r", "--name-only", "checkov-pack").split()
    assert tuple(sorted(listed)) == FILES
    assert _git(repository, "rev-list", "--count", "checkov-pack").strip() == "2"
    assert _git(repository, "diff", "--name-only", "checkov-pack~1", "checkov-pack") == ""
    assert _git(repository, "status", "--porcelain") == ""


def test_checkov_clones_it_and_says_what_it_says_with_the_installed_pack(
    checkov: Any, repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(WITHOUT_STEPGUARD)
    project = ROOT / "fixtures" / "bad" / "terraform"
    cloned = checkov(
        "-d",
        project,
        "--check",
        "SFN*",
        "--external-checks-git",
        f"file://{repository}?ref=heads/checkov-pack",
        pack=None,
        cwd=tmp_path,
        environment={"PYTHONPATH": str(tmp_path / "without")},
    )
    installed = checkov("-d", project, "--check", "SFN*")
    assert len(cloned.rules) > 10
    assert cloned.rules == installed.rules
    for rule in cloned.rules:
        assert cloned.results(rule) == installed.results(rule)
