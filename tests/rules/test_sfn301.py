"""SFN301: machines that no customer-managed key encrypts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Encryption, Form, Unread
from stepguard.deployment.values import REMOVED, OneOf, Reference, Traced, Unknown
from stepguard.rules.languages import SAM_MACHINE

RULE = "SFN301"
CUSTOMER = "CUSTOMER_MANAGED_KMS_KEY"
KEY = Reference("aws_kms_key.k", "arn")
UNKNOWN = Unknown("var.type", "it is not set")


def encryption(type_: Any, key: Any = KEY) -> Encryption:
    return Encryption(
        type=None if type_ is None else Traced(type_),
        key=None if key is None else Traced(key),
        reuse_period_seconds=None,
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "has no encryption configuration"),
        (encryption("AWS_OWNED_KEY", None), "is encrypted with a key that AWS owns"),
        (encryption("AWS_OWNED_KEY"), "is encrypted with a key that AWS owns"),
        (encryption(None, None), "is encrypted with a key that AWS owns"),
        (encryption(OneOf("c", ("AWS_OWNED_KEY", REMOVED))), "a key that AWS owns"),
    ],
)
def test_no_key_of_its_own(judge: Callable[..., Any], given: Any, words: str) -> None:
    found = judge(RULE, encryption=given).only
    assert words in found.message
    assert CUSTOMER in found.suggestion


def test_a_key_of_its_own(judge: Callable[..., Any]) -> None:
    assert judge(RULE, encryption=encryption(CUSTOMER)).passes
    assert judge(RULE, encryption=encryption(OneOf("c", (CUSTOMER, CUSTOMER)))).passes


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (Unread("var.encryption is not known"), "var.encryption is not known"),
        (encryption(UNKNOWN), "the type of the encryption var.type is not known"),
        (
            encryption(OneOf("Prod", (CUSTOMER, "AWS_OWNED_KEY"))),
            "the type of the encryption depends on condition Prod",
        ),
        (
            encryption(OneOf("Prod", (CUSTOMER, REMOVED))),
            "the type of the encryption depends on condition Prod",
        ),
        (encryption(None), "the encryption has a key and no type"),
        (encryption("MINE"), "'MINE' is no type of encryption"),
    ],
)
def test_what_is_not_known(judge: Callable[..., Any], given: Any, reason: str) -> None:
    (said,) = judge(RULE, encryption=given).reasons
    assert reason in said


def test_what_can_name_no_key_is_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, form=Form.ASL).applies
    assert not judge(RULE, form=Form.SAM, type=SAM_MACHINE).applies
    given = encryption("AWS_OWNED_KEY")
    assert judge(RULE, form=Form.SAM, type=SAM_MACHINE, encryption=given).violations


def test_a_native_machine_in_a_sam_template_is(judge: Callable[..., Any]) -> None:
    found = judge(RULE, form=Form.SAM, type="AWS::StepFunctions::StateMachine").only
    assert found.suggestion.startswith("EncryptionConfiguration:")
