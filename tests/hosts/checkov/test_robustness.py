"""The pack in every way that checkov runs its frameworks, and when something of ours is broken."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

PROJECTS = Path(__file__).parent / "projects"
CHECKS = Path(__file__).resolve().parents[3] / "checks"
ORDERS = "AWS::StepFunctions::StateMachine.Orders"


def said(run: Any) -> Counter[tuple[str, ...]]:
    """Return everything that our records say."""
    return Counter(
        (
            one["check_id"],
            one["file_path"],
            one["resource"],
            one["check_result"]["result"],
            one["check_name"],
            *one["details"],
        )
        for one in run.records
        if one["check_id"].startswith("SFN")
    )


@pytest.fixture(scope="module")
def forked(checkov: Any) -> Any:
    return checkov("-d", PROJECTS)


@pytest.mark.parametrize("kind", ["thread", "none"])
def test_threads_and_one_process_say_the_same(checkov: Any, forked: Any, kind: str) -> None:
    other = checkov("-d", PROJECTS, environment={"CHECKOV_PARALLELIZATION_TYPE": kind})
    assert said(forked)
    assert said(other) == said(forked)


def test_each_framework_alone_says_the_same(checkov: Any, forked: Any) -> None:
    alone: Counter[tuple[str, ...]] = Counter()
    for framework in ("terraform", "terraform_json", "terraform_plan", "cloudformation"):
        alone += said(checkov("-d", PROJECTS, "--framework", framework))
    assert alone == said(forked)


def test_several_directories(checkov: Any) -> None:
    parts = ("-d", PROJECTS / "terraform", "-d", PROJECTS / "cloudformation")
    run = checkov(*parts, "-c", "SFN403", form=None)
    assert f"FAILED for resource: {ORDERS}" in run.output
    assert "FAILED for resource: aws_sfn_state_machine.plain" in run.output


def with_startup(tmp_path: Path, code: str) -> dict[str, str]:
    """Return an environment whose Python runs code when it starts."""
    (tmp_path / "sitecustomize.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": f"{tmp_path}{os.pathsep}{CHECKS}"}


def test_a_defect_of_ours_is_shown_as_not_evaluated(checkov: Any, tmp_path: Path) -> None:
    environment = with_startup(
        tmp_path,
        "import stepguard.engine\n"
        "def broken(*arguments):\n    raise RuntimeError('secret of the template')\n"
        "stepguard.engine.judge_reading = broken\n",
    )
    run = checkov(
        *("-d", PROJECTS / "cloudformation", "--framework", "cloudformation"),
        *("-c", "SFN402,SFN112"),
        environment=environment,
    )
    assert run.results("SFN402")[ORDERS] == "SKIPPED"
    (record,) = run.of("SFN402", ORDERS)
    comment = record["check_result"]["suppress_comment"]
    assert comment.startswith("not evaluated: internal error in the checkov pack (RuntimeError")
    assert "secret" not in run.output
    assert "AWS::IAM::Role.WorkflowRole" not in run.results("SFN112")


ENDLESS = """
import stepguard.time_limit
stepguard.time_limit.SECONDS = 1.0
from stepguard.rules.sfn402_no_task_timeout import NoTaskTimeout
def endless(*arguments):
    while True:
        pass
NoTaskTimeout.judge = endless
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers of processors")
def test_a_rule_that_never_ends_is_shown_as_not_evaluated(checkov: Any, tmp_path: Path) -> None:
    run = checkov(
        *("-d", PROJECTS / "cloudformation", "--framework", "cloudformation"),
        *("-c", "SFN401,SFN402,SFN403"),
        environment=with_startup(tmp_path, ENDLESS),
    )
    assert run.results("SFN401")[ORDERS] == "PASSED"
    for rule in ("SFN402", "SFN403"):
        (record,) = run.of(rule, ORDERS)
        assert record["check_result"]["result"] == "SKIPPED"
        comment = record["check_result"]["suppress_comment"]
        assert comment.startswith("not evaluated: judging is given up, and rules are missing: ")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers of processors")
def test_a_rule_on_roles_that_never_ends_is_shown_at_the_role(checkov: Any, tmp_path: Path) -> None:
    endless = ENDLESS.replace("sfn402_no_task_timeout", "sfn112_confused_deputy")
    run = checkov(
        *("-d", PROJECTS / "cloudformation", "--framework", "cloudformation", "-c", "SFN112"),
        environment=with_startup(tmp_path, endless.replace("NoTaskTimeout", "ConfusedDeputy")),
    )
    assert run.results("SFN112")["AWS::IAM::Role.WorkflowRole"] == "SKIPPED"


def test_an_incomplete_installation_is_shown_as_not_evaluated(checkov: Any, tmp_path: Path) -> None:
    environment = with_startup(tmp_path, "import sys\nsys.modules['stepguard.engine'] = None\n")
    run = checkov(
        *("-d", PROJECTS / "terraform", "--framework", "terraform", "-c", "SFN402"),
        environment=environment,
    )
    comments = {one["check_result"].get("suppress_comment") for one in run.of("SFN402")}
    assert comments == {"not evaluated: stepguard is not installed completely: stepguard.engine"}


def test_a_framework_that_is_not_supported_is_shown_as_not_evaluated(
    checkov: Any, tmp_path: Path
) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: s\nprovider: {name: aws}\nresources:\n  Resources:\n    M:\n"
        "      Type: AWS::StepFunctions::StateMachine\n"
        "      Properties: {RoleArn: 'arn:aws:iam::123456789012:role/m', DefinitionString: '{}'}\n"
    )
    run = checkov("-d", tmp_path, "--framework", "serverless", "-c", "SFN402")
    comments = {one["check_result"].get("suppress_comment") for one in run.of("SFN402")}
    assert comments == {"not evaluated: checkov's framework serverless is not supported"}
