"""Needs and grants on real templates: AWS CDK's own stacks, and samples.

`STEPGUARD_CORPUS` names the folder; without it the tests skip. Nothing of it is in the project.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.iam.statements import read_statements
from stepguard.engine import ScanOptions, scan
from stepguard.permissions.decisions import Decider
from stepguard.permissions.grants import Grant, RoleGrants
from stepguard.permissions.needs import needs_of_machine
from stepguard.permissions.needs.operations import find_operation
from stepguard.reading import ReadOptions, read
from stepguard.report import Report

CORPUS = Path(os.environ.get("STEPGUARD_CORPUS", ""))
STACK = re.compile(r"/integ\.([\w-]+)\.")
OPERATION = re.compile(r":states:::aws-sdk:(\w+):(\w+)")

pytestmark = pytest.mark.skipif(
    not os.environ.get("STEPGUARD_CORPUS"), reason="STEPGUARD_CORPUS is not set"
)


def operations() -> set[tuple[str, str]]:
    """Return every operation of an AWS SDK integration that a file of the corpus names."""
    found: set[tuple[str, str]] = set()
    for path in CORPUS.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".yaml", ".yml"):
            text = path.read_text(encoding="utf-8", errors="replace")
            found.update(match.groups() for match in OPERATION.finditer(text))  # type: ignore[misc]
    return found


def test_nearly_every_operation_has_its_actions() -> None:
    found = operations()
    unknown = {one for one in found if isinstance(find_operation(*one), str)}
    assert len(found) > 100
    assert len(unknown) / len(found) <= 0.03, sorted(unknown)


@pytest.fixture(scope="module")
def cdk() -> Report:
    return scan([CORPUS / "cdk"], ScanOptions(rules=("SFN103", "SFN104")))


def of(report: Report, rule: str) -> dict[str, set[str]]:
    """Return the messages of a rule's findings by the name of the stack's test."""
    found: dict[str, set[str]] = {}
    for finding in report.findings:
        if finding.rule == rule:
            name = STACK.search(finding.root)
            assert name is not None
            found.setdefault(name.group(1), set()).add(finding.violation.message)
    return found


def test_the_known_gaps_of_cdk_and_no_other(cdk: Report) -> None:
    """CDK's known gaps, each with an issue of the project or a statement of AWS.

    Batch jobs without poll and cancel (aws-cdk#10081 alike), custom states without any policy,
    maps in distributed mode without theirs (aws-cdk#28820), and task definitions granted without
    a revision, which Amazon ECS resolves before authorization since March 2024.
    """
    found = of(cdk, "SFN104")
    assert found.keys() == {
        "custom-state",
        "ec2-run-task",
        "fargate-run-task",
        "map-distributed",
        "run-batch-job",
        "state-machine-credentials",
        "submit-job",
    }
    assert all("batch:DescribeJobs" in one for one in found["run-batch-job"] | found["submit-job"])
    assert all("ecs:RunTask" in one for one in found["ec2-run-task"] | found["fargate-run-task"])
    assert any("states:StartExecution" in one for one in found["map-distributed"])


def test_the_known_surplus_of_cdk_and_no_other(cdk: Report) -> None:
    """Calls that do not wait, with the permissions of those that do."""
    found = of(cdk, "SFN103")
    assert found.keys() == {"call-sagemaker", "create-training-job", "sagemaker", "start-build"}


@pytest.mark.parametrize("kind", ["asl", "cdk", "cloudformation", "plans", "sam"])
def test_a_policy_made_of_the_needs_grants_them(kind: str) -> None:
    for deployment in read([CORPUS / kind], ReadOptions()).deployments:
        for machine in deployment.state_machines:
            needs = needs_of_machine(machine, deployment).needs
            statements = [
                {"Effect": "Allow", "Action": need.action, "Resource": list(need.resources)}
                for need in needs
            ]
            document = Document({"Statement": statements}, None)
            grants = tuple(Grant(one, "", "") for one in read_statements(document).known)
            decider = Decider(RoleGrants(grants), deployment)
            assert [need for need in needs if decider.decide(need).is_granted is not True] == []


def test_the_roles_of_cdk_are_judged(cdk: Report) -> None:
    for rule in ("SFN103", "SFN104"):
        counted = cdk.evaluated[rule]
        assert counted["pass"] > 200
        assert counted["not_evaluated"] < 5
