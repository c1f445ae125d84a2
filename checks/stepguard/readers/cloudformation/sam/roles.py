"""The roles that SAM makes for state machines and functions that name none."""

from __future__ import annotations

from typing import Any

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Role, Tags, Unread
from stepguard.deployment.values import Reference, Traced
from stepguard.readers.cloudformation.parts import given, single_document, tags_of
from stepguard.readers.cloudformation.sam.managed_policies import with_arn
from stepguard.readers.cloudformation.sam.policies import read_policies
from stepguard.readers.cloudformation.sam.statements import filled
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext

_STEP_FUNCTIONS = "states.amazonaws.com"
_LAMBDA = "lambda.amazonaws.com"
_MARKER = ("stateMachine:createdBy", "SAM")
_FUNCTION_MARKER = ("lambda:createdBy", "SAM")
# What SAM attaches in the regions of the partition "aws"; in others it is AWSXRayDaemonWriteAccess.
_TRACING_POLICY = "AWSXrayWriteOnlyAccess"


def written(resource: EvaluatedResource, *names: str) -> Traced | None:
    """Return a property as the author wrote it, without any intrinsic function evaluated.

    `names` is the way to it. SAM decides by this, not by what the value is at deployment.
    """
    value = resource.body.get("Properties")
    for name in names:
        value = None if value is None else value.get(name)
    return None if value is None or value.value in (None, "") else value


def makes_role(resource: EvaluatedResource) -> bool:
    """Tell whether SAM makes a role for a state machine or function, since it names none."""
    if resource.body.get("Properties") is None:
        return given(resource.properties, "Role") is None
    return written(resource, "Role") is None


def role_reference(resource: EvaluatedResource, context: TemplateContext) -> Traced:
    """Return the reference to the role that SAM makes for a state machine or function."""
    name = f"{resource.logical_id}Role"
    return Traced(Reference(context.address(name), "Arn", f"{name}.Arn"), resource.span)


def generated_role(
    machine: EvaluatedResource, context: TemplateContext, *, propagates_tags: bool
) -> Role:
    """Return the role that SAM makes for a state machine.

    Everything in it points at what the author wrote: the policies at their place in `Policies`,
    the rest at the machine.
    """
    policies = read_policies(machine, context)
    tracing = written(machine, "Tracing", "Enabled")
    if tracing is not None and tracing.value is True:
        policies.attach(with_arn(Traced(_TRACING_POLICY, tracing.span)))
    path = given(machine.properties, "RolePath")
    return Role(
        address=context.address(f"{machine.logical_id}Role"),
        type="AWS::IAM::Role",
        form=Form.SAM,
        span=machine.span,
        block=machine.block,
        attributes=Traced({} if path is None else {"Path": path}, machine.span),
        label=machine.label,
        trust=_trust(_STEP_FUNCTIONS, machine, context),
        inline=policies.inline,
        attached=policies.attached,
        boundary=given(machine.properties, "PermissionsBoundary"),
        tags=_tags(machine, _MARKER, propagates_tags=propagates_tags),
        unread=policies.unread,
        generated=True,
    )


def role_of_function(
    function: EvaluatedResource, context: TemplateContext, *, has_machine: bool
) -> Role:
    """Return the role that SAM makes for a function, with the policies that the author gives it.

    What SAM adds for logs, tracing and event sources is nothing of the author's, and left out. With
    `has_machine` a state machine has the role, and could use that too: it is said to be not read.
    """
    policies = read_policies(function, context)
    if has_machine:
        reason = f"what SAM adds to the role of function {function.logical_id} is not read"
        policies.unread.append(Unread(reason, function.span))
    trust = single_document(given(function.properties, "AssumeRolePolicyDocument"), context)
    return Role(
        address=context.address(f"{function.logical_id}Role"),
        type="AWS::IAM::Role",
        form=Form.SAM,
        span=function.span,
        block=function.block,
        label=function.label,
        trust=_trust(_LAMBDA, function, context) if trust is None else trust,
        inline=policies.inline,
        attached=policies.attached,
        boundary=given(function.properties, "PermissionsBoundary"),
        tags=_tags(function, _FUNCTION_MARKER, propagates_tags=False),
        unread=policies.unread,
    )


def _trust(
    service: str, resource: EvaluatedResource, context: TemplateContext
) -> Document | Unread:
    """Return the trust policy that SAM writes, for the service that runs the resource."""
    statement: dict[str, Any] = {
        "Action": ["sts:AssumeRole"],
        "Effect": "Allow",
        "Principal": {"Service": [service]},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return context.document(filled(document, {}, resource.span))


def _tags(
    resource: EvaluatedResource, mark: tuple[str, str], *, propagates_tags: bool
) -> Tags | Unread:
    """Return the role's tags: the resource's and SAM's own, which propagated ones replace."""
    tags = tags_of(given(resource.properties, "Tags"))
    if isinstance(tags, Unread):
        return tags
    key, value = mark
    marker = {key: Traced(value, resource.span)}
    if tags is None:
        return Tags(values=marker, span=resource.span)
    replaced = propagates_tags and bool(tags.values)
    values = tags.values if replaced else {**marker, **tags.values}
    return Tags(values=values, span=tags.span, unread=tags.unread)
