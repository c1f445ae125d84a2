"""Evaluation of a resource's body: its attributes and its nested blocks, `dynamic` ones too."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    Reference,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.readers.terraform.choices import choose, describe, possibly_absent
from stepguard.readers.terraform.evaluation import settle
from stepguard.readers.terraform.iteration import elements_of
from stepguard.readers.terraform.modules import block_type
from stepguard.readers.terraform.operators import reason_of
from stepguard.readers.terraform.scope import Place, Scope
from stepguard.readers.terraform.syntax.expressions import Attribute, Block, Body

META_ARGUMENTS = frozenset({"count", "for_each", "provider", "depends_on"})
"""Arguments of a resource that are Terraform's own."""

META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})
"""Nested blocks of a resource that are Terraform's own."""


def evaluate_body(body: Body, scope: Scope, span: Span | None) -> Traced:
    """Return a body as an object: attributes by name, nested blocks as lists of objects."""
    result = Traced({}, span, keys={})
    for attribute in body.attributes:
        add_attribute(result, attribute, scope)
    for name in dict.fromkeys(block_type(block) for block in body.blocks):
        blocks = [(block, scope.place) for block in body.blocks if block_type(block) == name]
        add_blocks(result, name, blocks, scope)
    return result


def add_attribute(result: Traced, attribute: Attribute, scope: Scope) -> None:
    """Evaluate an attribute into an object."""
    result.value[attribute.name] = settle(attribute.expression, scope)
    key = scope.place.span(attribute.start, attribute.name_end)
    if result.keys is not None and key is not None:
        result.keys[attribute.name] = key


def add_blocks(
    result: Traced, name: str, blocks: Iterable[tuple[Block, Place]], scope: Scope
) -> None:
    """Evaluate the nested blocks of one type into an object."""
    evaluated = evaluate_blocks(name, blocks, scope)
    result.value[name] = evaluated
    if result.keys is not None and evaluated.span is not None:
        result.keys[name] = evaluated.span


def evaluate_blocks(name: str, blocks: Iterable[tuple[Block, Place]], scope: Scope) -> Traced:
    """Return the nested blocks of one type as a list of objects.

    A block that is there on an open condition is a choice between it and `REMOVED`; blocks whose
    number is not known make the list open.
    """
    result = Traced([])
    for block, place in blocks:
        inner = scope.at(place)
        span = place.span(block.start, block.end)
        result.span = result.span or span
        if block.type == "dynamic":
            _expand(result, name, block, inner)
        else:
            result.value.append(evaluate_body(block.body, inner, span))
    return result


def _expand(result: Traced, name: str, block: Block, scope: Scope) -> None:
    attributes = {attribute.name: attribute for attribute in block.body.attributes}
    content = next((inner for inner in block.body.blocks if inner.type == "content"), None)
    header = scope.place.span(block.start, block.header_end)
    if "for_each" not in attributes or content is None:
        result.rest = Unknown(f'dynamic "{name}"', "the block has no for_each or no content")
        return
    iterator = name
    if "iterator" in attributes:
        named = attributes["iterator"].expression
        iterator = scope.shown(named).strip('"')
    collection = settle(attributes["for_each"].expression, scope)
    elements, rest = _generate(collection, iterator, content, scope, header)
    result.value.extend(elements)
    result.rest = result.rest or rest


def _generate(
    collection: Traced, iterator: str, content: Block, scope: Scope, header: Span | None
) -> tuple[list[Traced], Unknown | Reference | None]:
    value = collection.value
    if isinstance(value, OneOf):
        return _generate_alternatives(collection, iterator, content, scope, header)
    try:
        members = elements_of(collection)
    except EvaluationError as error:
        return [], Unknown(f'dynamic "{iterator}"', error.reason)
    if members is None:
        text = describe(collection) or f'dynamic "{iterator}"'
        return [], Unknown(text, reason_of(collection))
    elements: list[Traced] = []
    for key, member in members:
        if not scope.session.budget.spend():
            break
        elements.append(_instance(key, member, iterator, content, scope))
    return elements, collection.rest


def _instance(key: Traced, member: Traced, iterator: str, content: Block, scope: Scope) -> Traced:
    value = member.value
    if isinstance(value, OneOf) and REMOVED in value.alternatives:
        present_when = value.alternatives[0] is not REMOVED
        present = next((one for one in value.alternatives if isinstance(one, Traced)), None)
        if len(value.alternatives) == 2 and present is not None:
            inner = _instance(key, present, iterator, content, scope)
            return possibly_absent(value.condition, inner, present_when=present_when)
    names = {iterator: Traced({"key": key, "value": member})}
    span = scope.place.span(content.start, content.end)
    return evaluate_body(content.body, scope.binding(names), span)


def _generate_alternatives(
    collection: Traced, iterator: str, content: Block, scope: Scope, header: Span | None
) -> tuple[list[Traced], Unknown | Reference | None]:
    """Return the blocks of each alternative: common ones once, the others as possibly absent."""
    choice: OneOf = collection.value
    rest: Unknown | Reference | None = None
    columns: list[list[Traced]] = []
    for alternative in choice.alternatives:
        if isinstance(alternative, Traced):
            elements, more = _generate(alternative, iterator, content, scope, header)
            columns.append(elements)
            rest = rest or more
        else:
            columns.append([])
    generated: list[Traced] = []
    for row in range(max((len(column) for column in columns), default=0)):
        cells = [column[row] if row < len(column) else REMOVED for column in columns]
        generated.append(choose(choice.condition, cells))
    return generated, rest
