"""Write the documentation that follows from the code: `python generators/docs.py`.

- `docs/rules/`: a page for each rule, and an index;
- `docs/stepguard.schema.json`: the options, for editors;
- in the README and the guides, everything between markers, the files that they show, and what
  the commands in their `console` blocks print.

`tests/test_docs.py` fails when a file is not what this writes.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from stepguard.cli.main import main
from stepguard.documentation.page import fenced, page
from stepguard.documentation.schema import config_schema
from stepguard.documentation.tables import option_list, preset_table, rule_tables
from stepguard.rules.registry import load, rule_ids

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
RULES = DOCS / "rules"
SCHEMA = DOCS / "stepguard.schema.json"
INDEX = RULES / "README.md"

MARK = "<!-- Written by generators/docs.py: change the rule or its examples, not this file. -->\n\n"

_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- /\2 -->)", re.DOTALL)
_FILE = re.compile(r"(<!-- file: (\S+) -->\n)(`{3,})(\w*)\n.*?^\3$", re.MULTILINE | re.DOTALL)


def rule_page(identifier: str) -> str:
    """Return the text of a rule's page."""
    return MARK + page(load(identifier))


def index() -> str:
    """Return the text of the index of rules."""
    head = (
        "# Rules\n\n"
        "Every rule answers *violation*, *pass* or *not evaluated, because …* for each resource "
        "that it\napplies to ([how](../verdicts.md)). Those of the tier *pedantic* run with "
        "`--pedantic`, or when\n`--rule` names them. `stepguard explain SFN402` prints a page "
        "in the terminal.\n\n"
    )
    return MARK + head + rule_tables("")


def schema() -> str:
    """Return the text of the schema."""
    return json.dumps(config_schema(), indent=2) + "\n"


def guides() -> list[Path]:
    """Return the documents of which only parts are written: the README and the guides."""
    return [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def renewed(text: str) -> str:
    """Return a guide's text with its sections, files and commands' output written anew.

    Has to be called in the project's root, where the commands run. Raises `LookupError` for a
    section that there is not, `ValueError` for a command that cannot be run.
    """
    text = _SECTION.sub(lambda found: found[1] + _section(found[2]) + found[3], text)
    text = _FILE.sub(lambda found: found[1] + _shown(found[2], found[4]), text)
    return _CONSOLE.sub(lambda found: f"```console\n{''.join(_printed(found[1]))}```", text)


def _section(name: str) -> str:
    if name == "rules":
        return f"\n{rule_tables('docs/rules/')}\n"
    if name == "options":
        return f"\n{option_list()}\n"
    if name == "presets":
        return f"\n{preset_table()}\n"
    raise LookupError(f"there is no section {name!r}")


def _shown(path: str, language: str) -> str:
    return fenced((ROOT / path).read_text(encoding="utf-8"), language)


def _printed(block: str) -> Iterator[str]:
    """Yield a block of commands anew: each, followed by what it prints."""
    for line in block.splitlines():
        if not line.startswith("$ "):
            continue
        yield f"{line}\n"
        program, *arguments = shlex.split(line[2:])
        if program != "stepguard":
            raise ValueError(f"not run in a console block: {program}")
        done = CliRunner().invoke(main, arguments, env={"NO_COLOR": "1", "COLUMNS": "100"})
        if done.exit_code not in (0, 1):
            raise ValueError(f"{line}: exit code {done.exit_code}: {done.output}")
        yield done.stdout


def write() -> list[str]:
    """Write everything, and remove the pages of rules that there are no more.

    Returns what stood in the way of pages: the examples that are missing.
    """
    os.chdir(ROOT)
    missing: list[str] = []
    RULES.mkdir(exist_ok=True)
    for path in RULES.glob("SFN*.md"):
        if path.stem not in rule_ids():
            path.unlink()
    for identifier in rule_ids():
        try:
            _write(RULES / f"{identifier}.md", rule_page(identifier))
        except FileNotFoundError as error:
            missing.append(f"{identifier} has no page: {error.filename} is missing")
    _write(INDEX, index())
    _write(SCHEMA, schema())
    for path in guides():
        _write(path, renewed(path.read_text(encoding="utf-8")))
    return missing


def _write(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit("\n".join(write()) or None)
