"""`stepguard baseline`, and what scan does with it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stepguard.cli.main import main

from .test_review import BAD, EXTRA, GOOD

FILE = "stepguard-baseline.json"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"NO_COLOR": "1", "FORCE_COLOR": ""})


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.yaml"
    path.write_text(BAD)
    return path


def entries() -> list[dict[str, str]]:
    found = json.loads(Path(FILE).read_text())["findings"]
    assert isinstance(found, list)
    return found


def test_known_findings_are_left_out(template: Path) -> None:
    assert run("scan", ".").exit_code == 1
    assert run("baseline", ".", "--reason", "ticket 12", "--date", "2026-02-03").exit_code == 0
    done = run("scan", ".", "--baseline", FILE, "--fail-on", "low")
    assert done.exit_code == 0
    assert f"{len(entries())} suppressed" in done.stdout
    assert f"notice: {FILE}: {len(entries())} known findings left out" in done.stdout
    report = json.loads(run("scan", ".", "--baseline", FILE, "--format", "json").stdout)
    assert report["findings"] == []
    assert {one["reason"] for one in report["suppressed"]} == {f"ticket 12 (2026-02-03, {FILE})"}


def test_others_are_reported(template: Path) -> None:
    template.write_text(GOOD)
    run("baseline", ".")
    template.write_text(BAD)
    done = run("scan", ".", "--baseline", FILE)
    assert done.exit_code == 1
    assert "1 violation: 1 high" in done.stdout


def test_of_the_same_fingerprint_as_many_are_known_as_there_were(template: Path) -> None:
    run("baseline", ".")
    (template.parent / "b.yaml").write_text(BAD)
    report = json.loads(run("scan", ".", "--baseline", FILE, "--format", "json").stdout)
    assert {one["file"] for one in report["findings"]} == {"b.yaml"}
    assert len(report["findings"]) == len(entries())


def test_gone_findings_are_told_and_leave_the_file(template: Path) -> None:
    run("baseline", ".")
    before = len(entries())
    template.write_text(GOOD)
    done = run("scan", ".", "--baseline", FILE)
    assert "1 known finding is gone: SFN101 Role; write the baseline anew" in done.stdout
    assert done.exit_code == 0
    # A rule that did not run, or a file that was not looked at, says nothing about them.
    assert "gone" not in run("scan", ".", "--baseline", FILE, "--rule", "SFN112").stdout
    (template.parent / "other.yaml").write_text(GOOD)
    assert "gone" not in run("scan", "other.yaml", "--baseline", FILE).stdout
    (template.parent / "other.yaml").unlink()
    run("baseline", ".")
    assert len(entries()) == before - 1


@pytest.mark.parametrize("what", ["a loop that is not followed", "no template any more"])
def test_what_cannot_be_judged_any_more_is_not_gone(template: Path, what: str) -> None:
    run("baseline", ".")
    loop = "  Fn::ForEach::L: [X, !Ref Names, {'A${X}': {Type: AWS::SNS::Topic}}]\n"
    template.write_text(BAD + (loop if "loop" in what else "  Broken: [\n"))
    done = run("scan", ".", "--baseline", FILE)
    assert done.exit_code == 2
    assert "gone" not in done.stdout


def test_a_file_that_is_gone_is_told(template: Path) -> None:
    run("baseline", ".")
    template.rename("renamed.yaml")
    done = run("scan", ".", "--baseline", FILE)
    assert done.exit_code == 0
    assert "gone" not in done.stdout
    Path("renamed.yaml").unlink()
    assert "gone" in run("scan", ".", "--baseline", FILE).stdout


def test_what_is_known_keeps_its_reason_and_day(template: Path) -> None:
    template.write_text(GOOD)
    run("baseline", ".", "--reason", "old", "--date", "2020-01-01")
    template.write_text(BAD)
    run("baseline", ".", "--reason", "new")
    days = {one["rule"]: (one["reason"], one["date"]) for one in entries()}
    assert days["SFN112"] == ("old", "2020-01-01")
    assert days["SFN101"] == ("new", date.today().isoformat())
    first = Path(FILE).read_bytes()
    run("baseline", ".", "--reason", "another")
    assert Path(FILE).read_bytes() == first


def test_the_file_does_not_depend_on_the_order(template: Path) -> None:
    run("baseline", ".", "--date", "2026-01-01", "--output", "one.json")
    head, statements = BAD.split(EXTRA)[0], EXTRA
    kept = (
        '              - {Effect: Allow, Action: sqs:SendMessage, Resource: "arn:aws:sqs:*:*:q"}\n'
    )
    template.write_text(head.replace(kept, statements + kept))
    run("baseline", ".", "--date", "2026-01-01", "--output", "two.json")
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()


def test_what_must_not_be_suppressed_is_not(template: Path) -> None:
    run("baseline", ".")
    Path("stepguard.toml").write_text('unsuppressible-rules = ["SFN101"]\n')
    done = run("scan", ".", "--baseline", FILE)
    assert done.exit_code == 1, done.output
    assert "the configuration does not allow SFN101 to be suppressed" in done.stdout
    written = run("baseline", ".", "--output", "new.json")
    assert "1 may not be suppressed" in written.stdout
    assert "SFN101" not in Path("new.json").read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "no baseline of version 1"),
        ("{}", "no baseline of version 1"),
        ('{"baseline": 2, "findings": []}', "no baseline of version 1"),
        ('{"baseline": true, "findings": []}', "no baseline of version 1"),
        ('{"baseline": 1}', "no list of findings"),
        ('{"baseline": 1, "findings": [1]}', "finding 1 is no object"),
        ('{"baseline": 1, "findings": [{}]}', "finding 1 has no file"),
    ],
)
def test_what_is_no_baseline(template: Path, content: str, message: str) -> None:
    Path(FILE).write_text(content)
    for command in (["scan", ".", "--baseline", FILE], ["baseline", "."]):
        done = run(*command)
        assert done.exit_code == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    assert Path(FILE).read_text() == content


def test_nothing_is_written_for_what_could_not_be_read(template: Path) -> None:
    (template.parent / "b.yaml").write_text(
        "Resources: {A: {Type: AWS::StepFunctions::StateMachine\n"
    )
    assert run("baseline", ".").exit_code == 2
    assert not Path(FILE).exists()
