"""Repositories whose objects are small on the disk and too large to be unpacked."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from dulwich.objects import ObjectID

from stepguard.readers.git.commit_storage import CommitStorage
from stepguard.readers.git.repository import ObjectTooLargeError, Repository
from stepguard.readers.git.sizes import size_of

from .conftest import Project
from .projects import TEMPLATE

Make = Callable[[Mapping[str, str]], Project]
MEGABYTE = 1024 * 1024

REVIEW = """
import re, time
from pathlib import Path
from stepguard.engine import ScanOptions
from stepguard.review.reviewing import review
from stepguard.review.sides import sides_of_commit
begun = time.process_time()
options = ScanOptions()
report = review(sides_of_commit("main", [Path()], options), options)
for one in report.notices:
    print("notice", one.place.file, one.message)
print("passed over", dict(report.passed_over))
print("seconds", time.process_time() - begun)
status = Path("/proc/self/status").read_text()
print("megabytes", int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024)
"""


def reviewed(project: Project) -> str:
    """Review the project in a process of its own; return what was said."""
    done = subprocess.run(
        [sys.executable, "-c", REVIEW],
        cwd=project.top,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "checks")},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    figures = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line[0] in "sm")
    assert float(figures["seconds"]) < 5
    assert float(figures["megabytes"]) < 500
    return done.stdout


def loose_blob(project: Project, megabytes: int) -> str:
    """Write a blob that is nothing but one character, as git would; return its id."""
    source = project.top.parent / "large"
    with source.open("wb") as stream:
        stream.write(b'{"AWS::StepFunctions::StateMachine": "')
        for _ in range(megabytes):
            stream.write(b"x" * MEGABYTE)
    blob = project.git("hash-object", "-w", str(source))
    source.unlink()
    return blob


@pytest.mark.parametrize("packed", [False, True])
def test_a_huge_blob_is_told_and_not_loaded(project: Make, packed: bool) -> None:
    changed = project({"a.yaml": TEMPLATE})
    blob = loose_blob(changed, 600)
    tree = changed.git("ls-tree", "main") + "\n"
    made = subprocess.run(
        ["git", "mktree"],
        input=f"{tree}100644 blob {blob}\thuge.json\n",
        cwd=changed.top,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    commit = changed.git("commit-tree", made, "-p", "HEAD", "-m", "huge")
    changed.git("update-ref", "refs/heads/main", commit)
    changed.git("update-ref", "refs/heads/feature", commit)
    if packed:
        changed.git("repack", "-q", "-a", "-d")
        assert not list((changed.top / ".git" / "objects" / blob[:2]).glob("*"))
    said = reviewed(changed)
    assert "notice huge.json" in said
    assert "larger than 20 MB" in said


def test_a_blob_that_lies_about_its_size(project: Make) -> None:
    changed = project({"a.yaml": TEMPLATE})
    blob = changed.git("rev-parse", "HEAD:a.yaml")
    path = changed.top / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    packer = zlib.compressobj()
    with path.open("wb") as stream:
        stream.write(packer.compress(b"blob 100\x00"))
        for _ in range(600):
            stream.write(packer.compress(b"x" * MEGABYTE))
        stream.write(packer.flush())
    assert "notice a.yaml" in reviewed(changed)


def test_a_delta_whose_base_is_huge(project: Make) -> None:
    """What is small in the end may need what is not."""
    changed = project({"a.yaml": TEMPLATE})
    large = "".join(f"{number:09}\n" for number in range(2_500_000))
    changed.write({"b.json": large})
    changed.commit()
    changed.write({"b.json": large[: 1024 * 1024]})
    changed.commit()
    changed.git("repack", "-q", "-a", "-d", "-f", "--depth=10", "--window=10")
    repository = Repository.around(changed.top)
    blob = changed.git("rev-parse", "HEAD:b.json").encode()
    size = repository.size(blob)
    assert size is not None
    assert size.own == 1024 * 1024
    if size.largest > 20 * MEGABYTE:
        with pytest.raises(ObjectTooLargeError):
            repository.content(blob)


def test_sizes_are_those_of_git(project: Make) -> None:
    text = "".join(f"line {number}\n" for number in range(5_000))
    changed = project({"a.yaml": text})
    for number in range(6):
        changed.write({"a.yaml": text[: 1_000 * number] + f"changed {number}\n" + text})
        changed.commit()
    everything = "cat-file", "--batch-check", "--batch-all-objects"
    for packed in (False, True):
        if packed:
            changed.git("repack", "-q", "-a", "-d", "-f")
            assert "chain length" in changed.git("verify-pack", "-v", *packs(changed))
        store = Repository.around(changed.top)._store
        told = [line.split(" ") for line in changed.git(*everything).splitlines()]
        assert len(told) > 15
        for identity, _, size in told:
            found = size_of(store, ObjectID(identity.encode()))
            assert found is not None
            assert found.own == int(size)
            assert found.largest >= found.own


def packs(project: Project) -> list[str]:
    return [str(one) for one in (project.top / ".git/objects/pack").glob("*.idx")]


def test_trees_within_trees_without_end(project: Make) -> None:
    changed = project({"a.yaml": TEMPLATE})
    inner = changed.git("rev-parse", "HEAD^{tree}")
    for _ in range(12):
        entries = "".join(f"040000 tree {inner}\td{number}\n" for number in range(10))
        inner = subprocess.run(
            ["git", "mktree"],
            input=entries,
            cwd=changed.top,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    commit = changed.git("commit-tree", inner, "-p", "HEAD", "-m", "bomb")
    storage = CommitStorage(repository := Repository.around(changed.top), inner.encode())
    assert repository.tree(repository.commit(commit)).decode() == inner
    refused = 0
    stack = [str(changed.top)]
    listed = 0
    while stack:
        try:
            found = storage.listing(stack.pop())
        except OSError:
            refused += 1
            continue
        listed += 1
        stack += [one.path for one in found if one.sort.value == "directory"]
    assert refused
    assert listed < 200_000
