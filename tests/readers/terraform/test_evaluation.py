"""Expressions, with and without unknown parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import (
    OneOf,
    OpenList,
    PartlyKnownKey,
    Reference,
    Text,
    Unknown,
    plain,
)

Value = Callable[..., Any]

OPEN = 'variable "open" {}\nvariable "flag" { type = bool }\n'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3.5),
        ("-7 % 3", -1),
        ("!true || false", False),
        ('1 == 1 && "a" != "b"', True),
        ("3 >= 3 && 2 < 1", False),
        ('true ? "a" : "b"', "a"),
        ('false ? 1 : "b"', "b"),
        ('true ? 1 : "b"', "1"),
        ('"a${1}b${true}"', "a1btrue"),
        ('"${[1, 2]}"', [1, 2]),
        ('"%{if true}x%{else}y%{endif}"', "x"),
        ('"%{for k, v in {b = 2, a = 1}}${k}${v};%{endfor}"', "a1;b2;"),
        ('[for i, v in ["a", "b"] : "${i}${v}" if v != "a"]', ["1b"]),
        ("{for k, v in {a = 1, b = 2} : upper(k) => v + 1}", {"A": 2, "B": 3}),
        (
            '{for v in ["a1", "a2", "b1"] : substr(v, 0, 1) => v...}',
            {"a": ["a1", "a2"], "b": ["b1"]},
        ),
        ("[{a = 1}, {a = 2}][*].a", [1, 2]),
        ("null[*]", []),
        ("{a = 3}[*].a", [3]),
        ('{a = {b = [5]}}.a["b"][0]', 5),
        ('try({}.missing, "other")', "other"),
        ("can({a = 1}.a)", True),
        ("can({a = 1}.b)", False),
        ("max([1, 5, 2]...)", 5),
        ("<<EOT\nline ${1 + 1}\nEOT\n", "line 2\n"),
        ("<<-EOT\n    a\n      b\n  EOT\n", "a\n  b\n"),
        ('"$${literal} %%{literal}"', "${literal} %{literal}"),
        ("jsondecode(jsonencode({a = [1, null, true]}))", {"a": [1, None, True]}),
    ],
)
def test_known_expressions(value: Value, expression: str, expected: Any) -> None:
    assert value(f"locals {{\n  x = {expression}\n}}") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("false && var.flag", False),
        ("var.flag && false", False),
        ("true || var.flag", True),
        ("var.flag || true", True),
        ("true && var.flag", Unknown("var.flag")),
        ("!var.flag", Unknown("!var.flag")),
        ("var.open.a[0].b", Unknown("var.open.a[0].b")),
        ('var.open["k"]', Unknown('var.open["k"]')),
        ("var.open[*].id", Unknown("var.open[*].id")),
        ("var.open + 1", Unknown("var.open + 1")),
        ("var.open == var.open", True),
        ("var.flag ? 1 : 2", OneOf("var.flag", (1, 2))),
        ("var.flag ? 1 : 1", 1),
        ("(var.flag ? 1 : 2) + 10", OneOf("var.flag", (11, 12))),
        ("(var.flag ? 1 : 2) + (var.flag ? 10 : 20)", OneOf("var.flag", (11, 22))),
        ("var.flag ? (var.flag ? 1 : 2) : 3", OneOf("var.flag", (1, 3))),
        ("{a = var.open, b = 1}", {"a": Unknown("var.open"), "b": 1}),
        ('"a-${var.open}"', None),
        ("[for v in var.open : v.id]", Unknown("[for v in var.open : v.id]")),
        ('try(var.open.x, "fallback")', Unknown("var.open.x")),
        ("path.module", "."),
        ("terraform.workspace", Unknown("terraform.workspace")),
    ],
)
def test_unknown_parts_stay_where_they_stand(value: Value, expression: str, expected: Any) -> None:
    result = value(f"{OPEN}locals {{\n  x = {expression}\n}}")
    if expected is None:
        assert isinstance(result, Text)
        assert str(result) == "a-${var.open}"
        assert result.holes == (Unknown("var.open"),)
    else:
        assert result == expected
        assert type(result) is type(expected)


def test_a_filter_on_something_unknown_keeps_the_element_as_possibly_absent(value: Value) -> None:
    result = value(OPEN + 'locals {\n  x = [for v in ["a", "b"] : v if v != var.open]\n}')
    assert [one.alternatives[0] for one in result] == ["a", "b"]
    assert all(isinstance(one, OneOf) for one in result)


def test_a_partly_known_key_keeps_its_value(value: Value) -> None:
    result = value(OPEN + 'locals {\n  x = {"a-${var.open}" = 1}\n}')
    (key,) = result
    assert isinstance(key, PartlyKnownKey)
    assert result[key] == 1


def test_jsonencode_keeps_what_is_known_around_something_unknown(value: Value) -> None:
    result = value(OPEN + "locals {\n  x = jsondecode(jsonencode({A = var.open, B = [1]}))\n}")
    assert result["B"] == [1]
    assert result["A"] == Unknown("var.open")


def test_a_directive_on_an_open_condition_gives_both_documents(value: Value) -> None:
    configuration = OPEN + (
        'locals {\n  x = <<EOT\n{"a": 1%{ if var.flag }, "b": 2%{ endif }}\nEOT\n}'
    )
    result = value(configuration)
    assert isinstance(result, OneOf)
    assert result.condition == "var.flag"
    assert result.alternatives == ('{"a": 1, "b": 2}\n', '{"a": 1}\n')


def test_a_short_open_condition_is_a_hole(value: Value) -> None:
    result = value(OPEN + 'locals {\n  x = "arn:${var.flag ? "aws" : "aws-cn"}:s3"\n}')
    assert str(result) == "arn:${var.flag}:s3"


def test_locals_that_refer_to_each_other_are_unknown(value: Value) -> None:
    result = value('locals {\n  x = "1${local.y}"\n  y = "2${local.x}"\n}')
    assert "refers to itself" in next(iter(result.holes)).reason


def test_resource_attributes(value: Value) -> None:
    result = value(
        'variable "n" {}\n'
        'resource "aws_s3_bucket" "b" {\n  bucket = "logs"\n}\n'
        'resource "aws_s3_bucket" "c" {\n  bucket = "x-${var.n}"\n}\n'
        "locals {\n  x = [aws_s3_bucket.b.bucket, aws_s3_bucket.b.arn, aws_s3_bucket.c.bucket]\n}"
    )
    assert result == [
        "logs",
        Reference("aws_s3_bucket.b", "arn"),
        Reference("aws_s3_bucket.c", "bucket"),
    ]


def test_an_attribute_of_a_resource_is_not_null_or_empty(value: Value) -> None:
    result = value(
        'resource "aws_sns_topic" "t" {}\n'
        'locals {\n  x = [aws_sns_topic.t.arn != null, aws_sns_topic.t.arn == ""]\n}'
    )
    assert result == [True, False]


def test_conditional_instances(value: Value) -> None:
    result = value(
        OPEN + 'resource "aws_sns_topic" "t" {\n  count = var.flag ? 1 : 0\n}\n'
        "locals {\n  x = {\n"
        "    index = aws_sns_topic.t[0].arn\n"
        '    try = try(aws_sns_topic.t[0].arn, "none")\n'
        "    one = one(aws_sns_topic.t[*].arn)\n"
        '    cond = var.flag ? aws_sns_topic.t[0].arn : "given"\n'
        "    length = length(aws_sns_topic.t) > 0\n"
        "  }\n}"
    )
    arn = Reference("aws_sns_topic.t[0]", "arn")
    assert result["index"] == arn
    assert result["try"] == OneOf("var.flag", (arn, "none"))
    assert result["one"] == OneOf("var.flag", (arn, None))
    assert result["cond"] == OneOf("var.flag", (arn, "given"))
    assert result["length"] == OneOf("var.flag", (True, False))


def test_for_each_instances(value: Value) -> None:
    result = value(
        OPEN + 'resource "aws_sns_topic" "t" {\n  for_each = toset(["b", "a"])\n'
        '  name = "n-${each.key}"\n}\n'
        'resource "aws_sns_topic" "u" {\n  for_each = var.open\n}\n'
        "locals {\n  x = {\n"
        '    name = aws_sns_topic.t["a"].name\n'
        '    arn = aws_sns_topic.t["b"].arn\n'
        "    all = [for k, t in aws_sns_topic.t : t.arn]\n"
        '    open = aws_sns_topic.u["k"].arn\n'
        "    open_all = values(aws_sns_topic.u)[*].arn\n"
        "  }\n}"
    )
    assert result["name"] == "n-a"
    assert result["arn"] == Reference('aws_sns_topic.t["b"]', "arn")
    assert result["all"] == [
        Reference('aws_sns_topic.t["a"]', "arn"),
        Reference('aws_sns_topic.t["b"]', "arn"),
    ]
    assert result["open"] == Reference("aws_sns_topic.u", "arn")


def test_an_open_list_of_resources_stays_open(value: Value) -> None:
    result = value(
        OPEN + 'resource "aws_sns_topic" "t" {\n  count = var.open\n}\n'
        "locals {\n  x = aws_sns_topic.t[*].arn\n}"
    )
    assert isinstance(result, OpenList)
    assert result.rest == Reference("aws_sns_topic.t", "arn")


def test_pseudo_references(value: Value) -> None:
    result = value(
        'data "aws_caller_identity" "me" {}\ndata "aws_region" "here" {}\n'
        'data "aws_partition" "part" {}\n'
        "locals {\n  x = [data.aws_caller_identity.me.account_id, data.aws_region.here.name,"
        " data.aws_partition.part.partition, data.aws_partition.part.dns_suffix]\n}"
    )
    assert result == [
        Reference("AWS::AccountId"),
        Reference("AWS::Region"),
        Reference("AWS::Partition"),
        Reference("AWS::URLSuffix"),
    ]


def test_a_sensitive_variable_is_masked(value: Value) -> None:
    result = value(
        'variable "secret" {\n  default = "hunter2"\n  sensitive = true\n}\n'
        'locals {\n  x = "pw=${var.secret}, ${sensitive("hunter3")}"\n}'
    )
    assert "hunter" not in repr(result)
    assert result.holes[0] == Unknown("var.secret")


def test_values_that_double_end_as_unknown(value: Value) -> None:
    doubling = "\n".join(f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"' for n in range(1, 60))
    result = value(f'locals {{\n  a0 = "xxxxxxxxxx"\n{doubling}\n  x = local.a59\n}}')
    assert isinstance(result, (Unknown, Text))


def test_objects_that_double_end_as_unknown(value: Value) -> None:
    doubling = "\n".join(
        f"  a{n} = {{l = local.a{n - 1}, r = local.a{n - 1}}}" for n in range(1, 60)
    )
    result = value(f"locals {{\n  a0 = {{}}\n{doubling}\n  x = jsonencode(local.a59)\n}}")
    assert "unknown" in repr(result).lower()


def test_deep_chains_of_locals_do_not_crash(value: Value) -> None:
    chain = "\n".join(f"  a{n} = local.a{n - 1}" for n in range(1, 3000))
    value(f"locals {{\n  a0 = 1\n{chain}\n  x = local.a2999\n}}")


def test_loops_over_products_end(read: Callable[..., Deployment]) -> None:
    deployment = read(
        "locals {\n  n = range(1000)\n"
        "  x = [for a in local.n : [for b in local.n : [for c in local.n : a]]]\n}\n"
        'resource "terraform_data" "probe" {\n  input = local.x\n}\n'
    )
    (probe,) = [one for one in deployment.resources if one.type == "terraform_data"]
    result = plain(probe.attributes)["input"]
    assert "too much work" in repr(result) or "too large" in repr(result)
    assert ["too much work" in error.message for error in deployment.errors] == [True]
