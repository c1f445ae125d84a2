"""Evaluation of Terraform expressions in which some values are not known.

What is unknown stays unknown where it stands: an object with one unknown member is an object. A
condition that is open gives a choice between both branches (`OneOf`), and what is computed with
a choice is a choice again (`stepguard.readers.terraform.choices`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    PartlyKnownKey,
    Reference,
    Traced,
    Unknown,
)
from stepguard.readers.terraform.access import get_attribute, get_element, is_whole
from stepguard.readers.terraform.budget import TOO_MUCH_WORK, EvaluationError
from stepguard.readers.terraform.calls import evaluate_call
from stepguard.readers.terraform.choices import (
    Failed,
    describe,
    distribute,
    possibly_absent,
    without_failures,
)
from stepguard.readers.terraform.conditionals import evaluate_conditional
from stepguard.readers.terraform.functions.types import ListItems, LooseItems, SetItems
from stepguard.readers.terraform.iteration import as_key, elements_of
from stepguard.readers.terraform.operators import binary, boolean, is_open, reason_of, unary
from stepguard.readers.terraform.scope import Scope
from stepguard.readers.terraform.syntax.expressions import (
    Binary,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    GetAttribute,
    Index,
    Literal,
    Name,
    ObjectExpression,
    Splat,
    Template,
    TupleExpression,
    Unary,
)
from stepguard.readers.terraform.templates import evaluate_template

_ELEMENT = "*"
"""The name that stands for the element in the expression of a splat."""


def settle(expression: Expression, scope: Scope) -> Traced:
    """Evaluate an expression; what Terraform would refuse is unknown, with the reason."""
    try:
        return without_failures(evaluate(expression, scope))
    except EvaluationError as error:
        reason = error.reason
    except RecursionError:
        reason = "it is nested too deeply"
    return Traced(Unknown(scope.shown(expression), reason), scope.span(expression))


def evaluate(expression: Expression, scope: Scope) -> Traced:
    """Return the value of an expression, with its places.

    Raises `EvaluationError` for what Terraform would refuse; in a scope that is not strict,
    members of containers and parts of templates become unknown instead.
    """
    budget = scope.session.budget
    if not budget.spend():
        return Traced(Unknown(scope.shown(expression), TOO_MUCH_WORK), scope.span(expression))
    if isinstance(expression, Literal):
        return Traced(expression.value, scope.span(expression))
    if isinstance(expression, Template):
        return evaluate_template(expression, scope, evaluate)
    if isinstance(expression, Name):
        return _name(expression, scope)
    if isinstance(expression, GetAttribute):
        return _attribute(expression, scope)
    if isinstance(expression, Index):
        return _index(expression, scope)
    if isinstance(expression, Splat):
        return _splat(expression, scope)
    if isinstance(expression, Call):
        return evaluate_call(expression, scope, evaluate)
    if isinstance(expression, Unary):
        span, shown = scope.span(expression), scope.shown(expression)
        return distribute(
            [evaluate(expression.operand, scope)],
            lambda given: unary(expression.operator, given[0], span, shown),
            keep_failures=scope.strict,
        )
    if isinstance(expression, Binary):
        return _binary(expression, scope)
    if isinstance(expression, Conditional):
        return evaluate_conditional(expression, scope, evaluate)
    if isinstance(expression, TupleExpression):
        elements = [_member(element, scope) for element in expression.elements]
        return budget.limit(Traced(elements, scope.span(expression)), scope.shown(expression))
    if isinstance(expression, ObjectExpression):
        return _object(expression, scope)
    if isinstance(expression, ForTuple):
        return _over(expression, scope, _for_tuple)
    return _over(expression, scope, _for_object)


def _member(expression: Expression, scope: Scope) -> Traced:
    """Evaluate a part of a container: an error there leaves the rest of it known."""
    if scope.strict:
        return without_failures(evaluate(expression, scope))
    return settle(expression, scope)


def _name(expression: Name, scope: Scope) -> Traced:
    known = scope.locals.get(expression.name)
    if known is not None:
        return known
    if scope.further_locals:
        reason = "the variables of the template are not all known"
        return Traced(Unknown(expression.name, reason), scope.span(expression))
    raise EvaluationError(f"nothing is named {expression.name}")


def _attribute(expression: GetAttribute, scope: Scope) -> Traced:
    span = scope.span(expression)
    named = _named(expression, scope, span)
    if named is not None:
        return named
    source = evaluate(expression.source, scope)
    return distribute(
        [source],
        lambda given: get_attribute(given[0], expression.name, span, scope.session),
        keep_failures=scope.strict,
    )


def _named(expression: GetAttribute, scope: Scope, span: Span | None) -> Traced | None:
    """Return what `var.x`, `aws_iam_role.r` or `data.type.name` means; `None` for other forms."""
    source = expression.source
    if isinstance(source, Name) and source.name not in scope.locals:
        if scope.module is None:
            return None
        if source.name == "data":
            return None
        found = scope.module.named(source.name, expression.name, span)
    elif (
        isinstance(source, GetAttribute)
        and isinstance(source.source, Name)
        and source.source.name == "data"
        and "data" not in scope.locals
        and scope.module is not None
    ):
        found = scope.module.data(source.name, expression.name, span)
    else:
        return None
    if found is None:
        raise EvaluationError(f"{scope.shown(expression)} is not declared")
    return found


def _index(expression: Index, scope: Scope) -> Traced:
    span = scope.span(expression)
    return distribute(
        [evaluate(expression.source, scope), evaluate(expression.key, scope)],
        lambda given: get_element(given[0], given[1], span, scope.session),
        keep_failures=scope.strict,
    )


def _splat(expression: Splat, scope: Scope) -> Traced:
    span, shown = scope.span(expression), scope.shown(expression)

    def apply(given: list[Traced]) -> Traced:
        source = given[0]
        value = source.value
        if value is None:
            return Traced([], span)
        if isinstance(value, list):
            elements = [element_of(element) for element in value]
            is_list = isinstance(value, (ListItems, SetItems))
            result = Traced(ListItems(elements) if is_list else elements, span)
            if isinstance(value, LooseItems):
                result.value = LooseItems(elements, value.placed, value.gaps)
            if source.rest is not None:
                result.rest = _rest(element_of(Traced(source.rest)), shown)
            return scope.session.budget.limit(result, shown)
        if isinstance(value, Unknown) or (isinstance(value, Reference) and not is_whole(value)):
            each = element_of(Traced(_starred(value), source.span))
            return each if is_open(each) else Traced(Unknown(shown, reason_of(source)), span)
        return Traced([element_of(source)], span)

    def element_of(element: Traced) -> Traced:
        return _member(expression.each, scope.binding({_ELEMENT: element}))

    return distribute([evaluate(expression.source, scope)], apply, keep_failures=scope.strict)


def _starred(value: Unknown | Reference) -> Unknown | Reference:
    if isinstance(value, Unknown):
        return Unknown(f"{value.expression}[*]", value.reason)
    return Reference(value.target, f"{value.attribute}[*]", f"{value.expression}[*]")


def _rest(value: Traced, shown: str) -> Unknown | Reference:
    content = value.value
    if isinstance(content, (Unknown, Reference)):
        return content
    return Unknown(shown, "there may be more elements")


def _binary(expression: Binary, scope: Scope) -> Traced:
    span, shown = scope.span(expression), scope.shown(expression)
    left = evaluate(expression.left, scope)
    operator = expression.operator
    if (operator == "||" and left.value is True) or (operator == "&&" and left.value is False):
        return Traced(left.value, span)
    right = evaluate(expression.right, scope)
    return distribute(
        [left, right],
        lambda given: binary(operator, given[0], given[1], span, shown),
        keep_failures=scope.strict,
    )


def _object(expression: ObjectExpression, scope: Scope) -> Traced:
    result = Traced({}, scope.span(expression), keys={})
    for member in expression.members:
        key = _key(member.key, scope)
        value = _member(member.value, scope)
        name = None if key is None else as_key(key)
        if name is None:
            result.rest = Unknown(scope.shown(member.key), "the key is not known")
            continue
        result.value[name] = value
        if result.keys is not None and (span := scope.span(member.key)) is not None:
            result.keys[name] = span
    return scope.session.budget.limit(result, scope.shown(expression))


def _key(expression: Expression, scope: Scope) -> Traced | None:
    """Return the value of an object's key; `None` when it is not known."""
    key = evaluate(expression, scope) if scope.strict else settle(expression, scope)
    if isinstance(key.value, (OneOf, Failed)):
        return None
    if key.value is None:
        raise EvaluationError("a key is null")
    return key


_Build: TypeAlias = Callable[["ForTuple | ForObject", Scope, "list[tuple[Traced, Traced]]"], Traced]


def _over(expression: ForTuple | ForObject, scope: Scope, build: _Build) -> Traced:
    collection = evaluate(expression.collection, scope)
    shown = scope.shown(expression)

    def apply(given: list[Traced]) -> Traced:
        source = given[0]
        members = elements_of(source)
        if members is None:
            name = describe(source)
            text = (
                shown
                if name is None
                else shown.replace(scope.shown(expression.collection), name, 1)
            )
            return Traced(Unknown(text, reason_of(source)), scope.span(expression))
        result = build(expression, scope, members)
        if source.rest is not None and result.rest is None:
            result.rest = _loop_rest(expression, scope, source.rest)
        if isinstance(expression, ForTuple) and isinstance(source.value, LooseItems):
            every = expression.condition is None
            placed = source.value.placed if every else 0
            result.value = LooseItems(result.value, placed, source.value.gaps if every else 2)
        return scope.session.budget.limit(result, shown)

    return distribute([collection], apply, keep_failures=scope.strict)


def _loop_rest(
    expression: ForTuple | ForObject, scope: Scope, rest: Unknown | Reference
) -> Unknown | Reference:
    shown = scope.shown(expression)
    unknown = Unknown(shown, "there may be more elements")
    result = expression.result if isinstance(expression, ForTuple) else expression.result_value
    names = {expression.value: Traced(rest)}
    if expression.key is not None:
        names[expression.key] = Traced(Unknown(expression.key, "the key is not known"))
    value = settle(result, scope.binding(names)).value
    return value if isinstance(value, Reference) else unknown


def _loop_scope(
    expression: ForTuple | ForObject, scope: Scope, key: Traced, value: Traced
) -> Scope:
    names: dict[str, Traced] = {expression.value: value}
    if expression.key is not None:
        names[expression.key] = key
    return scope.binding(names)


def _filtered(expression: ForTuple | ForObject, scope: Scope) -> bool | str | None:
    """Return whether an element stays: yes, no, or the condition on which it does."""
    if expression.condition is None:
        return True
    value = evaluate(expression.condition, scope)
    if isinstance(value.value, OneOf):
        branches = value.value.alternatives
        settled = [one.value for one in branches if isinstance(one, Traced)]
        if settled == [True, False]:
            return value.value.condition
        return scope.shown(expression.condition)
    if is_open(value):
        return describe(value) or scope.shown(expression.condition)
    return boolean(value)


def _for_tuple(
    expression: ForTuple | ForObject, scope: Scope, members: list[tuple[Traced, Traced]]
) -> Traced:
    elements: list[Traced] = []
    result = expression.result if isinstance(expression, ForTuple) else expression.result_value
    for key, value, conditions in _present(members, scope):
        inner = _loop_scope(expression, scope, key, value)
        kept = _filtered(expression, inner)
        if kept is False:
            continue
        elements.append(_conditional_on(_member(result, inner), kept, conditions))
    return Traced(elements, scope.span(expression))


def _for_object(
    expression: ForTuple | ForObject, scope: Scope, members: list[tuple[Traced, Traced]]
) -> Traced:
    result = Traced({}, scope.span(expression), keys={})
    if isinstance(expression, ForTuple):
        return result
    for key, value, conditions in _present(members, scope):
        inner = _loop_scope(expression, scope, key, value)
        kept = _filtered(expression, inner)
        if kept is not False:
            _add(result, expression, inner, kept, conditions)
    return result


_Conditions: TypeAlias = "list[tuple[str, bool]]"
"""On which conditions an element is there, and on which value of each."""


def _present(
    members: list[tuple[Traced, Traced]], scope: Scope
) -> Iterator[tuple[Traced, Traced, _Conditions]]:
    """Yield what a loop goes through; elements that may be absent with their conditions."""
    for key, value in members:
        if not scope.session.budget.spend():
            raise EvaluationError(TOO_MUCH_WORK)
        conditions: _Conditions = []
        while isinstance(value.value, OneOf) and len(value.value.alternatives) == 2:
            first, second = value.value.alternatives
            if (first is REMOVED) is (second is REMOVED):
                break
            conditions.append((value.value.condition, second is REMOVED))
            value = first if second is REMOVED else second
        yield key, value, conditions


def _conditional_on(element: Traced, kept: bool | str | None, conditions: _Conditions) -> Traced:
    if isinstance(kept, str):
        element = possibly_absent(kept, element, present_when=True)
    for condition, present_when in conditions:
        element = possibly_absent(condition, element, present_when=present_when)
    return element


def _add(
    result: Traced,
    expression: ForObject,
    scope: Scope,
    kept: bool | str | None,
    conditions: _Conditions,
) -> None:
    key = _key(expression.result_key, scope)
    name = None if key is None else as_key(key)
    if key is None or name is None:
        result.rest = Unknown(scope.shown(expression.result_key), "the key is not known")
        return
    value = _conditional_on(_member(expression.result_value, scope), kept, conditions)
    if expression.groups:
        group = result.value.setdefault(name, Traced([], value.span))
        group.value.append(value)
    elif name in result.value and not isinstance(name, PartlyKnownKey):
        raise EvaluationError(f'two elements have the key "{name}"')
    else:
        result.value[name] = value
    if result.keys is not None and key.span is not None:
        result.keys.setdefault(name, key.span)
