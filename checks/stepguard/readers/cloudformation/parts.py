"""Parts that several resources have, made from evaluated properties: logging, tags, policies."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import (
    Encryption,
    Logging,
    PolicyDocument,
    Tags,
    Unread,
)
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    Reference,
    Text,
    Traced,
    Unknown,
    plain,
)
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext

MAXIMUM_VARIANTS = 8
"""Alternatives of one definition or policy that are looked at."""


def given(properties: Traced | None, name: str) -> Traced | None:
    """Return a property; `None` when it is absent or null, or when this is no object."""
    value = None if properties is None else properties.get(name)
    return None if value is None or value.value is None or value.value is REMOVED else value


def depends_on(resource: EvaluatedResource, context: TemplateContext) -> tuple[str, ...]:
    """Return the addresses in a resource's `DependsOn`."""
    written = resource.body.get("DependsOn")
    names = None if written is None else plain(written)
    listed = names if isinstance(names, list) else [names]
    return tuple(context.address(one) for one in listed if isinstance(one, str))


def why(value: Traced) -> str:
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
    return "it has a form that CloudFormation does not take"


def as_object(value: Traced | None) -> Traced | Unread | None:
    """Return a property that is an object; a choice between objects as one object.

    In that, a member that differs between the alternatives is itself a choice. `None` when the
    property is not there in any case.
    """
    if value is None or value.value is None or value.value is REMOVED:
        return None
    content = value.value
    if isinstance(content, dict):
        return value
    if not isinstance(content, OneOf):
        return Unread(why(value), value.span)
    objects: list[Traced | None] = []
    for alternative in content.alternatives:
        one = as_object(alternative) if isinstance(alternative, Traced) else None
        if isinstance(one, Unread):
            return one
        objects.append(one)
    found = [one for one in objects if one is not None]
    if not found:
        return None
    members: dict[str, Traced] = {}
    for key in dict.fromkeys(key for one in found for key in one.value):
        choices = tuple(REMOVED if one is None else one.get(key) or REMOVED for one in objects)
        span = next(one.span for one in choices if isinstance(one, Traced))
        members[key] = Traced(OneOf(content.condition, choices), span)
    rest = next((one.rest for one in found if one.rest is not None), None)
    return Traced(members, value.span or found[0].span, rest=rest)


def elements(value: Traced | None) -> tuple[list[Traced], list[Unread]]:
    """Return the known elements of a list, and why there may be more.

    Elements of every alternative are in it; a choice among the elements is taken apart.
    """
    if value is None or value.value is None or value.value is REMOVED:
        return [], []
    content = value.value
    known: list[Traced] = []
    unread: list[Unread] = []
    if isinstance(content, OneOf):
        for alternative in content.alternatives:
            if isinstance(alternative, Traced):
                more, reasons = elements(alternative)
                known.extend(more)
                unread.extend(reasons)
        return known, unread
    if not isinstance(content, list):
        return [], [Unread(why(value), value.span)]
    for element in content:
        known.extend(one for _, one in variants(element))
    if value.rest is not None:
        unread.append(Unread(why(Traced(value.rest)), value.span))
    return known, unread


def variants(value: Traced, condition: str = "") -> Iterator[tuple[str, Traced]]:
    """Yield what a value can be, and on which condition; what is not there is left out."""
    content = value.value
    if not isinstance(content, OneOf) or value.encoded is not None:
        if content is not None and content is not REMOVED:
            yield condition, value
        return
    count = len(content.alternatives)
    for number, alternative in enumerate(content.alternatives):
        if not isinstance(alternative, Traced):
            continue
        own = content.condition if number == 0 else f"not ({content.condition})"
        if count > 2:
            own = f"alternative {number + 1} of {content.condition}"
        yield from variants(alternative, f"{condition} and {own}" if condition else own)


def documents(value: Traced, context: TemplateContext) -> list[tuple[str, Document | Unread]]:
    """Return the documents that a value can be, and on which condition."""
    found = list(variants(value))
    if len(found) > MAXIMUM_VARIANTS:
        return [("", Unread(why(value), value.span))]
    return [(condition, context.document(one)) for condition, one in found]


def single_document(value: Traced | None, context: TemplateContext) -> Document | Unread | None:
    """Return a document that cannot appear in alternatives; `None` when there is none."""
    if value is None:
        return None
    found = documents(value, context)
    if len(found) == 1:
        return found[0][1]
    return Unread(why(value), value.span) if found else None


def definitions(
    properties: Traced, context: TemplateContext, location: str
) -> list[tuple[str, Document | Unread]]:
    """Return the definitions that a state machine can have, and on which condition.

    `location` is the property that names a file: `DefinitionS3Location`, or SAM's
    `DefinitionUri`. Each definition has its substitutions applied.
    """
    substitutions = given(properties, "DefinitionSubstitutions")
    found: list[tuple[str, Document | Unread]] = []
    for name in ("Definition", "DefinitionString", location):
        value = given(properties, name)
        choices = [] if value is None else list(variants(value))
        if value is not None and len(choices) > MAXIMUM_VARIANTS:
            found.append(("", Unread(why(value), value.span)))
            continue
        for condition, one in choices:
            if name == location:
                found.append((condition, context.read_definition(one, substitutions)))
            else:
                found.append((condition, context.document(one, substitutions)))
    if not found:
        reason = "the machine has no definition"
        if not isinstance(properties.value, dict):
            reason = why(properties)
        elif properties.rest is not None:
            reason = why(Traced(properties.rest))
        found.append(("", Unread(reason, properties.span)))
    return found


def logging_of(value: Traced | None) -> Logging | Unread | None:
    """Return the configuration of logging from `LoggingConfiguration`, or SAM's `Logging`."""
    block = as_object(value)
    if not isinstance(block, Traced):
        return block
    return Logging(
        level=given(block, "Level"),
        include_execution_data=given(block, "IncludeExecutionData"),
        destinations=_destinations(given(block, "Destinations")),
        span=block.span,
    )


def _destinations(value: Traced | None) -> list[Traced] | Unread:
    found, unread = elements(value)
    if unread:
        return unread[0]
    destinations: list[Traced] = []
    for element in found:
        group = as_object(given(element, "CloudWatchLogsLogGroup"))
        arn = given(group, "LogGroupArn") if isinstance(group, Traced) else None
        if arn is None:
            reason = "a log destination is not known"
            return group if isinstance(group, Unread) else Unread(reason, element.span)
        destinations.append(arn)
    return destinations


def tracing_of(value: Traced | None) -> Traced | Unread | None:
    """Return the value of "enabled" from `TracingConfiguration`, or SAM's `Tracing`."""
    block = as_object(value)
    return given(block, "Enabled") if isinstance(block, Traced) else block


def encryption_of(value: Traced | None) -> Encryption | Unread | None:
    """Return the configuration of encryption from `EncryptionConfiguration`."""
    block = as_object(value)
    if not isinstance(block, Traced):
        return block
    return Encryption(
        type=given(block, "Type"),
        key=given(block, "KmsKeyId"),
        reuse_period_seconds=given(block, "KmsDataKeyReusePeriodSeconds"),
        span=block.span,
    )


def tags_of(value: Traced | None) -> Tags | Unread | None:
    """Return tags from a list of `Key` and `Value`, or from SAM's object of key to value."""
    if value is None or value.value is None or value.value is REMOVED:
        return None
    content = value.value
    if isinstance(content, dict):
        known = {str(key): member for key, member in content.items() if member.value is not REMOVED}
        rest = None if value.rest is None else Unread(why(Traced(value.rest)), value.span)
        return Tags(values=known, span=value.span, unread=rest)
    if isinstance(content, OneOf):
        return _common_tags(content, value)
    if not isinstance(content, list):
        return Unread(why(value), value.span)
    tags = Tags(values={}, span=value.span)
    if value.rest is not None:
        tags.unread = Unread(why(Traced(value.rest)), value.span)
    for element in content:
        key = None if (name := element.get("Key")) is None else name.as_text()
        if key is None or key.known is None:
            tags.unread = Unread(why(element.get("Key") or element), element.span)
        else:
            tags.values[key.known] = element.get("Value") or Traced("", element.span)
    return tags


def _common_tags(choice: OneOf, value: Traced) -> Tags | Unread:
    """Return the tags that every alternative has; which others there are is not known."""
    found = [
        tags_of(alternative) if isinstance(alternative, Traced) else None
        for alternative in choice.alternatives
    ]
    branches = [one.values for one in found if isinstance(one, Tags)]
    common: dict[str, Traced] = {}
    if branches and len(branches) == len(found):
        common = {
            key: member
            for key, member in branches[0].items()
            if all(key in branch for branch in branches[1:])
        }
    return Tags(values=common, span=value.span, unread=Unread(why(value), value.span))


def inline_policies(
    value: Traced | None, context: TemplateContext, address: str
) -> tuple[list[PolicyDocument], list[Unread]]:
    """Return the policies of a role's `Policies`: objects with a name and a document.

    `address` is the role's. Also returns why there may be more of them.
    """
    found, unread = elements(value)
    policies: list[PolicyDocument] = []
    for element in found:
        if not isinstance(element.value, dict):
            unread.append(Unread(why(element), element.span))
            continue
        document = given(element, "PolicyDocument")
        pairs: list[tuple[str, Document | Unread]] = [
            ("", Unread("the policy has no document", element.span))
        ]
        if document is not None:
            pairs = documents(document, context)
        name = text_of_name(given(element, "PolicyName")) or address
        policies.extend(
            PolicyDocument(name=name, document=one, address=address, span=element.span)
            for _, one in pairs
        )
    return policies, unread


def text_of_name(value: Traced | None) -> str:
    """Return a name as it is shown, with `${…}` for what is not known; empty for none."""
    text = None if value is None else value.as_text()
    return "" if text is None else str(text)


def role_meant_by(value: Traced | None) -> Traced | None:
    """Return a role's ARN or name; one that is put together around a reference as that.

    `arn:aws:iam::${AWS::AccountId}:role/${Role}` means the role that `Ref` names.
    """
    if value is None:
        return None
    content = value.value
    if isinstance(content, OneOf):
        choices = tuple(
            role_meant_by(one) if isinstance(one, Traced) else one for one in content.alternatives
        )
        return Traced(OneOf(content.condition, choices), value.span)
    if not isinstance(content, Text) or not content.holes:
        return value
    last, before = content.parts[-1], content.parts[-2:-1]
    is_last_segment = not before or str(Text(before)).endswith("/")
    if isinstance(last, Hole) and isinstance(last.value, Reference) and is_last_segment:
        return value if last.value.is_pseudo else Traced(last.value, value.span)
    return value
