"""Real plans of real configurations: all read, and the sources say what the plans know."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stepguard.cli.main import main
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Policy, Role, StateMachine
from stepguard.deployment.values import render
from stepguard.readers.files import ProjectFiles
from stepguard.readers.plan.reader import read_plan
from stepguard.readers.terraform.reader import TerraformOptions

PLANS = Path(os.environ.get("STEPGUARD_CORPUS", "/nowhere")) / "plans"
SOURCES = Path(os.environ.get("STEPGUARD_TERRAFORM_CORPUS", "/nowhere"))

pytestmark = pytest.mark.skipif(not PLANS.is_dir(), reason="STEPGUARD_CORPUS is not set")

FOUND = sorted(PLANS.rglob("*.json")) if PLANS.is_dir() else []


def documents(deployment: Deployment) -> Iterator[tuple[str, str, Document]]:
    """Yield the address, the attribute and the content of every document that was read."""
    for resource in deployment.resources:
        found: object = None
        attribute = "policy"
        if isinstance(resource, StateMachine):
            attribute, found = "definition", resource.definition
        elif isinstance(resource, Role):
            attribute, found = "assume_role_policy", resource.trust
        elif isinstance(resource, Policy):
            found = resource.document
        if isinstance(found, Document):
            yield resource.address, attribute, found


def known(plan: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Return the documents that a plan knows."""
    found = {}
    for change in plan["resource_changes"]:
        for attribute in ("definition", "policy", "assume_role_policy"):
            text = (change["change"]["after"] or {}).get(attribute)
            try:
                found[change["address"], attribute] = json.loads(text)
            except (TypeError, ValueError):
                continue
    return found


def check(path: Path, deployment: Deployment) -> None:
    expected = known(json.loads(path.read_text(encoding="utf-8")))
    read = {(address, attribute): found for address, attribute, found in documents(deployment)}
    wrong = [
        key
        for key, found in read.items()
        if key in expected and render(found.value) != expected[key]
    ]
    assert wrong == []
    types = ("aws_sfn_state_machine.", "aws_iam_role.", "aws_iam_policy.", "aws_iam_role_policy.")
    missing = [
        key
        for key in expected.keys() - read.keys()
        if any(f".{one}" in f".{key[0]}" for one in types)
    ]
    assert missing == []


@pytest.mark.parametrize("path", FOUND, ids=[str(path.parent)[-40:] for path in FOUND])
def test_a_real_plan_is_read(path: Path) -> None:
    deployment = read_plan(ProjectFiles(path.parent), path, source=None, options=TerraformOptions())
    assert deployment.errors == []
    assert deployment.state_machines
    check(path, deployment)


@pytest.mark.parametrize("path", FOUND, ids=[str(path.parent)[-40:] for path in FOUND])
def test_a_real_plan_is_read_with_its_sources(path: Path) -> None:
    relative = path.parent.relative_to(PLANS)
    source = SOURCES / relative
    if not source.is_dir():
        pytest.skip("STEPGUARD_TERRAFORM_CORPUS does not have its sources")
    files = ProjectFiles(path.parent, "", [SOURCES / relative.parts[0]])
    deployment = read_plan(files, path, source=source, options=TerraformOptions())
    assert deployment.errors == []
    check(path, deployment)
    places = [machine.span for machine in deployment.state_machines]
    assert all(span is not None for span in places)


def definitions(path: Path, *options: str) -> Counter[str]:
    """Return how many machines of a plan are resolved, partial and unresolved."""
    arguments = ["review", str(path), "--format", "json", "--fail-on", "never", *options]
    report = json.loads(CliRunner().invoke(main, arguments).stdout)
    return Counter(report["summary"]["definitions"])


@pytest.fixture(scope="module")
def resolved() -> tuple[Counter[str], Counter[str]]:
    """Return the definitions of all plans that have sources: read without them, and with."""
    alone: Counter[str] = Counter()
    together: Counter[str] = Counter()
    for path in FOUND:
        source = SOURCES / path.parent.relative_to(PLANS)
        if source.is_dir():
            root = os.path.commonpath([path.resolve(), source.resolve()])
            alone += definitions(path)
            together += definitions(path, "--source", str(source), "--root", root)
    if not together:
        pytest.skip("STEPGUARD_TERRAFORM_CORPUS does not have the sources")
    return alone, together


def test_sources_tell_what_plans_do_not_know(
    resolved: tuple[Counter[str], Counter[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    alone, together = resolved
    with capsys.disabled():
        print(f"\nplans alone: {dict(alone)}; with sources: {dict(together)}")  # noqa: T201 - figures
    assert together.total() == alone.total()
    assert together["unresolved"] < alone["unresolved"]


@pytest.mark.xfail(
    strict=True,
    reason="32 of 34: one definition is the text 'stub' in the plan itself, and one goes through "
    "a module of the registry that is not beside the sources",
)
def test_nearly_all_are_known_with_sources(resolved: tuple[Counter[str], Counter[str]]) -> None:
    _, together = resolved
    assert together["resolved"] + together["partial"] >= 0.95 * together.total()
