"""The design's promises about the code: imports go one way, and nothing dangerous is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "checks" / "stepguard"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each part of the package, and the parts that it may import besides itself and `structs`.
BASE = {"deployment", "finding", "config", "place", "change", "workflow_graph"}
PARTS: dict[str, set[str]] = {
    "": set(),
    "structs": set(),
    "json_snippets": set(),
    "deployment": set(),
    "config": set(),
    "finding": {"deployment"},
    "guard": set(),
    "garbage": set(),
    "place": {"deployment"},
    "workflow_graph": {"deployment"},
    "change": {"finding", "place"},
    "report": {"deployment", "finding", "place", "change", "workflow_graph"},
    "time_limit": set(),
    "permissions": {"deployment", "data", "secrets"},
    "data": set(),
    "secrets": {"deployment", "data"},
    "hiding": {"deployment", "secrets"},
    "readers": {"deployment", "permissions", "data", "secrets"},
    "rules": {*BASE, "json_snippets", "report", "permissions", "data", "secrets"},
    "reports": {*BASE, "report", "permissions", "hiding"},
    "masked_reports": {"deployment", "place", "report", "secrets"},
    "inputs": {"deployment", "guard", "readers"},
    "reading": {"deployment", "guard", "readers", "place", "report", "inputs", "time_limit"},
    "graph_readings": {"deployment", "workflow_graph"},
    "permission_readings": {"deployment", "permissions", "report"},
    "machine_readings": {
        *("deployment", "guard", "place", "report", "rules", "secrets"),
        *("graph_readings", "permission_readings", "workflow_graph"),
    },
    "judging": {
        *BASE,
        *("guard", "hiding", "report", "rules", "machine_readings", "time_limit"),
    },
    "suppression": {"deployment", "finding", "place", "report", "rules"},
    "config_file": {"config", "finding", "rules"},
    "parallel": {
        *("garbage", "guard", "inputs", "place", "reading", "report", "suppression"),
    },
    "engine": {
        *BASE,
        "garbage",
        "masked_reports",
        "parallel",
        "report",
        "rules",
        "reading",
        "judging",
        "suppression",
    },
    "review": {
        *BASE,
        "guard",
        "masked_reports",
        "report",
        "permissions",
        "permission_readings",
        "readers",
        "reading",
        "engine",
    },
    "baseline": {"finding", "place", "report"},
    "baseline_file": {"baseline"},
}
PARTS["sweep"] = {*BASE, "readers", "report", "reports", "engine"}
PARTS["documentation"] = {*BASE, "config_file", "report", "reports", "rules", "engine"}
ENGINE = {*PARTS}
PARTS["hosts"] = ENGINE
PARTS["cli"] = {*ENGINE, "hosts"}
PARTS["__main__"] = {"cli"}

FORBIDDEN_MODULES = {
    "asyncio", "code", "ctypes", "ftplib", "http", "marshal", "multiprocessing", "pickle", "pty",
    "requests", "runpy", "shelve", "smtplib", "socket", "socketserver", "ssl", "subprocess",
    "telnetlib", "urllib.request", "urllib3", "webbrowser", "xmlrpc",
}  # fmt: skip
FORBIDDEN_CALLS = {"eval", "exec", "__import__", "compile", "breakpoint", "input"}
FORBIDDEN_ATTRIBUTES = {
    ("os", "system"), ("os", "popen"), ("os", "fork"), ("os", "execv"), ("os", "spawnv"),
    ("yaml", "load"), ("yaml", "full_load"), ("yaml", "unsafe_load"), ("tempfile", "mktemp"),
}  # fmt: skip


# `stepguard doctor` asks checkov and cfn-lint by running them; no other command does.
MAY_START_PROGRAMS = {"hosts/diagnosis.py"}


def names(modules: list[Path]) -> list[str]:
    return [module.relative_to(PACKAGE).as_posix() for module in modules]


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of every module that is imported anywhere, in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(name: str) -> str:
    """Return the part of the package that a module's full name belongs to."""
    below = name.removeprefix("stepguard").removeprefix(".").split(".")[0]
    return below if below in PARTS else ""


@pytest.mark.parametrize("module", MODULES, ids=names(MODULES))
def test_imports_go_one_way(module: Path) -> None:
    relative = module.relative_to(PACKAGE)
    own = relative.parts[0].removesuffix(".py")
    own = "" if own == "__init__" else own
    assert own in PARTS, f"say in this test what {own} may import"
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found = {part(name) for name in imports(tree) if name.split(".")[0] == "stepguard"}
    found.discard("")
    found -= {own, "structs"}
    assert found <= PARTS[own], f"{relative} imports {sorted(found - PARTS[own])}"


@pytest.mark.parametrize("module", MODULES, ids=names(MODULES))
def test_nothing_is_executed_and_no_connection_is_opened(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    used = {
        name
        for name in imports(tree)
        for banned in FORBIDDEN_MODULES
        if name == banned or name.startswith(f"{banned}.")
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in FORBIDDEN_CALLS:
            used.add(called.id)
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            pair = (called.value.id, called.attr)
            if pair in FORBIDDEN_ATTRIBUTES:
                used.add(".".join(pair))
    if module.relative_to(PACKAGE).as_posix() in MAY_START_PROGRAMS:
        used.discard("subprocess")
    assert used == set()


def test_a_rule_sees_no_file_format() -> None:
    formats = {"yaml", "tree_sitter", "tree_sitter_hcl", "hcl2", "lark"}
    for module in sorted((PACKAGE / "rules").rglob("*.py")):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        assert {name.split(".")[0] for name in imports(tree)} & formats == set(), module.name


def test_the_checker_of_imports_sees_a_wrong_one() -> None:
    tree = ast.parse("def f():\n    from stepguard.rules.rule import Rule\n")
    assert {part(name) for name in imports(tree)} == {"rules"}
    assert "rules" not in PARTS["readers"]
