"""What the GitLab template, the hooks of pre-commit and the wrapper of terraform run."""

from __future__ import annotations

import json
import shlex
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
GITLAB = yaml.safe_load((INTEGRATIONS / "gitlab/gitlab.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def gitlab(run: Run, job: str, base: str) -> subprocess.CompletedProcess[str]:
    """Run a job's script as GitLab does: its lines in one shell that ends at a failure."""
    variables = GITLAB[".stepguard"]["variables"]
    script = "set -eo pipefail\n" + "\n".join(GITLAB[job]["script"])
    return run("bash", "-c", script, **variables, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)


def test_gitlab_reviews_a_merge_request(run: Run, repository: Path, base_branch: str) -> None:
    assert gitlab(run, "stepguard-review", base_branch).returncode == 1
    reports = GITLAB[".stepguard"]["artifacts"]["reports"]
    issues = json.loads((repository / reports["codequality"]).read_text())
    assert "SFN101 wildcard-action" in {one["check_name"] for one in issues}
    assert "SFN101" in (repository / reports["junit"]).read_text()
    assert gitlab(run, "stepguard-review", "HEAD").returncode == 0
    assert gitlab(run, "stepguard-review", "nowhere").returncode == 2
    assert not list(repository.rglob("owned"))


def test_gitlab_scans_the_default_branch(run: Run, repository: Path) -> None:
    assert gitlab(run, "stepguard-scan", "").returncode == 0
    assert "SFN101" in (repository / "gl-code-quality-report.json").read_text()


@pytest.mark.parametrize(("hook", "expected"), [("stepguard", 1), ("stepguard-review", 0)])
def test_a_hook_of_pre_commit(run: Run, hook: str, expected: int) -> None:
    (entry,) = [one for one in HOOKS if one["id"] == hook]
    done = run(*shlex.split(entry["entry"]), *entry["args"])
    assert done.returncode == expected, done.stderr


@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="pre-commit is not there")
def test_pre_commit_runs_the_hooks(run: Run, repository: Path, tmp_path: Path) -> None:
    # The environments that pre-commit installs need a registry: this one's program is taken.
    hooks: list[dict[str, Any]] = [
        {key: value for key, value in one.items() if key != "additional_dependencies"}
        | {"language": "system"}
        for one in HOOKS
    ]
    config = tmp_path / "pre-commit.yaml"
    config.write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    (template,) = repository.rglob("template.yaml")
    done = run("pre-commit", "run", "-c", str(config), "--files", str(template), **home)
    assert done.returncode == 1
    assert "SFN101" in done.stdout
    assert "stepguard review" in done.stdout
    other = run("pre-commit", "run", "-c", str(config), "--files", ".git/HEAD", **home)
    assert other.returncode == 0
    assert "Skipped" in other.stdout
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    assert run("pre-commit", "validate-manifest", manifest, **home).returncode == 0


def test_atlantis_reviews_with_the_sources(run: Run, repository: Path) -> None:
    config = yaml.safe_load((INTEGRATIONS / "atlantis/repos.yaml").read_text())
    steps = config["workflows"]["stepguard"]["plan"]["steps"]
    show, review = (one["run"] for one in steps if isinstance(one, dict))
    assert show == 'terraform show -json "$PLANFILE" > "$SHOWFILE"'
    update = ROOT / "fixtures/plans/update"
    shutil.copy(update / "main.tf", repository)
    done = run("bash", "-c", review, SHOWFILE=str(update / "plan.json"))
    assert done.returncode == 1, done.stderr
    assert "1 introduced" in done.stdout


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not there")
def test_the_wrapper_plans_and_reviews(run: Run, tmp_path: Path) -> None:
    # Without a provider, so that nothing but terraform is needed.
    directory = tmp_path / "configuration"
    directory.mkdir()
    (directory / "main.tf").write_text('output "name" {\n  value = "x"\n}\n')
    environment = {"CHECKPOINT_DISABLE": "1", "HOME": str(tmp_path)}
    script = str(INTEGRATIONS / "terraform/plan-review.sh")
    assert run("terraform", f"-chdir={directory}", "init", **environment).returncode == 0
    done = run("bash", script, str(directory), "--format", "json", **environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["errors"] == 0
    assert not list(directory.glob(".stepguard*"))
    (directory / "main.tf").write_text("output {\n")
    assert run("bash", script, str(directory), **environment).returncode == 1


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not there")
def test_shellcheck_has_nothing_to_say(run: Run) -> None:
    scripts = [str(path) for path in sorted(INTEGRATIONS.rglob("*.sh"))]
    done = run("shellcheck", *scripts)
    assert done.returncode == 0, done.stdout
