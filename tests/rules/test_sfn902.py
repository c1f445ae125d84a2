"""SFN902: what Step Functions refuses, and nothing that it takes."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Unread
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Unknown,
)
from stepguard.engine import ScanOptions, scan
from stepguard.rules.defects import MAXIMUM_DEFECTS

RULE = "SFN902"
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:f"
UNKNOWN = Unknown("var.x", "it is not set")


def machine(**states: Any) -> dict[str, Any]:
    """Make a definition of states, that starts with the first and where the last one succeeds."""
    return {"StartAt": next(iter(states)), "States": {**states, "Done": {"Type": "Succeed"}}}


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": LAMBDA, "Next": "Done", **fields}


def choice(*rules: Any, **fields: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": list(rules), "Default": "Done", **fields}


def inner(*names: str) -> dict[str, Any]:
    """Make a container of pass states, one after the other."""
    states = {
        name: {"Type": "Pass", **({"Next": after} if after else {"End": True})}
        for name, after in zip(names, [*names[1:], None], strict=True)
    }
    return {"StartAt": names[0], "States": states}


EVERYTHING: dict[str, Any] = {
    "Comment": "A definition that uses what there is.",
    "Version": "1.0",
    "TimeoutSeconds": 3600,
    "QueryLanguage": "JSONPath",
    "StartAt": "Prepare",
    "States": {
        "Prepare": {
            "Type": "Pass",
            "Comment": "c",
            "InputPath": None,
            "OutputPath": "$",
            "ResultPath": None,
            "Result": {"a": 1},
            "Parameters": {"a.$": "$.a", "b": {"c.$": "States.UUID()"}, "d": [1]},
            "Assign": {"x.$": "$.x"},
            "Next": "Call",
        },
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Credentials": {"RoleArn.$": "$.role"},
            "Parameters": {"FunctionName": "f", "RoleArn": "arn:aws:iam::123456789012:role/r"},
            "ResultSelector": {"a.$": "$.Payload"},
            "ResultPath": "$.r",
            "TimeoutSecondsPath": "$.timeout",
            "HeartbeatSeconds": 60,
            "Retry": [
                {
                    "ErrorEquals": ["States.TaskFailed"],
                    "IntervalSeconds": 1,
                    "MaxAttempts": 0,
                    "BackoffRate": 1.5,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL",
                    "Comment": "c",
                }
            ],
            "Catch": [
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Failed"},
            ],
            "End": False,
            "Next": "Decide",
        },
        "Decide": {
            "Type": "Choice",
            "InputPath": "$",
            "Choices": [
                {"Variable": "$.a", "NumericEquals": 1, "Next": "Fan out", "Comment": "c"},
                {
                    "And": [
                        {"Variable": "$.a", "IsPresent": True},
                        {"Not": {"Variable": "$.a", "StringMatches": "x*"}},
                        {"Or": [{"Variable": "$.a", "BooleanEqualsPath": "$.b"}]},
                    ],
                    "Assign": {"y": 1},
                    "Next": "Wait",
                },
            ],
            "Default": "Each",
        },
        "Wait": {"Type": "Wait", "Seconds": 0, "Next": "Until"},
        "Until": {"Type": "Wait", "Timestamp": "2030-01-31T12:00:00.5+02:00", "Next": "Decide"},
        "Fan out": {
            "Type": "Parallel",
            "Branches": [inner("One"), {**inner("Two"), "Comment": "c"}],
            "ResultSelector": {"a.$": "$[0]"},
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 0,
            "ItemSelector": {"a.$": "$$.Map.Item.Value"},
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "CSV", "MaxItems": 10},
                "Parameters": {"Bucket": "b", "Key.$": "$.key"},
            },
            "ItemBatcher": {"MaxItemsPerBatch": 10},
            "ItemProcessor": {
                **inner("Three", "Four"),
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            },
            "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {}},
            "ToleratedFailurePercentage": 12.5,
            "Label": "each",
            "Next": "Expressions",
        },
        "Expressions": {
            "Type": "Task",
            "QueryLanguage": "JSONata",
            "Resource": LAMBDA,
            "Arguments": "{% $states.input %}",
            "Output": {"a.$": "no path in JSONata"},
            "TimeoutSeconds": "{% $timeout %}",
            "Catch": [{"ErrorEquals": ["E"], "Output": "{% 1 %}", "Next": "Weigh"}],
            "Next": "Weigh",
        },
        "Weigh": {
            "Type": "Choice",
            "QueryLanguage": "JSONata",
            "Choices": [{"Condition": "{% $x > 1 %}", "Next": "Old", "Output": 1}],
            "Default": "Done",
        },
        "Old": {"Type": "Map", "Iterator": inner("Five"), "Parameters": {}, "End": True},
        "Failed": {"Type": "Fail", "ErrorPath": "$.e", "Cause": "c"},
        "Done": {"Type": "Succeed", "InputPath": "$"},
    },
}


def test_what_uses_everything_passes(judge: Callable[..., Any]) -> None:
    assert judge(RULE, EVERYTHING).passes


@pytest.mark.parametrize(
    ("definition", "words", "located"),
    [
        # Where states lead
        ({**machine(A=task()), "StartAt": "a"}, ["StartAt names 'a'", "there is 'A'"], '"a"'),
        (machine(A=task(Next="Dona")), ["Next of 'A' names 'Dona'", "'Done'"], '"Dona"'),
        (
            machine(A=task(Next="Elsewhere")),
            ["Next of 'A' names 'Elsewhere': the state machine has no such state. "],
            '"Elsewhere"',
        ),
        (
            machine(A=choice({"Variable": "$.a", "IsNull": True, "Next": "B"})),
            ["Next of rule 1 of 'A' names 'B'"],
            '"B"',
        ),
        (
            machine(A=choice({"Variable": "$.a", "IsNull": True, "Next": "Done"}, Default="B")),
            ["Default of 'A' names 'B'"],
            '"B"',
        ),
        (
            machine(A=task(Catch=[{"ErrorEquals": ["E"], "Next": "B"}])),
            ["Next of catcher 1 of 'A' names 'B'"],
            '"B"',
        ),
        (
            machine(A={"Type": "Map", "ItemProcessor": inner("B"), "Next": "B"}),
            ["names 'B'", "a state of the ItemProcessor of 'A'", "no transition enters"],
            '"B"',
        ),
        (
            machine(
                A={"Type": "Parallel", "Branches": [inner("B"), inner("C")], "Next": "Done"},
            )
            | {"StartAt": "B"},
            ["StartAt names 'B'", "branch 1 of 'A'"],
            '"B"',
        ),
        (machine(A=task(), B=task()), ["'B' cannot be reached"], '"B"'),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}},
            ["has no end"],
            '"States"',
        ),
        (
            machine(
                A={
                    "Type": "Map",
                    "Iterator": {
                        "StartAt": "B",
                        "States": {"B": {"Type": "Pass", "Next": "B"}},
                    },
                    "Next": "Done",
                }
            ),
            ["The Iterator of 'A' has no end"],
            '"States"',
        ),
        (
            machine(A={"Type": "Map", "ItemProcessor": inner("Done"), "Next": "Done"}),
            ["'Done' of the state machine has the name of a state of the ItemProcessor of 'A'"],
            '"Done"',
        ),
        # Fields
        ({"States": {"A": {"Type": "Succeed"}}}, ["The state machine has no StartAt"], None),
        ({"StartAt": "A"}, ["The state machine has no States"], None),
        ({**machine(A=task()), "Timeout": 3}, ["a field 'Timeout'", "not exist"], '"Timeout"'),
        (
            {"Startat": "A", "States": {"A": {"Type": "Succeed"}}},
            ["a field 'Startat'", "'StartAt' is probably meant"],
            '"Startat"',
        ),
        (
            machine(
                A={
                    "Type": "Map",
                    "ItemProcessor": {**inner("B"), "QueryLanguage": "JSONata"},
                    "Next": "Done",
                }
            ),
            ["The ItemProcessor of 'A' has a field 'QueryLanguage'"],
            '"QueryLanguage"',
        ),
        (machine(A=[]), ["'A' is no object"], '"A"'),
        (machine(A={"Resource": LAMBDA, "Next": "Done"}), ["'A' has no Type"], '"A"'),
        (
            machine(A=task(Type="Taks")),
            ["'A' has a Type that does not exist", "'Task' is probably meant"],
            '"Taks"',
        ),
        (machine(A=task(Retrie=[])), ["'Retrie'", "'Retry' is probably meant"], '"Retrie"'),
        (
            machine(A={"Type": "Pass", "Next": "Done", "Catch": []}),
            ["'A' has a field 'Catch', which a Pass state does not have: only Task, Parallel and"],
            '"Catch"',
        ),
        (
            machine(A=task(Arguments={})),
            ["'A' has the field 'Arguments' of JSONata, and its query language is JSONPath"],
            '"Arguments"',
        ),
        (
            machine(A=task(Parameters={}, QueryLanguage="JSONata")),
            ["'A' has the field 'Parameters' of JSONPath, and its query language is JSONata"],
            '"Parameters"',
        ),
        (
            {**machine(A=task(QueryLanguage="JSONPath")), "QueryLanguage": "JSONata"},
            ["'A' has the query language JSONPath", "no state can go back"],
            '"QueryLanguage"',
        ),
        (machine(A={"Type": "Task", "Next": "Done"}), ["'A' has no Resource"], '"A"'),
        (machine(A={"Type": "Wait", "Next": "Done"}), ["no Seconds, SecondsPath, Times"], '"A"'),
        (
            machine(A={"Type": "Wait", "Seconds": 1, "TimestampPath": "$.t", "Next": "Done"}),
            ["both Seconds and TimestampPath"],
            '"TimestampPath"',
        ),
        (
            machine(A=task(TimeoutSeconds=1, TimeoutSecondsPath="$.t")),
            ["both TimeoutSeconds and TimeoutSecondsPath"],
            '"TimeoutSecondsPath"',
        ),
        (machine(A={"Type": "Map", "Next": "Done"}), ["no ItemProcessor or Iterator"], '"A"'),
        (machine(A=task(End=True)), ["'A' has both Next and End"], '"End"'),
        (machine(A={"Type": "Task", "Resource": LAMBDA}), ["neither with Next"], '"A"'),
        (machine(A={"Type": "Pass", "End": False}), ["neither with Next"], '"A"'),
        # Choice rules
        (machine(A=choice()), ["Choices of 'A' is empty"], '"Choices"'),
        (machine(A=choice({"Variable": "$.a", "IsNull": True})), ["has no Next"], None),
        (machine(A=choice({"Variable": "$.a", "Next": "Done"})), ["tests nothing"], None),
        (
            machine(A=choice({"IsNull": True, "Next": "Done"})),
            ["does not say with Variable what IsNull looks at"],
            None,
        ),
        (
            machine(A=choice({"Variable": "$.a", "NumericEqual": 1, "Next": "Done"})),
            ["Rule 1 of 'A' has a field 'NumericEqual'", "'NumericEquals' is probably"],
            '"NumericEqual"',
        ),
        (
            machine(
                A=choice({"Variable": "$.a", "IsNull": True, "IsString": True, "Next": "Done"})
            ),
            ["has IsNull and IsString beside each other"],
            '"IsString"',
        ),
        (
            machine(
                A=choice({"Not": {"Variable": "$", "IsNull": True, "Next": "A"}, "Next": "Done"})
            ),
            ["a Next inside And, Or or Not"],
            '"Next"',
        ),
        (machine(A=choice({"And": [], "Next": "Done"})), ["And in rule 1 of 'A' is empty"], None),
        (
            machine(A=choice({"Next": "Done"}, QueryLanguage="JSONata")),
            ["Rule 1 of 'A' has no Condition"],
            None,
        ),
        (
            machine(A=choice({"Condition": "{% true %}", "Next": "Done"})),
            ["Rule 1 of 'A' has 'Condition'", "query language JSONPath does not have"],
            '"Condition"',
        ),
        (
            machine(
                A=choice(
                    {"Variable": "$.a", "IsNull": True, "Next": "Done"}, QueryLanguage="JSONata"
                )
            ),
            ["Rule 1 of 'A' has 'Variable' and 'IsNull'", "language JSONata does not have"],
            '"Variable"',
        ),
        (machine(A=choice("Done")), ["Rule 1 of 'A' is no object"], None),
        # Retriers and catchers
        (machine(A=task(Retry=["States.ALL"])), ["Retrier 1 of 'A' is no object"], None),
        (machine(A=task(Retry=[{}])), ["Retrier 1 of 'A' has no ErrorEquals"], None),
        (machine(A=task(Catch=[{"ErrorEquals": ["E"]}])), ["Catcher 1 of 'A' has no Next"], None),
        (
            machine(A=task(Retry=[{"ErrorEquals": []}])),
            ["ErrorEquals of retrier 1 of 'A' is not a list of error names"],
            None,
        ),
        (
            machine(A=task(Retry=[{"ErrorEquals": ["E"], "Maxattempts": 1}])),
            ["'Maxattempts'", "'MaxAttempts' is probably meant"],
            '"Maxattempts"',
        ),
        (
            machine(A=task(Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.5}])),
            ["BackoffRate of retrier 1 of 'A' is not a number of at least 1"],
            "0.5",
        ),
        (
            machine(A=task(Retry=[{"ErrorEquals": ["E"], "JitterStrategy": "SOME"}])),
            ["JitterStrategy", "FULL or NONE"],
            '"SOME"',
        ),
        (
            machine(A=task(Catch=[{"ErrorEquals": ["E"], "Output": 1, "Next": "Done"}])),
            ["'Output'", "as the state has the query language JSONPath"],
            '"Output"',
        ),
        # Values
        (machine(A=task(TimeoutSeconds="60")), ["TimeoutSeconds of 'A' is not a whole"], '"60"'),
        (machine(A=task(TimeoutSeconds=1.5)), ["TimeoutSeconds of 'A' is not a whole"], "1.5"),
        (machine(A=task(TimeoutSeconds="{% 1 %}")), ["TimeoutSeconds of 'A'"], None),
        ({**machine(A=task()), "TimeoutSeconds": 100_000_000}, ["at most 99999999"], None),
        (machine(A=task(End="true")), ["End of 'A' is not true or false"], '"true"'),
        (machine(A=task(Retry={})), ["Retry of 'A' is not a list"], None),
        (machine(A={"Type": "Parallel", "Branches": [], "Next": "Done"}), ["Branches of"], None),
        (
            machine(A={"Type": "Parallel", "Branches": ["B"], "Next": "Done"}),
            ["Branch 1 of 'A' is not an object"],
            '"B"',
        ),
        (
            machine(A={"Type": "Wait", "Timestamp": "2030-01-31 12:00:00Z", "Next": "Done"}),
            ["Timestamp of 'A' is not a timestamp"],
            '"2030-01-31 12:00:00Z"',
        ),
        (
            machine(A={"Type": "Wait", "Timestamp": "2030-13-31T12:00:00Z", "Next": "Done"}),
            ["Timestamp of 'A'"],
            None,
        ),
        (
            machine(A=task(QueryLanguage="Jsonata")),
            ["QueryLanguage of 'A' is not JSONata or JSONPath"],
            '"Jsonata"',
        ),
        (
            machine(
                A={
                    "Type": "Map",
                    "Next": "Done",
                    "ItemProcessor": {**inner("B"), "ProcessorConfig": {"Mode": "DISTRIBUTED"}},
                }
            ),
            ["has the Mode DISTRIBUTED and no ExecutionType"],
            '"ProcessorConfig"',
        ),
        (
            machine(
                A={
                    "Type": "Map",
                    "Next": "Done",
                    "ItemBatcher": {"MaxItemsPerBatch": 1, "MaxItemsPerBatchPath": "$.n"},
                    "ItemProcessor": inner("B"),
                }
            ),
            ["ItemBatcher of 'A' has both MaxItemsPerBatch and MaxItemsPerBatchPath"],
            '"MaxItemsPerBatchPath"',
        ),
        (
            machine(A=task(Parameters={"a": {"b.$": "b"}})),
            ["'b.$' in Parameters of 'A' holds neither a path"],
            '"b"',
        ),
        (machine(A=task(Parameters={"b.$": 1})), ["holds neither a path"], "1"),
        ([], ["The definition is no object"], None),
    ],
)
def test_a_defect_is_found_once_at_its_place(
    judge: Callable[..., Any], definition: Any, words: list[str], located: str | None
) -> None:
    found = judge(RULE, definition).only
    assert [word for word in words if word not in found.message] == [], found.message
    assert found.message.endswith("Step Functions refuses the definition")
    assert found.subject
    assert found.suggestion
    assert found.span is not None
    if located is not None:
        assert found.span.text == located


def test_every_defect_is_a_finding_of_its_own(judge: Callable[..., Any]) -> None:
    definition = machine(A=task(Next="B", Retries=[]), B={"Type": "Pass", "Catch": []})
    judged = judge(RULE, definition)
    assert len({one.subject for one in judged.violations}) == 3
    assert [one.state for one in judged.violations] == ["A", "B", "B"]
    assert judged.reasons == []


def test_a_broken_transition_does_not_make_what_it_meant_unreachable(
    judge: Callable[..., Any],
) -> None:
    definition = {
        "StartAt": "A",
        "States": {"A": task(Next="Bb"), "B": task(Next="A")},
    }
    assert "names 'Bb'" in judge(RULE, definition).only.message


def test_states_that_only_reach_each_other_are_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine(
        A=task(), B=task(Next="C"), C=task(Next="D"), D=task(Next="C"), E=task(Next="E")
    )
    judged = judge(RULE, definition)
    assert [one.state for one in judged.violations] == ["B", "E"]
    assert "nor the 2 behind it" in judged.violations[0].message
    assert [place.span.text for place in judged.violations[0].related] == ['"C"', '"D"']


def test_an_island_without_a_beginning_is_named_by_its_first_state(
    judge: Callable[..., Any],
) -> None:
    definition = machine(A=task(), B=task(Next="C"), C=task(Next="B"))
    assert judge(RULE, definition).only.state == "B"


def test_fields_of_the_other_language_are_one_finding_for_each_state(
    judge: Callable[..., Any],
) -> None:
    catch = [{"ErrorEquals": ["E"], "Output": 1, "Next": "Done"}]
    found = judge(RULE, machine(A=task(Output=1, Arguments={}, Catch=catch))).only
    assert "the fields 'Output' and 'Arguments' of JSONata" in found.message
    assert (
        found.suggestion
        == '"ResultSelector", "Parameters" or "QueryLanguage": "JSONata" in the state'
    )
    assert [place.span.text for place in found.related] == ['"Arguments"']
    definition = machine(A=task(InputPath="$", TimeoutSecondsPath="$.t", ResultPath="$"))
    definition["QueryLanguage"] = "JSONata"
    found = judge(RULE, definition).only
    assert found.suggestion == (
        '"Arguments", "TimeoutSeconds" and "Output" with JSONata expressions'
    )


def test_a_field_of_the_machine_among_its_states(judge: Callable[..., Any]) -> None:
    definition = machine(A=task())
    definition["States"]["QueryLanguage"] = "JSONata"
    found = judge(RULE, definition).only
    assert found.suggestion == '"QueryLanguage" beside States, not among the states'


def test_names_that_are_not_alike_are_not_offered(judge: Callable[..., Any]) -> None:
    rule = {"Variable": "$.a", "IsNull": True, "End": True, "Next": "Done"}
    found = judge(RULE, machine(A=choice(rule))).only
    assert "probably" not in found.message


def test_a_role_in_the_wrong_place_is_left_to_another_rule(judge: Callable[..., Any]) -> None:
    definition = machine(A=task(RoleArn="r", Credentials=[]))
    assert judge(RULE, definition).passes


def test_a_field_is_not_said_to_be_missing_where_it_is_misspelt(
    judge: Callable[..., Any],
) -> None:
    definition = {"StartAt": "A", "States": {"A": {"type": "Succeed"}}}
    assert "'type'" in judge(RULE, definition).only.message
    definition = machine(A={"Type": "Task", "resource": LAMBDA, "next": "Done"})
    assert ["'resource'" in one.message for one in judge(RULE, definition).violations] == [
        True,
        False,
    ]


def holes(before: str, after: str = "") -> Text:
    parts = (Piece(before), Hole(UNKNOWN), Piece(after))
    return Text(tuple(part for part in parts if isinstance(part, Hole) or part.text))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"States": UNKNOWN}, "not all states of the state machine are known: var.x"),
        ({"StartAt": UNKNOWN}, "StartAt var.x is not known"),
        ({"StartAt": OneOf("c", ("A", "B"))}, "StartAt depends on condition c"),
        (
            {"States": OpenDict({"A": {"Type": "Pass", "Next": "B"}}, UNKNOWN)},
            "not all states of the state machine are known",
        ),
        ({"States": {"A": UNKNOWN}}, "state 'A' var.x is not known"),
        ({"States": {"A": OpenDict({"Type": "Pass"}, UNKNOWN)}}, "not all fields of 'A'"),
        ({"States": {"A": {"Type": UNKNOWN, "End": True}}}, "Type of 'A' var.x is not known"),
        ({"States": {"A": {"Type": "Pass", "Next": UNKNOWN}}}, "Next of 'A' var.x"),
        ({"States": {"A": {"Type": "Pass", "Next": holes("a")}}}, "Next of 'A' var.x"),
        (
            {"States": {"A": {"Type": "Pass", "End": OneOf("c", (True, REMOVED))}}},
            "End depends on condition c",
        ),
        (
            {"States": {"A": {"Type": "Choice", "Choices": UNKNOWN, "Default": "A"}}},
            "Choices of 'A' var.x is not known",
        ),
        (
            {
                "States": {
                    "A": {"Type": "Task", "Resource": "r", "End": True, "Retry": UNKNOWN},
                }
            },
            "Retry of 'A' var.x is not known",
        ),
        (
            {
                "States": {
                    "A": {
                        "Type": "Task",
                        "Resource": "r",
                        "End": True,
                        "Catch": OpenList([], UNKNOWN),
                    },
                }
            },
            "not all of Catch of 'A' is known",
        ),
        (
            {"States": {"A": {"Type": "Parallel", "End": True, "Branches": UNKNOWN}}},
            "Branches of 'A' var.x is not known",
        ),
        (
            {"States": {"A": {"Type": "Map", "End": True, "ItemProcessor": UNKNOWN}}},
            "ItemProcessor of 'A' var.x is not known",
        ),
        (
            {"States": {PartlyKnownKey(holes("A ")): {"Type": "Succeed"}}},
            "not all states of the state machine are known",
        ),
    ],
)
def test_what_is_not_known_is_not_evaluated(
    judge: Callable[..., Any], change: dict[str, Any], reason: str
) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, **change}
    judged = judge(RULE, Document(definition, None))
    assert judged.violations == []
    assert len(judged.reasons) == 1
    assert reason in judged.reasons[0]


def test_what_is_certain_is_found_beside_what_is_not_known(judge: Callable[..., Any]) -> None:
    states = OpenDict({"A": task(Next=UNKNOWN, Retries=[])}, UNKNOWN)
    judged = judge(RULE, Document({"StartAt": "A", "States": states}, None))
    assert "'Retries'" in judged.only.message


@pytest.mark.parametrize(
    "fields",
    [
        {"Resource": UNKNOWN, "TimeoutSeconds": UNKNOWN, "Parameters": UNKNOWN},
        {"Resource": Reference("aws_lambda_function.f", "arn"), "Comment": UNKNOWN},
        {"Resource": holes("arn:"), "HeartbeatSeconds": OneOf("c", (1, UNKNOWN))},
        {"Next": OneOf("c", ("Done", "A"))},
        {"TimeoutSeconds": OneOf("c", (1, "wrong in one case"))},
        {"Resource": {"Fn::GetAtt": ["Function", "Arn"]}},
        {"Parameters": {"a.$": holes("")}},
    ],
)
def test_single_values_that_are_not_known_do_not_matter(
    judge: Callable[..., Any], fields: dict[str, Any]
) -> None:
    assert judge(RULE, Document(machine(A=task(**fields)), None)).passes


def test_names_with_the_same_holes_are_the_same(judge: Callable[..., Any]) -> None:
    name = PartlyKnownKey(holes("Wait for "))
    definition = {
        "StartAt": holes("Wait for "),
        "States": {name: {"Type": "Pass", "Next": "Done"}, "Done": {"Type": "Succeed"}},
    }
    judged = judge(RULE, Document(definition, None))
    assert judged.violations == []


def test_a_definition_that_cannot_be_read_is_not_evaluated(judge: Callable[..., Any]) -> None:
    judged = judge(RULE, Unread("file x.json is not there"))
    assert judged.reasons == ["the definition could not be read: file x.json is not there"]
    assert judge(RULE, Document(UNKNOWN, None)).reasons == [
        "the definition var.x is not known before deployment"
    ]


def test_a_bare_definition_is_judged_too(judge: Callable[..., Any]) -> None:
    definition = copy.deepcopy(EVERYTHING)
    assert judge(RULE, definition, form=Form.ASL).passes
    definition["States"]["Wait"]["Nxt"] = definition["States"]["Wait"].pop("Next")
    judged = judge(RULE, definition, form=Form.ASL)
    assert "'Next' is probably meant" in judged.only.message


def test_what_is_reported_of_a_definition_is_limited(judge: Callable[..., Any]) -> None:
    states = {f"S{number}": {"Type": "Pass", "Next": f"T{number}"} for number in range(5_000)}
    definition = Document({"StartAt": "S0", "States": states}, None)
    found = judge(RULE, definition).violations
    assert len(found) == MAXIMUM_DEFECTS
    assert [one for one in found if "more is wrong, not shown" in one.message] == found[-1:]


def test_many_states_that_nothing_reaches_are_found_in_time(judge: Callable[..., Any]) -> None:
    heads = {f"H{number}": {"Type": "Pass", "Next": "C0"} for number in range(3_000)}
    chain = {f"C{number}": {"Type": "Pass", "Next": f"C{number + 1}"} for number in range(3_000)}
    states = {**heads, **chain, "C3000": {"Type": "Succeed"}, "E": {"Type": "Succeed"}}
    found = judge(RULE, Document({"StartAt": "E", "States": states}, None)).violations
    assert len(found) == MAXIMUM_DEFECTS
    assert len(found[0].related) == 3_001


def test_deep_choice_rules_are_read_to_a_limit(judge: Callable[..., Any]) -> None:
    rule: dict[str, Any] = {"Variable": "$.a", "IsNull": True}
    for _ in range(200):
        rule = {"Not": rule}
    definition = Document(machine(A=choice({**rule, "Next": "Done"})), None)
    assert judge(RULE, definition).passes


REFUSED_FOR_PATHS_AND_EXPRESSIONS = frozenset(
    {
        "invalid-assign.asl.json",
        "invalid-cfn-definition-substitutions.json",
        "invalid-choice-state-variable.json",
        "invalid-dupe-fields.asl.json",
        "invalid-duplicate-fields-nested.json",
        "invalid-duplicate-fields.json",
        "invalid-exercise-ajv.asl.json",
        "invalid-json-path.json",
        "invalid-json-surround-syntax-extra-spaces.json",
        "invalid-jsonata-surround-syntax-no-close.json",
        "invalid-jsonata-surround-syntax-no-open.json",
        "invalid-jsonata-surround-syntax-no-spaces.json",
        "invalid-jsonata-syntax-arithmetic.json",
        "invalid-jsonata-syntax-jsonpath-in-jsonata-surround.json",
        "invalid-jsonata-syntax-mismatched-parens.json",
        "invalid-math-add.json",
        "invalid-task-alias-function.json",
        "invalid-variable-result-path.json",
    }
)
"""Cases of asl-validator that are about what a path, an expression or an ARN says."""

REFUSED_FOR_A_ROLE = frozenset({"invalid-task-credentials-null.json"})
"""Cases that SFN114 finds."""

REFUSED_FOR_A_QUOTA = frozenset({"invalid-state-name-too-long.json"})
"""Cases that SFN903 finds."""

REFUSED_BY_THE_SERVICE = frozenset({"valid-map-with-item-batcher-jsonata.json"})
"""Cases that asl-validator takes and Step Functions does not: a JSONPath state under JSONata."""


@pytest.mark.skipif("STEPGUARD_CORPUS" not in os.environ, reason="no folder of real templates")
def test_the_cases_of_asl_validator() -> None:
    folder = Path(os.environ["STEPGUARD_CORPUS"]) / "asl" / "ChristopheBougere+asl-validator"
    cases = sorted(folder.rglob("*valid-*.json"))
    assert len(cases) > 100
    report = scan(cases, ScanOptions(rules=(RULE,)))
    found = {Path(finding.violation.span.path).name for finding in report.findings}
    wanted = {case.name for case in cases if case.name.startswith("invalid-")}
    elsewhere = REFUSED_FOR_PATHS_AND_EXPRESSIONS | REFUSED_FOR_A_ROLE | REFUSED_FOR_A_QUOTA
    assert wanted - found == elsewhere
    assert found - wanted == REFUSED_BY_THE_SERVICE


def test_a_query_language_among_the_states_is_one_defect(judge: Callable[..., Any]) -> None:
    states = {
        "QueryLanguage": "JSONata",
        "A": {"Type": "Pass", "Output": "{% 1 %}", "Next": "B"},
        "B": task(Arguments={"a": "{% $states.input %}"}, Output="{% 1 %}"),
    }
    found = judge(RULE, {**machine(**states), "StartAt": "A"}).only
    assert found.suggestion == '"QueryLanguage" beside States, not among the states'


def test_what_is_there_already_is_not_suggested(judge: Callable[..., Any]) -> None:
    both = {"ItemsPath": "$.a", "Items": [1], "ItemProcessor": inner("B")}
    state = {"Type": "Map", "QueryLanguage": "JSONata", "End": True, **both}
    found = judge(RULE, machine(A=state)).violations
    assert '"Items"' not in "".join(one.suggestion for one in found)
