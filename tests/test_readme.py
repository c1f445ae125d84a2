"""The README's commands are what they are said to be; `test_docs.py` compares what they print."""

from __future__ import annotations

import re
from pathlib import Path


def test_the_ci_finds_the_test_command(in_root: Path) -> None:
    text = (in_root / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^<!-- test command -->\n```sh\n(.+)\n```$", text, re.MULTILINE)
    assert command is not None
    assert command[1].endswith("-m pytest")
    assert "'.[test]'" in command[1]
