"""From evaluated native resources of a template to the resources that rules judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import (
    Activity,
    Form,
    Policy,
    Resource,
    Role,
    StateMachine,
    Unread,
)
from stepguard.deployment.values import Traced
from stepguard.readers.cloudformation.parts import (
    definitions,
    depends_on,
    documents,
    elements,
    encryption_of,
    given,
    inline_policies,
    logging_of,
    role_meant_by,
    single_document,
    tags_of,
    tracing_of,
    why,
)
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext

_Maker: TypeAlias = Callable[[EvaluatedResource, TemplateContext, Form], Iterator[Resource]]


def to_resources(one: EvaluatedResource, context: TemplateContext, form: Form) -> list[Resource]:
    """Return what rules judge of a resource; a type that they do not know as plain `Resource`.

    A machine or policy whose document depends on an open condition appears once for each
    alternative.
    """
    make = _MAKERS.get(one.type)
    made = [plain_resource(one, form)] if make is None else list(make(one, context, form))
    for resource in made:
        resource.metadata = one.metadata
        resource.depends_on = depends_on(one, context)
    return made


def plain_resource(one: EvaluatedResource, form: Form) -> Resource:
    """Return a resource as it is, with its properties as attributes."""
    return Resource(
        address=one.address,
        type=one.type,
        form=form,
        span=one.span,
        block=one.block,
        attributes=one.properties,
        label=one.label,
    )


def _state_machine(
    one: EvaluatedResource, context: TemplateContext, form: Form
) -> Iterator[Resource]:
    properties = one.properties
    for condition, document in definitions(properties, context, "DefinitionS3Location"):
        yield StateMachine(
            address=one.address,
            type=one.type,
            form=form,
            span=one.span,
            block=one.block,
            attributes=properties,
            label=one.label,
            name=given(properties, "StateMachineName"),
            kind=given(properties, "StateMachineType"),
            definition=document,
            role=role_meant_by(given(properties, "RoleArn")),
            logging=logging_of(given(properties, "LoggingConfiguration")),
            tracing=tracing_of(given(properties, "TracingConfiguration")),
            encryption=encryption_of(given(properties, "EncryptionConfiguration")),
            tags=tags_of(given(properties, "Tags")),
            variant=condition,
        )


def _activity(one: EvaluatedResource, _: TemplateContext, form: Form) -> Iterator[Resource]:
    yield Activity(
        address=one.address,
        type=one.type,
        form=form,
        span=one.span,
        block=one.block,
        attributes=one.properties,
        label=one.label,
        name=given(one.properties, "Name"),
        encryption=encryption_of(given(one.properties, "EncryptionConfiguration")),
        tags=tags_of(given(one.properties, "Tags")),
    )


def _role(one: EvaluatedResource, context: TemplateContext, form: Form) -> Iterator[Resource]:
    properties = one.properties
    inline, unread = inline_policies(given(properties, "Policies"), context, one.address)
    attached, more = elements(given(properties, "ManagedPolicyArns"))
    yield Role(
        address=one.address,
        type=one.type,
        form=form,
        span=one.span,
        block=one.block,
        attributes=properties,
        label=one.label,
        name=given(properties, "RoleName"),
        trust=single_document(given(properties, "AssumeRolePolicyDocument"), context),
        inline=inline,
        attached=attached,
        boundary=given(properties, "PermissionsBoundary"),
        tags=tags_of(given(properties, "Tags")),
        unread=[*unread, *more, *_unread_rest(one)],
    )


def _policy(one: EvaluatedResource, context: TemplateContext, form: Form) -> Iterator[Resource]:
    properties = one.properties
    document = given(properties, "PolicyDocument")
    found: list[tuple[str, Document | Unread]] = []
    if document is not None:
        found = documents(document, context)
    if not found:
        found = [("", Unread("the policy has no document", one.span))]
    roles, unread = elements(given(properties, "Roles"))
    role = given(properties, "RoleName") if one.type == "AWS::IAM::RolePolicy" else None
    targets = [*roles, *([] if role is None else [role])]
    managed = one.type == "AWS::IAM::ManagedPolicy"
    for _, content in found:
        yield Policy(
            address=one.address,
            type=one.type,
            form=form,
            span=one.span,
            block=one.block,
            attributes=properties,
            label=one.label,
            name=given(properties, "ManagedPolicyName" if managed else "PolicyName"),
            document=content,
            managed=managed,
            roles=[meant for target in targets if (meant := role_meant_by(target)) is not None],
            unread=[*unread, *_unread_rest(one)],
        )


def _unread_rest(one: EvaluatedResource) -> list[Unread]:
    """Return why a resource may have properties besides those that were read."""
    if not isinstance(one.properties.value, dict):
        return [Unread(why(one.properties), one.properties.span or one.span)]
    if one.properties.rest is not None:
        return [Unread(why(Traced(one.properties.rest)), one.properties.span or one.span)]
    return []


_MAKERS: dict[str, _Maker] = {
    "AWS::StepFunctions::StateMachine": _state_machine,
    "AWS::StepFunctions::Activity": _activity,
    "AWS::IAM::Role": _role,
    "AWS::IAM::Policy": _policy,
    "AWS::IAM::ManagedPolicy": _policy,
    "AWS::IAM::RolePolicy": _policy,
}
