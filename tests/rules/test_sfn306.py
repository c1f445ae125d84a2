"""SFN306: activities that no customer-managed key encrypts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "SFN306"


def activity(encryption: str) -> str:
    return f"""
variable "unknown" {{}}
resource "aws_sfn_activity" "a" {{
  name = "a"
  {encryption}
}}
"""


def configured(body: str) -> str:
    return activity(f"encryption_configuration {{\n{body}\n}}")


@pytest.mark.parametrize(
    ("text", "located"),
    [
        (activity(""), 'resource "aws_sfn_activity" "a"'),
        (configured('type = "AWS_OWNED_KEY"'), "encryption_configuration"),
    ],
)
def test_no_key(scanned: Callable[..., Any], text: str, located: str) -> None:
    (found,) = scanned(RULE, text).findings
    assert "Activity aws_sfn_activity.a has no customer-managed key" in found.violation.message
    assert found.violation.span.text.startswith(located)


@pytest.mark.parametrize(
    "body",
    ['type = "CUSTOMER_MANAGED_KMS_KEY"\nkms_key_id = "alias/a"', 'kms_key_id = "alias/a"'],
)
def test_a_key(scanned: Callable[..., Any], body: str) -> None:
    assert scanned(RULE, configured(body)).evaluated[RULE] == {"pass": 1}


def test_what_is_not_known(scanned: Callable[..., Any]) -> None:
    (one,) = scanned(RULE, configured("type = var.unknown")).not_evaluated
    assert one.reason == "the type of the encryption is not known"
    dynamic = """dynamic "encryption_configuration" {
  for_each = var.unknown
  content {}
}"""
    (one,) = scanned(RULE, activity(dynamic)).not_evaluated
    assert "var.unknown" in one.reason
