"""The intrinsic functions that make texts: every piece keeps the place where it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
    text_of,
)
from stepguard.readers.cloudformation.arns import arn_of, is_name
from stepguard.readers.cloudformation.choices import over_alternatives
from stepguard.readers.cloudformation.intrinsics import (
    WRONG_FORM,
    Call,
    Function,
    attribute_of,
    reference,
)
from stepguard.readers.cloudformation.texts import (
    MAXIMUM_CHARACTERS,
    FlatText,
    Parts,
    TextTooLongError,
    at_place,
    parts_of,
    placed,
    replaced,
    scalar_as_text,
    size_of,
    without_dynamic_references,
)

_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")

_TOO_LONG = "the text becomes too long"

_SEPARATORS = frozenset(":/,|;")
"""What neither names nor the account, the region, the partition or the URL suffix contain."""

_SIMPLE = frozenset({"AWS::AccountId", "AWS::Region", "AWS::Partition", "AWS::URLSuffix"})


def _sub(call: Call) -> Traced:
    template, own = call.argument, {}
    if (operands := call.operands(1, 2)) is not None:
        template = operands[0]
        variables = operands[1].value if len(operands) == 2 else {}
        if not isinstance(variables, dict):
            return call.unknown(WRONG_FORM)
        own = variables
    if not isinstance(template.value, str):
        template = call.evaluate(template)
    text = template.as_text()
    if text is None:
        return call.unknown(WRONG_FORM)
    variables_in = _VARIABLE.finditer(FlatText(text).flat)
    names = list(dict.fromkeys(one.group(2) for one in variables_in if not one.group(1)))
    values = [_variable(name.strip(), own, call) for name in names]
    return over_alternatives(
        values,
        lambda known: _substituted(text, dict(zip(names, known, strict=True)), call),
        call.span,
    )


def _variable(name: str, own: dict[str, Traced], call: Call) -> Traced:
    if name in own:
        return call.evaluate(own[name])
    if "." in name:
        resource, _, attribute = name.partition(".")
        return attribute_of(resource, attribute, call)
    return reference(name, call)


def _substituted(text: Text, values: dict[str, Traced], call: Call) -> Traced:
    def make(match: re.Match[str], place: Span | None) -> Parts:
        name = match.group(2)
        if match.group(1):
            # `${!Name}` is the text `${Name}`.
            return _literal(match.group(), name, place)
        return parts_of(at_place(values[name], place), name)

    try:
        parts = replaced(text, _VARIABLE, make)
    except TextTooLongError:
        return call.unknown(_TOO_LONG)
    return without_dynamic_references(text_of(parts, call.span))


def _literal(written: str, name: str, place: Span | None) -> Parts:
    if place is None or place.text != written:
        return (Piece("${" + name + "}", place),)
    start = place.start
    return (
        Piece("${", Span(place.file, start, start + 2), True),
        Piece(name + "}", Span(place.file, start + 3, place.end), True),
    )


def _join(call: Call) -> Traced:
    operands = call.operands(2)
    if operands is None or not isinstance(operands[0].value, str):
        return call.unknown(WRONG_FORM)
    listed = call.evaluate(operands[1])
    return over_alternatives(
        [listed], lambda known: _join_list(operands[0], known[0], call), call.span
    )


def _join_list(delimiter: Traced, listed: Traced, call: Call) -> Traced:
    if not isinstance(listed.value, list):
        if isinstance(listed.value, Unknown):
            return Traced(listed.value, call.span)
        return call.unknown("the list is not known")
    return over_alternatives(listed.value, lambda known: _joined(delimiter, known, call), call.span)


def _joined(delimiter: Traced, elements: Sequence[Traced], call: Call) -> Traced:
    between = [Piece(delimiter.value)] if delimiter.value else []
    parts: list[Piece | Hole] = []
    for element in elements:
        if element.value is REMOVED:
            continue
        if parts:
            parts.extend(between)
        parts.extend(parts_of(element, call.name))
    if size_of(parts) > MAXIMUM_CHARACTERS:
        return call.unknown(_TOO_LONG)
    return without_dynamic_references(text_of(parts, call.span))


def _split(call: Call) -> Traced:
    operands = call.operands(2)
    if operands is None or not isinstance(operands[0].value, str) or not operands[0].value:
        return call.unknown(WRONG_FORM)
    delimiter: str = operands[0].value
    return over_alternatives(
        [call.evaluate(operands[1])], lambda known: _parted(delimiter, known[0], call), call.span
    )


def _parted(delimiter: str, value: Traced, call: Call) -> Traced:
    known = scalar_as_text(value.value)
    text = value.as_text() or (None if known is None else Text((Piece(known, value.span),)))
    if text is None:
        return call.unknown(WRONG_FORM)
    parts: list[Piece | Hole] = []
    for part in text.parts:
        if isinstance(part, Piece):
            parts.append(part)
            continue
        inside = _without_separators(part, call) if set(delimiter) <= _SEPARATORS else None
        if inside is None:
            return call.unknown(f"{part.value.expression} may contain {delimiter!r}")
        parts.extend(inside)
    return Traced(_cut(Text(tuple(parts)), delimiter, value.span), call.span)


def _without_separators(hole: Hole, call: Call) -> Parts | None:
    """Return a hole as parts of which no hole contains a separator; `None` when it may."""
    value = hole.value
    if not isinstance(value, Reference):
        return None
    if value.is_pseudo:
        return (hole,) if value.target in _SIMPLE else None
    kind = call.names.type_at(value.target)
    if is_name(value, kind):
        return (hole,)
    arn = arn_of(value, kind)
    return None if arn is None else placed(arn, hole.span)


def _cut(text: Text, delimiter: str, place: Span | None) -> list[Traced]:
    flat = FlatText(text)
    elements: list[Traced] = []
    start = 0
    while True:
        end = flat.flat.find(delimiter, start)
        stop = len(flat.flat) if end < 0 else end
        parts = flat.cut(start, stop)
        only = parts[0] if len(parts) == 1 else None
        span = flat.place(start, stop) or place
        elements.append(
            Traced(only.value, span) if isinstance(only, Hole) else text_of(parts, span)
        )
        if end < 0:
            return elements
        start = end + len(delimiter)


STRING_FUNCTIONS: dict[str, Function] = {
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
}
"""The functions that make texts, by name."""
