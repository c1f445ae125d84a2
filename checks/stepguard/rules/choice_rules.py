"""The rules of Choice states: comparisons in JSONPath, conditions in JSONata."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.members import (
    UNDECIDED,
    as_object,
    is_open,
    present,
    why_open,
    why_unknown,
)
from stepguard.deployment.states_language import (
    CHOICE_FIELDS,
    COMPARISON_OPERATORS,
    LOGICAL_OPERATORS,
    QueryLanguage,
)
from stepguard.deployment.values import OpenList, Plain
from stepguard.deployment.workflow import State, Workflow
from stepguard.rules.defects import Defect, Doubt, Found, listed, quoted
from stepguard.rules.fields import WITHOUT, certain_names, misspelt, probably

MAXIMUM_DEPTH = 50
"""Levels of `And`, `Or` and `Not` that are looked at."""

_A_RULE = '{ "Variable": "$.field", "IsPresent": true, "Next": "…" }, for instance'
_CONDITION = '"Condition" with a JSONata expression'


def check_choices(workflow: Workflow) -> Iterator[Found]:
    """Yield what is wrong with the rules of the Choice states of a definition."""
    for state in workflow.states:
        if state.type == "Choice":
            yield from _check_rules(state)


def _check_rules(state: State) -> Iterator[Found]:
    path = (*state.path, "Choices")
    rules = state.body.get("Choices")
    if isinstance(rules, UNDECIDED):
        yield Doubt(f"Choices of {quoted(state.name)} {why_unknown(rules)}", path)
        return
    if not isinstance(rules, list):
        return
    if not rules and not isinstance(rules, OpenList):
        yield Defect(
            message=f"Choices of {quoted(state.name)} is empty: a Choice state needs a rule",
            path=path,
            subject="no rules",
            state=state,
            suggestion="a rule, or a Pass state in place of the Choice state",
        )
    for number, element in enumerate(rules):
        where = (*path, number)
        rule = as_object(element)
        if rule is not None:
            name = f"rule {number + 1} of {quoted(state.name)}"
            yield from _check_rule(state, rule, where, name)
        elif isinstance(element, UNDECIDED):
            yield Doubt(f"rule {number + 1} of {quoted(state.name)} {why_unknown(element)}", where)
        else:
            message = f"rule {number + 1} of {quoted(state.name)} is no object"
            yield _defect(state, message, where, f"rule {number + 1}: no object", _A_RULE)


def _check_rule(state: State, rule: dict[str, Plain], path: Path, name: str) -> Iterator[Found]:
    if is_open(rule):
        yield Doubt(f"not all fields of {name} are known: {why_open(rule, '')}", path)
        return
    if present(rule, "Next") is False:
        yield _defect(
            state,
            f"{name} has no Next: it leads nowhere",
            path,
            f"{name}: no Next",
            '"Next" with the name of a state',
        )
    if state.query_language == "JSONPath":
        yield from _check_test(state, rule, path, name)
    elif state.query_language == "JSONata":
        yield from _check_names(state, rule, path, name, "JSONata")
        if present(rule, "Condition") is False and not _foreign_names(rule, "JSONata"):
            message = f"{name} has no Condition"
            yield _defect(state, message, path, f"{name}: no Condition", _CONDITION)


def _foreign_names(rule: dict[str, Plain], language: QueryLanguage) -> list[str]:
    """Return the fields of a rule that belong to the other query language."""
    every = CHOICE_FIELDS["JSONPath"] | CHOICE_FIELDS["JSONata"]
    own = CHOICE_FIELDS[language]
    return [name for name in certain_names(rule) if name in every and name not in own]


def _check_names(
    state: State, rule: dict[str, Plain], path: Path, name: str, language: QueryLanguage
) -> Iterator[Found]:
    foreign = _foreign_names(rule, language)
    if foreign:
        yield _defect(
            state,
            f"{name} has {listed(map(quoted, foreign), 'and')}, which a state with the query "
            f"language {language} does not have",
            (*path, foreign[0]),
            f"{name}: fields of the other query language",
            _CONDITION if language == "JSONata" else '"QueryLanguage": "JSONata" in the state',
        )
    for field, similar in misspelt(rule, CHOICE_FIELDS[language]).items():
        if field not in foreign:
            yield _defect(
                state,
                f"{name} has a field {quoted(field)}, which does not exist there"
                f"{probably(similar)}",
                (*path, field),
                f"{name}: field {field}",
                WITHOUT if similar is None else f'"{similar}"',
            )


def _check_test(state: State, rule: dict[str, Plain], path: Path, name: str) -> Iterator[Found]:
    """Check a JSONPath rule and those that it combines."""
    pending = [(rule, path, True)]
    while pending:
        test, where, is_outermost = pending.pop()
        yield from _check_names(state, test, where, name, "JSONPath")
        if not is_outermost and present(test, "Next"):
            yield _defect(
                state,
                f"{name} has a Next inside And, Or or Not, where none can be",
                (*where, "Next"),
                f"{name}: nested Next",
                "Next in the rule itself",
            )
        yield from _check_operators(state, test, where, name)
        if len(where) - len(path) < 2 * MAXIMUM_DEPTH:
            pending.extend((*one, False) for one in _combined(test, where))


def _check_operators(
    state: State, test: dict[str, Plain], path: Path, name: str
) -> Iterator[Found]:
    if is_open(test):
        yield Doubt(f"not all fields of {name} are known: {why_open(test, '')}", path)
        return
    operators = [
        field
        for field in certain_names(test)
        if field in COMPARISON_OPERATORS or field in LOGICAL_OPERATORS
    ]
    perhaps = any(present(test, field) is None for field in test)
    if len(operators) > 1:
        yield _defect(
            state,
            f"{name} has {operators[0]} and {operators[1]} beside each other: one test has one",
            (*path, operators[1]),
            f"{name}: {operators[0]} and {operators[1]}",
            '"And" with a test for each',
        )
    # A misspelt operator is reported as the field that does not exist.
    elif not operators and not perhaps and not misspelt(test, CHOICE_FIELDS["JSONPath"]):
        yield _defect(state, f"{name} tests nothing", path, f"{name}: no operator", _A_RULE)
    elif operators and operators[0] in COMPARISON_OPERATORS and present(test, "Variable") is False:
        yield _defect(
            state,
            f"{name} does not say with Variable what {operators[0]} looks at",
            path,
            f"{name}: no Variable",
            '"Variable" with a path',
        )
    for operator in ("And", "Or"):
        if test.get(operator) == [] and not isinstance(test[operator], OpenList):
            yield _defect(
                state,
                f"{operator} in {name} is empty",
                (*path, operator),
                f"{name}: empty {operator}",
                "a list of tests",
            )


def _combined(test: dict[str, Plain], path: Path) -> Iterator[tuple[dict[str, Plain], Path]]:
    for operator in ("And", "Or"):
        tests = test.get(operator)
        for number, element in enumerate(tests if isinstance(tests, list) else ()):
            inner = as_object(element)
            if inner is not None:
                yield inner, (*path, operator, number)
    inner = as_object(test.get("Not"))
    if inner is not None:
        yield inner, (*path, "Not")


def _defect(state: State, message: str, path: Path, subject: str, suggestion: str) -> Defect:
    return Defect(message=message, path=path, subject=subject, state=state, suggestion=suggestion)
