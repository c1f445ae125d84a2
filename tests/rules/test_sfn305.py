"""SFN305: reuse periods of data keys that are refused, or that have no effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Encryption, Form, Unread
from stepguard.deployment.values import REMOVED, OneOf, Traced, Unknown

RULE = "SFN305"
UNKNOWN = Unknown("var.x", "it is not set")
CUSTOMER = "CUSTOMER_MANAGED_KMS_KEY"


def encryption(period: Any, kind: Any = CUSTOMER) -> Encryption:
    return Encryption(
        type=None if kind is None else Traced(kind),
        key=Traced("alias/orders"),
        reuse_period_seconds=None if period is None else Traced(period),
    )


@pytest.mark.parametrize("period", [60, 300, 900, "300", OneOf("c", (60, 900))])
def test_a_period_that_is_taken(judge: Callable[..., Any], period: Any) -> None:
    assert judge(RULE, encryption=encryption(period)).passes
    assert judge(RULE, encryption=encryption(period, None)).passes


@pytest.mark.parametrize("period", [0, 59, 901, "3600", OneOf("c", (1, 2))])
@pytest.mark.parametrize("kind", [CUSTOMER, UNKNOWN])
def test_a_period_that_is_refused(judge: Callable[..., Any], period: Any, kind: Any) -> None:
    found = judge(RULE, encryption=encryption(period, kind)).only
    assert "which is refused: it has to be from 60 to 900" in found.message


def test_a_period_without_a_key(judge: Callable[..., Any]) -> None:
    found = judge(RULE, encryption=encryption(300, "AWS_OWNED_KEY")).only
    assert "with which it has no effect" in found.message
    assert "CUSTOMER_MANAGED_KMS_KEY" in found.suggestion


@pytest.mark.parametrize(
    ("period", "kind", "reason"),
    [
        (UNKNOWN, CUSTOMER, "the reuse period var.x is not known before deployment"),
        (OneOf("c", (1, 300)), CUSTOMER, "the reuse period depends on condition c"),
        (300, UNKNOWN, "the type of the encryption is not known"),
    ],
)
def test_what_is_not_known(judge: Callable[..., Any], period: Any, kind: Any, reason: str) -> None:
    assert judge(RULE, encryption=encryption(period, kind)).reasons == [reason]


@pytest.mark.parametrize(
    "given", [None, Unread("x"), encryption(None), encryption(OneOf("c", (REMOVED,)))]
)
def test_without_a_period(judge: Callable[..., Any], given: Any) -> None:
    assert not judge(RULE, encryption=given).applies
    assert not judge(RULE, encryption=encryption(1), form=Form.ASL).applies


def test_an_activity_is_judged_too(scanned: Callable[..., Any]) -> None:
    text = """Resources:
  A:
    Type: AWS::StepFunctions::Activity
    Properties:
      Name: a
      EncryptionConfiguration:
        Type: CUSTOMER_MANAGED_KMS_KEY
        KmsKeyId: alias/orders
        KmsDataKeyReusePeriodSeconds: 901
"""
    (found,) = scanned(RULE, text).findings
    assert found.violation.resource == "A"
    assert found.violation.span.text == "901"
