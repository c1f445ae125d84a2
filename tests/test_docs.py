"""The documentation is what the code says: pages, tables, what commands print, links, commands."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
import tomli

from stepguard.cli.main import main
from stepguard.config_file import settings_from
from stepguard.rules.example_files import FORMS
from stepguard.rules.registry import rule_ids

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
GUIDES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
DOCUMENTS = [*GUIDES, ROOT / "CONTRIBUTING.md", *sorted((DOCS / "rules").glob("*.md"))]

STALE = "run: python generators/docs.py"
BLOCK = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def docs(updates_snapshots: bool) -> ModuleType:
    """Return the generator; with `--update-snapshots`, let it write everything first."""
    spec = importlib.util.spec_from_file_location("docs", ROOT / "generators" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    if updates_snapshots:
        assert generator.write() == []
    return generator


@pytest.mark.parametrize("identifier", rule_ids())
def test_a_page_is_what_its_rule_says(docs: ModuleType, identifier: str) -> None:
    path = DOCS / "rules" / f"{identifier}.md"
    assert path.exists(), STALE
    assert path.read_text(encoding="utf-8") == docs.rule_page(identifier), STALE


@pytest.mark.parametrize("identifier", rule_ids())
def test_a_page_shows_a_finding_on_each_example(identifier: str) -> None:
    page = (DOCS / "rules" / f"{identifier}.md").read_text(encoding="utf-8")
    for _, _, file in FORMS:
        shown = page.split(f"`stepguard scan {file} --rule {identifier}` finds:")[1]
        said = BLOCK.search(shown)
        assert said is not None
        assert re.match(rf"{re.escape(file)}:\d+:\d+: \w+ {identifier} ", said[3])
    assert str(ROOT) not in page


def test_the_index_and_the_schema_are_up_to_date(docs: ModuleType) -> None:
    assert docs.INDEX.read_text(encoding="utf-8") == docs.index(), STALE
    assert docs.SCHEMA.read_text(encoding="utf-8") == docs.schema(), STALE


@pytest.mark.parametrize("path", GUIDES, ids=name)
def test_a_guide_shows_what_files_hold_and_commands_print(
    docs: ModuleType, in_root: Path, path: Path
) -> None:
    text = path.read_text(encoding="utf-8")
    assert docs.renewed(text) == text, STALE


def test_the_readme_runs_a_command_and_lists_the_rules(docs: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "```console\n$ stepguard scan " in text
    assert docs.rule_tables("docs/rules/") in text


def test_what_cannot_be_written_anew_is_refused(docs: ModuleType, in_root: Path) -> None:
    with pytest.raises(LookupError, match="nothing"):
        docs.renewed("<!-- nothing -->\n<!-- /nothing -->")
    with pytest.raises(ValueError, match="not run in a console block: rm"):
        docs.renewed("```console\n$ rm -r x\n```")
    with pytest.raises(ValueError, match="exit code 2"):
        docs.renewed("```console\n$ stepguard scan fixtures/bad --rule SFN000\n```")


def test_a_page_is_missing_where_an_example_is(
    docs: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    for constant in ("RULES", "INDEX", "SCHEMA"):
        monkeypatch.setattr(docs, constant, tmp_path / constant.lower())
    monkeypatch.setattr(docs, "guides", list)
    monkeypatch.setattr(docs, "rule_ids", lambda: ("SFN401", "SFN402"))
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "SFN000.md").write_text("of a rule that there is no more")
    page = docs.rule_page

    def without_one(identifier: str) -> str:
        if identifier == "SFN402":
            raise FileNotFoundError(2, "missing", "bad/main.tf")
        return str(page(identifier))

    monkeypatch.setattr(docs, "rule_page", without_one)
    assert docs.write() == ["SFN402 has no page: bad/main.tf is missing"]
    assert [path.name for path in (tmp_path / "rules").iterdir()] == ["SFN401.md"]


def anchor(heading: str) -> str:
    """Return the anchor that a heading gets where Markdown is shown."""
    kept = "".join(one for one in heading.lower() if one.isalnum() or one in " -_")
    return kept.replace(" ", "-")


def prose(text: str) -> str:
    return BLOCK.sub("", text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_link_within_the_project_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(prose(path.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        file, _, fragment = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        if fragment:
            headings = HEADING.findall(prose(there.read_text(encoding="utf-8")))
            assert fragment in map(anchor, headings), target


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of ours in a document's shell blocks and prose."""
    for _, language, block in BLOCK.findall(text):
        if language == "sh":
            yield from (shlex.split(line, comments=True) for line in block.splitlines())
    for line in re.findall(r"`(stepguard [a-z][^`]*)`", prose(text)):
        yield shlex.split(line)


@pytest.mark.parametrize("path", [*GUIDES, ROOT / "CONTRIBUTING.md"], ids=name)
def test_a_command_that_is_named_exists_with_its_options(path: Path) -> None:
    for program, *words in filter(None, commands(path.read_text(encoding="utf-8"))):
        if program.rpartition("/")[2] == "stepguard":
            command = main.get_command(click.Context(main), words[0])
            assert command is not None, words
            known = {option for one in command.params for option in one.opts}
            assert {word for word in words if word.startswith("--")} <= known, words


def test_every_file_of_options_that_is_shown_is_read() -> None:
    shown = [
        block[2]
        for path in [*GUIDES, *sorted((DOCS / "rules").glob("*.md"))]
        for block in BLOCK.findall(path.read_text(encoding="utf-8"))
        if block[1] == "toml"
    ]
    assert len(shown) >= 2
    for text in shown:
        settings_from(tomli.loads(text), "a document")


def test_the_guide_to_rules_names_modules_that_there_are() -> None:
    text = prose((DOCS / "writing-a-rule.md").read_text(encoding="utf-8"))
    package = ROOT / "checks" / "stepguard"
    named = {one for one in re.findall(r"`([\w/.]+\.py)`", text) if "NNN" not in one}
    assert len(named) > 5
    for module in named:
        folders = (ROOT, package, package / "rules")
        assert any((folder / module).exists() for folder in folders), module
