"""Evaluation of string templates: known pieces with their places, holes, and choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TypeAlias

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    Hole,
    OneOf,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
    text_of,
)
from stepguard.readers.terraform.budget import TOO_MUCH_WORK, EvaluationError
from stepguard.readers.terraform.choices import choose, describe
from stepguard.readers.terraform.functions.conversion import to_string
from stepguard.readers.terraform.iteration import elements_of
from stepguard.readers.terraform.operators import boolean, is_open, reason_of
from stepguard.readers.terraform.scope import Scope
from stepguard.readers.terraform.syntax.expressions import (
    Expression,
    Interpolation,
    Template,
    TemplateFor,
    TemplateIf,
    TemplateLiteral,
    TemplatePart,
)
from stepguard.structs import Struct

MAXIMUM_TEXTS = 8
"""Texts that a template with open conditions may stand for; beyond, they become holes."""

_STRUCTURE = frozenset('"{}[]\n')
"""Characters that make a stretch part of a document's structure."""

Evaluate: TypeAlias = Callable[[Expression, Scope], Traced]


class _Choice(Struct, frozen=True):
    """A stretch that depends on a condition."""

    condition: str
    alternatives: tuple[tuple[_Segment, ...], ...]
    span: Span | None


_Segment: TypeAlias = "Piece | Hole | _Choice"


def evaluate_template(template: Template, scope: Scope, evaluate: Evaluate) -> Traced:
    """Return the value of a template: any type for one interpolation alone, else a string.

    Raises `EvaluationError` in a strict scope.
    """
    parts = template.parts
    if len(parts) == 1 and isinstance(parts[0], Interpolation):
        return evaluate(parts[0].expression, scope)
    span = scope.span(template)
    if len(parts) == 1 and isinstance(parts[0], TemplateLiteral):
        return text_of((_literal(parts[0], scope),), span)
    if not parts:
        return Traced("", span)
    encoded: list[Traced] = []
    segments = _segments(parts, scope, evaluate, encoded)
    result = _texts(segments, span, MAXIMUM_TEXTS)
    surrounded = all(
        isinstance(part, Interpolation)
        or (isinstance(part, TemplateLiteral) and not part.text.strip())
        for part in parts
    )
    if surrounded and len(encoded) == 1 and len(segments) >= 1:
        interpolations = sum(isinstance(part, Interpolation) for part in parts)
        if interpolations == 1 and isinstance(result.value, (str, Text)):
            result.encoded = encoded[0]
    return scope.session.budget.limit(result, scope.shown(template))


def _literal(part: TemplateLiteral, scope: Scope) -> Piece:
    span = scope.span(part)
    exact = part.exact and (
        scope.place.text is None or (span is not None and span.text == part.text)
    )
    return Piece(part.text, span, exact)


def _segments(
    parts: Iterable[TemplatePart], scope: Scope, evaluate: Evaluate, encoded: list[Traced]
) -> list[_Segment]:
    segments: list[_Segment] = []
    for part in parts:
        if isinstance(part, TemplateLiteral):
            segments.append(_literal(part, scope))
        elif isinstance(part, Interpolation):
            segments.extend(_interpolation(part, scope, evaluate, encoded))
        elif isinstance(part, TemplateIf):
            segments.extend(_conditional(part, scope, evaluate))
        else:
            segments.extend(_loop(part, scope, evaluate))
    return segments


def _interpolation(
    part: Interpolation, scope: Scope, evaluate: Evaluate, encoded: list[Traced]
) -> list[_Segment]:
    span = scope.span(part)
    shown = scope.shown(part.expression)
    try:
        value = evaluate(part.expression, scope)
        if value.encoded is not None:
            encoded.append(value.encoded)
        return _inserted(value, span, shown)
    except EvaluationError as error:
        if scope.strict:
            raise
        return [Hole(Unknown(shown, error.reason), span)]


def _inserted(value: Traced, span: Span | None, shown: str) -> list[_Segment]:
    content = value.value
    if value.sensitive:
        name = describe(value) if is_open(value) else None
        return [Hole(Unknown(name or shown, "sensitive"), span)]
    if isinstance(content, (Unknown, Reference)):
        return [Hole(content, span)]
    if isinstance(content, OneOf):
        return _inserted_choice(content, span, shown)
    if content is None:
        raise EvaluationError("null stands in a template")
    if isinstance(content, (list, dict)):
        raise EvaluationError("a list or an object stands in a template")
    text = (value if isinstance(content, (str, Text)) else to_string(value)).as_text()
    if text is None:
        raise EvaluationError("it is no text")
    if any(isinstance(part, Piece) and _is_structure(part.text) for part in text.parts):
        return list(text.parts)
    # A short value is best shown where it is put in; a stretch of a document where it stands.
    placed: list[_Segment] = []
    for is_piece, run in groupby(text.parts, lambda part: isinstance(part, Piece)):
        if is_piece:
            placed.append(Piece("".join(one.text for one in run if isinstance(one, Piece)), span))
        else:
            placed.extend(Hole(one.value, span) for one in run if isinstance(one, Hole))
    return placed


def _inserted_choice(choice: OneOf, span: Span | None, shown: str) -> list[_Segment]:
    """Return the texts of a choice; an alternative that Terraform would refuse is left out."""
    branches: list[tuple[_Segment, ...]] = []
    failure = EvaluationError("no alternative has a value")
    for alternative in choice.alternatives:
        if isinstance(alternative, Traced):
            try:
                branches.append(tuple(_inserted(alternative, span, shown)))
            except EvaluationError as error:
                failure = error
    if not branches:
        raise failure
    if len(branches) == 1:
        return list(branches[0])
    return [_Choice(choice.condition, tuple(branches), span)]


def _is_structure(text: str) -> bool:
    return not _STRUCTURE.isdisjoint(text)


def _conditional(part: TemplateIf, scope: Scope, evaluate: Evaluate) -> list[_Segment]:
    span = scope.span(part)
    try:
        condition = evaluate(part.condition, scope)
    except EvaluationError as error:
        if scope.strict:
            raise
        condition = Traced(Unknown(scope.shown(part.condition), error.reason))
    return _branches(condition, part, scope, evaluate, span)


def _branches(
    condition: Traced, part: TemplateIf, scope: Scope, evaluate: Evaluate, span: Span | None
) -> list[_Segment]:
    if isinstance(condition.value, OneOf):
        return [
            _Choice(
                condition.value.condition,
                tuple(
                    tuple(_branches(one, part, scope, evaluate, span))
                    for one in condition.value.alternatives
                    if isinstance(one, Traced)
                ),
                span,
            )
        ]
    if is_open(condition):
        name = describe(condition) or scope.shown(part.condition)
        then = tuple(_segments(part.then, scope, evaluate, []))
        otherwise = tuple(_segments(part.otherwise, scope, evaluate, []))
        return [_Choice(name, (then, otherwise), span)]
    branch = part.then if boolean(condition) else part.otherwise
    return _segments(branch, scope, evaluate, [])


def _loop(part: TemplateFor, scope: Scope, evaluate: Evaluate) -> list[_Segment]:
    try:
        return _loop_over(evaluate(part.collection, scope), part, scope, evaluate)
    except EvaluationError as error:
        if scope.strict:
            raise
        return [Hole(Unknown(scope.shown(part.collection), error.reason), scope.span(part))]


def _loop_over(
    collection: Traced, part: TemplateFor, scope: Scope, evaluate: Evaluate
) -> list[_Segment]:
    span = scope.span(part)
    shown = scope.shown(part.collection)
    if isinstance(collection.value, OneOf):
        branches = tuple(
            tuple(_loop_over(one, part, scope, evaluate))
            for one in collection.value.alternatives
            if isinstance(one, Traced)
        )
        return [_Choice(collection.value.condition, branches, span)]
    members = elements_of(collection)
    if members is None:
        return [Hole(Unknown(describe(collection) or shown, reason_of(collection)), span)]
    segments: list[_Segment] = []
    for key, value in members:
        if not scope.session.budget.spend():
            raise EvaluationError(TOO_MUCH_WORK)
        names = {part.value: value} if part.key is None else {part.key: key, part.value: value}
        segments.extend(_segments(part.body, scope.binding(names), evaluate, []))
    if collection.rest is not None:
        segments.append(Hole(Unknown(shown, "there may be more elements"), span))
    return segments


def _texts(segments: Sequence[_Segment], span: Span | None, room: int) -> Traced:
    """Return the text, or the choice between texts when an open condition shapes a document."""
    choice = next(
        (one for one in segments if isinstance(one, _Choice) and _shapes(one)),
        None,
    )
    if choice is None or len(choice.alternatives) > room or not choice.alternatives:
        return text_of(_flat(segments), span)
    count = len(choice.alternatives)
    return choose(
        choice.condition,
        [
            _texts(_assume(segments, choice.condition, number, count), span, room // count)
            for number in range(count)
        ],
        span,
    )


def _shapes(choice: _Choice) -> bool:
    for alternative in choice.alternatives:
        for segment in alternative:
            if isinstance(segment, _Choice):
                if _shapes(segment):
                    return True
            elif isinstance(segment, Piece) and _is_structure(segment.text):
                return True
    return False


def _assume(
    segments: Iterable[_Segment], condition: str, number: int, count: int
) -> list[_Segment]:
    assumed: list[_Segment] = []
    for segment in segments:
        if not isinstance(segment, _Choice):
            assumed.append(segment)
        elif segment.condition == condition and len(segment.alternatives) == count:
            assumed.extend(_assume(segment.alternatives[number], condition, number, count))
        else:
            branches = tuple(
                tuple(_assume(alternative, condition, number, count))
                for alternative in segment.alternatives
            )
            assumed.append(_Choice(segment.condition, branches, segment.span))
    return assumed


def _flat(segments: Iterable[_Segment]) -> list[Piece | Hole]:
    flat: list[Piece | Hole] = []
    for segment in segments:
        if isinstance(segment, _Choice):
            reason = f"depends on condition {segment.condition}"
            flat.append(Hole(Unknown(segment.condition, reason), segment.span))
        else:
            flat.append(segment)
    return flat
