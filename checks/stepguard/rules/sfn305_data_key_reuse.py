"""SFN305: a reuse period of data keys that Step Functions refuses, or that has no effect."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.resources import Activity, Encryption, Form, Resource, StateMachine
from stepguard.deployment.source import Span
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.keys import AWS_OWNED, has_customer_key
from stepguard.rules.languages import in_language
from stepguard.rules.machines import is_undecided, possible_values, why_undecided
from stepguard.rules.rule import Context, Rule, Verdict

_SHORTEST = 60
_LONGEST = 900
_DEFAULT = 300


class DataKeyReuse(Rule[Resource]):
    """A reuse period of data keys outside 60 to 900 seconds, or without a customer's key.

    ## What it does
    Reports a state machine or an activity whose encryption configuration gives a reuse period of
    less than 60 or more than 900 seconds, or gives one although its type is `AWS_OWNED_KEY`.

    ## Why is this bad
    Step Functions refuses the first, and the deployment fails. With a key that AWS owns the period
    has no meaning: somebody who reads it takes the data to be encrypted with a key of the project.
    """

    id = "SFN305"
    name = "data-key-reuse"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_EncryptionConfiguration.html",
    )

    def subjects(self, context: Context) -> Iterable[Resource]:
        """Return the state machines and the activities."""
        return [*context.deployment.state_machines, *context.deployment.activities]

    def judge(
        self,
        subject: Resource,
        context: Context,  # noqa: ARG002 - every rule is given it
    ) -> Verdict:
        """Judge the reuse period of a machine or an activity."""
        if subject.form is Form.ASL or not isinstance(subject, (StateMachine, Activity)):
            return None
        encryption = subject.encryption
        if not isinstance(encryption, Encryption) or encryption.reuse_period_seconds is None:
            return None
        return _judge(subject, encryption)


def _judge(subject: Resource, encryption: Encryption) -> Verdict:
    period = encryption.reuse_period_seconds
    values = [one for one in possible_values(period) if one is not None]
    span = (None if period is None else period.span) or encryption.span
    numbers = [_number(one) for one in values]
    if not values:
        return None
    known = [one for one in numbers if one is not None]
    outside = [one for one in known if not _SHORTEST <= one <= _LONGEST]
    if known and len(outside) == len(values):
        what = f"has a reuse period of {outside[0]:g} seconds, which is refused: it has to be from "
        what += f"{_SHORTEST} to {_LONGEST}"
        return [_violation(subject, what, span, _period(subject))]
    if len(known) < len(values) or outside:
        return [_not_evaluated(subject, f"the reuse period {why_undecided(period)}", span)]
    customer = has_customer_key(encryption)
    if customer is False:
        what = f"has a reuse period for data keys and the type {AWS_OWNED}, with which it has no"
        how = in_language(
            subject,
            terraform='type       = "CUSTOMER_MANAGED_KMS_KEY"\nkms_key_id = aws_kms_key.NAME.arn',
            cloudformation="Type: CUSTOMER_MANAGED_KMS_KEY\nKmsKeyId: !GetAtt NAME.Arn",
        )
        return [_violation(subject, f"{what} effect", span, how)]
    if customer is None:
        return [_not_evaluated(subject, "the type of the encryption is not known", span)]
    return ()


def _number(value: object) -> float | None:
    if is_undecided(value):
        return None
    if isinstance(value, str):
        return float(value) if value.isdigit() else None
    return float(value) if isinstance(value, (int, float)) else None


def _period(subject: Resource) -> str:
    return in_language(
        subject,
        terraform=f"kms_data_key_reuse_period_seconds = {_DEFAULT}",
        cloudformation=f"KmsDataKeyReusePeriodSeconds: {_DEFAULT}",
    )


def _violation(subject: Resource, what: str, span: Span | None, how: str) -> Violation:
    return Violation(
        message=f"{subject.address} {what}",
        resource=subject.address,
        span=span or subject.span,
        suggestion=how,
        subject="reuse period",
    )


def _not_evaluated(subject: Resource, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=subject.address, span=span or subject.span)
