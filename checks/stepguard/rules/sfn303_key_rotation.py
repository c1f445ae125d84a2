"""SFN303: a key that nothing rotates."""

from __future__ import annotations

from stepguard.deployment.resources import Resource
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.keys import KeyRule, key_that_is, users_of
from stepguard.rules.languages import in_language
from stepguard.rules.machines import is_undecided, possible_values, why_undecided
from stepguard.rules.rule import Context, Verdict

_SYMMETRIC = "SYMMETRIC_DEFAULT"


class KeyRotation(KeyRule):
    """A key of a state machine, an activity or a log group that is not rotated automatically.

    ## What it does
    Reports a key of the project that encrypts a state machine, an activity, or the log group of a
    state machine, and whose automatic rotation is not switched on. A key with imported material,
    or one that is not symmetric, cannot be rotated by KMS and is not judged.

    ## Why is this bad
    KMS rotates a customer's key only when told to. The longer one key encrypts everything, the
    more is readable to whoever gets hold of its material; benchmarks such as CIS ask for yearly
    rotation. It needs no change of the applications: old data stay readable.
    """

    id = "SFN303"
    name = "key-rotation"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-4",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge the rotation of a key."""
        key = key_that_is(subject, context)
        specs = possible_values(key.spec)
        if key.imported or not any(one in (None, _SYMMETRIC) or is_undecided(one) for one in specs):
            return None
        values = possible_values(key.rotation)
        answers = {str(one).lower() == "true" for one in values if not is_undecided(one)}
        if answers == {True} and not any(is_undecided(one) for one in values):
            return ()
        doubtful = key.imported is None or any(is_undecided(one) for one in specs)
        if answers != {False} or any(is_undecided(one) for one in values) or doubtful:
            why = "whether the key can be rotated is not known"
            if not doubtful:
                why = f"whether the key is rotated {why_undecided(key.rotation)}"
            return [NotEvaluated(reason=why, resource=subject.address, span=subject.span)]
        span = None if key.rotation is None else key.rotation.span
        return [
            Violation(
                message=f"Key {subject.address} is not rotated automatically: one key for "
                "everything, until somebody rotates it by hand",
                resource=subject.address,
                span=span or subject.span,
                related=users_of(key, context),
                suggestion=in_language(
                    subject,
                    terraform="enable_key_rotation = true",
                    cloudformation="EnableKeyRotation: true",
                ),
                subject="rotation",
            )
        ]
