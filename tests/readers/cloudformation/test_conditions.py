"""Conditions: what decides them, what stays open, and what follows in a branch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import REMOVED, OneOf, Reference, Traced, Unknown, plain

Read = Callable[..., Deployment]
Value = Callable[..., Traced]

SECTIONS = """\
Parameters:
  Stage: {Type: String, Default: dev}
  Size: {Type: String, AllowedValues: [small, large], Default: small}
  RoleArn: {Type: String, Default: ''}
  Bare: {Type: String}
  Fixed: {Type: String, AllowedValues: [x]}
Conditions:
  Always: !Equals [a, a]
  Never: !Equals [a, b]
  IsProd: !Equals [!Ref Stage, prod]
  IsNotProd: !Not [!Condition IsProd]
  IsLarge: !Equals [!Ref Size, large]
  IsHuge: !Equals [!Ref Size, huge]
  IsFixed: !Equals [x, !Ref Fixed]
  MakesRole: !Equals [!Ref RoleArn, '']
  TakesRole: !Not [!Equals [!Ref RoleArn, '']]
  Both: !And [!Condition IsProd, !Condition IsLarge]
  Either: !Or [!Condition IsProd, !Condition Always]
  Neither: !And [!Condition IsProd, !Condition Never]
  IsNorth: !Equals [!Ref 'AWS::Region', eu-north-1]
  Same: !Equals [!Ref Bare, !Ref Bare]
  Circle: !Not [!Condition Circle]
  Malformed: nonsense
"""


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("Always", True),
        ("Never", False),
        ("IsFixed", True),
        ("Either", True),
        ("Neither", False),
        ("Same", True),
        ("IsHuge", False),
        ("IsProd", None),
        ("IsLarge", None),
        ("Both", None),
        ("IsNorth", None),
        ("Circle", None),
        ("Malformed", None),
        ("Undeclared", None),
    ],
)
def test_what_decides_a_condition(value_of: Value, condition: str, holds: bool | None) -> None:
    expected = {True: 1, False: 2, None: OneOf(condition, (1, 2))}[holds]
    assert plain(value_of(f"!If [{condition}, 1, 2]", SECTIONS)) == expected


def test_a_given_parameter_decides(value_of: Value) -> None:
    for stage, expected in (("prod", 1), ("dev", 2)):
        value = value_of("!If [IsProd, 1, 2]", SECTIONS, parameters={"Stage": stage})
        assert plain(value) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # the same condition within a branch
        ("!If [IsProd, !If [IsProd, 1, 2], !If [IsProd, 3, 4]]", (1, 4)),
        # one that follows from it
        ("!If [IsProd, !If [IsNotProd, 1, 2], !If [IsNotProd, 3, 4]]", (2, 3)),
        ("!If [Both, !If [IsProd, 1, 2], 3]", (1, 3)),
        # the values of parameters that follow from it
        ("!If [IsProd, !Ref Stage, !Ref Stage]", ("prod", "dev")),
        ("!If [IsLarge, !Ref Size, !Ref Size]", ("large", "small")),
        ("!If [Both, !Ref Size, x]", ("large", "x")),
        # a default that the branch excludes
        ("!If [MakesRole, a, !Ref RoleArn]", ("a", Unknown("RoleArn"))),
        ("!If [TakesRole, !Ref RoleArn, b]", (Unknown("RoleArn"), "b")),
        ("!If [IsProd, 1, !Ref 'AWS::NoValue']", (1, REMOVED)),
        ("!If [IsProd, {a: 1}, {a: 2, b: 3}]", ({"a": 1}, {"a": 2, "b": 3})),
    ],
)
def test_what_follows_in_a_branch(
    value_of: Value, expression: str, expected: tuple[object, object]
) -> None:
    value = plain(value_of(expression, SECTIONS))
    assert isinstance(value, OneOf)
    assert value.alternatives == expected


def test_branches_that_are_the_same_are_no_choice(value_of: Value) -> None:
    assert plain(value_of("!If [IsProd, {a: [1]}, {a: [1]}]", SECTIONS)) == {"a": [1]}
    assert plain(value_of("!If [IsProd, !Ref Table, !Ref Table]", SECTIONS)) == Reference("Table")


def test_texts_are_made_of_one_branch_at_a_time(value_of: Value) -> None:
    joined = "!Join ['', [!If [IsProd, a, b], '-', !If [IsProd, c, d]]]"
    assert plain(value_of(joined, SECTIONS)) == OneOf("IsProd", ("a-c", "b-d"))
    without = "!Join ['-', [x, !If [IsProd, y, !Ref 'AWS::NoValue']]]"
    assert plain(value_of(without, SECTIONS)) == OneOf("IsProd", ("x-y", "x"))
    lists = "!Join ['-', !If [IsProd, [x, y], [z]]]"
    assert plain(value_of(lists, SECTIONS)) == OneOf("IsProd", ("x-y", "z"))


def test_too_many_choices_are_unknown_together(value_of: Value) -> None:
    sections = SECTIONS + "".join(f"  C{n}: !Equals [!Ref Bare, '{n}']\n" for n in range(20))
    parts = ", ".join(f"!If [C{n}, a{n}, b{n}]" for n in range(20))
    value = value_of(f"!Join ['', [{parts}]]", sections)
    text = value.as_text()
    assert text is not None
    assert [hole.expression for hole in text.holes] == [f"C{n}" for n in range(20)]


def test_a_resource_that_no_deployment_has_is_left_out(read: Read) -> None:
    resources = "".join(
        f"  R{name}:\n    Type: Custom::R\n    Condition: {name}\n"
        "    Properties: {Stage: !Ref Stage, Level: !If [IsProd, ALL, ERROR]}\n"
        for name in ("Always", "Never", "IsProd", "IsNotProd", "Undeclared")
    )
    deployment = read(SECTIONS + "Resources:\n" + resources)
    assert deployment.errors == []
    found = {one.address: plain(one.attributes) for one in deployment.resources}
    assert set(found) == {"RAlways", "RIsProd", "RIsNotProd", "RUndeclared"}
    assert found["RIsProd"] == {"Stage": "prod", "Level": "ALL"}
    assert found["RIsNotProd"] == {"Stage": "dev", "Level": "ERROR"}
    assert found["RAlways"]["Level"] == OneOf("IsProd", ("ALL", "ERROR"))


def test_conditions_that_double_at_each_step_are_decided_quickly(value_of: Value) -> None:
    sections = SECTIONS + "  D0: !Equals [!Ref Bare, x]\n"
    sections += "".join(
        f"  D{n}: !And [!Condition D{n - 1}, !Condition D{n - 1}]\n" for n in range(1, 60)
    )
    assert plain(value_of("!If [D59, 1, 2]", sections)) == OneOf("D59", (1, 2))
