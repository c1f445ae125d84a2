"""`AWS::Serverless::StateMachine`: the machine, and the role that SAM makes for it."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import (
    Form,
    PolicyAttachment,
    Resource,
    StateMachine,
    Unread,
)
from stepguard.deployment.values import Traced
from stepguard.readers.cloudformation.parts import (
    definitions,
    given,
    logging_of,
    role_meant_by,
    tags_of,
    tracing_of,
)
from stepguard.readers.cloudformation.sam.globals import with_globals
from stepguard.readers.cloudformation.sam.roles import (
    generated_role,
    makes_role,
    role_reference,
    written,
)
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext


def state_machine(
    one: EvaluatedResource, template: Traced, context: TemplateContext
) -> Iterator[Resource]:
    """Yield a state machine, once for each alternative of its definition, and what it brings.

    That is the role that SAM makes, or, where the template gives a role and policies as well, the
    reason why these do not reach it. The machine's tags are those of the author: the mark that
    SAM adds (`stateMachine:createdBy`) tells nobody whose it is.
    """
    machine = with_globals(one, template, context)
    properties = machine.properties
    makes_own = makes_role(machine)
    role = role_reference(machine, context) if makes_own else given(properties, "Role")
    role = role_meant_by(role)
    for condition, document in _definitions(machine, context):
        yield StateMachine(
            address=machine.address,
            type=machine.type,
            form=Form.SAM,
            span=machine.span,
            block=machine.block,
            attributes=properties,
            label=machine.label,
            metadata=machine.metadata,
            name=given(properties, "Name"),
            kind=given(properties, "Type"),
            definition=document,
            role=role,
            logging=logging_of(given(properties, "Logging")),
            tracing=tracing_of(given(properties, "Tracing")),
            tags=tags_of(given(properties, "Tags")),
            variant=condition,
        )
    if makes_own:
        propagates = given(properties, "PropagateTags")
        yield generated_role(
            machine,
            context,
            propagates_tags=propagates is not None and propagates.value is not False,
        )
    elif role is not None and (policies := written(machine, "Policies")) is not None:
        reason = f"SAM refuses {machine.logical_id}, which has both Role and Policies"
        yield PolicyAttachment(
            address=machine.address,
            type=machine.type,
            form=Form.SAM,
            span=policies.span or machine.span,
            block=machine.block,
            label=machine.label,
            roles=[role],
            unread=[Unread(reason, policies.span or machine.span)],
        )


def _definitions(
    machine: EvaluatedResource, context: TemplateContext
) -> list[tuple[str, Document | Unread]]:
    """Return the definitions that a machine can have, and on which condition."""
    both = [name for name in ("Definition", "DefinitionUri") if written(machine, name) is not None]
    if len(both) > 1:
        uri = written(machine, "DefinitionUri")
        reason = "the machine has both Definition and DefinitionUri, which SAM refuses"
        return [("", Unread(reason, None if uri is None else uri.span))]
    return definitions(machine.properties, context, "DefinitionUri")
