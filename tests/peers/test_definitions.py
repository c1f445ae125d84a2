"""cfn-lint's rule E3601 on definitions, and what validators of the language report, by our own.

E3601 compares a definition with a schema, and asks whether `StartAt` is there. It looks at no
definition that `Fn::Sub`, `Fn::Join`, SAM's `Definition` or `DefinitionUri` gives, and reports
neither targets that do not exist nor states that nothing reaches. Which of these cases it reports
was seen with cfn-lint 1.58.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Verdicts = Callable[..., dict[str, str]]

RULE = "SFN902"
CALL = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}


def one(**fields: Any) -> dict[str, Any]:
    """Return a definition of one state with some fields."""
    return {"StartAt": "A", "States": {"A": fields}}


def several(**states: dict[str, Any]) -> dict[str, Any]:
    """Return a definition that starts at its first state."""
    return {"StartAt": next(iter(states)), "States": states}


END = {"Type": "Succeed"}
WRONG = {
    "a type that does not exist": one(Type="Bogus", End=True),
    "no type": one(End=True),
    "no StartAt": {"States": {"A": END}},
    "a StartAt that does not exist": {"StartAt": "B", "States": {"A": END}},
    "a nested StartAt that does not exist": one(
        Type="Parallel", Branches=[{"StartAt": "C", "States": {"B": END}}], End=True
    ),
    "no States": {"StartAt": "A"},
    "neither Next nor End": one(Type="Pass"),
    "both Next and End": several(A={"Type": "Pass", "Next": "B", "End": True}, B=END),
    "Succeed with Next": several(A={"Type": "Succeed", "Next": "B"}, B=END),
    "a field that does not exist": one(Type="Pass", End=True, Reslut=1),
    "Choice without Choices": several(A={"Type": "Choice", "Default": "B"}, B=END),
    "Parallel without Branches": one(Type="Parallel", End=True),
    "Map without ItemProcessor": one(Type="Map", End=True),
    "Task without Resource": one(Type="Task", End=True),
    "Arguments in JSONPath": one(**CALL, Arguments={}),
    "Parameters in JSONata": {**one(**CALL, Parameters={}), "QueryLanguage": "JSONata"},
}
NOT_REPORTED_BY_E3601 = {
    "a Next that does not exist": one(Type="Pass", Next="B"),
    "a Default that does not exist": one(
        Type="Choice", Choices=[{"Variable": "$.x", "IsNull": True, "Next": "A"}], Default="B"
    ),
    "a state that nothing reaches": several(A=END, B=END),
    "Wait without a time": one(Type="Wait", End=True),
    "Wait with two times": one(Type="Wait", Seconds=1, SecondsPath="$.s", End=True),
    "a retrier without ErrorEquals": one(**CALL, Retry=[{"MaxAttempts": 1}]),
    "a catcher without Next": one(**CALL, Catch=[{"ErrorEquals": ["States.ALL"]}]),
    "a query language that does not exist": {
        **one(Type="Pass", End=True),
        "QueryLanguage": "XPath",
    },
    "no end": several(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}),
}
RIGHT = {
    "a job": one(Type="Task", Resource="arn:aws:states:::glue:startJobRun.sync", End=True),
    "JSONata": {
        **one(**{**CALL, "Arguments": {"Message": "{% $states.input %}"}}),
        "QueryLanguage": "JSONata",
    },
    "variables": one(Type="Pass", Assign={"x.$": "$.y"}, End=True),
    "an inline map": one(Type="Map", ItemProcessor=several(B=END), End=True),
}
REPORTED_BY_E3601 = {
    "a region of the government": one(
        **{**CALL, "Resource": "arn:aws-us-gov:states:::sns:publish"}
    ),
    "a region of China": one(**{**CALL, "Resource": "arn:aws-cn:states:::sns:publish"}),
    "a timeout in JSONata": {
        **one(**CALL, TimeoutSeconds="{% $limit %}"),
        "QueryLanguage": "JSONata",
    },
}


def template(value: str, *, kind: str = "StepFunctions", name: str = "DefinitionString") -> str:
    """Return a template whose machine has a definition, written as some property."""
    return (
        "Resources:\n  M:\n"
        f"    Type: AWS::{kind}::StateMachine\n    Properties:\n      {name}: {value}\n"
    )


def quoted(definition: dict[str, Any]) -> str:
    """Return a definition as a YAML string that holds JSON."""
    return json.dumps(json.dumps(definition))


@pytest.mark.parametrize("what", WRONG)
def test_cfn_lint_e3601_what_it_reports(verdicts: Verdicts, what: str) -> None:
    assert verdicts(template(quoted(WRONG[what])), RULE) == {RULE: "violation"}


@pytest.mark.parametrize("what", NOT_REPORTED_BY_E3601)
def test_cfn_lint_e3601_passes_what_is_refused(verdicts: Verdicts, what: str) -> None:
    assert verdicts(template(quoted(NOT_REPORTED_BY_E3601[what])), RULE) == {RULE: "violation"}


@pytest.mark.parametrize("what", RIGHT)
def test_cfn_lint_e3601_what_it_passes(verdicts: Verdicts, what: str) -> None:
    assert verdicts(template(quoted(RIGHT[what])), RULE) == {RULE: "pass"}


@pytest.mark.parametrize("what", REPORTED_BY_E3601)
def test_cfn_lint_e3601_reports_what_is_right(verdicts: Verdicts, what: str) -> None:
    assert verdicts(template(quoted(REPORTED_BY_E3601[what])), RULE) == {RULE: "pass"}


BOGUS = one(Type="Bogus", End=True)
HALVES = json.dumps(json.dumps(BOGUS)[:20]), json.dumps(json.dumps(BOGUS)[20:])


@pytest.mark.parametrize(
    "text",
    [
        template(f"!Sub {quoted(BOGUS)}"),
        template(f"!Join ['', [{HALVES[0]}, {HALVES[1]}]]"),
        template(json.dumps(BOGUS), kind="Serverless", name="Definition"),
        template("machine.asl.json", kind="Serverless", name="DefinitionUri"),
    ],
    ids=["Fn::Sub", "Fn::Join", "SAM Definition", "SAM DefinitionUri"],
)
def test_cfn_lint_e3601_skips_most_ways_to_write_a_definition(
    verdicts: Verdicts, tmp_path: Any, text: str
) -> None:
    if "machine.asl.json" in text:
        (tmp_path / "machine.asl.json").write_text(json.dumps(BOGUS), encoding="utf-8")
    assert verdicts(text, RULE) == {RULE: "violation"}
