"""SFN304: keys that are disabled, or soon beyond recovery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.config import Config

RULE = "SFN304"

MACHINE = """
variable "unknown" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
  encryption_configuration {
    type       = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id = aws_kms_alias.a.arn
  }
}
resource "aws_kms_alias" "a" {
  name          = "alias/orders"
  target_key_id = aws_kms_key.k.id
}
"""


def key(body: str) -> str:
    return f'{MACHINE}\nresource "aws_kms_key" "k" {{\n{body}\n}}\n'


def test_a_disabled_key(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, key("is_enabled = false")).findings
    assert "is disabled" in found.violation.message
    assert found.violation.span.text == "false"
    assert found.violation.suggestion == "is_enabled = true"


@pytest.mark.parametrize("body", ["", "is_enabled = true", "deletion_window_in_days = 7"])
def test_a_key_that_can_be_used(scanned: Callable[..., Any], body: str) -> None:
    assert scanned(RULE, key(body)).evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    ("body", "days", "finds"),
    [
        ("deletion_window_in_days = 7", 14, True),
        ('deletion_window_in_days = "7"', 14, True),
        ("deletion_window_in_days = var.unknown ? 7 : 8", 14, True),
        ("deletion_window_in_days = 14", 14, False),
        ("", 30, False),
    ],
)
def test_the_window_that_is_wanted(
    scanned: Callable[..., Any], body: str, days: int, finds: bool
) -> None:
    report = scanned(RULE, key(body), config=Config(minimum_deletion_days=days))
    assert [one.violation.subject for one in report.findings] == ["window"] * finds
    assert report.evaluated[RULE] == {"violation" if finds else "pass": 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("is_enabled = var.unknown", "whether the key is enabled var.unknown"),
        ("deletion_window_in_days = var.unknown", "the deletion window of the key var.unknown"),
        (
            "deletion_window_in_days = var.unknown ? 7 : 30",
            "the deletion window of the key depends",
        ),
    ],
)
def test_what_is_not_known(scanned: Callable[..., Any], body: str, reason: str) -> None:
    report = scanned(RULE, key(body), config=Config(minimum_deletion_days=14))
    assert report.findings == []
    (one,) = report.not_evaluated
    assert one.reason.startswith(reason)
