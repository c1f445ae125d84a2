"""The language that a resource is written in, for what a suggestion says."""

from __future__ import annotations

from stepguard.deployment.resources import Form, Resource
from stepguard.permissions.policy_language import is_in_json

SAM_MACHINE = "AWS::Serverless::StateMachine"
"""The type of SAM's own state machines."""


def is_terraform(resource: Resource) -> bool:
    """Tell whether a resource is written in Terraform."""
    return resource.form in (Form.TERRAFORM, Form.PLAN)


def in_language(resource: Resource, *, terraform: str, cloudformation: str, sam: str = "") -> str:
    """Return the snippet in the language that a resource is written in.

    `cloudformation` and `sam` (for SAM's own state machines, where these differ) are YAML; where
    the resource stands in a JSON template, what is returned is JSON.
    """
    if is_terraform(resource):
        return terraform
    snippet = sam if sam and resource.type == SAM_MACHINE else cloudformation
    return _as_json(snippet) if is_in_json(resource.span) else snippet


def property_in_language(
    resource: Resource, *, terraform: str, cloudformation: str, sam: str = ""
) -> str:
    """Return what to write among the arguments or properties of the resource itself.

    In CloudFormation, a resource without any property has no `Properties` to write it into.
    """
    if resource.attributes.value == {}:
        cloudformation = f"Properties: {{{cloudformation}}}"
        sam = f"Properties: {{{sam}}}" if sam else ""
    return in_language(resource, terraform=terraform, cloudformation=cloudformation, sam=sam)


def _as_json(snippet: str) -> str:
    # Only a finding in a JSON template needs it.
    from stepguard.json_snippets import json_of

    return json_of(snippet)
