"""Conditional expressions: one branch, or both when the condition is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from stepguard.deployment.values import OneOf, Reference, Text, Traced, Unknown
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.readers.terraform.choices import Failed, choose, describe, distribute
from stepguard.readers.terraform.functions.conversion import convert_to
from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.functions.types import type_of, unify
from stepguard.readers.terraform.operators import boolean, is_open
from stepguard.readers.terraform.scope import Scope
from stepguard.readers.terraform.syntax.expressions import Conditional, Expression

Evaluate: TypeAlias = Callable[[Expression, Scope], Traced]


def evaluate_conditional(expression: Conditional, scope: Scope, evaluate: Evaluate) -> Traced:
    """Return the value of `condition ? then : otherwise`.

    Raises `EvaluationError` for what Terraform would refuse.
    """
    span = scope.span(expression)
    condition = evaluate(expression.condition, scope)
    branches: dict[bool, Traced | EvaluationError] = {}

    def branch(taken: bool) -> Traced | EvaluationError:
        if taken not in branches:
            chosen = expression.then if taken else expression.otherwise
            try:
                branches[taken] = evaluate(chosen, scope)
            except EvaluationError as error:
                branches[taken] = error
        return branches[taken]

    def pick(given: list[Traced]) -> Traced:
        value = given[0]
        if not is_open(value):
            taken = boolean(value)
            result = branch(taken)
            if isinstance(result, EvaluationError):
                raise result
            # The other branch is evaluated for its type, as Terraform does.
            return _unified(result, branch(not taken)) if _may_change(result) else result
        then, otherwise = branch(True), branch(False)
        if isinstance(then, EvaluationError) and isinstance(otherwise, EvaluationError):
            raise then
        alternatives: list[Traced] = []
        for one, other in ((then, otherwise), (otherwise, then)):
            if isinstance(one, Traced):
                alternatives.append(_unified(one, other))
            elif scope.strict:
                alternatives.append(Traced(Failed(one.reason)))
        if len(alternatives) == 1:
            return alternatives[0]
        name = describe(value) or scope.shown(expression.condition)
        return choose(name, alternatives, span)

    return distribute([condition], pick, keep_failures=scope.strict)


def _may_change(value: Traced) -> bool:
    """Tell whether a branch may be converted to a type that it has in common with the other."""
    return value.value is not None and not isinstance(
        value.value, (Text, Unknown, Reference, OneOf, Failed)
    )


def _unified(value: Traced, beside: Traced | EvaluationError) -> Traced:
    """Return the value of a branch, converted to the type that both branches have in common.

    Raises `EvaluationError` when that is certain not to exist.
    """
    if not _may_change(value) or isinstance(beside, EvaluationError) or beside.value is None:
        return value
    if isinstance(beside.value, (OneOf, Failed)):
        return value
    common = unify((type_of(value), type_of(beside)))
    try:
        if common is not None:
            return convert_to(value, common)
        reason = "the branches have no type in common"
    except FunctionError as error:
        reason = error.reason
    if value.is_known and beside.is_known:
        raise EvaluationError(reason)
    return value
