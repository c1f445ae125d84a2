"""SFN306: an activity that no customer-managed key encrypts."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.resources import Activity, Encryption, Unread
from stepguard.deployment.source import Span
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.keys import CUSTOMER_MANAGED, has_customer_key
from stepguard.rules.languages import block_in_language, dynamic_block
from stepguard.rules.rule import Context, Rule, Verdict


class ActivityKey(Rule[Activity]):
    """An activity that is encrypted with a key that AWS owns.

    ## What it does
    Reports an activity without encryption configuration, or with the type `AWS_OWNED_KEY`.

    ## Why is this bad
    The input of an activity waits for a worker, encrypted with the key of the activity and not
    with that of the state machine. Without a customer-managed key no key policy limits, and no use
    of a key records, who reads it. The key of an activity cannot be changed later: that takes a new
    activity.
    """

    id = "SFN306"
    name = "activity-key"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html",
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateActivity.html",
    )

    def subjects(self, context: Context) -> Iterable[Activity]:
        """Return the activities."""
        return context.deployment.activities

    def judge(
        self,
        subject: Activity,
        context: Context,  # noqa: ARG002 - every rule is given it
    ) -> Verdict:
        """Judge the encryption of an activity."""
        encryption = subject.encryption
        if isinstance(encryption, Unread):
            return [_not_evaluated(subject, encryption.reason, encryption.span)]
        customer = False if encryption is None else has_customer_key(encryption)
        span = encryption.span if isinstance(encryption, Encryption) else None
        if customer is None:
            return [_not_evaluated(subject, "the type of the encryption is not known", span)]
        if customer:
            return ()
        return [
            Violation(
                message=f"Activity {subject.label or subject.address} has no customer-managed key: "
                "who reads what waits for its workers can be neither limited nor audited "
                "by a key",
                resource=subject.address,
                span=span or dynamic_block(subject, "encryption_configuration") or subject.span,
                suggestion=block_in_language(
                    subject,
                    "encryption_configuration",
                    terraform=f"""encryption_configuration {{
  type       = "{CUSTOMER_MANAGED}"
  kms_key_id = aws_kms_key.NAME.arn
}}
# Takes version 5.61.0 of the provider hashicorp/aws, or a later one.""",
                    cloudformation=f"""EncryptionConfiguration:
  Type: {CUSTOMER_MANAGED}
  KmsKeyId: !GetAtt NAME.Arn""",
                ),
                subject="key",
            )
        ]


def _not_evaluated(activity: Activity, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=activity.address, span=span or activity.span)
