"""tree-sitter and python-hcl2 see the same trees, places included, in every file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
REFERENCE = HERE / "reference.py"

ODD = {
    "empty.tf": "",
    "bom.tf": "\ufeffa = 1\n",
    "crlf.tf": 'a = 1\r\nb = <<EOF\r\nx ${y}\r\nEOF\r\nc = "d"\r\n',
    "numbers.tf": "a = 1e3\nb = 1.5\nc = 0\nd = 1E-2\ne = 123456789012345678901234567890\n",
    "one-letter-heredoc.tf": "a = <<E\nE\nb = <<-X\n  ${a}\n  X\n",
    "directives.tf": 'a = "%{ if b }${c}%{ else }%{ for d in e ~} ${d} %{~ endfor }%{ endif }"\n',
    "escapes.tf": 'a = "\\n\\t\\"\\\\\\u00e9\\U0001F600 $${x} %%{y} $ % $$ %%"\n',
    "nested.tf": 'a = "${f("${g("${h("x")}")}")}"\n',
    "keywords.tf": "for = 1\nin = 2\nif = for.in\nnull_x = [for for-a in in : for-a if if]\n",
    "operators.tf": "a = !b && -c + -1 - -2 == 3 ? d[*].e.*.f[0] : { (g) = h, i : j }\n",
    "functions.tf": "a = provider::aws::arn_parse(b...)\nc = core::max(1,\n 2\n ,3)\n",
    "objects.tf": 'a = {\n b = 1, c = 2\n "d" = 3\n (e) = 4\n f.g = 5\n}\n',
    "foreign.tf": 'größe = "ü"\nb = größe.ß["é"]\n',
}
BROKEN = {
    "unclosed.tf": 'a = "x\nresource "b" "c" {}\n',
    "bracket.tf": 'a = [1, 2\nb = 3\n}\nresource "c" {\n',
    "expands.tf": "a = { b = c... }\n",
    "twice.tf": "a = = 1\n",
}


def described(python: Path, parser: str, files: Sequence[Path]) -> list[tuple[bool, str]]:
    """Return for each file whether a parser has problems with it, and the digest of its tree."""
    done = subprocess.run(
        [str(python), str(REFERENCE), str(ROOT / "checks"), parser],
        input="".join(f"{file}\n" for file in files),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    assert len(lines) == len(files)
    return [(count != "0", digest) for count, digest in lines]


def assert_agreement(files: Sequence[Path]) -> None:
    reference = os.environ.get("STEPGUARD_PYTHON_HCL2")
    if not reference:
        pytest.skip("no environment with python-hcl2 could be made")
    ours = described(Path(sys.executable), "tree-sitter", files)
    theirs = described(Path(reference), "python-hcl2", files)
    differing = [
        str(file) for file, one, two in zip(files, ours, theirs, strict=True) if one != two
    ]
    assert differing == []


def test_on_every_fixture() -> None:
    files = sorted(
        file
        for folder in ("fixtures", "checks/stepguard/rules/examples")
        for ending in ("*.tf", "*.tfvars")
        for file in (ROOT / folder).rglob(ending)
    )
    assert files
    assert_agreement(files)


def test_on_odd_texts(tmp_path: Path) -> None:
    for name, text in ODD.items():
        (tmp_path / name).write_bytes(text.encode())
    assert_agreement([tmp_path / name for name in ODD])


def test_on_what_is_broken(tmp_path: Path) -> None:
    """Both say so; what each makes of the rest is its own."""
    reference = os.environ.get("STEPGUARD_PYTHON_HCL2")
    if not reference:
        pytest.skip("no environment with python-hcl2 could be made")
    files = [tmp_path / name for name in BROKEN]
    for file in files:
        file.write_text(BROKEN[file.name], encoding="utf-8")
    for python, parser in ((sys.executable, "tree-sitter"), (reference, "python-hcl2")):
        found = described(Path(python), parser, files)
        assert [has_problems for has_problems, _ in found] == [True] * len(files)


def test_on_terraform_by_other_people() -> None:
    folder = os.environ.get("STEPGUARD_TERRAFORM_CORPUS")
    if not folder:
        pytest.skip("STEPGUARD_TERRAFORM_CORPUS names no folder of Terraform configurations")
    files = sorted(Path(folder).rglob("*.tf"))
    assert files
    assert_agreement(files)
