"""SFN304: a key that is switched off, or that is soon beyond recovery once deleted."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.keys import Key
from stepguard.deployment.resources import Resource
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.keys import KeyRule, key_that_is, users_of
from stepguard.rules.languages import in_language
from stepguard.rules.machines import is_undecided, possible_values, why_undecided
from stepguard.rules.rule import Context, Verdict

_DEFAULT_WINDOW = 30


class DisabledKey(KeyRule):
    """A key that is disabled, or that cannot be recovered for long once it is deleted.

    ## What it does
    Reports a key of the project that encrypts a state machine, an activity, or the log group of a
    state machine, and that is disabled; and one whose deletion takes effect sooner than
    `minimum-deletion-days` after it was asked for. Unless configured that is 7 days, the least
    that KMS takes, so that no window is too short. A key that sets no window has 30 days.

    ## Why is this bad
    With a disabled key no execution starts, and those that run fail. A deleted key takes
    with it the definition, the history of executions and the logs that it encrypted; the window
    is the time in which somebody can notice and cancel.
    """

    id = "SFN304"
    name = "disabled-key"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge whether a key can be used, and how long it can be recovered."""
        key = key_that_is(subject, context)
        return [*_of_state(key, context), *_of_window(key, context)]


def _of_state(key: Key, context: Context) -> Iterator[Violation | NotEvaluated]:
    values = possible_values(key.enabled)
    span = None if key.enabled is None else key.enabled.span
    off = {str(one).lower() == "false" for one in values if not is_undecided(one)}
    if any(is_undecided(one) for one in values) or len(off) > 1:
        reason = f"whether the key is enabled {why_undecided(key.enabled)}"
        yield NotEvaluated(reason=reason, resource=key.resource.address, span=span)
    elif True in off:
        terraform = "enabled" if key.resource.type == "aws_kms_external_key" else "is_enabled"
        yield Violation(
            message=f"Key {key.resource.address} is disabled: nothing that it encrypts can be used",
            resource=key.resource.address,
            span=span,
            related=users_of(key, context),
            suggestion=in_language(
                key.resource, terraform=f"{terraform} = true", cloudformation="Enabled: true"
            ),
            subject="enabled",
        )


def _of_window(key: Key, context: Context) -> Iterator[Violation | NotEvaluated]:
    wanted = context.config.minimum_deletion_days
    values = possible_values(key.window_days)
    span = None if key.window_days is None else key.window_days.span
    known = [_days(one) for one in values]
    short = {one < wanted for one in known if one is not None}
    if None in known or len(short) > 1:
        reason = f"the deletion window of the key {why_undecided(key.window_days)}"
        yield NotEvaluated(reason=reason, resource=key.resource.address, span=span)
    elif True in short:
        shortest = min(one for one in known if one is not None)
        yield Violation(
            message=f"Key {key.resource.address} is gone {shortest} days after it is deleted, "
            f"sooner than the {wanted} days that are wanted: what it encrypted is lost",
            resource=key.resource.address,
            span=span,
            related=users_of(key, context),
            suggestion=in_language(
                key.resource,
                terraform=f"deletion_window_in_days = {wanted}",
                cloudformation=f"PendingWindowInDays: {wanted}",
            ),
            subject="window",
        )


def _days(value: object) -> int | None:
    """Return a number of days; `None` when it is not known."""
    if value is None:
        return _DEFAULT_WINDOW
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return int(value) if isinstance(value, (int, float)) else None
