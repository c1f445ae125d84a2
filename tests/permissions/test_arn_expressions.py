"""Which expressions are whole ARNs, and which only have one in them."""

from __future__ import annotations

import pytest

from stepguard.permissions.arn_expressions import is_arn_expression


@pytest.mark.parametrize(
    "expression",
    [
        "var.arn",
        "var.pay_arn",
        "var.payArn",
        "var.payarn",
        "aws_dynamodb_table.orders.arn",
        "aws_dynamodb_table.orders[0].arn",
        'aws_dynamodb_table.orders["a.b"].arn',
        "aws_lambda_function.pay.qualified_arn",
        "aws_lambda_function.pay[*].arn",
        "aws_lambda_function.pay.*.arn[0]",
        'module.tables["orders"].table_arn',
        'var.arns["pay"]',
        "var.function_arns.pay",
        'local.tables["arn"]',
        "each.value.arn",
        "one(aws_dynamodb_table.orders[*].arn)",
        'coalesce(var.table_arn, "")',
        'try(aws_dynamodb_table.orders[0].arn, "")',
        "element(var.arns, count.index)",
        'element(concat(aws_lambda_function.pay.*.arn, [""]), 0)',
        'concat(aws_lambda_function.pay[*].arn, [""])[0]',
        'lookup(var.arns, "pay", "")',
        'join("", aws_lambda_function.pay.*.arn)',
        'trimsuffix(aws_cloudwatch_log_group.all.arn, ":*")',
        'replace(var.machine_arn, "stateMachine", "execution")',
        "(var.table_arn)",
        'var.make ? aws_dynamodb_table.orders[0].arn : ""',
        'jsondecode(var.settings)["table_arn"]',
        "[var.table_arn, var.other][0]",
        # CloudFormation, and what a definition has substituted.
        "FunctionArn",
        "FunctionARN",
        "Function.Arn",
        "Child.Outputs.FunctionArn",
        "Fn::ImportValue shared-FunctionArn",
        "resolve:ssm:/pay/function-arn:1",
    ],
)
def test_an_arn(expression: str) -> None:
    assert is_arn_expression(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "…",
        "var.table",
        "var.learning_table",
        "LearningTable",
        "aws_lambda_function.arn_resolver.function_name",
        "var.table_arn.name",
        'split("/", var.table_arn)[1]',
        'element(split(":", aws_lambda_function.pay.arn), 6)',
        'reverse(split(":", var.function_arn))[0]',
        'regex("[^/]+$", var.table_arn)',
        "basename(var.table_arn)",
        'trimprefix(var.table_arn, "arn:aws:dynamodb:")',
        'replace(var.table_arn, "/^.*\\\\//", "")',
        'join("-", ["a", var.table_arn])',
        'var.kind == "arn"',
        'one([for table in var.tables : table.name if table.arn != ""])',
        'one(split("/", var.table_arn)',
        'lookup(var.tables, "arn_of_it", "arn")',
    ],
)
def test_no_arn(expression: str) -> None:
    assert not is_arn_expression(expression)


@pytest.mark.in_time(1)
@pytest.mark.parametrize("text", ["a" * 250 + " || b", "a[" * 140, "(" * 140 + "a", "a?" * 140])
def test_what_is_no_path_is_told_in_time(text: str) -> None:
    assert not is_arn_expression(text)
