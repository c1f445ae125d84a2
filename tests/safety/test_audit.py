"""A scan executes nothing, connects to nothing, writes nothing, and reads below its root only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from . import growing, hostile

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

SLOW = re.compile("many|thousand|doubling|product|directives|deep|loops")
NAMING_FILES = re.compile("outside|above|absolute|itself|device|fileset")
"""Hostile inputs by their names: those that make work, and those that reach for files."""


def audited(paths: Sequence[Path | str], temporary: Path) -> str:
    """Scan under watch with an empty temporary folder; return what is printed."""
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, str(HERE / "audited.py"), *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert list(temporary.iterdir()) == []
    return done.stdout


def test_on_the_fixtures(tmp_path: Path) -> None:
    said = audited([ROOT / "fixtures"], tmp_path / "temporary")
    assert "scanned: 0 machines" not in said


def test_on_hostile_inputs(tmp_path: Path) -> None:
    paths: list[Path] = []
    # Those that grow are like others in all but the work that they make.
    texts = [name for name in hostile.TEXTS if name not in growing.TEXTS]
    for number, name in enumerate([*texts, *hostile.TREES]):
        directory = tmp_path / "projects" / str(number)
        directory.mkdir(parents=True)
        hostile.write(name, directory)
        paths.append(directory)
    audited(paths, tmp_path / "temporary")


@pytest.mark.parametrize("packed", [False, True])
def test_on_a_review_of_a_hostile_repository(tmp_path: Path, packed: bool) -> None:
    top = tmp_path / "project"
    # What takes its time takes it twice here; how git keeps a file matters to those that name one.
    slow = {name for name in hostile.TEXTS if SLOW.search(name)} | set(growing.TEXTS)
    quick = [name for name in hostile.TEXTS if name not in slow]
    if packed:
        quick = [name for name in quick if NAMING_FILES.search(name)]
        assert len(quick) > 8
    for number, name in enumerate(quick):
        directory = top / str(number)
        directory.mkdir(parents=True)
        hostile.write(name, directory)
    shutil.copytree(ROOT / "fixtures", top / "fixtures")
    (top / "out").symlink_to("/etc")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    git = ["git", *identity]
    commands = [
        ["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "x"],
        *([["gc", "-q"]] if packed else []),
    ]  # fmt: skip
    for command in commands:
        subprocess.run([*git, *command], cwd=top, check=True, timeout=60)
    said = audited(["--review", top], tmp_path / "temporary")
    assert "reviewed: 0 findings" not in said


def test_on_real_templates(tmp_path: Path) -> None:
    corpus = os.environ.get("STEPGUARD_CORPUS")
    if not corpus:
        pytest.skip("STEPGUARD_CORPUS names no folder of real templates")
    folders = [Path(corpus) / name for name in ("cloudformation", "plans", "asl", "sam", "cdk")]
    audited([folder for folder in folders if folder.is_dir()], tmp_path / "temporary")


def test_the_watch_sees(tmp_path: Path) -> None:
    """The watch itself objects to what it is there for."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import audited, os, socket\n"
        "watch = audited.Watch([sys.argv[2]]); sys.addaudithook(watch); watch.active = True\n"
        "os.system('true'); socket.socket().close(); open('/etc/hostname').close()\n"
        "open(sys.argv[2] + '/x', 'w').close(); exec(compile('1', '/nowhere.py', 'exec'))\n"
        "watch.active = False; print(sorted(watch.objections))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(HERE), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    for word in ("os.system", "socket.", "outside the root", "write ", "compile ", "exec "):
        assert word in done.stdout, done.stdout
