"""Where to write what would make a policy wait for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepguard.deployment.dependencies import waits_for
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import Plain, Reference, Text
from stepguard.permissions.notation import is_terraform


def place_outside_circle(resources: Sequence[Plain], policy: str, deployment: Deployment) -> str:
    """Return where to write a statement on resources that wait for the policy themselves.

    `policy` is the address of the resource that the policy is in. CloudFormation and Terraform
    refuse such a circle. Empty where there is none.
    """
    for target in _targets(resources):
        if waits_for(target, policy, deployment):
            return _elsewhere(target, policy, deployment)
    return ""


def _targets(resources: Sequence[Plain]) -> Iterator[str]:
    for resource in resources:
        for one in resource.holes if isinstance(resource, Text) else (resource,):
            if isinstance(one, Reference) and not one.is_pseudo:
                yield one.target


def _elsewhere(target: str, policy: str, deployment: Deployment) -> str:
    found = deployment.find(target)
    is_machine = any(isinstance(one, StateMachine) for one in found)
    what = "the machine" if is_machine else f"'{target}'"
    # A policy that SAM puts into the role which it makes has the address of the machine.
    in_role = any(isinstance(one, (Role, StateMachine)) for one in deployment.find(policy))
    where, whose = ("one in the role", "the role") if in_role else ("this one", "it")
    kind = "aws_iam_role_policy" if is_terraform(deployment.form) else "AWS::IAM::Policy"
    return f"an {kind} of its own, since {where} would depend on {what}, which depends on {whose}"
