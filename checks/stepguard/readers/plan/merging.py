"""A plan and the configuration that it was made from: what one knows, at the other's places.

What the plan knows is what will be deployed, so its content counts. Where that is written is what
the configuration knows; and what is known after apply, the configuration says as far as it can.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from stepguard.deployment.json_text import JsonTextError, trace_json
from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    OneOf,
    PartlyKnownKey,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
)
from stepguard.readers.plan.filling import Known, filled

MAXIMUM_DEPTH = 150
"""Containers within containers that are compared."""

MAXIMUM_PAIRS = 10_000
"""Pairs of elements of two lists among which those that belong together are searched for."""


def merge_attributes(
    planned: Traced, configured: Traced, unknown: Collection[str], known: Known
) -> Traced:
    """Return the attributes of a resource from its plan and its configuration.

    `unknown` names the attributes of which the plan does not know, or must not say, anything;
    `known` is what it knows of the others that they are made from.
    """
    members: dict[str, Traced] = {}
    for name in dict.fromkeys([*planned.value, *unknown]):
        own, written = planned.get(name), configured.get(name)
        if written is None or written.value is None:
            made = None if own is None else without_places(own)
        elif own is not None and own.sensitive:
            made = filled(_without_secrets(own, written), known)
        elif name in unknown:
            made = filled(_more_telling(own, written), known)
        else:
            made = None if own is None else merge(own, written)
        if made is not None:
            members[name] = made
    return Traced(members, configured.span, keys=configured.keys)


def _more_telling(planned: Traced | None, configured: Traced) -> Traced:
    """Return the configuration's value, unless only the plan says which resource is meant."""
    if (
        planned is not None
        and isinstance(planned.value, Reference)
        and isinstance(configured.value, Unknown)
    ):
        return replace(planned, span=configured.span)
    return configured


def _without_secrets(planned: Traced, configured: Traced) -> Traced:
    """Return a document of the configuration, in which what is secret is masked where it stands.

    Of any other value, the configuration may not say that it is secret: the plan's is kept.
    """
    tree = None if configured.sensitive else _document(configured)
    is_document = tree is not None and isinstance(tree.value, dict)
    return configured if is_document or configured.sensitive else planned


def merge(planned: Traced, configured: Traced, depth: int = 0) -> Traced:
    """Return a planned value at the places of the configuration's.

    Where the plan does not know, the configuration's value is taken; what is sensitive in either
    stays unknown.
    """
    own, written = planned.value, configured.value
    if depth > MAXIMUM_DEPTH:
        return without_places(planned)
    if configured.sensitive or planned.sensitive:
        return configured if configured.sensitive else planned
    if isinstance(own, (Unknown, Reference)):
        return _more_telling(planned, configured)
    if isinstance(written, OneOf) and configured.encoded is None:
        chosen = _alternative(planned, written)
        return at(planned, configured.span) if chosen is None else merge(planned, chosen, depth + 1)
    if isinstance(own, dict) and isinstance(written, dict):
        return _merge_objects(planned, configured, depth)
    if isinstance(own, list):
        elements = written if isinstance(written, list) else [configured]
        made = [merge(one, other, depth + 1) for one, other in _pairs(own, elements, configured)]
        return Traced(made, configured.span, rest=planned.rest)
    if isinstance(written, list) and len(written) == 1 and configured.rest is None:
        return merge(planned, written[0], depth + 1)
    if isinstance(own, str):
        return _merge_texts(own, configured, depth)
    return Traced(own, configured.span)


def _merge_objects(planned: Traced, configured: Traced, depth: int) -> Traced:
    members: dict[str, Traced] = {}
    keys: dict[str, Span] = {}
    for name, own in planned.value.items():
        written = configured.get(name)
        if written is None:
            members[name] = at(own, configured.span)
            continue
        members[name] = merge(own, written, depth + 1)
        span = (configured.keys or {}).get(name)
        if span is not None:
            keys[name] = span
    return Traced(members, configured.span, keys=keys, rest=planned.rest)


def _pairs(
    planned: Sequence[Traced], configured: Sequence[Traced], whole: Traced
) -> Iterator[tuple[Traced, Traced]]:
    """Yield each planned element with the one of the configuration that it comes from.

    Of equally many, the one at the same place if it may be it: the provider sorts sets.
    """
    if len(planned) * len(configured) > MAXIMUM_PAIRS:
        unknown = Traced(Unknown("…"), whole.span)
        same = len(planned) == len(configured)
        for number, own in enumerate(planned):
            yield own, configured[number] if same else unknown
        return
    free = list(range(len(configured)))
    for number, own in enumerate(planned):
        order = sorted(free, key=lambda one: (one != number, one))
        fitting = next((one for one in order if fits(own, configured[one])), None)
        if fitting is None and len(planned) == len(configured) and number in free:
            fitting = number
        if fitting is None:
            yield own, Traced(Unknown("…"), whole.span)
        else:
            free.remove(fitting)
            yield own, configured[fitting]


def _merge_texts(own: str, configured: Traced, depth: int) -> Traced:
    """Return a planned text; as a document when it is one there, too."""
    if configured.encoded is None and configured.value == own:
        return configured
    span = configured.span
    if own.lstrip()[:1] in ("{", "["):
        tree = _document(configured)
        try:
            document = json.loads(own, parse_float=Decimal)
        except (ValueError, RecursionError):
            document = None
        if tree is not None and isinstance(document, (dict, list)):
            try:
                return Traced(own, span, encoded=merge(without_spans(document), tree, depth + 1))
            except RecursionError:
                return Traced(own, span)
    return Traced(own, span)


def _document(configured: Traced) -> Traced | None:
    """Return the document that a text of the configuration is; `None` when it is none."""
    if configured.encoded is not None:
        return configured.encoded
    text = configured.as_text()
    if text is None or isinstance(configured.value, (Unknown, Reference)):
        return None
    try:
        return trace_json(text)
    except (JsonTextError, RecursionError):
        return None


def _alternative(planned: Traced, choice: OneOf) -> Traced | None:
    """Return the alternative that was planned; `None` when several or none may be it."""
    fitting = [one for one in choice.alternatives if isinstance(one, Traced) and fits(planned, one)]
    if len(fitting) == 1:
        return fitting[0]
    exact = [one for one in fitting if one.is_known]
    return exact[0] if len(exact) == 1 else None


def fits(planned: Traced, configured: Traced, depth: int = 0) -> bool:
    """Tell whether a value of the configuration may turn out to be a planned one."""
    own, written = planned.value, configured.value
    if depth > MAXIMUM_DEPTH or planned.sensitive or configured.sensitive:
        return True
    if isinstance(own, (Unknown, Reference)) or isinstance(written, (Unknown, Reference)):
        return True
    if isinstance(written, OneOf) and configured.encoded is None:
        return any(
            isinstance(one, Traced) and fits(planned, one, depth + 1)
            for one in written.alternatives
        )
    if isinstance(own, dict):
        return isinstance(written, dict) and all(
            member is None or name not in own or fits(own[name], member, depth + 1)
            for name, member in written.items()
            if not isinstance(name, PartlyKnownKey)
        )
    if isinstance(own, list):
        return isinstance(written, list) and (
            configured.rest is not None
            or (
                len(own) == len(written)
                and all(
                    fits(one, other, depth + 1) for one, other in zip(own, written, strict=True)
                )
            )
        )
    if isinstance(own, str):
        return _texts_fit(own, configured)
    return own == written or written is None


def _texts_fit(own: str, configured: Traced) -> bool:
    if isinstance(configured.value, (dict, list)):
        return False
    text = configured.as_text()
    if text is None:
        return own == str(configured.value)
    if configured.encoded is not None or not isinstance(configured.value, Text):
        return own == text.known or _is_same_document(own, configured)
    first, last = text.parts[0], text.parts[-1]
    return own.startswith(getattr(first, "text", "")) and own.endswith(getattr(last, "text", ""))


def _is_same_document(own: str, configured: Traced) -> bool:
    """Tell whether two texts are the same document: the provider writes policies again."""
    tree = _document(configured)
    try:
        document = json.loads(own, parse_float=Decimal)
    except (ValueError, RecursionError):
        return False
    return tree is not None and fits(without_spans(document), tree)


def without_spans(value: Plain) -> Traced:
    """Return a plain value as a traced one of which no place is known."""
    if isinstance(value, dict):
        return Traced({key: without_spans(member) for key, member in value.items()})
    if isinstance(value, list):
        return Traced([without_spans(element) for element in value])
    return Traced(value)


def without_places(value: Traced) -> Traced:
    """Return a planned value that the configuration does not have: with no place in the plan."""
    return at(value, None)


def at(value: Traced, span: Span | None) -> Traced:
    """Return a value all of which is at one place."""
    content = value.value
    if isinstance(content, dict):
        content = {key: at(member, span) for key, member in content.items()}
    elif isinstance(content, list):
        content = [at(element, span) for element in content]
    encoded = None if value.encoded is None else at(value.encoded, span)
    return Traced(content, span, rest=value.rest, encoded=encoded, sensitive=value.sensitive)
