"""What the name of a module or nested stack, and what it is given, say of what it declares."""

from __future__ import annotations

_NAMES = ("stepfunction", "statemachine", "sfn")
_DEFINITION = "startat"
_TYPES = ("stepfunctions::statemachine", "serverless::statemachine")


def names_workflows(name: str) -> bool:
    """Tell whether the source of a module, or the place of a template, names Step Functions."""
    name = name.lower().replace("-", "").replace("_", "")
    return any(word in name for word in _NAMES)


def declares_machine(template: str) -> bool:
    """Tell whether the text of a template names a type of state machines."""
    template = template.lower()
    return any(one in template for one in _TYPES)


def holds_definition(text: str) -> bool:
    """Tell whether the text of a call holds a workflow definition."""
    return _DEFINITION in text.lower()
