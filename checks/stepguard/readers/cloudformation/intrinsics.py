"""CloudFormation's intrinsic functions, each from its written argument to a value.

What cannot be known before deployment is `Unknown` with the reason; arguments of a form that a
function does not take make it unknown too, since CloudFormation will refuse them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from stepguard.deployment.source import Span
from stepguard.deployment.values import (
    REMOVED,
    UNREAD,
    Reference,
    Traced,
    Unknown,
)
from stepguard.readers.cloudformation.choices import choice, over_alternatives
from stepguard.readers.cloudformation.scope import Scope
from stepguard.readers.cloudformation.texts import at_place, encoded_as_json, scalar_as_text
from stepguard.structs import Struct

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "Region", "Partition", "URLSuffix", "StackName", "StackId")
)
"""Pseudo parameters that are references in every form of source."""

MAXIMUM_MAPPED = 8
"""Values of a mapping that are kept apart when its key is not known."""

WRONG_FORM = "its arguments have a form that the function does not take"


class Names(Protocol):
    """What the names in a template mean."""

    def parameter(self, name: str, scope: Scope, place: Span | None) -> Traced | None:
        """Return the value of a parameter; `None` when there is no parameter of that name."""

    def resource(self, name: str, attribute: str, place: Span | None) -> Traced | None:
        """Return what refers to a resource or its attribute; `None` when there is no such one."""

    def type_at(self, address: str) -> str:
        """Return the type of the resource at an address; empty when it is not in the template."""

    def mapping(self, name: str) -> Traced | None:
        """Return a mapping as it is written."""

    def holds(self, condition: str, scope: Scope) -> bool | None:
        """Tell whether a condition holds; `None` when it is open."""

    def assume(self, condition: str, truth: bool, scope: Scope) -> Scope:
        """Return the scope in which a condition holds, or does not hold."""


class Call(Struct, frozen=True):
    """A call of an intrinsic function: `argument` is as it is written, `span` the whole call."""

    name: str
    argument: Traced
    span: Span | None
    scope: Scope
    names: Names
    evaluated: Callable[[Traced, Scope], Traced]

    def evaluate(self, node: Traced) -> Traced:
        """Evaluate an operand."""
        return self.evaluated(node, self.scope)

    def operands(self, *counts: int) -> list[Traced] | None:
        """Return the operands as they are written; `None` unless they are of such a number."""
        value = self.argument.value
        return value if isinstance(value, list) and len(value) in counts else None

    def unknown(self, reason: str, expression: str = "") -> Traced:
        """Return that the call's value is not known."""
        return Traced(Unknown(expression or self.name, reason), self.span)


Function: TypeAlias = Callable[[Call], Traced]


def reference(name: str, call: Call) -> Traced:
    """Return what `Ref` of a name, or `${name}`, means."""
    if name == "AWS::NoValue":
        return Traced(REMOVED, call.span)
    if name in PSEUDO_PARAMETERS:
        return Traced(Reference(name, "", name), call.span)
    found = call.names.parameter(name, call.scope, call.span)
    if found is None:
        found = call.names.resource(name, "", call.span)
    if found is not None:
        return found
    if name.startswith("AWS::"):
        return call.unknown("it is only known at deployment", name)
    return call.unknown("the template has no parameter or resource of this name", name)


def attribute_of(name: str, attribute: str, call: Call) -> Traced:
    """Return what `Fn::GetAtt`, or `${name.attribute}`, means."""
    found = call.names.resource(name, attribute, call.span)
    if found is not None:
        return found
    return call.unknown("the template has no resource of this name", f"{name}.{attribute}")


def _ref(call: Call) -> Traced:
    name = call.argument if isinstance(call.argument.value, str) else call.evaluate(call.argument)
    if not isinstance(name.value, str):
        return call.unknown(WRONG_FORM)
    return reference(name.value, call)


def _get_att(call: Call) -> Traced:
    argument = call.argument.value
    if isinstance(argument, str):
        name, _, attribute = argument.partition(".")
    elif (operands := call.operands(2)) is not None:
        evaluated = [call.evaluate(operand).value for operand in operands]
        if not all(isinstance(one, str) for one in evaluated):
            return call.unknown("the attribute's name is not known")
        name, attribute = evaluated
    else:
        return call.unknown(WRONG_FORM)
    return attribute_of(name, attribute, call)


def _if(call: Call) -> Traced:
    operands = call.operands(2, 3)
    if operands is None or not isinstance(operands[0].value, str):
        return call.unknown(WRONG_FORM)
    condition: str = operands[0].value
    otherwise = operands[2] if len(operands) == 3 else Traced(REMOVED, call.span)
    truth = call.names.holds(condition, call.scope)
    if truth is not None:
        return call.evaluate(operands[1] if truth else otherwise)
    branches = [
        call.evaluated(branch, call.names.assume(condition, is_true, call.scope))
        for branch, is_true in ((operands[1], True), (otherwise, False))
    ]
    return choice(condition, branches, call.span)


def _find_in_map(call: Call) -> Traced:
    operands = call.operands(3, 4)
    if operands is None:
        return call.unknown(WRONG_FORM)
    default = operands[3].get("DefaultValue") if len(operands) == 4 else None
    otherwise = None if default is None else call.evaluate(default)
    keys = [call.evaluate(operand) for operand in operands[:3]]
    return over_alternatives(keys, lambda known: _mapped(known, otherwise, call), call.span)


def _mapped(keys: Sequence[Traced], otherwise: Traced | None, call: Call) -> Traced:
    """Return a mapping's value; for a key that is not known, every value that it can have."""
    name = scalar_as_text(keys[0].value)
    mapping = None if name is None else call.names.mapping(name)
    if mapping is None or not isinstance(mapping.value, dict):
        return call.unknown("the mapping is not known") if otherwise is None else otherwise
    first, second = scalar_as_text(keys[1].value), scalar_as_text(keys[2].value)
    if first is not None:
        inner = mapping.get(first)
        if second is not None or inner is None or not isinstance(inner.value, dict):
            return _mapped_to(inner, second, otherwise, call)
        unknown, found = keys[2], [_mapped_to(inner, key, None, call) for key in inner.value]
    elif second is not None:
        unknown = keys[1]
        found = [_mapped_to(inner, second, None, call) for inner in mapping.value.values()]
    else:
        return call.unknown("neither key is known")
    if otherwise is not None or not found or len(found) > MAXIMUM_MAPPED:
        return call.unknown(_reason(unknown, "its key is not known"))
    expression = getattr(unknown.value, "expression", "") or "…"
    return choice(f"{name}[{expression}]", found, call.span)


def _mapped_to(
    inner: Traced | None, key: str | None, otherwise: Traced | None, call: Call
) -> Traced:
    value = None if inner is None or key is None else inner.get(key)
    if value is not None:
        return at_place(call.evaluate(value), call.span)
    if otherwise is not None:
        return otherwise
    return call.unknown("the mapping has no such key")


def _select(call: Call) -> Traced:
    operands = call.operands(2)
    if operands is None:
        return call.unknown(WRONG_FORM)
    return over_alternatives(
        [call.evaluate(operand) for operand in operands],
        lambda known: _selected(known[0], known[1], call),
        call.span,
    )


def _selected(index: Traced, values: Traced, call: Call) -> Traced:
    number = scalar_as_text(index.value)
    if number is None or not number.isdecimal() or len(number) > 6:
        return call.unknown("the index is not known")
    if not isinstance(values.value, list):
        return call.unknown(_reason(values, "the list is not known"))
    if int(number) < len(values.value):
        chosen: Traced = values.value[int(number)]
        return chosen
    return call.unknown("the list is not as long as that")


def _length(call: Call) -> Traced:
    values = call.evaluate(call.argument)
    if not isinstance(values.value, list):
        return call.unknown(_reason(values, "the list is not known"))
    return Traced(len(values.value), call.span)


def _base64(call: Call) -> Traced:
    text = call.evaluate(call.argument)
    if not isinstance(text.value, str) or text.sensitive:
        return call.unknown(_reason(text, "the text is not known"))
    return Traced(base64.b64encode(text.value.encode("utf-8", "replace")).decode(), call.span)


def _to_json_string(call: Call) -> Traced:
    return encoded_as_json(call.evaluate(call.argument), call.span)


def _import_value(call: Call) -> Traced:
    name = call.evaluate(call.argument).as_text()
    expression = "Fn::ImportValue" if name is None else f"Fn::ImportValue {name}"
    return call.unknown("it is exported by another stack", expression)


def _reason(value: Traced, otherwise: str) -> str:
    content = value.value
    if isinstance(content, Unknown):
        return f"{content.expression} is not known: {content.reason}"
    if isinstance(content, UNREAD):
        return f"{content.expression} is only known at deployment"
    return otherwise


def _only_at_deployment(call: Call) -> Traced:
    return call.unknown("it is only known at deployment")


FUNCTIONS: dict[str, Function] = {
    "Ref": _ref,
    "Fn::Base64": _base64,
    "Fn::Cidr": _only_at_deployment,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::GetAZs": _only_at_deployment,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::ToJsonString": _to_json_string,
}
"""The functions that are no more than this; those that make texts are in `strings.py`."""
