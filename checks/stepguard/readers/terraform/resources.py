"""From evaluated Terraform resources to the resources that rules judge.

The attributes are named as in the AWS provider's schema, nested blocks are lists of objects:
the same for what a configuration says and for what a plan holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from stepguard.deployment.documents import Document, DocumentError, read_document
from stepguard.deployment.resources import (
    Activity,
    Encryption,
    Form,
    Logging,
    Policy,
    PolicyAttachment,
    PolicyDocument,
    Resource,
    Role,
    StateMachine,
    Tags,
    Unread,
)
from stepguard.deployment.source import Span
from stepguard.deployment.values import OneOf, Reference, Text, Traced, Unknown
from stepguard.structs import Struct

MAXIMUM_VARIANTS = 8
"""Alternatives of one definition or policy that are looked at."""


class EvaluatedResource(Struct, frozen=True):
    """A resource with what is known of its attributes.

    `mode` is `managed` or `data`. `span` is the block's header, `block` the whole of it; both
    are `None` where there is no source. `gap` is that of `Resource`.
    """

    address: str
    type: str
    name: str
    mode: str
    attributes: Traced
    span: Span | None = None
    block: Span | None = None
    gap: str = ""


_Maker: TypeAlias = Callable[[EvaluatedResource, Form], Iterator[Resource]]


def to_resources(evaluated: Iterable[EvaluatedResource], form: Form) -> list[Resource]:
    """Return the resources that rules judge; every other one as a plain `Resource`.

    A machine or policy whose document depends on an open condition appears once for each
    alternative. Data sources keep `data.` before their type.
    """
    resources: list[Resource] = []
    for one in evaluated:
        make = _MAKERS.get(one.type) if one.mode == "managed" else None
        made = [_plain(one, form)] if make is None else list(make(one, form))
        for resource in made if one.gap else ():
            resource.gap = one.gap
        resources.extend(made)
    return resources


def _plain(one: EvaluatedResource, form: Form) -> Resource:
    return Resource(
        address=one.address,
        type=one.type if one.mode == "managed" else f"data.{one.type}",
        form=form,
        span=one.span,
        block=one.block,
        attributes=one.attributes,
    )


# Values


def _given(one: EvaluatedResource, name: str) -> Traced | None:
    """Return an attribute; `None` when it is absent or null."""
    return _present(one.attributes.get(name))


def _present(value: Traced | None) -> Traced | None:
    return None if value is None or value.value is None else value


def _why(value: Traced) -> str:
    """Return in one line why a value could not be read."""
    content = value.value
    if isinstance(content, OneOf):
        return f"it depends on condition {content.condition}"
    if isinstance(content, Text):
        content = next(iter(content.holes), None)
    if isinstance(content, Unknown):
        return f"{content.expression} is not known: {content.reason or 'only at deployment'}"
    if isinstance(content, Reference):
        return f"{content.expression or content.target} is not known before deployment"
    return "it could not be read"


def _read(value: Traced) -> Document | Unread:
    try:
        return read_document(value)
    except DocumentError as error:
        return Unread(error.reason, error.span or value.span)
    except RecursionError:
        return Unread("it is nested too deeply", value.span)


def _variants(value: Traced, condition: str = "") -> Iterator[tuple[str, Traced]]:
    """Yield what a document can be, and on which condition; null ones are left out."""
    content = value.value
    if not isinstance(content, OneOf) or value.encoded is not None:
        if content is not None:
            yield condition, value
        return
    count = len(content.alternatives)
    for number, alternative in enumerate(content.alternatives):
        if not isinstance(alternative, Traced):
            continue
        own = content.condition if number == 0 else f"not ({content.condition})"
        if count > 2:
            own = f"alternative {number + 1} of {content.condition}"
        name = f"{condition} and {own}" if condition else own
        yield from _variants(alternative, name)


def _documents(value: Traced) -> list[tuple[str, Document | Unread]]:
    """Return the documents that a value can be, and on which condition."""
    variants = list(_variants(value))
    if len(variants) > MAXIMUM_VARIANTS:
        return [("", Unread(_why(value), value.span))]
    return [(condition, _read(one)) for condition, one in variants]


def _document(value: Traced | None) -> Document | Unread | None:
    """Return a document that cannot appear in alternatives."""
    if value is None:
        return None
    found = _documents(value)
    if len(found) == 1:
        return found[0][1]
    return Unread(_why(value), value.span) if found else None


def _block(one: EvaluatedResource, name: str) -> Traced | Unread | None:
    """Return a nested block that stands at most once."""
    blocks = _present(one.attributes.get(name))
    if blocks is None:
        return None
    content = blocks.value
    if isinstance(content, dict):
        return blocks
    if not isinstance(content, list):
        return Unread(_why(blocks), blocks.span or one.span)
    if content:
        first = content[0]
        if isinstance(first, Traced) and isinstance(first.value, dict):
            return first
        return Unread(_why(first), first.span or blocks.span or one.span)
    if blocks.rest is not None:
        return Unread(_why(Traced(blocks.rest)), blocks.span or one.span)
    return None


def _elements(value: Traced | None) -> tuple[list[Traced], list[Unread]]:
    """Return the known elements of a list, and why there may be more."""
    if value is None or value.value is None:
        return [], []
    content = value.value
    if isinstance(content, OneOf):
        elements: list[Traced] = []
        unread: list[Unread] = []
        for alternative in content.alternatives:
            if isinstance(alternative, Traced):
                more, why = _elements(alternative)
                elements.extend(more)
                unread.extend(why)
        return elements, unread
    if not isinstance(content, list):
        return [], [Unread(_why(value), value.span)]
    rest = [] if value.rest is None else [Unread(_why(Traced(value.rest)), value.span)]
    return [element for element in content if element.value is not None], rest


# Parts that several resources have


def _tags(one: EvaluatedResource) -> Tags | Unread | None:
    own, everything = _given(one, "tags"), _given(one, "tags_all")
    if everything is not None and isinstance(everything.value, (dict, OneOf)):
        return _tags_of(everything, one)
    if own is None:
        return None if everything is None else Unread(_why(everything), everything.span)
    tags = _tags_of(own, one)
    if everything is not None and isinstance(tags, Tags) and tags.unread is None:
        tags.unread = Unread(_why(everything), everything.span)
    return tags


def _tags_of(value: Traced, one: EvaluatedResource) -> Tags | Unread:
    content = value.value
    span = value.span or one.span
    if isinstance(content, dict):
        known = {str(key): member for key, member in content.items() if member.value is not None}
        unread = None if value.rest is None else Unread(_why(Traced(value.rest)), span)
        return Tags(values=known, span=span, unread=unread)
    if isinstance(content, OneOf):
        # What every alternative has is there.
        branches = [
            alternative.value
            for alternative in content.alternatives
            if isinstance(alternative, Traced) and isinstance(alternative.value, dict)
        ]
        common = {}
        if len(branches) == len(content.alternatives):
            common = {
                key: member
                for key, member in branches[0].items()
                if all(key in branch for branch in branches[1:])
            }
        return Tags(values=common, span=span, unread=Unread(_why(value), span))
    return Unread(_why(value), span)


def _logging(one: EvaluatedResource) -> Logging | Unread | None:
    block = _block(one, "logging_configuration")
    if not isinstance(block, Traced):
        return block
    destination = _present(block.get("log_destination"))
    return Logging(
        level=_present(block.get("level")),
        include_execution_data=_present(block.get("include_execution_data")),
        destinations=[] if destination is None else [destination],
        span=block.span or one.span,
    )


def _tracing(one: EvaluatedResource) -> Traced | Unread | None:
    block = _block(one, "tracing_configuration")
    return _present(block.get("enabled")) if isinstance(block, Traced) else block


def _encryption(one: EvaluatedResource) -> Encryption | Unread | None:
    block = _block(one, "encryption_configuration")
    if not isinstance(block, Traced):
        return block
    return Encryption(
        type=_present(block.get("type")),
        key=_present(block.get("kms_key_id")),
        reuse_period_seconds=_present(block.get("kms_data_key_reuse_period_seconds")),
        span=block.span or one.span,
    )


def _name(one: EvaluatedResource) -> Traced | None:
    """Return the name; one that begins with a prefix is known to do so."""
    name = _given(one, "name")
    if name is not None:
        return name
    prefix = _given(one, "name_prefix")
    if prefix is None:
        return None
    return Traced(Unknown(f"{one.address}.name", "Terraform completes name_prefix"), prefix.span)


# Resources


def _state_machine(one: EvaluatedResource, form: Form) -> Iterator[Resource]:
    definition = _given(one, "definition")
    documents: list[tuple[str, Document | Unread]] = []
    if definition is None:
        documents = [("", Unread("the machine has no definition", one.span))]
    else:
        documents = _documents(definition)
        if not documents:
            documents = [("", Unread("the definition is null", definition.span))]
    for condition, document in documents:
        yield StateMachine(
            address=one.address,
            type=one.type,
            form=form,
            span=one.span,
            block=one.block,
            attributes=one.attributes,
            name=_name(one),
            kind=_given(one, "type"),
            definition=document,
            role=_given(one, "role_arn"),
            logging=_logging(one),
            tracing=_tracing(one),
            encryption=_encryption(one),
            tags=_tags(one),
            variant=condition,
        )


def _other_state_machine(one: EvaluatedResource, form: Form) -> Iterator[Resource]:
    """Make a machine that another provider declares: who it is, and that the rest is not read."""
    unread = Unread(f"{one.type} is not read: only aws_sfn_state_machine is", one.span)
    yield StateMachine(
        address=one.address,
        type=one.type,
        form=form,
        span=one.span,
        block=one.block,
        attributes=one.attributes,
        gap=unread.reason,
        name=_given(one, "state_machine_name"),
        kind=_given(one, "state_machine_type"),
        definition=unread,
        role=_given(one, "role_arn"),
        logging=unread,
        tracing=unread,
        encryption=unread,
        tags=unread,
    )


def _activity(one: EvaluatedResource, form: Form) -> Iterator[Resource]:
    yield Activity(
        address=one.address,
        type=one.type,
        form=form,
        span=one.span,
        block=one.block,
        attributes=one.attributes,
        name=_name(one),
        encryption=_encryption(one),
        tags=_tags(one),
    )


def _role(one: EvaluatedResource, form: Form) -> Iterator[Resource]:
    inline, unread = _inline_policies(one)
    attached, more = _elements(_given(one, "managed_policy_arns"))
    yield Role(
        address=one.address,
        type=one.type,
        form=form,
        span=one.span,
        block=one.block,
        attributes=one.attributes,
        name=_name(one),
        trust=_document(_given(one, "assume_role_policy")),
        inline=inline,
        attached=attached,
        boundary=_given(one, "permissions_boundary"),
        tags=_tags(one),
        unread=[*unread, *more],
    )


def _inline_policies(one: EvaluatedResource) -> tuple[list[PolicyDocument], list[Unread]]:
    blocks = _given(one, "inline_policy")
    if blocks is None:
        return [], []
    if not isinstance(blocks.value, list):
        return [], [Unread(_why(blocks), blocks.span or one.span)]
    unread = [] if blocks.rest is None else [Unread(_why(Traced(blocks.rest)), blocks.span)]
    inline: list[PolicyDocument] = []
    for block in blocks.value:
        for _, present in _variants(block):
            policy = _present(present.get("policy"))
            name = _present(present.get("name"))
            # A block without content is the way to say that there are no inline policies.
            for _, document in [] if policy is None else _documents(policy):
                inline.append(
                    PolicyDocument(
                        name=_text(name) or one.address,
                        document=document,
                        address=one.address,
                        span=present.span or one.span,
                    )
                )
    return inline, unread


def _text(value: Traced | None) -> str:
    text = None if value is None else value.as_text()
    return "" if text is None else str(text)


def _policy(one: EvaluatedResource, form: Form) -> Iterator[Resource]:
    role = _given(one, "role")
    policy = _given(one, "policy")
    documents: list[tuple[str, Document | Unread]] = []
    if policy is None:
        documents = [("", Unread("the policy has no document", one.span))]
    else:
        documents = _documents(policy) or [("", Unread("the policy is null", policy.span))]
    for _, document in documents:
        yield Policy(
            address=one.address,
            type=one.type,
            form=form,
            span=one.span,
            block=one.block,
            attributes=one.attributes,
            name=_name(one),
            document=document,
            managed=one.type == "aws_iam_policy",
            roles=[] if role is None else [role],
        )


def _attachment(one: EvaluatedResource, form: Form) -> Iterator[Resource]:
    role = _given(one, "role")
    roles, unread = ([role], []) if role is not None else _elements(_given(one, "roles"))
    yield PolicyAttachment(
        address=one.address,
        type=one.type,
        form=form,
        span=one.span,
        block=one.block,
        attributes=one.attributes,
        policy=_given(one, "policy_arn"),
        roles=roles,
        unread=unread,
    )


def _exclusive_attachments(one: EvaluatedResource, form: Form) -> Iterator[Resource]:
    role = _given(one, "role_name")
    policies, unread = _elements(_given(one, "policy_arns"))
    for policy in policies:
        yield PolicyAttachment(
            address=one.address,
            type=one.type,
            form=form,
            span=one.span,
            block=one.block,
            attributes=one.attributes,
            policy=policy,
            roles=[] if role is None else [role],
            unread=unread,
        )
    if not policies:
        yield _plain(one, form)


_MAKERS: dict[str, _Maker] = {
    "aws_sfn_state_machine": _state_machine,
    "awscc_stepfunctions_state_machine": _other_state_machine,
    "aws_sfn_activity": _activity,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _policy,
    "aws_iam_policy": _policy,
    "aws_iam_role_policy_attachment": _attachment,
    "aws_iam_policy_attachment": _attachment,
    "aws_iam_role_policy_attachments_exclusive": _exclusive_attachments,
}
