"""The rules that there are: found by the names of their modules, imported when they are wanted."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias

from stepguard.report import RuleDescription
from stepguard.rules.rule import Rule

AnyRule: TypeAlias = "Rule[Any]"

_MODULE = re.compile(r"sfn(\d{3})_\w+")
_OWN_FORM = re.compile(r"SFN(\d{3})", re.IGNORECASE)
_CFN_LINT_FORM = re.compile(r"[EWI]9(\d{3})", re.IGNORECASE)
_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)


class UnknownRuleError(ValueError):
    """A rule id that no rule has. `given` is what the user wrote."""

    def __init__(self, given: str) -> None:
        super().__init__(f"there is no rule {given!r}; `stepguard rules` lists them")
        self.given = given


@cache
def _modules() -> dict[str, str]:
    import stepguard.rules

    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(stepguard.rules.__path__):
        matched = _MODULE.fullmatch(module.name)
        if matched:
            found[f"SFN{matched.group(1)}"] = f"stepguard.rules.{module.name}"
    return dict(sorted(found.items()))


def rule_ids() -> tuple[str, ...]:
    """Return the id of every rule, in order."""
    return tuple(_modules())


def normalize(identifier: str) -> str:
    """Return a rule's own id for either of its forms (`SFN401`, `W9401`), in any case.

    Raises `UnknownRuleError` for what is no rule's id.
    """
    text = identifier.strip()
    matched = _OWN_FORM.fullmatch(text) or _CFN_LINT_FORM.fullmatch(text)
    own = f"SFN{matched.group(1)}" if matched else ""
    if own not in _modules():
        raise UnknownRuleError(identifier)
    return own


def load(identifier: str) -> AnyRule:
    """Return the rule of an id in either form. Raises `UnknownRuleError`."""
    return _load(normalize(identifier))


@cache
def _load(own: str) -> AnyRule:
    name = _modules()[own]
    module = importlib.import_module(name)
    for value in vars(module).values():
        if inspect.isclass(value) and issubclass(value, Rule) and value.__module__ == name:
            rule = value()
            if isinstance(rule, Rule) and rule.id == own:
                return rule
    raise LookupError(f"module {name} defines no rule {own}")


def select(
    wanted: Iterable[str] = (), unwanted: Iterable[str] = (), *, pedantic: bool = False
) -> list[AnyRule]:
    """Return the rules to run, in order of their ids.

    `wanted` names rules to run and no others, whatever their tier; without it all default rules
    run, and with `pedantic` all. `unwanted` are left out. Raises `UnknownRuleError`.
    """
    named = {normalize(one) for one in wanted}
    left_out = {normalize(one) for one in unwanted}
    rules = [load(one) for one in _modules() if one not in left_out and (not named or one in named)]
    return [rule for rule in rules if named or pedantic or rule.tier == "default"]


def cfn_lint_id(rule: AnyRule) -> str:
    """Return a rule's id in cfn-lint's form: `W9401` for `SFN401`."""
    from stepguard.finding import Severity

    letters = {Severity.MEDIUM: "W", Severity.LOW: "I"}
    return f"{letters.get(rule.severity, 'E')}9{rule.id[3:]}"


@cache
def describe(rule: AnyRule) -> RuleDescription:
    """Return a rule's identity and its documentation, read from its docstring."""
    summary, sections = _documentation(inspect.getdoc(type(rule)) or "")
    return RuleDescription(
        id=rule.id,
        name=rule.name,
        severity=rule.severity,
        tier=rule.tier,
        summary=summary,
        sections=sections,
        references=tuple(rule.references),
    )


def describe_all(rules: Sequence[AnyRule]) -> list[RuleDescription]:
    """Return the descriptions of rules, in their order."""
    return [describe(rule) for rule in rules]


def _documentation(text: str) -> tuple[str, dict[str, str]]:
    """Split a docstring into its first paragraph and its sections by heading."""
    pieces = _HEADING.split(text)
    summary = " ".join(pieces[0].split())
    return summary, {
        heading: body.strip() for heading, body in zip(pieces[1::2], pieces[2::2], strict=True)
    }
