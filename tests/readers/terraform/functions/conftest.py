"""Expressions with known results: read from `cases/`, evaluated here or by Terraform."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stepguard.deployment.source import SourceFile
from stepguard.readers.files import ProjectFiles
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.readers.terraform.evaluation import evaluate
from stepguard.readers.terraform.scope import Place, Scope
from stepguard.readers.terraform.syntax.parser import parse_expression
from stepguard.readers.terraform.world import World

FILES = {
    "a.txt": "hello\nworld é\n".encode(),
    "windows.txt": b"a\r\nb\r\n",
    "binary.bin": b"\xff\x00\x01",
    "dir/b.json": b'{"x": [1, "y"]}',
    "dir/c.yaml": b"a: 1\nb:\n- x\n",
    "dir/deep/d.json": b"{}",
    "t.tftpl": b"Hi ${name}:%{ for x in list } ${x}%{ endfor }",
}

Encode = Callable[[str], str]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with the files that the cases read."""
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


@pytest.fixture
def encode(files: Path) -> Encode:
    """Return an expression's value as JSON, `error` or `unknown: reason`."""

    def encode_value(source: str) -> str:
        text = f"jsonencode({source})"
        expression, problems = parse_expression(text)
        assert expression is not None, source
        assert not problems, (source, problems)
        session = World(ProjectFiles(files), files, None)
        scope = Scope(Place(SourceFile("case", text)), session, strict=True)
        try:
            value = evaluate(expression, scope).value
        except EvaluationError:
            return "error"
        return value if isinstance(value, str) else f"unknown: {getattr(value, 'reason', value)}"

    return encode_value


@pytest.fixture(scope="session")
def cases() -> dict[str, dict[str, str]]:
    """The cases by file: from expressions to their JSON, or `error`."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).with_name("cases").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").split("\n")
        found[path.stem] = dict(line.split("  ==>  ") for line in lines if line)
    assert sum(map(len, found.values())) > 1000
    return found
