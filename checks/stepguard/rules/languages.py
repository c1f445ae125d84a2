"""The language that a resource is written in, for what a suggestion says."""

from __future__ import annotations

import re
import textwrap

from stepguard.deployment.resources import Resource
from stepguard.deployment.source import Span
from stepguard.permissions import notation
from stepguard.permissions.policy_language import is_in_json

SAM_MACHINE = "AWS::Serverless::StateMachine"
"""The type of SAM's own state machines."""

_VARIABLE = re.compile(r"[ \t]*=[ \t]*(var\.[\w-]+)[ \t]*$", re.MULTILINE)
"""What stands behind the name of an argument that a variable gives."""


def is_terraform(resource: Resource) -> bool:
    """Tell whether a resource is written in Terraform."""
    return notation.is_terraform(resource.form)


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
        cloudformation = _in_properties(cloudformation)
        sam = _in_properties(sam)
    return in_language(resource, terraform=terraform, cloudformation=cloudformation, sam=sam)


def _in_properties(snippet: str) -> str:
    if "\n" in snippet:
        return "Properties:\n" + textwrap.indent(snippet, "  ")
    return f"Properties: {{{snippet}}}" if snippet else ""


def argument_in_language(
    resource: Resource, name: str, *, terraform: str, cloudformation: str
) -> str:
    """Return the same for one argument of Terraform, which may stand there with a null value.

    Where that comes from a variable, the module's caller may set it instead.
    """
    place = null_argument(resource, name)
    variable = None if place is None else _VARIABLE.match(place.file.text, place.end)
    if variable is not None:
        terraform = f"{terraform}, or a value for {variable.group(1)}"
    return property_in_language(resource, terraform=terraform, cloudformation=cloudformation)


def null_argument(resource: Resource, name: str) -> Span | None:
    """Return where an argument of Terraform is written whose value is null."""
    given = resource.attributes.get(name) if is_terraform(resource) else None
    if given is None or given.value is not None:
        return None
    return (resource.attributes.keys or {}).get(name)


def block_in_language(
    resource: Resource, name: str, *, terraform: str, cloudformation: str, sam: str = ""
) -> str:
    """Return the same for a nested block of Terraform, which a dynamic block may stand for.

    A second block beside that would be one too many wherever the dynamic block makes its own.
    """
    if dynamic_block(resource, name) is not None:
        arguments = textwrap.dedent("\n".join(terraform.split("\n")[1:])).partition("\n}")[0]
        return f'A value by which `dynamic "{name}"` makes the block, with\n{arguments}'
    return property_in_language(
        resource, terraform=terraform, cloudformation=cloudformation, sam=sam
    )


def dynamic_block(resource: Resource, name: str) -> Span | None:
    """Return where a resource of Terraform has a dynamic block of a name."""
    if not is_terraform(resource) or resource.block is None:
        return None
    found = re.search(rf'^[ \t]*(dynamic[ \t]+"{name}")', resource.block.text, re.MULTILINE)
    if found is None:
        return None
    start = resource.block.start
    return Span(resource.block.file, start + found.start(1), start + found.end(1))


def _as_json(snippet: str) -> str:
    # Only a finding in a JSON template needs it.
    from stepguard.json_snippets import json_of

    return json_of(snippet)
