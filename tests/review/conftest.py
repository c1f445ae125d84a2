"""Projects in real git repositories, and reviews of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stepguard.engine import ScanOptions
from stepguard.report import Report
from stepguard.review.reviewing import review
from stepguard.review.sides import sides_of_commit

GIT_ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=directory,
        env=GIT_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Project:
    """A work tree whose branch `feature` has left `main`."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def git(self, *arguments: str) -> str:
        return git(self.top, *arguments)

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def review(self, *paths: str, base: str = "main", **options: object) -> Report:
        given = ScanOptions(**options)  # type: ignore[arg-type]  # whatever the test wants
        chosen = [Path(one) for one in paths] or [Path()]
        return review(sides_of_commit(base, chosen, given), given)


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Mapping[str, str]], Project]:
    """Return a function that commits files to `main` and checks out `feature`."""

    def make(files: Mapping[str, str]) -> Project:
        top = tmp_path / "project"
        top.mkdir()
        made = Project(top)
        made.git("init", "-q", "-b", "main", ".")
        made.write(files)
        made.commit("base")
        made.git("checkout", "-q", "-b", "feature")
        monkeypatch.chdir(top)
        return made

    return make


def counts(report: Report) -> tuple[int, int, int]:
    """Return how many findings are introduced, fixed and unchanged."""
    assert report.change is not None
    assert {one.status for one in report.findings} <= {"introduced", "unchanged"}
    assert {one.status for one in report.change.fixed} <= {"fixed"}
    introduced = sum(one.status == "introduced" for one in report.findings)
    return introduced, len(report.change.fixed), len(report.findings) - introduced
