"""`stepguard review` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stepguard.cli.main import main
from stepguard.reports.formats import FORMATS

GOOD = """\
Resources:
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition:
        StartAt: "A"
        States:
          "A": {Type: Succeed}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: states.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: all
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: sqs:SendMessage, Resource: "arn:aws:sqs:*:*:q"}
"""
EXTRA = '              - {Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::b/*"}\n'
BAD = GOOD + EXTRA


def run(*arguments: str | Path, **environment: str) -> Result:
    settings = {"NO_COLOR": "1", "FORCE_COLOR": "", **environment}
    return CliRunner().invoke(main, ["review", *map(str, arguments)], env=settings)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def test_only_what_is_introduced_fails(files: Path) -> None:
    worse = run("--before", "good.yaml", "--after", "bad.yaml")
    assert worse.exit_code == 1
    assert worse.stdout.startswith("1 introduced, 0 fixed, ")
    assert "(good.yaml → bad.yaml)" in worse.stdout.split("\n")[0]
    assert worse.stdout.count(" high SFN101 ") == 1
    assert "SFN112" not in worse.stdout.split("state machine")[0]
    assert (
        run("--before", "good.yaml", "--after", "bad.yaml", "--fail-on", "critical").exit_code == 0
    )
    better = run("--before", "bad.yaml", "--after", "good.yaml", "--fail-on", "low")
    assert better.exit_code == 0
    assert better.stdout.startswith("0 introduced, 1 fixed, ")
    assert "bad.yaml:21:41: fixed high SFN101 " in better.stdout
    same = run("--before", "bad.yaml", "--after", "bad.yaml")
    assert same.exit_code == 0
    strict = run("--before", "bad.yaml", "--after", "bad.yaml", "--fail-on-unchanged")
    assert strict.exit_code == 1


def test_unchanged_findings_are_counted_and_listed_on_request(files: Path) -> None:
    counted = run("--before", "bad.yaml", "--after", "bad.yaml").stdout
    listed = run("--before", "bad.yaml", "--after", "bad.yaml", "--all").stdout
    number = int(counted.split(" unchanged")[0].rsplit(" ", 1)[1])
    assert counted.count(": unchanged ") == 0
    assert listed.count(": unchanged ") == number > 3


def test_roles_and_workflows_are_told(files: Path) -> None:
    (files / "bad.yaml").write_text(BAD.replace('"A": {Type: Succeed}', '"A": {Type: Fail}'))
    text = run("--before", "good.yaml", "--after", "bad.yaml").stdout
    assert "permissions of Role (changed)" in text
    assert "  + may s3:* on arn:aws:s3:::b/*" in text
    assert "workflow Flow (changed)" in text
    assert "state 'A' changed" in text
    coloured = run("--before", "good.yaml", "--after", "bad.yaml", NO_COLOR="", FORCE_COLOR="1")
    assert "\x1b[32m+ may s3:*" in coloured.stdout


def test_hostile_names_do_not_reach_the_terminal(files: Path) -> None:
    for name in ("good", "bad"):
        path = files / f"{name}.yaml"
        path.write_text(path.read_text().replace('"A"', '"A\\e[31m\\u202e\\n::error::"'))
    (files / "bad.yaml").write_text((files / "bad.yaml").read_text().replace("Succeed", "Fail"))
    text = run("--before", "good.yaml", "--after", "bad.yaml", "--all").stdout
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n::error::" not in text


def test_json_says_what_became_of_each_finding(files: Path) -> None:
    done = run("--before", "good.yaml", "--after", "bad.yaml", "--format", "json")
    report = json.loads(done.stdout)
    statuses = [one["status"] for one in report["findings"]]
    change = report["change"]
    assert statuses.count("introduced") == change["introduced"] == 1
    assert statuses.count("unchanged") == change["unchanged"] > 2
    assert (change["before"], change["after"]) == ("good.yaml", "bad.yaml")
    assert change["fixed"] == []
    back = json.loads(
        run("--before", "bad.yaml", "--after", "good.yaml", "--format", "json").stdout
    )
    assert [one["status"] for one in back["change"]["fixed"]] == ["fixed"]
    alone = CliRunner().invoke(main, ["scan", "bad.yaml", "--format", "json"])
    assert "change" not in json.loads(alone.stdout)
    assert all("status" not in one for one in json.loads(alone.stdout)["findings"])


def test_json_has_the_permissions_that_a_role_gains(files: Path) -> None:
    done = run("--before", "good.yaml", "--after", "bad.yaml", "--format", "json")
    (role,) = json.loads(done.stdout)["change"]["roles"]
    assert (role["address"], role["fate"]) == ("Role", "changed")
    assert [one["action"] for one in role["gained"]] == ["s3:*"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_of_report_can_be_written(files: Path, form: str) -> None:
    done = run("--before", "good.yaml", "--after", "bad.yaml", "--format", form, "--output", "out")
    assert done.exit_code == 1, done.output
    assert "SFN101" in (files / "out").read_text()


def test_a_plan(in_root: Path) -> None:
    done = run("fixtures/plans/update/plan.json", "--source", "fixtures/plans/update")
    assert done.exit_code == 1
    assert done.stdout.startswith("1 introduced, 1 fixed, 8 unchanged (prior state → plan)")
    assert "SFN101" in done.stdout


def test_a_branch(files: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", *identity, *arguments], check=True, env=environment, timeout=60)

    (files / "bad.yaml").unlink()
    git("init", "-q", "-b", "main", ".")
    git("add", "good.yaml")
    git("commit", "-q", "-m", "base")
    (files / "good.yaml").write_text(BAD)
    done = run("--base", "main")
    assert done.exit_code == 1
    assert done.stdout.startswith("1 introduced, 0 fixed, ")
    missing = run("--base", "nowhere")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("error: no commit 'nowhere' in the repository ")
    assert missing.stderr.count("\n") == 1


def test_a_baseline(files: Path) -> None:
    written = CliRunner().invoke(main, ["baseline", "bad.yaml"])
    assert written.exit_code == 0, written.output
    done = run(
        "--before", "good.yaml", "--after", "bad.yaml", "--baseline", "stepguard-baseline.json"
    )
    assert done.exit_code == 0
    assert done.stdout.startswith("0 introduced, 0 fixed, 0 unchanged")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["good.yaml", "bad.yaml"],
        ["--before", "good.yaml"],
        ["--before", "good.yaml", "--after", "nowhere"],
        ["--before", "good.yaml", "--after", "bad.yaml", "."],
        ["--before", "good.yaml", "--after", "bad.yaml", "--base", "main"],
        ["--base", "main", "nowhere"],
        ["--before", "good.yaml", "--after", "bad.yaml", "--rule", "SFN000"],
        ["nowhere.json"],
        ["good.yaml"],
        ["."],
    ],
)
def test_wrong_usage_ends_with_2(files: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "rror" in done.stderr
    assert "Traceback" not in done.output
