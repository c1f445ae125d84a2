"""The composite action: its shell scripts run, but for `gh`'s way over the network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
INTEGRATIONS = ROOT / "integrations"
Run = Callable[..., "subprocess.CompletedProcess[str]"]
GH = """#!/usr/bin/env bash
# Keeps the comments of a pull request in a file; jq filters as `gh --jq` does.
set -euo pipefail
echo "$*" >>"$CALLS"
if [[ -n "${REFUSED:-}" ]]; then echo "HTTP 403: Resource not accessible" >&2; exit 1; fi
case "$*" in
  *POST*) body=${*: -1}; id=$(jq length "$COMMENTS")
    jq --rawfile body "${body#body=@}" --argjson id "$id" \\
      '. + [{id: $id, user: {type: "Bot"}, body: $body}]' "$COMMENTS" >"$COMMENTS.new" ;;
  *PATCH*) body=${*: -1}; id=${4##*/}
    jq --rawfile body "${body#body=@}" --argjson id "$id" \\
      'map(if .id == $id then .body = $body else . end)' "$COMMENTS" >"$COMMENTS.new" ;;
  *) jq -r "${*: -1}" "$COMMENTS"; exit ;;
esac
mv "$COMMENTS.new" "$COMMENTS"
"""


@pytest.fixture
def job(tmp_path: Path, base_branch: str) -> dict[str, str]:
    """The environment that the runner gives to a step."""
    (tmp_path / "temp").mkdir()
    return {
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "STEPGUARD_BASE": base_branch,
    }


def review(run: Run, job: dict[str, str], **inputs: str) -> tuple[str, str, str]:
    """Return the output, the summary and the log of the step that reviews."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        Path(job[name]).unlink(missing_ok=True)
    done = run("bash", str(INTEGRATIONS / "github/review.sh"), **{**job, **inputs})
    assert done.returncode == 0, done.stderr
    output = Path(job["GITHUB_OUTPUT"]).read_text()
    return output, Path(job["GITHUB_STEP_SUMMARY"]).read_text(), done.stdout


def test_a_change_that_introduces_something_fails(
    run: Run, job: dict[str, str], repository: Path
) -> None:
    output, summary, log = review(run, job)
    assert output == "exit-code=1\n"
    assert summary.startswith("<!-- stepguard-review -->\n")
    assert "SFN101" in summary
    first, *_, last = log.splitlines()
    assert last == f"::{first.removeprefix('::stop-commands::')}::"
    sarif = json.loads((Path(job["RUNNER_TEMP"]) / "stepguard/stepguard.sarif").read_text())
    results = sarif["runs"][0]["results"]
    assert "SFN101" in {one["ruleId"] for one in results}
    assert "absent" not in {one.get("baselineState") for one in results}
    assert not list(repository.rglob("owned"))


def test_what_does_not_count_does_not_fail(run: Run, job: dict[str, str]) -> None:
    assert review(run, job, STEPGUARD_FAIL_ON="never")[0] == "exit-code=0\n"
    assert review(run, job, STEPGUARD_BASE="HEAD")[0] == "exit-code=0\n"


def test_without_a_base_all_is_scanned(run: Run, job: dict[str, str]) -> None:
    output, summary, _ = review(run, job, STEPGUARD_BASE="")
    assert output == "exit-code=1\n"
    assert "SFN101" in summary


def test_a_plan_is_reviewed_with_its_source(
    run: Run, job: dict[str, str], repository: Path
) -> None:
    shutil.copytree(ROOT / "fixtures/plans/update", repository / "infra")
    inputs = {"STEPGUARD_PLAN": "infra/plan.json", "STEPGUARD_SOURCE": "infra"}
    assert review(run, job, **inputs)[0] == "exit-code=1\n"
    shutil.copy(ROOT / "fixtures/plans/no-op/plan.json", repository)
    assert review(run, job, STEPGUARD_PLAN="plan.json")[0] == "exit-code=0\n"


@pytest.mark.parametrize("inputs", [{"STEPGUARD_BASE": "nowhere"}, {"STEPGUARD_FAIL_ON": "--x"}])
def test_what_cannot_be_read_is_no_pass(
    run: Run, job: dict[str, str], inputs: dict[str, str]
) -> None:
    output, summary, _ = review(run, job, **inputs)
    assert output == "exit-code=2\n"
    assert "could not" in summary


def test_one_comment_is_created_and_then_updated(
    run: Run, job: dict[str, str], tmp_path: Path
) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not there")
    gh, comments = tmp_path / "bin/gh", tmp_path / "comments.json"
    gh.write_text(GH)
    gh.chmod(0o755)
    stranger = {
        "id": 0,
        "user": {"type": "User"},
        "body": "<!-- stepguard-review -->\nnot ours",
    }
    comments.write_text(json.dumps([stranger]))
    variables = {
        **job,
        "GITHUB_REPOSITORY": "owner/name",
        "PULL_REQUEST": "7",
        "COMMENTS": str(comments),
        "CALLS": str(tmp_path / "calls"),
    }

    def comment(**more: str) -> tuple[str, list[dict[str, Any]]]:
        done = run("bash", str(INTEGRATIONS / "github/comment.sh"), **variables, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout, json.loads(comments.read_text())

    review(run, job)
    created = comment()[1]
    assert len(created) == 2
    assert "SFN101" in created[1]["body"]
    review(run, job, STEPGUARD_BASE="HEAD")
    updated = comment()[1]
    assert [one["id"] for one in updated] == [0, 1]
    assert updated[0] == stranger
    assert updated[1]["body"] != created[1]["body"]
    assert "repos/owner/name/issues/7/comments" in (tmp_path / "calls").read_text()
    log, refused = comment(REFUSED="yes")
    assert log.startswith("::warning ")
    assert refused == updated


def test_a_version_is_only_a_version(run: Run) -> None:
    script = str(INTEGRATIONS / "github/install.sh")
    done = run("bash", script, STEPGUARD_VERSION="1 --index-url=x", ACTION_PATH=".")
    assert done.returncode == 2


def test_actions_are_pinned_and_no_script_has_an_expression() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = action["runs"]["steps"]
    assert all(re.search(r"@[0-9a-f]{40}$", one["uses"]) for one in steps if "uses" in one)
    scripts = [one["run"] for one in steps if "run" in one]
    assert len(scripts) == 4
    assert not any("${{" in one for one in scripts)
    named = [re.search(r"integrations/github/\w+\.sh", one) for one in scripts]
    assert all((ROOT / found[0]).is_file() for found in named if found)
