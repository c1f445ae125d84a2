"""The dependencies: each is explained, and CI installs what is locked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def named(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def table(heading: str) -> list[list[str]]:
    """Return the rows below a heading, without the table's head."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def locked(path: Path) -> dict[str, list[str]]:
    """Return the hashes of each distribution, by its name."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9_.-]+)==\S+", line):
            current = found.setdefault(named(match.group(1)), [])
        current += re.findall(r"--hash=sha256:([0-9a-f]{64})", line)
    return found


def test_every_dependency_is_explained_and_no_other() -> None:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    assert {named(row[0]) for row in table("Always installed")} == set(
        map(named, project["dependencies"])
    )
    assert {(row[0], named(row[1])) for row in table("Extras")} == {
        (extra, named(one)) for extra, needed in extras.items() if extra != "test" for one in needed
    }
    assert {named(row[0]) for row in table("Tests")} == set(map(named, extras["test"]))
    assert {named(row[0]) for row in table("Build")} == set(
        map(named, PROJECT["build-system"]["requires"])
    )
    for heading in ("Always installed", "Extras", "Tests", "Build"):
        assert all(cell.strip() for row in table(heading) for cell in row)


def test_the_lock_has_what_the_tests_need() -> None:
    wanted = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["test"],
    ]
    assert set(map(named, wanted)) <= set(locked(ROOT / "requirements" / "test.txt"))
    build = locked(ROOT / "requirements" / "build.txt")
    assert set(map(named, PROJECT["build-system"]["requires"])) <= set(build)
    assert "pip-audit" in locked(ROOT / "requirements" / "audit.txt")


@pytest.mark.parametrize("path", LOCKS, ids=lambda one: one.name)
def test_a_lock_has_hashes_and_no_place(path: Path) -> None:
    found = locked(path)
    assert len(found) > 5
    assert all(found.values())
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(^|\s)/\w", text, re.MULTILINE)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda one: one.name)
def test_a_workflow_may_little_and_runs_what_is_pinned(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "write-all" not in str(job["permissions"])
        assert job["permissions"] in ({"contents": "read"}, {"id-token": "write"})
    used = re.findall(r"uses: (.+)", text)
    assert used
    for one in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one), one
    for line in re.findall(r"pip install .+", text):
        assert "--require-hashes" in line or line == "pip install --no-deps --no-build-isolation ."
    # What a stranger writes into a title or a branch's name must not become a command.
    for step in (step for job in workflow["jobs"].values() for step in job["steps"]):
        assert "${{" not in step.get("run", "")


def test_ci_runs_every_version_that_is_promised() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    promised = [
        one.rpartition(" ")[2]
        for one in PROJECT["project"]["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", one)
    ]
    assert versions == promised
