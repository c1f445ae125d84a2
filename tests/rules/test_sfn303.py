"""SFN303: keys that are never rotated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN303"

MACHINE = """
variable "unknown" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
  encryption_configuration {
    type       = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id = aws_kms_key.k.key_id
  }
}
"""


def key(body: str) -> str:
    return f'{MACHINE}\nresource "aws_kms_key" "k" {{\n{body}\n}}\n'


@pytest.mark.parametrize(
    ("body", "located"),
    [
        ("", 'resource "aws_kms_key" "k"'),
        ("enable_key_rotation = false", "false"),
        ('customer_master_key_spec = "SYMMETRIC_DEFAULT"', 'resource "aws_kms_key" "k"'),
    ],
)
def test_a_key_without_rotation(scanned: Callable[..., Any], body: str, located: str) -> None:
    (found,) = scanned(RULE, key(body)).findings
    assert found.violation.resource == "aws_kms_key.k"
    assert found.violation.span.text == located
    (user,) = found.violation.related
    assert user.message == "aws_sfn_state_machine.m is encrypted with it"


def test_a_key_with_rotation(scanned: Callable[..., Any]) -> None:
    assert scanned(RULE, key("enable_key_rotation = true")).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("enable_key_rotation = var.unknown", "whether the key is rotated var.unknown"),
        ("enable_key_rotation = var.unknown ? true : false", "whether the key is rotated depends"),
        ("customer_master_key_spec = var.unknown", "whether the key can be rotated is not known"),
    ],
)
def test_what_is_not_known(scanned: Callable[..., Any], body: str, reason: str) -> None:
    report = scanned(RULE, key(body))
    assert report.findings == []
    (one,) = report.not_evaluated
    assert one.reason.startswith(reason)


def test_a_key_that_kms_cannot_rotate(scanned: Callable[..., Any]) -> None:
    text = key('customer_master_key_spec = "RSA_2048"')
    assert scanned(RULE, text).evaluated[RULE] == {}
    template = """Resources:
  M:
    Type: AWS::StepFunctions::Activity
    Properties:
      Name: a
      EncryptionConfiguration: {Type: CUSTOMER_MANAGED_KMS_KEY, KmsKeyId: !Ref K}
  K:
    Type: AWS::KMS::Key
    Properties: {Origin: ORIGIN}
"""
    assert scanned(RULE, template.replace("ORIGIN", "EXTERNAL")).evaluated[RULE] == {}
    assert len(scanned(RULE, template.replace("ORIGIN", "AWS_KMS")).findings) == 1


def test_a_key_that_encrypts_something_else(scanned: Callable[..., Any]) -> None:
    text = key("enable_key_rotation = true") + 'resource "aws_kms_key" "other" {}\n'
    assert scanned(RULE, text).evaluated[RULE] == {"pass": 1}
    owned = key("").replace("CUSTOMER_MANAGED_KMS_KEY", "AWS_OWNED_KEY")
    assert scanned(RULE, owned).evaluated[RULE] == {}
