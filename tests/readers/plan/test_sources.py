"""A plan with the configuration that it was made from: the plan's content at its places."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Policy, Role, StateMachine, Tags
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import (
    Hole,
    OneOf,
    Piece,
    Reference,
    Text,
    Traced,
    Unknown,
    plain,
    render,
)
from stepguard.readers.plan.merging import merge, without_spans

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "plans"

Read = Callable[..., Deployment]
Load = Callable[[str], dict[str, Any]]


@pytest.fixture
def both(read: Read) -> Callable[[str], Deployment]:
    """Read a committed plan with its configuration."""
    return lambda name: read(name, source=FIXTURES / name)


def document(deployment: Deployment, address: str) -> Document:
    resource = deployment.find(address)[0]
    found: object = None
    if isinstance(resource, StateMachine):
        found = resource.definition
    elif isinstance(resource, Policy):
        found = resource.document
    elif isinstance(resource, Role):
        found = resource.trust
    assert isinstance(found, Document), found
    return found


def place(span: Span | None) -> tuple[str, str]:
    """Return the name of a span's file, and its text."""
    assert span is not None
    return span.path.rsplit("/", 1)[-1], span.text


@pytest.mark.parametrize("name", ["create", "modules", "no-op", "replace", "sensitive", "update"])
def test_resources_are_where_their_blocks_are(both: Callable[..., Deployment], name: str) -> None:
    deployment = both(name)
    assert deployment.errors == []
    assert deployment.root == "project/plan.json"
    assert deployment.resources
    for resource in deployment.resources:
        file, text = place(resource.span)
        assert file == "main.tf"
        assert text.startswith(("resource ", "data "))
        assert f'"{resource.type.removeprefix("data.")}"' in text
    assert {file.path.rsplit("/", 1)[-1] for file in deployment.files} >= {"plan.json", "main.tf"}


def test_what_is_known_after_apply_is_read_from_the_configuration(
    both: Callable[..., Deployment],
) -> None:
    deployment = both("create")
    definition = document(deployment, "aws_sfn_state_machine.orders")
    state = definition.value["States"]["Charge"]
    assert state["Parameters"]["FunctionName"] == Reference("aws_lambda_function.charge", "arn")
    assert state["Retry"][0]["MaxAttempts"] == 3
    assert place(definition.locate(["States", "Charge", "Type"])) == ("main.tf", '"Task"')
    policy = document(deployment, "aws_iam_role_policy.workflow")
    assert render(policy.value)["Statement"][0]["Resource"] == [
        "${aws_lambda_function.charge.arn}:*",
        "${aws_lambda_function.charge.arn}",
    ]
    assert place(policy.locate(["Statement", 1, "Action"])) == ("main.tf", '"s3:*"')
    role = deployment.find("aws_iam_role.workflow")[0]
    assert isinstance(role, Role)
    assert deployment.policies_of(role).state == "full"


def test_a_log_destination_is_read_from_the_configuration(
    both: Callable[..., Deployment],
) -> None:
    machine = both("create").find("aws_sfn_state_machine.orders")[0]
    logging = machine.attributes.get("logging_configuration")
    assert logging is not None
    destination = logging.value[0].get("log_destination")
    assert render(plain(destination)) == "${aws_cloudwatch_log_group.orders.arn}:*"


def test_the_plan_counts_for_what_it_knows(both: Callable[..., Deployment]) -> None:
    """The provider has normalised it, and knows the account that the configuration does not."""
    trust = document(both("create"), "aws_iam_role.workflow")
    path = ["Statement", 0, "Condition", "StringEquals", "aws:SourceAccount"]
    assert trust.value["Statement"][0]["Condition"]["StringEquals"] == {
        "aws:SourceAccount": "123456789012"
    }
    assert place(trust.locate(path)) == (
        "main.tf",
        "data.aws_caller_identity.current.account_id",
    )
    assert place(trust.locate(["Statement", 0, "Principal", "Service"])) == (
        "main.tf",
        '"states.amazonaws.com"',
    )


def test_a_document_in_a_template_keeps_the_places_of_the_template(
    both: Callable[..., Deployment],
) -> None:
    address = 'module.workflow["refunds"].aws_sfn_state_machine.this[0]'
    definition = document(both("modules"), address)
    assert definition.value["TimeoutSeconds"] == 300
    assert place(definition.locate(["TimeoutSeconds"]))[0] == "workflow.asl.json"
    assert place(definition.locate(["States", "Send"], key=True)) == (
        "workflow.asl.json",
        '"Send"',
    )
    assert definition.value["States"]["Send"]["Parameters"]["QueueUrl"].parts[0].value == (
        Reference('aws_sqs_queue.work["refunds"]', "url")
    )


def test_a_heredoc_keeps_its_places(both: Callable[..., Deployment]) -> None:
    definition = document(both("create"), "aws_sfn_state_machine.audit")
    path = ["States", 'Write "all"', "Retry", 0]
    assert definition.value["States"]['Write "all"']["Retry"][0]["MaxAttempts"] == 3
    span = definition.locate([*path, "ErrorEquals"])
    assert place(span) == ("main.tf", '["States.ALL"]')
    key = definition.locate(["States", 'Write "all"'], key=True)
    assert place(key) == ("main.tf", r'"Write \"all\""')


def test_variables_have_the_values_of_the_plan(tmp_path: Path, load: Load, read: Read) -> None:
    source = tmp_path / "source"
    shutil.copytree(FIXTURES / "create", source)
    (source / "terraform.tfvars").write_text("retries = 9\n")
    plan = load("create")
    plan["variables"]["retries"]["value"] = 7
    deployment = read(plan, source=source)
    state = document(deployment, "aws_sfn_state_machine.orders").value["States"]["Charge"]
    assert state["Retry"][0]["MaxAttempts"] == 7


def test_what_stays_as_it_is_is_known_where_it_is_referred_to(
    tmp_path: Path, load: Load, read: Read
) -> None:
    """A definition that is known after apply may also refer to what has been there before."""
    source = tmp_path / "source"
    shutil.copytree(FIXTURES / "update", source)
    main = source / "main.tf"
    written = main.read_text()
    read_state = 'Resource   = "arn:aws:states:::dynamodb:getItem"'
    assert read_state in written
    more = 'Comment = "by ${aws_sfn_activity.review.id}: ${aws_sfn_activity.new.id}"'
    fields = f"{read_state}\n        {more}\n        Activity = aws_sfn_activity.review.id"
    new = 'resource "aws_sfn_activity" "new" {\n  name = "new"\n}\n'
    main.write_text(written.replace(read_state, fields) + new)
    plan = load("update")
    for change in plan["resource_changes"]:
        if change["type"] == "aws_sfn_state_machine":
            del change["change"]["after"]["definition"]
            change["change"]["after_unknown"]["definition"] = True
    definition = document(read(plan, source=source), "aws_sfn_state_machine.reports")
    review = "arn:aws:states:eu-west-1:123456789012:activity:review"
    state = definition.value["States"]["Read"]
    assert state["Activity"] == review
    assert render(state["Comment"]) == f"by {review}: ${{aws_sfn_activity.new.id}}"
    assert place(definition.locate(["States", "Read", "Activity"])) == (
        "main.tf",
        "aws_sfn_activity.review.id",
    )


def test_what_is_sensitive_stays_so_and_the_rest_is_read(
    both: Callable[..., Deployment],
) -> None:
    deployment = both("sensitive")
    definition = document(deployment, "aws_sfn_state_machine.calls")
    parameters = definition.value["States"]["Call"]["Parameters"]
    assert parameters["ApiEndpoint"] == Unknown("var.address")
    assert parameters["Headers"]["Authorization"] == Unknown("var.token")
    role = deployment.find("aws_iam_role.workflow")[0]
    assert isinstance(role, Role)
    assert isinstance(role.tags, Tags)
    assert role.tags.values["token"].sensitive
    for resource in deployment.resources:
        assert "hush" not in repr(plain(resource.attributes))


def test_what_the_configuration_does_not_know_to_be_sensitive_stays_masked(
    tmp_path: Path, read: Read
) -> None:
    """The provider says that the value of a parameter is sensitive; it may stand in the source."""
    source = tmp_path / "source"
    shutil.copytree(FIXTURES / "sensitive", source)
    mail = source / "mail" / "main.tf"
    mail.write_text(mail.read_text().replace("value = var.password", 'value = "hush-literal"'))
    assert "hush-literal" in mail.read_text()
    deployment = read("sensitive", source=source)
    parameter = deployment.find("module.mail.aws_ssm_parameter.password")[0]
    value = parameter.attributes.get("value")
    assert value is not None
    assert value.sensitive
    assert isinstance(value.value, Unknown)


def test_what_only_the_plan_has_has_no_place_in_the_plan(both: Callable[..., Deployment]) -> None:
    machine = both("update").find("aws_sfn_state_machine.reports")[0]
    kind = machine.attributes.get("type")
    assert kind is not None
    assert (kind.value, kind.span) == ("STANDARD", None)


def test_a_resource_that_the_configuration_lacks_is_read_from_the_plan(
    tmp_path: Path, read: Read
) -> None:
    text = (FIXTURES / "create" / "main.tf").read_text()
    (tmp_path / "source").mkdir()
    kept = text[: text.index('resource "aws_sfn_state_machine" "audit"')]
    (tmp_path / "source" / "main.tf").write_text(kept)
    deployment = read("create", source=tmp_path / "source")
    audit = deployment.find("aws_sfn_state_machine.audit")[0]
    assert audit.span is not None
    assert audit.span.path == "project/plan.json"
    assert document(deployment, "aws_sfn_state_machine.audit").value["StartAt"] == 'Write "all"'
    assert deployment.errors == []


def test_a_directory_that_is_not_the_plans_is_an_error(tmp_path: Path, read: Read) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert "no Terraform configuration" in read("create", source=other).errors[0].message
    (other / "main.tf").write_text('resource "aws_sqs_queue" "q" {}\n')
    found = read("create", source=other)
    assert [error.message for error in found.errors] == [
        "the plan was not made from this directory: it has none of the plan's resources"
    ]
    assert len(found.state_machines) == 2


def test_what_is_wrong_in_the_configuration_is_an_error(tmp_path: Path, read: Read) -> None:
    source = tmp_path / "source"
    shutil.copytree(FIXTURES / "create", source)
    (source / "wrong.tf").write_text('resource "a" "b" {\n  x = \n}\n')
    deployment = read("create", source=source)
    assert [error.path.rsplit("/", 1)[-1] for error in deployment.errors] == ["wrong.tf"]
    assert len(deployment.state_machines) == 2


# Merging on its own


FILE = SourceFile("main.tf", "0123456789" * 10)


def at(number: int) -> Span:
    return Span(FILE, number, number + 1)


def spans(value: Traced) -> Iterator[Span | None]:
    yield value.span
    children = value.value
    if isinstance(children, dict):
        children = list(children.values())
    for child in children if isinstance(children, list) else []:
        yield from spans(child)


def test_objects_and_lists_are_merged_member_by_member() -> None:
    planned = without_spans({"a": "x", "b": [1, Decimal("2.5")], "c": True, "new": None})
    written = Traced(
        {
            "a": Traced(Unknown("var.a"), at(1)),
            "b": Traced([Traced(1, at(3)), Traced(Reference("r", "x"), at(4))], at(2)),
            "c": Traced(True, at(5)),
            "gone": Traced(1, at(6)),
        },
        at(0),
        keys={"a": at(7)},
    )
    merged = merge(planned, written)
    assert plain(merged) == {"a": "x", "b": [1, 2.5], "c": True, "new": None}
    assert [span and span.start for span in spans(merged)] == [0, 1, 2, 3, 4, 5, 0]
    assert merged.keys == {"a": at(7)}


def test_sets_are_matched_by_what_they_hold() -> None:
    planned = without_spans([{"name": "a", "n": 1}, {"name": "b", "n": 2}])
    written = Traced(
        [
            Traced({"name": Traced("b", at(1)), "n": Traced(Unknown("n"), at(2))}, at(3)),
            Traced({"name": Traced("a", at(4)), "n": Traced(1, at(5))}, at(6)),
        ]
    )
    merged = merge(planned, written)
    assert plain(merged) == plain(planned)
    assert [one.span for one in merged.value] == [at(6), at(3)]


def test_the_planned_alternative_gives_the_places() -> None:
    choice = OneOf("c", (Traced("x", at(1)), Traced("y", at(2))))
    merged = merge(Traced("y"), Traced(choice, at(0)))
    assert (merged.value, merged.span) == ("y", at(2))
    neither = merge(Traced("z"), Traced(choice, at(0)))
    assert (neither.value, neither.span) == ("z", at(0))


def test_a_planned_text_is_matched_as_a_document() -> None:
    text = '{"b": "${x}", "a": [1]}'
    file = SourceFile("t.json", text)
    parts = Text(
        (
            Piece('{"b": "', Span(file, 0, 7), exact=True),
            Hole(Unknown("x"), Span(file, 7, 11)),
            Piece('", "a": [1]}', Span(file, 11, 23), exact=True),
        )
    )
    merged = merge(Traced(json.dumps({"a": [1], "b": "known"})), Traced(parts, Span(file, 0, 23)))
    assert merged.encoded is not None
    assert plain(merged.encoded) == {"a": [1], "b": "known"}
    inner = merged.encoded.get("b")
    assert inner is not None
    assert inner.span == Span(file, 6, 12)


def test_secrets_win_on_either_side() -> None:
    secret = Traced(Unknown("v", "sensitive"), sensitive=True)
    assert merge(secret, Traced(Unknown("w", "sensitive"), at(1), sensitive=True)).sensitive
    merged = merge(without_spans({"a": "hush"}), Traced({"a": secret}))
    assert plain(merged) == {"a": Unknown("v")}
    merged = merge(Traced({"a": secret}), without_spans({"a": "hush"}))
    assert plain(merged) == {"a": Unknown("v")}
