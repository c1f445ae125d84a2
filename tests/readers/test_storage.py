"""The disk and a commit answer alike."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from stepguard.readers.git.commit_storage import CommitStorage
from stepguard.readers.git.repository import Repository
from stepguard.readers.storage import DISK, Sort, Storage


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "project"
    for name in ("a/b/c.txt", "a/d.txt", "e.txt", "z/é x.txt", "a/b.txt"):
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    links = {
        "file": "e.txt",
        "directory": "a",
        "a/up": "../e.txt",
        "chain": "directory/b",
        "a/b/far": "../../chain/c.txt",
        "out": "/etc",
        "above": "../outside.txt",
        "broken": "nowhere",
        "loop": "loop",
        "circle": "circle/x",
        "back": "../project/a",
    }
    for name, target in links.items():
        (top / name).symlink_to(target)
    (tmp_path / "outside.txt").write_text("outside")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(
            ["git", *identity, *arguments], cwd=top, env=environment, check=True, timeout=60
        )
    monkeypatch.chdir(top)
    return top


@pytest.fixture
def commit(tree: Path) -> Storage:
    repository = Repository.around(tree)
    return CommitStorage(repository, repository.tree(repository.commit("HEAD")))


NAMES = [
    ".", "a", "a/", "a/b", "a/b/c.txt", "a/../e.txt", "./a//d.txt", "e.txt", "e.txt/x", "nowhere",
    "nowhere/x", "z/é x.txt", "file", "directory", "directory/d.txt", "directory/b/c.txt", "chain",
    "chain/c.txt", "chain/far", "a/up", "a/b/far", "out", "out/hostname", "above", "broken",
    "back", "back/d.txt", "..", "../outside.txt", "/etc", "/", "a/b.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_same_answers(tree: Path, commit: Storage, name: str) -> None:
    # A link to what is in the work tree is part of the commit, so a target may be read from it.
    for path in (name, Path(name), tree / name):
        assert commit.real(path) == DISK.real(path)
        assert commit.is_link(path) == DISK.is_link(path)
        sort = DISK.sort(path)
        if name != "broken":
            assert commit.sort(path) == sort
        if sort is Sort.FILE:
            with commit.open(path) as one, DISK.open(path) as other:
                assert one.read() == other.read()
            assert commit.size(path) == DISK.size(path)
        if sort is Sort.DIRECTORY:
            listed = [one for one in DISK.listing(path) if one.name != ".git"]
            found = [one for one in commit.listing(path) if one.name != ".git"]
            assert found == listed


@pytest.mark.parametrize("name", ["loop", "circle", "circle/x", "broken", "nowhere", "a\x00b"])
def test_what_leads_nowhere(commit: Storage, name: str) -> None:
    assert commit.sort(name) not in (Sort.FILE, Sort.DIRECTORY)
    for operation in (commit.open, commit.size, commit.listing):
        with pytest.raises((OSError, ValueError)):
            operation(name)


def test_the_work_tree_does_not_count(tree: Path, commit: Storage) -> None:
    (tree / "e.txt").write_text("changed")
    (tree / "new.txt").write_text("new")
    (tree / "a" / "d.txt").unlink()
    (tree / "directory").unlink()
    (tree / "directory").symlink_to("/etc")
    with commit.open("e.txt") as stream:
        assert stream.read() == b"content of e.txt"
    assert commit.sort("new.txt") is None
    assert commit.sort("a/d.txt") is Sort.FILE
    assert commit.sort("directory/d.txt") is Sort.FILE
    assert "new.txt" not in [one.name for one in commit.listing(".")]
