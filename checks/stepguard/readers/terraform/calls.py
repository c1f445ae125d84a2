"""Function calls in expressions: those that evaluate their arguments themselves, and the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import OneOf, Piece, Reference, Traced, Unknown
from stepguard.readers.terraform.access import is_whole
from stepguard.readers.terraform.budget import TOO_MUCH_WORK, EvaluationError
from stepguard.readers.terraform.choices import (
    Failed,
    assume,
    choose,
    describe,
    distribute,
    is_possibly_absent,
    without_failures,
)
from stepguard.readers.terraform.functions import call
from stepguard.readers.terraform.functions.arguments import placed_count
from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.functions.types import LooseItems, SetItems
from stepguard.readers.terraform.functions.work import WORK
from stepguard.readers.terraform.operators import is_open, reason_of
from stepguard.readers.terraform.scope import Place, Scope
from stepguard.readers.terraform.syntax.expressions import Call, Expression
from stepguard.structs import replace

MAXIMUM_TEMPLATE_DEPTH = 20
"""Templates that templates may render within themselves."""

Evaluate: TypeAlias = Callable[[Expression, Scope], Traced]

_STEPS_OF_AN_EXPRESSION = 5
"""What a function may do for one step of the budget, in its own."""

_KEEPS_ABSENCE = frozenset(
    {
        "compact",
        "concat",
        "distinct",
        "flatten",
        "jsonencode",
        "merge",
        "setunion",
        "tolist",
        "tomap",
        "toset",
        "values",
    }
)
"""Functions through which an element that may be absent goes as it is."""


def evaluate_call(expression: Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """Return the result of a call. Raises `EvaluationError` for one that Terraform would refuse."""
    name = expression.name.removeprefix("core::")
    if name == "try":
        return _try(expression, scope, evaluate)
    if name == "can":
        return _can(expression, scope, evaluate)
    arguments = _arguments(expression, scope, evaluate)
    span, shown = scope.span(expression), scope.shown(expression)
    if arguments is None:
        return Traced(Unknown(shown, "the number of arguments is not known"), span)

    def compute(given: list[Traced]) -> Traced:
        if name == "templatefile":
            return _template_file(given, scope, evaluate, span, shown)
        if name == "templatestring":
            return _template_string(given, scope, evaluate, span, shown)
        return _function(name, given, scope, span, shown)

    return distribute(arguments, compute, keep_failures=scope.strict)


def _arguments(expression: Call, scope: Scope, evaluate: Evaluate) -> list[Traced] | None:
    """Return a call's arguments; `None` when `...` expands a list that is not known."""
    arguments = [evaluate(argument, scope) for argument in expression.arguments]
    if expression.expands and arguments:
        last = arguments.pop()
        if not isinstance(last.value, list) or last.rest is not None:
            if is_open(last) or isinstance(last.value, (OneOf, list)):
                return None
            raise EvaluationError("... follows something that is no list")
        arguments.extend(last.value)
    return arguments


def _function(
    name: str, arguments: list[Traced], scope: Scope, span: Span | None, shown: str
) -> Traced:
    session = scope.session
    arguments = [_materialised(argument, scope) for argument in arguments]
    weight = sum(session.budget.weigh(argument) for argument in arguments)
    if not session.budget.spend(1 + weight // 20):
        return Traced(Unknown(shown, TOO_MUCH_WORK), span)
    if name not in _KEEPS_ABSENCE:
        arguments = [_certain(argument) for argument in arguments]
    text = shown
    if any(is_open(argument) for argument in arguments):
        named = [describe(argument) for argument in arguments]
        if all(one is not None for one in named):
            text = f"{name}({', '.join(one for one in named if one is not None)})"
    before = WORK.done
    try:
        result = call(name, arguments, span, session.environment, text)
    except FunctionError as error:
        raise EvaluationError(error.reason) from error
    except RecursionError as error:
        raise EvaluationError("it is nested too deeply") from error
    finally:
        session.budget.spend((WORK.done - before) // _STEPS_OF_AN_EXPRESSION)
    if result.sensitive and not isinstance(result.value, (Unknown, Reference)):
        # Masked where it is marked: no later step has to remember.
        return Traced(Unknown(f"{name}(…)", "sensitive"), span, sensitive=True)
    return session.budget.limit(result, text)


def _materialised(argument: Traced, scope: Scope) -> Traced:
    """Return a module as the object of its outputs."""
    value = argument.value
    if not is_whole(value) or not isinstance(value, Reference):
        return argument
    return scope.session.materialised(value) or argument


def _certain(argument: Traced) -> Traced:
    """Return a container without the members that may be absent, open instead."""
    value = argument.value
    if isinstance(value, list) and any(is_possibly_absent(one) for one in value):
        return _without_absent(argument)
    if isinstance(value, dict) and any(is_possibly_absent(one) for one in value.values()):
        members = {key: one for key, one in value.items() if not is_possibly_absent(one)}
        rest = argument.rest or Unknown("…", "there may be more members")
        return Traced(members, argument.span, keys=argument.keys, rest=rest)
    return argument


def _without_absent(argument: Traced) -> Traced:
    absent = [is_possibly_absent(one) for one in argument.value]
    kept = [one for one, left_out in zip(argument.value, absent, strict=True) if not left_out]
    rest = argument.rest or Unknown("…", "there may be more elements")
    if isinstance(argument.value, SetItems):
        return Traced(SetItems(kept), argument.span, rest=rest)
    first = absent.index(True)
    is_one_stretch = all(absent[first : first + sum(absent)]) and argument.rest is None
    placed = min(first, placed_count(argument))
    items = LooseItems(kept, placed, 1 if is_one_stretch and placed == first else 2)
    return Traced(items, argument.span, rest=rest)


def _try(expression: Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """Return the first argument that has a value, alternative by alternative."""
    inner = replace(scope, strict=True)
    partial: Traced | None = None
    failure = "try has no argument that can be evaluated"
    for argument in expression.arguments:
        try:
            value = evaluate(argument, inner)
        except EvaluationError as error:
            failure = error.reason
            continue
        partial = value if partial is None else _fill(partial, value)
        if not _has_failures(partial):
            return partial
    if partial is not None:
        return partial if scope.strict else without_failures(partial)
    raise EvaluationError(failure)


def _can(expression: Call, scope: Scope, evaluate: Evaluate) -> Traced:
    span = scope.span(expression)
    inner = replace(scope, strict=True)
    try:
        value = evaluate(expression.arguments[0], inner)
    except (EvaluationError, IndexError):
        return Traced(False, span)
    if isinstance(value.value, OneOf):
        return _succeeds(value, span)
    if isinstance(value.value, Unknown):
        text = f"can({value.value.expression})"
        return Traced(Unknown(text, value.value.reason), span)
    return Traced(True, span)


def _succeeds(value: Traced, span: Span | None) -> Traced:
    if isinstance(value.value, Failed):
        return Traced(False, span)
    if isinstance(value.value, OneOf):
        alternatives = [
            _succeeds(one, span) for one in value.value.alternatives if isinstance(one, Traced)
        ]
        return choose(value.value.condition, alternatives, span)
    return Traced(True, span)


def _has_failures(value: Traced) -> bool:
    if isinstance(value.value, OneOf):
        return any(
            isinstance(one, Traced) and _has_failures(one) for one in value.value.alternatives
        )
    return isinstance(value.value, Failed)


def _fill(value: Traced, other: Traced) -> Traced:
    """Return a value with another one in the place of its failed alternatives."""
    if isinstance(value.value, Failed):
        return other
    if not isinstance(value.value, OneOf):
        return value
    choice = value.value
    count = len(choice.alternatives)
    filled = []
    for number, one in enumerate(choice.alternatives):
        assumed = assume(other, choice.condition, number, count)
        if isinstance(one, Traced) and isinstance(assumed, Traced):
            one = _fill(one, assumed)
        filled.append(one)
    return choose(choice.condition, filled, value.span)


def _template_file(
    arguments: list[Traced], scope: Scope, evaluate: Evaluate, span: Span | None, shown: str
) -> Traced:
    if len(arguments) != 2:
        raise EvaluationError("templatefile takes a path and an object")
    path = arguments[0]
    if not isinstance(path.value, str):
        return Traced(Unknown(shown, reason_of(path)), span)
    file = scope.session.template(path.value)
    place = Place(file)
    return _render(place, arguments[1], scope, evaluate, span, shown)


def _template_string(
    arguments: list[Traced], scope: Scope, evaluate: Evaluate, span: Span | None, shown: str
) -> Traced:
    if len(arguments) != 2:
        raise EvaluationError("templatestring takes a template and an object")
    return render_text_template(arguments[0], arguments[1], scope, evaluate, span, shown)


def render_text_template(
    template: Traced,
    variables: Traced,
    scope: Scope,
    evaluate: Evaluate,
    span: Span | None,
    shown: str,
) -> Traced:
    """Render a template that is itself a value. Raises `EvaluationError`."""
    text = template.as_text()
    if not isinstance(template.value, str) or text is None:
        return Traced(Unknown(shown, reason_of(template)), span)
    only = text.parts[0] if len(text.parts) == 1 else None
    if (
        isinstance(only, Piece)
        and only.exact
        and only.span is not None
        and only.span.start == 0
        and only.span.file.text == template.value
    ):
        place = Place(only.span.file)
    else:
        place = Place(SourceFile("", template.value), text)
    return _render(place, variables, scope, evaluate, span, shown)


def _render(
    place: Place,
    variables: Traced,
    scope: Scope,
    evaluate: Evaluate,
    span: Span | None,
    shown: str,
) -> Traced:
    if scope.template_depth >= MAXIMUM_TEMPLATE_DEPTH:
        raise EvaluationError("templates render each other without end")
    if isinstance(variables.value, (Unknown, Reference)):
        return Traced(Unknown(shown, reason_of(variables)), span)
    if not isinstance(variables.value, dict):
        raise EvaluationError("the variables of a template are no object")
    parsed = scope.session.parsed_template(place.file)
    inner = Scope(
        place=place,
        session=scope.session,
        locals=variables.value,
        further_locals=variables.rest is not None,
        strict=scope.strict,
        template_depth=scope.template_depth + 1,
    )
    return evaluate(parsed, inner)
