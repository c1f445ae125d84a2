"""The language that a resource is written in, for what a suggestion says."""

from __future__ import annotations

from stepguard.deployment.resources import Form, Resource


def is_terraform(resource: Resource) -> bool:
    """Tell whether a resource is written in Terraform."""
    return resource.form in (Form.TERRAFORM, Form.PLAN)


def in_language(resource: Resource, *, terraform: str, cloudformation: str) -> str:
    """Return the snippet in the language that a resource is written in."""
    return terraform if is_terraform(resource) else cloudformation
