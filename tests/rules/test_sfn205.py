"""SFN205: log groups that no customer-managed key encrypts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN205"

TEXT = """
variable "unknown" {}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
  logging_configuration {
    level           = "ALL"
    log_destination = "${aws_cloudwatch_log_group.g.arn}:*"
  }
}
resource "aws_kms_key" "k" {}
resource "aws_cloudwatch_log_group" "g" {
  KEY
}
"""


@pytest.mark.parametrize("key", ["", "kms_key_id = null", 'kms_key_id = ""'])
def test_no_key(scanned: Callable[..., Any], key: str) -> None:
    (found,) = scanned(RULE, TEXT.replace("KEY", key)).findings
    assert "has no customer-managed key" in found.violation.message
    assert found.violation.resource == "aws_cloudwatch_log_group.g"
    assert len(found.violation.related) == 1


@pytest.mark.parametrize("key", ["aws_kms_key.k.arn", '"alias/logs"'])
def test_a_key(scanned: Callable[..., Any], key: str) -> None:
    report = scanned(RULE, TEXT.replace("KEY", f"kms_key_id = {key}"))
    assert report.evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize("key", ["var.unknown", "var.unknown ? aws_kms_key.k.arn : null"])
def test_a_key_that_is_not_known(scanned: Callable[..., Any], key: str) -> None:
    report = scanned(RULE, TEXT.replace("KEY", f"kms_key_id = {key}"))
    assert report.findings == []
    (one,) = report.not_evaluated
    assert one.reason.startswith("the key of the log group ")
