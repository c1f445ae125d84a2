"""The policy that is printed for a role, in the place of its policies, on real templates.

The folder of templates is named by `STEPGUARD_CORPUS`; without it these tests skip.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepguard.config import Config
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import (
    Form,
    Policy,
    PolicyAttachment,
    PolicyDocument,
    Resource,
    Role,
    StateMachine,
)
from stepguard.deployment.values import Reference, Traced
from stepguard.finding import Finding
from stepguard.judging import judge
from stepguard.permissions.policy import RolePolicy, document_value, least_privilege
from stepguard.permissions.role_needs import needs_of_role
from stepguard.reading import ReadOptions, read
from stepguard.report import Report
from stepguard.reports.policy_diff import render_policy_diff
from stepguard.reports.policy_hcl import render_policies_as_hcl
from stepguard.reports.policy_json import render_policies_as_json
from stepguard.reports.policy_yaml import render_policies_as_yaml
from stepguard.rules.registry import rule_ids, select
from stepguard.structs import replace

CORPUS = os.environ.get("STEPGUARD_CORPUS", "")
KINDS = ["asl", "cdk", "cloudformation", "plans", "sam"]
RULES = [*(one for one in rule_ids() if "SFN101" <= one <= "SFN108"), "SFN112"]
TERRAFORM = (Form.TERRAFORM, Form.PLAN)

pytestmark = pytest.mark.skipif(not CORPUS or not Path(CORPUS).is_dir(), reason="no corpus here")

NOT_NAMED = {"bedrock:CreateEvaluationJob"}
"""Actions of which the corpus has calls that name what they are about deep in their parameters,
so that it is not derived: they are allowed on `*`, which the policy says at its top."""


def deployments(kind: str) -> Iterator[Deployment]:
    yield from read([Path(CORPUS) / kind], ReadOptions()).deployments


def with_roles(deployment: Deployment) -> Deployment:
    """Return a deployment in which every machine has a role, and no policy stands by itself."""
    made: list[Resource] = []
    for one in deployment.resources:
        if isinstance(one, (Policy, PolicyAttachment)):
            continue
        if not isinstance(one, StateMachine) or deployment.roles_of(one):
            made.append(one)
            continue
        form = Form.CLOUDFORMATION if one.form is Form.ASL else one.form
        is_terraform = form in TERRAFORM
        name = f"aws_iam_role.made{len(made)}" if is_terraform else f"Made{len(made)}"
        own = Traced(Reference(name, "arn" if is_terraform else "Arn"))
        machine = replace(one, form=form, role=own)
        if one.form is Form.ASL:
            machine = replace(machine, address="Machine", type="AWS::StepFunctions::StateMachine")
        kind = "aws_iam_role" if is_terraform else "AWS::IAM::Role"
        made += [machine, Role(address=name, type=kind, form=form)]
    form = Form.CLOUDFORMATION if deployment.form is Form.ASL else deployment.form
    return Deployment(deployment.root, form, made, deployment.files)


def with_policies(deployment: Deployment, policies: list[RolePolicy]) -> Deployment:
    """Return a deployment in which the printed policies are the only ones that the roles have."""
    by_role = {one.name: one for one in policies}
    made: list[Resource] = []
    for one in deployment.resources:
        if isinstance(one, Role) and one.address in by_role:
            policy = by_role[one.address]
            document = Document(document_value(policy.permissions), None)
            one = replace(
                one,
                inline=[PolicyDocument(name="needs", document=document, address=one.address)],
                attached=[],
                boundary=None,
                generated=False,
                trust=Document(document_value(policy.trust), None),
                unread=[],
            )
        made.append(one)
    return Deployment(deployment.root, deployment.form, made, deployment.files)


def is_whole(policy: RolePolicy) -> bool:
    """Tell whether every need of the role is known."""
    assert policy.role is not None
    needs = needs_of_role(policy.role, policy.deployment)
    return not needs.unread and not needs.not_checked


def is_explained(finding: Finding, policy: RolePolicy) -> bool:
    """Tell whether a finding is about what the policy itself says that it could not derive."""
    return finding.rule == "SFN102" and any(
        action in finding.violation.message and action in note and "could not be derived" in note
        for action in NOT_NAMED
        for note in policy.notes
    )


def judged(deployment: Deployment) -> Report:
    return judge([deployment], select(RULES), Config())


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_with_the_printed_policy_has_no_finding(kind: str) -> None:
    counted: Counter[str] = Counter()
    left: list[str] = []
    for deployment in deployments(kind):
        whole = with_roles(deployment)
        found = [one for one in least_privilege(whole) if isinstance(one, RolePolicy)]
        policies = {one.name: one for one in found if one.role is not None and is_whole(one)}
        machines = {address for one in policies.values() for address in one.addresses}
        counted["machines"] += len(machines)
        report = judged(with_policies(whole, found))
        for rule, outcomes in report.evaluated.items():
            counted[f"{rule} passed"] += outcomes["pass"]
        for finding in report.findings:
            resource = finding.violation.resource
            policy = policies.get(resource)
            if policy is None:
                continue
            if is_explained(finding, policy):
                counted["explained"] += 1
            else:
                left.append(f"{finding.rule} {deployment.root} {finding.violation.message}")
    assert left == []
    assert counted["explained"] <= 1
    assert counted["machines"] > {"asl": 70, "plans": 4, "cloudformation": 20}.get(kind, 100)
    for rule in ("SFN101", "SFN102", "SFN103", "SFN104", "SFN112"):
        assert counted[f"{rule} passed"] > 0, rule


@pytest.mark.parametrize("kind", KINDS)
def test_every_policy_can_be_written_and_read(kind: str, tmp_path: Path) -> None:
    number = 0
    for deployment in deployments(kind):
        for one in least_privilege(deployment):
            if not isinstance(one, RolePolicy):
                continue
            number += 1
            assert render_policies_as_json([one])
            assert render_policy_diff(one).count("actions dropped") == 1
            is_terraform = one.form in TERRAFORM
            folder = tmp_path / str(number)
            folder.mkdir()
            if is_terraform:
                text = 'resource "aws_sfn_state_machine" "x" {}\n' + render_policies_as_hcl([one])
                (folder / "main.tf").write_text(text, encoding="utf-8")
            else:
                text = render_policies_as_yaml([one]).replace("\nResources: {}\n", "\nResources:\n")
                text += "  X: {Type: AWS::StepFunctions::StateMachine}\n"
                (folder / "template.yaml").write_text(text, encoding="utf-8")
    reading = read([tmp_path], ReadOptions())
    assert [str(error) for error in reading.errors] == []
    assert len(reading.deployments) == number > 0
