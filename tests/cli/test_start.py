"""A scan of something small is as quick as its imports: it loads nothing that it does not need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OFTEN_TOO_MUCH = {
    "hashlib",
    "hcl2",
    "importlib.metadata",
    "jinja2",
    "multiprocessing",
    "pyarrow",
    "rich",
    "socket",
    "ssl",
    "subprocess",
}
"""Modules that some command, format or mistake needs, and no scan without these."""


@pytest.mark.parametrize(
    ("form", "own", "foreign"),
    [
        ("terraform", "tree_sitter_hcl", {"yaml", "stepguard.readers.cloudformation"}),
        ("cloudformation", "yaml", {"tree_sitter", "stepguard.readers.terraform.reader"}),
    ],
)
def test_what_a_scan_loads(form: str, own: str, foreign: set[str]) -> None:
    scan = ["-m", "stepguard", "scan", str(ROOT / "fixtures" / "bad" / form)]
    done = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", *scan],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 1
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert own in loaded
    assert loaded & (OFTEN_TOO_MUCH | foreign) == set()
