"""Conditions of a template: whether they hold, and what follows when they do.

A condition is open unless every deployment decides it the same way. The default of a parameter
does not decide it: whoever deploys may pass another value. What a branch takes for granted does:
where `IsProd` holds, so does what follows from it, such as the stage's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from stepguard.deployment.values import Reference, Text, Traced, Unknown, plain
from stepguard.readers.cloudformation.parameters import Parameters, typed
from stepguard.readers.cloudformation.scope import Scope
from stepguard.readers.cloudformation.texts import scalar_as_text
from stepguard.structs import Struct, field

Evaluate: TypeAlias = Callable[[Traced, Scope], Traced]

MAXIMUM_STEPS: Final = 5_000
"""Expressions that are looked at for what follows from one assumption."""


class _Facts(Struct):
    """What follows from an assumption. `excluded` are values that a parameter cannot have.

    `steps` is how many expressions may still be looked at.
    """

    conditions: dict[str, bool] = field(default_factory=dict)
    parameters: dict[str, Traced] = field(default_factory=dict)
    excluded: dict[str, set[str]] = field(default_factory=dict)
    steps: int = MAXIMUM_STEPS


class Conditions:
    """The conditions that a template declares.

    `evaluate` evaluates the operands of a comparison.
    """

    def __init__(
        self, declared: Mapping[str, Traced], parameters: Parameters, evaluate: Evaluate
    ) -> None:
        self._declared = declared
        self._parameters = parameters
        self._evaluate = evaluate
        self._pending: set[str] = set()

    def holds(self, name: str, scope: Scope) -> bool | None:
        """Tell whether a condition holds in every deployment, or in none; `None` when open."""
        try:
            return self._named(name, scope.certain())
        except RecursionError:
            # A chain of conditions that is too long to be followed is open.
            self._pending.clear()
            return None

    def assume(self, name: str, truth: bool, scope: Scope) -> Scope:
        """Return the scope in which a condition holds, or does not hold."""
        try:
            facts = self._facts(name, truth, scope)
        except RecursionError:
            self._pending.clear()
            facts = _Facts(conditions={name: truth})
        return scope.given(facts.conditions, facts.parameters)

    def _facts(self, name: str, truth: bool, scope: Scope) -> _Facts:
        facts = _Facts(conditions={name: truth})
        declared = self._declared.get(name)
        if declared is None:
            return facts
        self._follow(declared, truth, facts)
        for parameter, values in facts.excluded.items():
            if parameter not in facts.parameters:
                self._without(parameter, values, facts)
        if self._named(name, scope) is (not truth):
            # The defaults say the contrary, so not all of them can be what is deployed.
            for parameter in self._parameters_in(declared):
                if parameter not in facts.parameters and parameter not in scope.parameters:
                    reason = f"condition {name} excludes its default"
                    facts.parameters[parameter] = Traced(Unknown(parameter, reason))
        return facts

    def _named(self, name: str, scope: Scope) -> bool | None:
        given = scope.conditions.get(name)
        if given is not None:
            return given
        if name in scope.truths:
            return scope.truths[name]
        declared = self._declared.get(name)
        if declared is None or name in self._pending:
            return None
        self._pending.add(name)
        truth = self._truth(declared, scope)
        self._pending.discard(name)
        scope.truths[name] = truth
        return truth

    def _truth(self, expression: Traced, scope: Scope) -> bool | None:
        function, argument = _call(expression)
        if function == "Condition" and isinstance(argument.value, str):
            return self._named(argument.value, scope)
        operands = argument.value if isinstance(argument.value, list) else []
        if function == "Fn::Equals" and len(operands) == 2:
            return self._equal(operands[0], operands[1], scope)
        if function == "Fn::Not" and len(operands) == 1:
            inner = self._truth(operands[0], scope)
            return None if inner is None else not inner
        if function not in ("Fn::And", "Fn::Or") or not operands:
            return None
        decisive = function == "Fn::Or"
        truths = [self._truth(operand, scope) for operand in operands]
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive

    def _equal(self, left: Traced, right: Traced, scope: Scope) -> bool | None:
        one, other = self._evaluate(left, scope), self._evaluate(right, scope)
        if one.sensitive or other.sensitive:
            return None
        first, second = scalar_as_text(one.value), scalar_as_text(other.value)
        if first is not None and second is not None:
            return first == second
        if isinstance(one.value, (Unknown, Reference, Text)) and plain(one) == plain(other):
            return True
        for unknown, known in ((one, second), (other, first)):
            if known is not None and isinstance(unknown.value, Unknown):
                declared = self._parameters.declared.get(unknown.value.expression)
                if declared is not None and declared.allowed and known not in declared.allowed:
                    return False
        return None

    # What follows

    def _follow(self, expression: Traced, truth: bool, facts: _Facts) -> None:
        facts.steps -= 1
        if facts.steps < 0:
            return
        function, argument = _call(expression)
        operands = argument.value if isinstance(argument.value, list) else []
        if function == "Condition" and isinstance(argument.value, str):
            name = argument.value
            if name not in facts.conditions:
                facts.conditions[name] = truth
                if name in self._declared:
                    self._follow(self._declared[name], truth, facts)
        elif function == "Fn::Not" and len(operands) == 1:
            self._follow(operands[0], not truth, facts)
        elif (function == "Fn::And" and truth) or (function == "Fn::Or" and not truth):
            for operand in operands:
                self._follow(operand, truth, facts)
        elif function == "Fn::Equals" and len(operands) == 2:
            for one, other in (operands, operands[::-1]):
                parameter, value = _parameter_named(one), scalar_as_text(other.value)
                if parameter not in self._parameters.declared or value is None:
                    continue
                declared = self._parameters.declared[parameter]
                if declared.is_secret and other.span is not None:
                    # What a secret is compared with may be what it is.
                    other.span.file.hide(other.span)
                if truth:
                    facts.parameters[parameter] = typed(declared, Traced(value), other.span)
                else:
                    facts.excluded.setdefault(parameter, set()).add(value)

    def _without(self, parameter: str, values: set[str], facts: _Facts) -> None:
        """Note what a parameter is that cannot have some values."""
        declared = self._parameters.declared[parameter]
        left = [value for value in declared.allowed if value not in values]
        if len(left) == 1:
            facts.parameters[parameter] = typed(declared, Traced(left[0]), None)

    def _parameters_in(self, expression: Traced) -> set[str]:
        """Return the parameters that a condition depends on; all where it is too long."""
        found: set[str] = set()
        seen: set[str] = set()
        stack = [expression]
        steps = 0
        while stack:
            steps += 1
            if steps > MAXIMUM_STEPS:
                return set(self._parameters.declared)
            node = stack.pop()
            function, argument = _call(node)
            if function == "Ref" and isinstance(argument.value, str):
                if argument.value in self._parameters.declared:
                    found.add(argument.value)
            elif function == "Condition" and isinstance(argument.value, str):
                name = argument.value
                if name in self._declared and name not in seen:
                    seen.add(name)
                    stack.append(self._declared[name])
            elif isinstance(node.value, dict):
                stack.extend(node.value.values())
            elif isinstance(node.value, list):
                stack.extend(node.value)
        return found


def _call(expression: Traced) -> tuple[str, Traced]:
    """Return the function that an expression calls, and its argument."""
    if isinstance(expression.value, dict) and len(expression.value) == 1:
        return next(iter(expression.value.items()))
    return "", expression


def _parameter_named(expression: Traced) -> str:
    function, argument = _call(expression)
    return argument.value if function == "Ref" and isinstance(argument.value, str) else ""
