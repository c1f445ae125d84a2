"""What the README shows is what the command prints."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from stepguard.cli.main import main
from stepguard.rules.registry import cfn_lint_id, describe, load, rule_ids

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RULES = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def printed(block: str) -> Iterator[str]:
    """Yield a console block anew: each command, followed by what it prints."""
    for line in block.splitlines():
        if line.startswith("$ "):
            yield f"{line}\n"
            program, *arguments = shlex.split(line[2:])
            assert program == "stepguard"
            done = CliRunner().invoke(main, arguments, env={"NO_COLOR": "1"})
            assert done.exit_code in (0, 1), done.output
            yield done.stdout


def table() -> str:
    """Return the table of rules."""
    lines = ["| rule | in cfn-lint | severity | finds |", "|---|---|---|---|"]
    for rule in map(load, rule_ids()):
        severity = rule.severity.label + (", pedantic" if rule.tier == "pedantic" else "")
        summary = describe(rule).summary.replace("|", "\\|")
        lines.append(f"| {rule.id} | {cfn_lint_id(rule)} | {severity} | {summary} |")
    return "".join(f"{line}\n" for line in lines)


def test_the_readme_shows_what_is_printed(in_root: Path, updates_snapshots: bool) -> None:
    path = in_root / "README.md"
    text = path.read_text(encoding="utf-8")
    now = CONSOLE.sub(lambda found: "```console\n" + "".join(printed(found[1])) + "```", text)
    now = RULES.sub(lambda _: table(), now)
    if updates_snapshots:
        path.write_text(now, encoding="utf-8", newline="\n")
        return
    assert CONSOLE.search(text)
    assert RULES.search(text)
    assert now == text


def test_the_ci_finds_the_test_command(in_root: Path) -> None:
    text = (in_root / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^<!-- test command -->\n```sh\n(.+)\n```$", text, re.MULTILINE)
    assert command is not None
    assert command[1].endswith("-m pytest")
    assert "'.[test]'" in command[1]
