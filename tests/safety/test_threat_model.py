"""Every promise of the page on security is proven by tests that exist and are collected."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")
NAMED = sorted(set(TEST.findall(PAGE)))


def promises() -> list[list[str]]:
    section = PAGE.split("## The promises\n", 1)[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [row for row in rows if row[0] != "promise" and set(row[0]) - set("-|")]


def test_every_promise_names_its_proof() -> None:
    assert len(promises()) > 20
    for promise in promises():
        assert len(promise) == 2, promise
        assert TEST.search(promise[1]), promise


@pytest.mark.parametrize(("file", "name"), NAMED, ids=["::".join(one) for one in NAMED])
def test_a_proof_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


def test_the_proofs_are_collected() -> None:
    files = sorted({file for file, _ in NAMED})
    collect = ["--collect-only"]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-o",
            "addopts=--import-mode=importlib -q",
            *collect,
            *files,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    collected = {tuple(line.split("[")[0].split("::")) for line in done.stdout.splitlines()}
    assert set(NAMED) <= collected, done.stdout[-2000:]
