"""The JSON schema of `stepguard.toml`, for editors."""

from __future__ import annotations

from typing import Any

from stepguard.documentation.options import Option, options
from stepguard.finding import Severity
from stepguard.rules.registry import cfn_lint_id, load, rule_ids

DRAFT = "http://json-schema.org/draft-07/schema#"


def config_schema() -> dict[str, Any]:
    """Return the schema: whatever it lets pass, stepguard reads."""
    return {
        "$schema": DRAFT,
        "title": "stepguard.toml",
        "description": "Options of stepguard.",
        "type": "object",
        "additionalProperties": False,
        "properties": {option.name: _property(option) for option in options()},
    }


def _property(option: Option) -> dict[str, Any]:
    described: dict[str, Any] = {"description": option.what, **_form(option)}
    if option.default not in (None, ()):
        default = option.default
        described["default"] = list(default) if isinstance(default, tuple) else default
    return described


def _form(option: Option) -> dict[str, Any]:
    if option.kind == "true or false":
        return {"type": "boolean"}
    if option.kind == "whole number":
        return {"type": "integer", "minimum": 0}
    if option.kind == "text":
        return _text(option)
    if option.kind == "list of rules":
        return {"type": "array", "items": {"enum": _rules()}}
    if option.kind == "list of texts":
        return {"type": "array", "items": _text(option)}
    labels = [severity.label for severity in sorted(Severity)]
    return {
        "type": "object",
        "propertyNames": {"enum": _rules()},
        "additionalProperties": {"enum": labels},
    }


def _text(option: Option) -> dict[str, Any]:
    if option.choices:
        return {"enum": list(option.choices)}
    if option.name == "trusted-accounts":
        return {"type": "string", "pattern": "^[0-9]{12}$"}
    return {"type": "string"}


def _rules() -> list[str]:
    """Return the ids of all rules, in either form."""
    own = rule_ids()
    return [*own, *(cfn_lint_id(load(identifier)) for identifier in own)]
