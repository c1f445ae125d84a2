"""Tasks that call a Lambda function, and which function that is."""

from __future__ import annotations

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Hole, OneOf, Piece, Plain, Text, alternatives, plain
from stepguard.deployment.workflow import Task
from stepguard.permissions.needs.parameters import ABSENT, Parameter, find_parameter
from stepguard.rules.links import resources_meant, sole_reference

FUNCTION_TYPES = frozenset(
    {"aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function"}
)
"""The types of Lambda functions."""

_QUALIFIED = {
    "aws_lambda_alias": "function_name",
    "AWS::Lambda::Alias": "FunctionName",
    "AWS::Lambda::Version": "FunctionName",
}
"""The types of a function's versions and aliases, with the attribute that names the function."""

_PARTS_OF_ARN = 7
"""Parts of a function's ARN without a qualifier."""

_SERVICES = ("optimized", "aws-sdk")
_MAXIMUM_STEPS = 4


def calls_lambda(task: Task) -> bool:
    """Tell whether a task calls a Lambda function, in whatever way."""
    call = task.integration
    if call.kind == "lambda-arn":
        return True
    return call.kind in _SERVICES and (call.service, call.action) == ("lambda", "invoke")


def called_function(task: Task) -> Parameter:
    """Return what names the function that a task calls: an ARN, a name, or a reference."""
    if task.integration.kind == "lambda-arn":
        return Parameter("written", task.resource)
    return next(iter(find_parameter(task.parameters, "FunctionName")), ABSENT)


def functions_meant(value: Plain, deployment: Deployment, steps: int = 0) -> list[list[Resource]]:
    """Return, for each alternative of a value, the functions of the project that it names.

    Versions and aliases lead to their function. An alternative that names none, or none that is
    certain, has an empty list.
    """
    return [
        _functions(one, deployment, steps)
        for one in (alternatives(value) if isinstance(value, OneOf) else (value,))
    ]


def _functions(value: Plain, deployment: Deployment, steps: int) -> list[Resource]:
    reference = sole_reference(value)
    if reference is not None and not reference.is_pseudo:
        found = deployment.find(reference.target)
        if len(found) == 1 and found[0].type in _QUALIFIED and steps < _MAXIMUM_STEPS:
            owner = found[0].attributes.get(_QUALIFIED[found[0].type])
            if owner is None:
                return []
            inner = functions_meant(plain(owner), deployment, steps + 1)
            return inner[0] if len(inner) == 1 else []
    return resources_meant(without_qualifier(value), FUNCTION_TYPES, deployment)


def without_qualifier(value: Plain) -> Plain:
    """Return the ARN or name of a function without its version or alias."""
    if isinstance(value, str):
        parts = value.split(":")
        size = _PARTS_OF_ARN if parts[0] == "arn" else 1
        return ":".join(parts[:size])
    if isinstance(value, Text) and qualifier_of(value) is not None:
        return _head(value)
    return value


def qualifier_of(value: Plain) -> Plain | None:
    """Return the version or alias in a function's ARN or name; `None` when it has none."""
    if isinstance(value, str):
        parts = value.split(":")
        size = _PARTS_OF_ARN if parts[0] == "arn" else 1
        return ":".join(parts[size:]) if len(parts) > size else None
    if not isinstance(value, Text):
        return None
    colons = 0
    is_arn = isinstance(value.parts[0], Hole) or value.parts[0].text.startswith("arn:")
    starts_with_hole = isinstance(value.parts[0], Hole)
    wanted = 1 if starts_with_hole or not is_arn else _PARTS_OF_ARN
    for number, part in enumerate(value.parts):
        if not isinstance(part, Piece):
            continue
        for position, character in enumerate(part.text):
            colons += character == ":"
            if colons == wanted and character == ":":
                rest = (Piece(part.text[position + 1 :]), *value.parts[number + 1 :])
                tail = Text(tuple(one for one in rest if isinstance(one, Hole) or one.text))
                known = tail.known
                return tail if known is None else known
    return None


def _head(value: Text) -> Plain:
    """Return what stands before the last colon of a text."""
    parts: list[Piece | Hole] = list(value.parts)
    while parts:
        last = parts.pop()
        if isinstance(last, Piece) and ":" in last.text:
            before = last.text.rpartition(":")[0]
            if before:
                parts.append(Piece(before))
            break
    head = Text(tuple(parts))
    if len(parts) == 1 and isinstance(parts[0], Hole):
        return head
    known = head.known
    return head if known is None else known
