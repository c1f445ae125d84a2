"""No secret of a source is seen in anything that the program writes, whatever is asked of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from stepguard.cli.main import main
from stepguard.reports.formats import FORMATS

from . import secrets

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "checks")}
CHOICES = {"all": [], "others": ["--skip-rule", "SFN801"], "one": ["--rule", "SFN401"]}
"""Rules that run: what SFN801 would find stays hidden when that does not run."""


def written(directory: Path, *arguments: str) -> str:
    """Run the command as a program in a directory; return all that it writes to its streams."""
    done = subprocess.run(
        [sys.executable, "-m", "stepguard", *arguments],
        cwd=directory,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, 1, 2), done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def said_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return the same without a process of its own, for what runs often."""

    def said(directory: Path, *arguments: str) -> str:
        monkeypatch.chdir(directory)
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code in (0, 1, 2), result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.output

    return said


def leaks(text: str) -> list[str]:
    """Return the ways on which secrets came into a text."""
    return [way for way, secret in secrets.secrets().items() if secret in text]


def one_line(directory: Path) -> None:
    secrets.terraform(directory / "tf")
    secrets.plan(directory / "plan")
    secrets.template(directory / "cfn", "cfn", indent=None)
    secrets.template(directory / "sam", "sam", indent=None)
    secrets.broken(directory / "broken")


def many_lines(directory: Path) -> None:
    secrets.terraform(directory / "tf", indent=2)
    secrets.plan(directory / "plan")
    secrets.template(directory / "cfn", "cfn")
    secrets.template(directory / "sam", "sam")
    secrets.broken(directory / "broken")


@pytest.fixture(scope="module", params=[one_line, many_lines])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("secrets")
    write: Callable[[Path], None] = request.param
    write(directory)
    return directory


def test_there_is_something_to_leak(project: Path) -> None:
    said = written(project, "scan", ".", "--pedantic", "--details")
    for machine in ("aws_sfn_state_machine.used", "aws_sfn_state_machine.hidden", "SFN801"):
        assert machine in said or machine in written(project, "render", ".")
    text = "".join(one.read_text() for one in project.rglob("*.*") if one.is_file())
    assert set(leaks(text)) == set(secrets.secrets())


@pytest.mark.parametrize("rules", CHOICES)
@pytest.mark.parametrize("form", FORMATS)
def test_no_report_has_a_secret(
    project: Path, form: str, rules: str, said_in: Callable[..., str]
) -> None:
    said = said_in(project, "scan", ".", "--pedantic", "--format", form, *CHOICES[rules])
    assert "SFN" in said or form == "html"
    assert leaks(said) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", ".", "--pedantic", "--details"],
        ["scan", "plan/plan.json", "--source", "tf", "--pedantic"],
        ["scan", "cfn", "--parameter", f"Hidden={secrets.PLANTED['NoEchoGiven']}"],
        ["render", "."],
        ["render", "plan/plan.json", "--source", "tf"],
        ["policy", "."],
        ["policy", "tf", "--diff"],
        ["policy", "cfn", "--diff"],
        ["policy", "sam", "--format", "cloudformation"],
        ["policy", "plan", "--format", "hcl"],
        ["baseline", "."],
        ["explain", "SFN801"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_no_command_prints_a_secret(project: Path, arguments: list[str]) -> None:
    said = written(project, *arguments)
    assert said
    assert leaks(said) == []
    for one in project.rglob("*baseline*"):
        assert leaks(one.read_text()) == []


@pytest.mark.parametrize("form", FORMATS)
def test_no_review_shows_a_secret_of_either_side(
    project: Path, form: str, tmp_path: Path, said_in: Callable[..., str]
) -> None:
    secrets.terraform(
        tmp_path / "other", extra='resource "aws_sfn_activity" "a" {\n  name = "a"\n}\n'
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "main.tf").write_text('resource "aws_sfn_activity" "a" {\n  name = "a"\n}\n')
    sides = [
        ("tf", str(tmp_path / "other")),
        (str(tmp_path / "other"), "tf"),
        ("tf", str(empty)),
        (str(empty), "tf"),
    ]
    for before, after in sides:
        more = ["--all"] if form == "text" else []
        said = said_in(
            project, "review", "--before", before, "--after", after, "--format", form, *more
        )
        assert leaks(said) == []
    said = said_in(project, "review", "plan/plan.json", "--format", form)
    assert leaks(said) == []


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_no_sweep_keeps_a_secret(project: Path, form: str, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest"
    names = ("tf", "plan", "cfn", "sam", "broken")
    manifest.write_text("".join(f"{project / name}\n" for name in names))
    output = tmp_path / "out"
    said = written(
        project, "sweep", str(manifest), "--output", str(output), "--format", form, "--pedantic"
    )
    assert leaks(said) == []
    files = [one for one in output.rglob("*") if one.is_file()]
    assert len(files) == 2 * len(names) + 1
    for one in files:
        content = one.read_bytes().decode("utf-8", "replace")
        if one.suffix == ".parquet":
            from pyarrow import parquet

            content += repr(parquet.read_table(one).to_pylist())
        assert leaks(content) == []
