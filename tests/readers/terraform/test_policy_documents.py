"""aws_iam_policy_document, as the AWS provider renders it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stepguard.deployment.documents import read_document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import OneOf, OpenList, Text, Unknown

Project = Callable[..., Deployment]


def document(read: Project, configuration: str, name: str = "d") -> Any:
    probe = (
        'resource "terraform_data" "probe" {\n'
        f"  input = data.aws_iam_policy_document.{name}.json\n}}\n"
    )
    deployment = read(configuration + probe)
    assert not deployment.errors
    (resource,) = [one for one in deployment.resources if one.type == "terraform_data"]
    found = resource.attributes.get("input")
    assert found is not None
    return read_document(found)


def test_a_statement_with_everything(read: Project) -> None:
    found = document(
        read,
        """
data "aws_iam_policy_document" "d" {
  policy_id = "p"
  statement {
    sid       = "S"
    effect    = "Deny"
    actions   = ["s3:Get*", "s3:List*", "s3:Get*"]
    resources = ["arn:aws:s3:::b/&{aws:username}"]
    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }
    principals {
      type        = "AWS"
      identifiers = ["a", "b"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["1"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:Tag"
      values   = ["y", "x"]
    }
  }
  statement {
    not_actions   = ["iam:*"]
    not_resources = ["*"]
    not_principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
""",
    )
    assert found.value == {
        "Version": "2012-10-17",
        "Id": "p",
        "Statement": [
            {
                "Sid": "S",
                "Effect": "Deny",
                "Action": ["s3:List*", "s3:Get*"],
                "Resource": "arn:aws:s3:::b/${aws:username}",
                "Principal": {"Service": "states.amazonaws.com", "AWS": ["b", "a"]},
                "Condition": {"StringEquals": {"aws:SourceAccount": "1", "aws:Tag": ["y", "x"]}},
            },
            {
                "Effect": "Allow",
                "NotAction": "iam:*",
                "NotResource": "*",
                "NotPrincipal": "*",
            },
        ],
    }
    span = found.locate(["Statement", 0, "Action", 1])
    assert span.text == '"s3:Get*"'
    assert found.locate(["Statement", 1, "NotAction"], key=True).text == "not_actions"


def test_sources_and_overrides_merge_by_sid(read: Project) -> None:
    found = document(
        read,
        """
data "aws_iam_policy_document" "source" {
  statement {
    sid       = "A"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
  statement {
    sid       = "B"
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d" {
  source_policy_documents   = [data.aws_iam_policy_document.source.json, null]
  override_policy_documents = [jsonencode({
    Version   = "2012-10-17"
    Statement = { Sid = "B", Effect = "Deny", Action = "s3:*", Resource = "*" }
  })]
  statement {
    actions   = ["sns:Publish"]
    resources = ["*"]
  }
}
""",
    )
    statements = found.value["Statement"]
    assert [one.get("Sid") for one in statements] == ["A", "B", None]
    assert statements[1]["Effect"] == "Deny"


def test_what_is_unknown_stays_where_it_stands(read: Project) -> None:
    found = document(
        read,
        """
variable "arns" {}
variable "one" {}
variable "more" {}
variable "flag" { type = bool }
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["sns:Publish"]
    resources = var.arns
  }
  statement {
    actions   = ["sns:Publish"]
    resources = ["${var.one}/*"]
  }
  dynamic "statement" {
    for_each = var.flag ? ["x"] : []
    content {
      actions   = ["s3:GetObject"]
      resources = [statement.value]
    }
  }
  dynamic "statement" {
    for_each = var.more
    content {
      actions   = ["s3:PutObject"]
      resources = ["*"]
    }
  }
}
""",
    )
    statements = found.value["Statement"]
    assert isinstance(statements, OpenList)
    assert statements.rest == Unknown("var.more")
    assert statements[0]["Resource"] == Unknown("var.arns")
    assert isinstance(statements[1]["Resource"], Text)
    assert isinstance(statements[2], OneOf)
    assert statements[2].condition == "var.flag"
    assert statements[2].alternatives[0]["Resource"] == "x"


def test_an_unknown_source_leaves_the_statements_open(read: Project) -> None:
    found = document(
        read,
        """
variable "given" {}
data "aws_iam_policy_document" "d" {
  source_policy_documents = [var.given]
  statement {
    actions   = ["sns:Publish"]
    resources = ["*"]
  }
}
""",
    )
    assert isinstance(found.value["Statement"], OpenList)
    assert found.value["Statement"].rest == Unknown("var.given")
    assert len(found.value["Statement"]) == 1


def test_dynamic_statements_with_known_elements(read: Project) -> None:
    found = document(
        read,
        """
data "aws_iam_policy_document" "d" {
  dynamic "statement" {
    for_each = { b = ["sns:Publish"], a = ["s3:GetObject"] }
    iterator = it
    content {
      sid       = upper(it.key)
      actions   = it.value
      resources = ["*"]
    }
  }
}
""",
    )
    assert [(one["Sid"], one["Action"]) for one in found.value["Statement"]] == [
        ("A", "s3:GetObject"),
        ("B", "sns:Publish"),
    ]
