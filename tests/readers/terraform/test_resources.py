"""Machines, roles, policies, and the links between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Encryption, Logging, Tags, Unread
from stepguard.deployment.values import OneOf, Reference, Text

Project = Callable[..., Deployment]

ROLE = """
resource "aws_iam_role" "r" {
  name               = "runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
"""
POLICY = 'jsonencode({ Version = "2012-10-17", Statement = [] })'
INLINE = (
    'resource "aws_iam_role_policy" "p" {{\n  role = {}\n  policy = '
    + POLICY.replace("{", "{{").replace("}", "}}")
    + "\n}}"
)


def test_a_machine_with_everything(read: Project) -> None:
    deployment = read(
        ROLE
        + """
resource "aws_cloudwatch_log_group" "l" { name = "/l" }
resource "aws_kms_key" "k" {}
resource "aws_sfn_state_machine" "m" {
  name     = "machine"
  type     = "EXPRESS"
  role_arn = aws_iam_role.r.arn
  definition = <<EOT
{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
EOT
  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.l.arn}:*"
  }
  tracing_configuration { enabled = true }
  encryption_configuration {
    type                              = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id                        = aws_kms_key.k.arn
    kms_data_key_reuse_period_seconds = 900
  }
  tags = { Team = "a" }
}
"""
    )
    assert not deployment.errors
    (machine,) = deployment.state_machines
    assert machine.kind is not None
    assert machine.kind.value == "EXPRESS"
    assert machine.role is not None
    assert machine.role.value == Reference("aws_iam_role.r", "arn")
    assert isinstance(machine.definition, Document)
    assert machine.definition.locate(["States", "A", "Type"]).text == '"Succeed"'  # type: ignore[union-attr]  # a span is known
    assert isinstance(machine.logging, Logging)
    assert machine.logging.level is not None
    assert machine.logging.level.value == "ALL"
    assert isinstance(machine.logging.destinations, list)
    assert isinstance(machine.logging.destinations[0].value, Text)
    assert not isinstance(machine.tracing, Unread)
    assert machine.tracing is not None
    assert machine.tracing.value is True
    assert isinstance(machine.encryption, Encryption)
    assert machine.encryption.key is not None
    assert machine.encryption.key.value == Reference("aws_kms_key.k", "arn")
    assert isinstance(machine.tags, Tags)
    assert set(machine.tags.values) == {"Team"}
    assert deployment.roles_of(machine) == deployment.roles
    assert machine.span is not None
    assert machine.span.text == 'resource "aws_sfn_state_machine" "m"'


def test_what_is_not_set_is_absent_and_what_is_not_known_is_unread(read: Project) -> None:
    deployment = read(
        """
variable "log" {}
variable "tags" {}
resource "aws_sfn_state_machine" "bare" {
  definition = "{}"
  role_arn   = "arn:aws:iam::123456789012:role/x"
}
resource "aws_sfn_state_machine" "open" {
  definition = var.log.definition
  role_arn   = "arn:aws:iam::123456789012:role/x"
  dynamic "logging_configuration" {
    for_each = var.log
    content { level = "ALL" }
  }
  dynamic "tracing_configuration" {
    for_each = var.log != null ? [1] : []
    content { enabled = true }
  }
  tags = var.tags
}
resource "aws_sfn_state_machine" "known" {
  definition = "{}"
  role_arn   = "arn:aws:iam::123456789012:role/x"
  dynamic "logging_configuration" {
    for_each = [1]
    content { level = "OFF" }
  }
  dynamic "tracing_configuration" {
    for_each = []
    content { enabled = true }
  }
}
"""
    )
    bare, unknown, known = deployment.state_machines
    assert (bare.logging, bare.tracing, bare.encryption, bare.tags) == (None, None, None, None)
    assert isinstance(unknown.logging, Unread)
    assert "var.log" in unknown.logging.reason
    assert isinstance(unknown.tracing, Unread)
    assert "var.log" in unknown.tracing.reason
    assert isinstance(unknown.tags, Unread)
    assert isinstance(unknown.definition, Unread)
    assert "variable has no value" in unknown.definition.reason
    assert isinstance(known.logging, Logging)
    assert known.tracing is None


def test_a_definition_on_a_condition_gives_a_machine_for_each_alternative(read: Project) -> None:
    deployment = read(
        """
variable "fancy" { type = bool }
resource "aws_sfn_state_machine" "m" {
  role_arn   = "x"
  definition = jsonencode(
    var.fancy ? { StartAt = "A", States = {} } : { StartAt = "B", States = {} }
  )
}
"""
    )
    machines = deployment.state_machines
    assert [one.address for one in machines] == ["aws_sfn_state_machine.m"] * 2
    assert [one.variant for one in machines] == ["var.fancy", "not (var.fancy)"]
    documents = [one.definition for one in machines]
    starts = [one.value["StartAt"] for one in documents if isinstance(one, Document)]
    assert starts == ["A", "B"]


@pytest.mark.parametrize(
    "policy",
    [
        INLINE.format("aws_iam_role.r.id"),
        INLINE.format("aws_iam_role.r.name"),
        INLINE.format('"runner"'),
        f'resource "aws_iam_policy" "p" {{\n  policy = {POLICY}\n}}\n'
        'resource "aws_iam_role_policy_attachment" "a" {\n  role = aws_iam_role.r.name\n'
        "  policy_arn = aws_iam_policy.p.arn\n}",
        f'resource "aws_iam_policy" "p" {{\n  for_each = toset(["k"])\n  policy = {POLICY}\n}}\n'
        'resource "aws_iam_role_policy_attachment" "a" {\n  for_each = aws_iam_policy.p\n'
        "  role = aws_iam_role.r.name\n  policy_arn = each.value.arn\n}",
        f'resource "aws_iam_policy" "p" {{\n  policy = {POLICY}\n}}\n'
        'resource "aws_iam_policy_attachment" "a" {\n  name = "a"\n'
        "  roles = [aws_iam_role.r.name]\n  policy_arn = aws_iam_policy.p.arn\n}",
        f'resource "aws_iam_policy" "p" {{\n  policy = {POLICY}\n}}\n'
        'resource "aws_iam_role_policy_attachments_exclusive" "a" {\n'
        "  role_name = aws_iam_role.r.name\n  policy_arns = [aws_iam_policy.p.arn]\n}",
    ],
)
def test_policies_reach_their_role(read: Project, policy: str) -> None:
    deployment = read(ROLE + policy)
    assert not deployment.errors
    (role,) = deployment.roles
    policies = deployment.policies_of(role)
    assert len(policies.documents) == 1
    assert policies.state == "full"


def test_a_reference_tells_two_roles_of_one_name_apart(read: Project) -> None:
    deployment = read(
        ROLE
        + ROLE.replace('"r"', '"other"')
        + 'resource "aws_iam_role_policy" "p" {\n  role = local.name\n'
        + f"  policy = {POLICY}\n}}\nlocals {{\n  name = aws_iam_role.other.name\n}}\n"
    )
    counts = {one.address: len(deployment.policies_of(one).documents) for one in deployment.roles}
    assert counts == {"aws_iam_role.r": 0, "aws_iam_role.other": 1}


def test_inline_and_managed_policies_of_a_role(read: Project) -> None:
    deployment = read(
        f"""
variable "arns" {{ type = list(string) }}
resource "aws_iam_role" "r" {{
  assume_role_policy = {POLICY}
  inline_policy {{
    name   = "in"
    policy = {POLICY}
  }}
  inline_policy {{}}
  managed_policy_arns = ["arn:aws:iam::aws:policy/X"]
}}
resource "aws_iam_role" "open" {{
  assume_role_policy  = var.arns[0]
  managed_policy_arns = var.arns
}}
"""
    )
    role, unknown = deployment.roles
    assert [one.name for one in role.inline] == ["in"]
    assert [one.value for one in role.attached] == ["arn:aws:iam::aws:policy/X"]
    assert not role.unread
    assert isinstance(unknown.trust, Unread)
    assert [one.reason for one in unknown.unread] == [
        "var.arns is not known: variable has no value"
    ]


def test_a_policy_on_a_condition_counts_with_every_alternative(read: Project) -> None:
    deployment = read(
        ROLE
        + """
variable "flag" {}
resource "aws_iam_role_policy" "p" {
  role   = aws_iam_role.r.name
  policy = var.flag ? jsonencode({ Statement = [] }) : jsonencode({ Statement = [{}] })
}
"""
    )
    (role,) = deployment.roles
    assert len(deployment.policies_of(role).documents) == 2


def test_a_role_on_a_condition_is_every_alternative(read: Project) -> None:
    deployment = read(
        ROLE.replace('"aws_iam_role" "r" {', '"aws_iam_role" "r" {\n  count = var.make ? 1 : 0')
        + """
variable "make" { type = bool }
variable "given" {}
resource "aws_sfn_state_machine" "m" {
  definition = "{}"
  role_arn   = var.make ? aws_iam_role.r[0].arn : var.given
}
resource "aws_sfn_state_machine" "tried" {
  definition = "{}"
  role_arn   = try(aws_iam_role.r[0].arn, var.given)
}
"""
    )
    for machine in deployment.state_machines:
        assert machine.role is not None
        assert isinstance(machine.role.value, OneOf)
        assert [one.address for one in deployment.roles_of(machine)] == ["aws_iam_role.r[0]"]


def test_conditions_of_an_instance_hold_within_it(read: Project) -> None:
    deployment = read(
        """
variable "make" { type = bool }
resource "aws_sfn_state_machine" "m" {
  count      = var.make ? 1 : 0
  role_arn   = "x"
  definition = var.make ? "{}" : null
  dynamic "tracing_configuration" {
    for_each = var.make ? [1] : []
    content { enabled = true }
  }
}
"""
    )
    (machine,) = deployment.state_machines
    assert machine.address == "aws_sfn_state_machine.m[0]"
    tracing: Any = machine.tracing
    assert tracing.value is True


def test_activities_are_read(read: Project) -> None:
    deployment = read('resource "aws_sfn_activity" "a" {\n  name = "act"\n}\n')
    (activity,) = deployment.activities
    assert activity.name is not None
    assert activity.name.value == "act"
    assert activity.tags is None
