"""Each intrinsic function: what it gives, and what stays unknown where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import (
    Hole,
    OneOf,
    OpenDict,
    Reference,
    Text,
    Traced,
    Unknown,
    plain,
    render,
)

Read = Callable[..., Deployment]
Value = Callable[..., Traced]

SECTIONS = """\
Parameters:
  Stage: {Type: String, Default: dev}
  Limit: {Type: Number, Default: 300}
  Names: {Type: CommaDelimitedList, Default: 'a, b,c'}
  Bare: {Type: String}
  Secret: {Type: String, NoEcho: true, Default: hunter2}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b}
  Single: {Type: String, Default: x, AllowedValues: [x]}
Mappings:
  Levels:
    dev: {Log: 'OFF', Days: 1}
    prod: {Log: ALL, Days: 30}
  Wide: {a: {v: 1}, b: {v: 2}, c: {v: 3}, d: {v: 4}, e: {v: 5}, f: {v: 6}, g: {v: 7}, h: {v: 8},
    i: {v: 9}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
"""
REGION = Reference("AWS::Region")
ACCOUNT = Reference("AWS::AccountId")
ROLE = Reference("Table", "Arn")


def holes(value: Traced) -> list[Unknown | Reference]:
    assert isinstance(value.value, Text)
    return list(value.value.holes)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("!Ref Table", Reference("Table")),
        ("{Ref: Table}", Reference("Table")),
        ("!Ref AWS::Region", REGION),
        ("!Ref AWS::StackName", Reference("AWS::StackName")),
        ("!Ref Stage", "dev"),
        ("!Ref Limit", 300),
        ("!Ref Names", ["a", "b", "c"]),
        ("!Ref Single", "x"),
        ("!GetAtt Table.Arn", Reference("Table", "Arn")),
        ("{'Fn::GetAtt': [Table, Arn]}", Reference("Table", "Arn")),
        ("{'Fn::GetAtt': [Table, Stream.Arn]}", Reference("Table", "Stream.Arn")),
        ("{'Fn::GetAtt': Table.Stream.Arn}", Reference("Table", "Stream.Arn")),
        ("!Sub 'x-${Stage}-y'", "x-dev-y"),
        ("!Sub 'x-${Limit}'", "x-300"),
        ("!Sub ['${a}/${Stage}/${b}', {a: 1, b: !Ref Stage}]", "1/dev/dev"),
        ("!Sub 'keep ${!Stage} and ${Stage}'", "keep ${Stage} and dev"),
        ('!Sub \'{"a": "$.b"}\'', '{"a": "$.b"}'),
        ("!Join ['-', [a, !Ref Stage, 3, true, 1.50]]", "a-dev-3-true-1.5"),
        ("!Join [',', !Ref Names]", "a,b,c"),
        ("!Join ['', [a, !Ref 'AWS::NoValue', b]]", "ab"),
        ("!Select [1, !Ref Names]", "b"),
        ("!Select ['2', [x, y, z]]", "z"),
        ("!Split [',', 'x,y,z']", ["x", "y", "z"]),
        ("!Select [1, !Split ['-', !Sub 'p-${Stage}-q']]", "dev"),
        ("!FindInMap [Levels, !Ref Stage, Log]", "OFF"),
        ("!FindInMap [Levels, nowhere, Log, {DefaultValue: ERROR}]", "ERROR"),
        ("!FindInMap [Levels, dev, nothing, {DefaultValue: !Ref Stage}]", "dev"),
        ("!Base64 text", "dGV4dA=="),
        ("{'Fn::Length': [a, b]}", 2),
        ("{'Fn::Length': !Ref Names}", 3),
        ("[a, !Ref 'AWS::NoValue', b]", ["a", "b"]),
        ("{a: !Ref 'AWS::NoValue', b: 1}", {"b": 1}),
        ("!Select [0, !Split [':', 'a:b']]", "a"),
        ("!Split ['-', !Ref Limit]", ["300"]),
        ("{'Fn::ForEach::L': [X, [a, b], {'P${X}': !Ref X}]}", {"Pa": "a", "Pb": "b"}),
        ("!FindInMap [Levels, dev, !Ref Bare]", OneOf("Levels[Bare]", ("OFF", 1))),
        ("!FindInMap [Wide, !Ref Bare, v]", Unknown("Fn::FindInMap")),
        ("!FindInMap [!If [IsProd, Levels, Wide], dev, v, {DefaultValue: 0}]", 0),
        ("!FindInMap [Levels, !If [IsProd, prod, dev], Log]", OneOf("IsProd", ("ALL", "OFF"))),
        ("!Select [!If [IsProd, 0, 1], [a, b]]", OneOf("IsProd", ("a", "b"))),
        ("!Join ['', [!ToJsonString {a: !If [IsProd, 1, 1]}, x]]", '{"a":1}x'),
        ('!Sub "\\x24{!a} ${Stage}"', "${a} dev"),
    ],
)
def test_what_is_known(value_of: Value, expression: str, expected: object) -> None:
    assert plain(value_of(expression, SECTIONS)) == expected


@pytest.mark.parametrize(
    ("expression", "rendered", "unknown"),
    [
        ("!Sub 'arn:${AWS::Partition}:x:${AWS::Region}:${AWS::AccountId}:y'", None, []),
        ("!Sub 'x/${Table.Arn}/${Table}'", "x/${Table.Arn}/${Table}", []),
        ("!Join ['', ['arn:', !Ref 'AWS::Partition', ':', !GetAtt Table.Arn]]", None, []),
        ("!Sub 'a-${Bare}'", "a-${Bare}", ["Bare"]),
        ("!Sub 'a-${Nothing}'", "a-${Nothing}", ["Nothing"]),
        ("!Sub 'a-${No.Thing}'", "a-${No.Thing}", ["No.Thing"]),
        ("!Join ['/', [a, !Ref Bare, b]]", "a/${Bare}/b", ["Bare"]),
        ("!Join ['/', [a, !ImportValue up, b]]", "a/${Fn::ImportValue up}/b", None),
        ("'a{{resolve:ssm:/x/y:1}}b'", "a${resolve:ssm}b", ["resolve:ssm"]),
        ("'{{resolve:secretsmanager:s:SecretString:p}}'", "${resolve:secretsmanager}", None),
        ("!Sub '{{resolve:ssm:/${Bare}/y}}'", "${resolve:ssm}", ["resolve:ssm"]),
        ("!Sub ['${a}', {a: [1]}]", "${a}", ["a"]),
        ("!Sub ['${a}', {a: !Ref 'AWS::NoValue'}]", "${a}", ["a"]),
        ("!Join ['', [a, [b]]]", "a${Fn::Join}", ["Fn::Join"]),
        ("!ToJsonString {a: !If [IsProd, 1, 2]}", '{"a":${IsProd}}', ["IsProd"]),
        ("!ToJsonString {a: 1, 'Fn::Transform': {Name: M}}", '{"a":1,${Fn::Transform}}', None),
    ],
)
def test_what_is_partly_known_is_a_text_with_holes(
    value_of: Value, expression: str, rendered: str | None, unknown: list[str] | None
) -> None:
    value = value_of(expression, SECTIONS)
    if rendered is not None:
        assert render(plain(value)) == rendered
    if unknown is not None:
        found = [hole.expression for hole in holes(value) if isinstance(hole, Unknown)]
        assert found == unknown


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("!Ref Bare", "parameter without a default"),
        ("!Ref Secret", "secret"),
        ("!Ref Stored", "parameter store"),
        ("!Ref Nothing", "no parameter or resource"),
        ("!GetAtt No.Thing", "no resource"),
        ("!Ref 'AWS::NotificationARNs'", "only known at deployment"),
        ("!ImportValue elsewhere", "exported by another stack"),
        ("!GetAZs ''", "only known at deployment"),
        ("!Cidr ['10.0.0.0/16', 1, 8]", "only known at deployment"),
        ("!Select [0, !GetAZs '']", "Fn::GetAZs is not known"),
        ("!Select [9, [a]]", "not as long"),
        ("!Select [!Ref Bare, [a]]", "index is not known"),
        ("!Select [!Ref Stage, [a]]", "index is not known"),
        ("!Split [',', !Ref Bare]", "may contain ','"),
        ("!Split ['-', !Ref 'AWS::Region']", "may contain '-'"),
        ("!FindInMap [Levels, prod, Nothing]", "no such key"),
        ("!FindInMap [Nothing, prod, Log]", "mapping is not known"),
        ("!FindInMap [Levels, !Ref Bare, !Ref Bare]", "neither key is known"),
        ("!Base64 {Ref: Bare}", "Bare is not known"),
        ("{'Fn::Length': !Ref Bare}", "Bare is not known"),
        ("!Unheard [of]", "no function of this name"),
        ("!Join [a]", "form"),
        ("!Join [[], []]", "form"),
        ("!Sub [a, b]", "form"),
        ("!Sub []", "form"),
        ("!If [x]", "form"),
        ("!Select []", "form"),
        ("!Split ['', abc]", "form"),
        ("!FindInMap [a]", "form"),
        ("!GetAtt [a]", "form"),
        ("!Ref [a]", "form"),
        ("!GetAtt [Table, !Ref Bare]", "attribute's name"),
        ("!Join ['', !Ref Bare]", "parameter without a default"),
        ("!Join ['', !Ref Stage]", "list is not known"),
        ("!Split [',', [a]]", "form"),
        ("!Split ['/', !Ref AWS::StackId]", "may contain '/'"),
        ("!Split ['/', !GetAtt Table.StreamArn]", "may contain '/'"),
        ("!Split [':', !Sub '${Machine}${Secret}']", "may contain ':'"),
        ("!Base64 [a]", "the text is not known"),
        ("!Base64 {'Fn::GetAtt': Table.Arn}", "Table.Arn is only known at deployment"),
        ("!Transform {Name: 'AWS::Include'}", "names no location"),
        ("!Transform {Name: Mine, Parameters: {a: b}}", "the macro Mine"),
    ],
)
def test_what_is_unknown_says_why(value_of: Value, expression: str, reason: str) -> None:
    value = value_of(expression, SECTIONS).value
    assert isinstance(value, Unknown)
    assert reason in value.reason


def test_a_secret_is_never_in_a_value(value_of: Value) -> None:
    assert value_of("!Ref Secret", SECTIONS).sensitive
    for expression in ("!Ref Secret", "!Sub 'x${Secret}'", "!Join ['', [!Ref Secret]]"):
        value = value_of(expression, SECTIONS)
        assert "hunter2" not in str(render(plain(value)))
        assert "hunter2" not in str(value.value)


def test_parameters_that_are_given(value_of: Value) -> None:
    given = {"Stage": "prod", "Names": "x,y", "Limit": "5", "Stored": "s", "Secret": "z"}
    for expression, expected in (
        ("!Ref Stage", "prod"),
        ("!Ref Names", ["x", "y"]),
        ("!Ref Limit", 5),
        ("!FindInMap [Levels, !Ref Stage, Log]", "ALL"),
        ("!If [IsProd, 1, 2]", 1),
    ):
        assert plain(value_of(expression, SECTIONS, parameters=given)) == expected
    assert isinstance(value_of("!Ref Secret", SECTIONS, parameters=given).value, Unknown)


def test_a_mapping_with_an_unknown_key_keeps_every_value(value_of: Value) -> None:
    assert plain(value_of("!FindInMap [Levels, !Ref Bare, Log]", SECTIONS)) == OneOf(
        "Levels[Bare]", ("OFF", "ALL")
    )
    joined = value_of(
        "!Sub ['${l}-${d}', {l: !FindInMap [Levels, !Ref Bare, Log],"
        " d: !FindInMap [Levels, !Ref Bare, Days]}]",
        SECTIONS,
    )
    assert plain(joined) == OneOf("Levels[Bare]", ("OFF-1", "ALL-30"))


def test_the_json_text_of_an_object(value_of: Value) -> None:
    value = value_of("!ToJsonString {a: [1, !Ref Stage], b: {c: true}}", SECTIONS)
    assert value.value == '{"a":[1,"dev"],"b":{"c":true}}'
    value = value_of("!ToJsonString {a: !GetAtt Table.Arn, b: !Sub 'x\"${Bare}'}", SECTIONS)
    assert render(plain(value)) == '{"a":${Table.Arn},"b":"x\\"${Bare}"}'
    inner = value.encoded
    assert inner is not None
    assert plain(inner)["a"] == Reference("Table", "Arn")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("!Select [3, !Split [':', !Ref Machine]]", REGION),
        ("!Select [4, !Split [':', !Ref Machine]]", ACCOUNT),
        ("!Select [5, !Split [':', !Ref Machine]]", "stateMachine"),
        ("!Select [6, !Split [':', !GetAtt Machine.Arn]]", Reference("Machine", "Name")),
        ("!Select [1, !Split ['/', !GetAtt Table.Arn]]", Reference("Table")),
    ],
)
def test_an_arn_of_the_template_can_be_taken_apart(
    value_of: Value, expression: str, expected: object
) -> None:
    value = plain(value_of(expression))
    assert (value.holes[0] if isinstance(value, Text) else value) == expected


def test_pieces_of_a_sub_stand_where_they_are_written(value_of: Value) -> None:
    value = value_of("!Sub 'ab${Table}cd${Stage}${!ef}'", SECTIONS)
    text = value.as_text()
    assert text is not None
    written = [part.span.text if part.span else None for part in text.parts]
    assert written == ["ab", "${Table}", "cd", "${Stage}", "${", "ef}"]
    hole = text.parts[1]
    assert isinstance(hole, Hole)
    assert hole.span is not None
    line = hole.span.file.line(hole.span.line)
    assert line[hole.span.column - 1 :].startswith("${Table}")
    assert value.span is not None
    assert value.span.text == "!Sub 'ab${Table}cd${Stage}${!ef}'"


def test_pieces_of_a_join_stand_where_they_are_written(value_of: Value) -> None:
    value = value_of("!Join ['-', [ab, !Ref Stage, !GetAtt Table.Arn]]", SECTIONS)
    text = value.as_text()
    assert text is not None
    written = [part.span.text if part.span else None for part in text.parts]
    assert written == ["ab", None, "!Ref Stage", None, "!GetAtt Table.Arn"]


def test_a_parameter_stands_where_it_is_used(value_of: Value) -> None:
    span = value_of("!Ref Stage", SECTIONS).span
    assert span is not None
    assert span.text == "!Ref Stage"


def test_what_a_macro_may_add_leaves_an_object_open(value_of: Value) -> None:
    value = plain(value_of("{a: 1, 'Fn::Transform': {Name: Mine}}"))
    assert isinstance(value, OpenDict)
    assert value == {"a": 1}


def test_names_of_a_sam_template_that_sam_will_make(read: Read) -> None:
    deployment = read(
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          It:
            Type: Custom::It
            Properties:
              A: !GetAtt MachineRole.Arn
              B: !Ref Function.Alias
              C: !Ref Unheard
        """
    )
    found: dict[str, Any] = plain(deployment.find("It")[0].attributes)
    assert found == {
        "A": Reference("MachineRole", "Arn"),
        "B": Reference("Function", "Alias"),
        "C": Reference("Unheard"),
    }
