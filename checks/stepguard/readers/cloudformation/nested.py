"""Nested stacks: templates that another one names by a local path."""

from __future__ import annotations

from pathlib import Path

from stepguard.deployment.graph import UnreadModule
from stepguard.deployment.source import SourceFile
from stepguard.deployment.values import OneOf, Traced, plain, references
from stepguard.readers.cloudformation.cdk import asset_path
from stepguard.readers.cloudformation.choices import is_same
from stepguard.readers.cloudformation.locations import LocationError
from stepguard.readers.cloudformation.parameters import Given
from stepguard.readers.cloudformation.parts import variants
from stepguard.readers.cloudformation.project import (
    MAXIMUM_STACKS,
    TOO_MUCH_REPEATED,
    TemplateFile,
)
from stepguard.readers.cloudformation.stack import Declared, Stack
from stepguard.readers.workflow_words import holds_definition, names_workflows

LOCATION_OF_TEMPLATE = {
    "AWS::CloudFormation::Stack": "TemplateURL",
    "AWS::Serverless::Application": "Location",
}
"""The types that are nested stacks, and the property that names their template."""

_STACK_SET = "AWS::CloudFormation::StackSet"
_BODY = "TemplateBody"
_MODULE = "::MODULE"
"""What the type of a module of CloudFormation's registry ends with."""

MAXIMUM_NESTING = 10
"""Stacks within stacks that are read."""


def open_nested(parent: Stack, declared: Declared) -> Stack | None:
    """Return the stack that a resource is; `None` when it is none, or its template not local.

    A local template that cannot be read is in the project's errors; what else declares resources
    and is not read is in its unread stacks.
    """
    if declared.type.endswith(_MODULE):
        _note_module(parent, declared)
        return None
    properties = declared.members.get("Properties")
    if properties is None:
        return None
    if declared.type == _STACK_SET:
        _note_stack_set(parent, declared, properties.value)
        return None
    property_name = LOCATION_OF_TEMPLATE.get(declared.type)
    if property_name is None:
        return None
    location = properties.value.get(property_name)
    if location is None:
        _note_body(parent, declared, properties.value)
        return None
    metadata = declared.members.get("Metadata")
    asset = asset_path(None if metadata is None else metadata.value, property_name)
    evaluated = Traced(asset, location.span) if asset else parent.evaluate(location, declared.scope)
    passed = properties.value.get("Parameters")
    if isinstance(evaluated.value, OneOf):
        _note_choice(parent, declared, evaluated, passed)
        return None
    template = _template(parent, evaluated)
    if template is None:
        name = declared.logical_id
        reason = f"the template of nested stack {name} is not among the scanned files"
        _note_unread(parent, declared, reason, _written(location), passed)
        return None
    given = {} if passed is None else _given(parent, declared, passed)
    return Stack(template, given, open_nested, f"{parent.address(declared.logical_id)}.")


def _note_module(parent: Stack, declared: Declared) -> None:
    """Note a module of CloudFormation's registry, which is stored in an account."""
    properties = declared.members.get("Properties")
    passed = None if properties is None else properties.value
    reason = f"the module {declared.logical_id}, a {declared.type}, is not read"
    _note_unread(parent, declared, reason, declared.type, passed)


def _note_stack_set(parent: Stack, declared: Declared, properties: Traced) -> None:
    """Note a stack set, whose stacks are in other accounts or regions."""
    location = properties.get("TemplateURL")
    if location is None:
        _note_body(parent, declared, properties)
        return
    reason = f"the template of stack set {declared.logical_id} is not read"
    passed = properties.get("Parameters")
    _note_unread(parent, declared, reason, _written(location), passed)


def _note_body(parent: Stack, declared: Declared, properties: Traced) -> None:
    """Note a template that is a text within the template; it names its types in full."""
    body = properties.get(_BODY)
    if body is not None:
        reason = f"the template in {_BODY} of {declared.logical_id} is not read"
        _note_unread(parent, declared, reason, _written(body), properties.get("Parameters"))


def _note_choice(
    parent: Stack, declared: Declared, location: Traced, passed: Traced | None
) -> None:
    """Note a nested stack whose template depends on an open condition.

    What its local templates say tells whether it declares workflows; they stay templates of their
    own. One that cannot be read is in the project's errors.
    """
    sources: list[str] = []
    for _, one in variants(location):
        found = _local_file(parent.template, one)
        if found is not None and not parent.template.project.takes(found[1]):
            parent.template.error(TOO_MUCH_REPEATED, one.span, hides_resources=True)
            continue
        sources.append(_written(one) if found is None else found[1].text)
    condition = location.value.condition
    reason = f"the template of nested stack {declared.logical_id} depends on condition {condition}"
    _note_unread(parent, declared, reason, "\n".join(sources), passed)


def _written(value: Traced) -> str:
    return "" if value.span is None else value.span.text


def _note_unread(
    parent: Stack, declared: Declared, reason: str, source: str, passed: Traced | None
) -> None:
    """Note that the resources of a nested stack are not known, and which others it is told of.

    `source` is what the template says of where they come from.
    """
    values = None if passed is None else plain(parent.evaluate(passed, declared.scope))
    given = frozenset(one.target for one in references(values))
    unread = UnreadModule(
        reason=reason,
        given=given,
        address=parent.address(declared.logical_id),
        span=declared.span,
        declares_workflows=names_workflows(source) or holds_definition(_written(declared.body)),
    )
    parent.template.project.unread_stacks.append(unread)


def _local_file(own: TemplateFile, location: Traced) -> tuple[Path, SourceFile] | None:
    """Return the local file that a location means; `None` when it is none, or an error."""
    try:
        path = own.locations.path(location)
        return path, own.locations.read(path, location.span)
    except LocationError as error:
        if not error.is_remote:
            message = f"the nested stack cannot be read: {error.reason}"
            own.error(message, error.span, hides_resources=True)
        return None


def _template(parent: Stack, location: Traced) -> TemplateFile | None:
    own = parent.template
    project = own.project
    found = _local_file(own, location)
    if found is None:
        return None
    path, file = found
    if any(project.files.real(path) == project.files.real(one) for one in own.ancestors):
        message = "the template contains itself as a nested stack"
        own.error(message, location.span, hides_resources=True)
        return None
    if len(own.ancestors) > MAXIMUM_NESTING or project.stacks >= MAXIMUM_STACKS:
        message = "there are too many nested stacks to be read"
        own.error(message, location.span, hides_resources=True)
        return None
    project.stacks += 1
    return TemplateFile(project, path, file, own.ancestors)


def _given(parent: Stack, declared: Declared, passed: Traced) -> dict[str, Given]:
    """Return what a nested stack's parameters are passed."""
    known = parent.evaluate(passed, declared.scope)
    certain = parent.evaluate(passed, declared.scope.certain())
    if not isinstance(known.value, dict):
        return {}
    return {
        name: Given(value, (same := certain.get(name)) is not None and is_same(value, same))
        for name, value in known.value.items()
    }
