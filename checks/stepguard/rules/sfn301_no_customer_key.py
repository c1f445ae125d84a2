"""SFN301: a state machine that no customer-managed key encrypts."""

from __future__ import annotations

from stepguard.deployment.resources import Encryption, Form, StateMachine, Unread
from stepguard.deployment.source import Span
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.languages import SAM_MACHINE, block_in_language, dynamic_block
from stepguard.rules.machines import is_undecided, possible_values, why_undecided
from stepguard.rules.role_comments import ENCRYPTION, role_needs
from stepguard.rules.rule import Context, Verdict

CUSTOMER_MANAGED = "CUSTOMER_MANAGED_KMS_KEY"
AWS_OWNED = "AWS_OWNED_KEY"


class NoCustomerManagedKey(AuthoredMachineRule):
    """A state machine that is encrypted with a key that AWS owns.

    ## What it does
    Reports a state machine without encryption configuration, or with the type `AWS_OWNED_KEY`.
    Not judged are a bare definition, which does not say how it will be encrypted, and
    `AWS::Serverless::StateMachine`, to which SAM does not let one give a key.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    The definition and the data of executions are encrypted in any case, with a key that nobody
    outside AWS can see, restrict, audit or disable. A customer-managed key has a policy that says
    who may read execution data, leaves its uses in CloudTrail, and can be withdrawn. It costs
    money and needs permissions for the role, the callers and the log delivery; whether the data
    calls for it is for the project to decide, hence the low severity.
    """

    id = "SFN301"
    name = "no-customer-managed-key"
    severity = Severity.LOW
    references = ("https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html",)

    def judge(
        self,
        subject: StateMachine,
        context: Context,  # noqa: ARG002 - every rule is given it
    ) -> Verdict:
        """Judge the encryption of a machine."""
        encryption = subject.encryption
        if subject.form is Form.ASL or (subject.type == SAM_MACHINE and encryption is None):
            return None
        if encryption is None:
            return [_violation(subject, "has no encryption configuration", None)]
        if isinstance(encryption, Unread):
            return [_not_evaluated(subject, encryption.reason, encryption.span)]
        return _judge_type(subject, encryption)


def _judge_type(machine: StateMachine, encryption: Encryption) -> Verdict:
    types = possible_values(encryption.type)
    span = encryption.span if encryption.type is None else encryption.type.span or encryption.span
    if types == [None] and encryption.key is not None:
        return [_not_evaluated(machine, "the encryption has a key and no type", span)]
    if all(one is None or str(one).upper() == AWS_OWNED for one in types):
        return [_violation(machine, "is encrypted with a key that AWS owns", span)]
    if any(is_undecided(one) or one is None for one in types) or len(set(map(str, types))) > 1:
        reason = f"the type of the encryption {why_undecided(encryption.type)}"
        return [_not_evaluated(machine, reason, span)]
    if str(types[0]).upper() == CUSTOMER_MANAGED:
        return ()
    return [_not_evaluated(machine, f"{str(types[0])!r} is no type of encryption", span)]


def _violation(machine: StateMachine, reason: str, span: Span | None) -> Violation:
    needs = role_needs(ENCRYPTION, "that key")
    return Violation(
        message=f"The state machine {reason}: who reads its definition and execution data can be "
        "neither limited nor audited by a key",
        resource=machine.address,
        span=span or dynamic_block(machine, "encryption_configuration") or machine.span,
        suggestion=block_in_language(
            machine,
            "encryption_configuration",
            terraform=f"""encryption_configuration {{
  type       = "{CUSTOMER_MANAGED}"
  kms_key_id = aws_kms_key.NAME.arn
}}
{needs}
# Takes version 5.61.0 of the provider hashicorp/aws, or a later one.""",
            cloudformation=f"""EncryptionConfiguration:
  Type: {CUSTOMER_MANAGED}
  KmsKeyId: !GetAtt NAME.Arn
{needs}""",
        ),
        subject="key",
    )


def _not_evaluated(machine: StateMachine, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=machine.address, span=span or machine.span)
