"""SFN503: retriers that try too often, or for longer than the execution lasts."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.members import UNDECIDED, present, why_unknown
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import alternatives
from stepguard.deployment.workflow import Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.budgets import Budget, budget_of
from stepguard.rules.defects import capitalized
from stepguard.rules.durations import is_number, shown_seconds, total_wait
from stepguard.rules.error_handling import Handler, Handlers, handlers_of
from stepguard.rules.machines import definition_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

ATTEMPTS = "MaxAttempts"

_DEFAULTS = {ATTEMPTS: 3, "IntervalSeconds": 1, "BackoffRate": 2.0}
_DELAY = "MaxDelaySeconds"
_FOR_EVER = 1e12
"""Seconds that nobody wants to read as a number."""


class EndlessRetry(MachineRule):
    """Retriers that try too often, or for longer than the execution lasts.

    ## What it does
    Reports retriers whose `MaxAttempts` is above the option `maximum-attempts` (1,000 unless
    set), and those whose waits add up to more than the execution may take: the `TimeoutSeconds` of
    the state machine, 300 seconds in an `EXPRESS` workflow, or a year. Waits grow with
    `BackoffRate` up to `MaxDelaySeconds`; how long the attempts themselves take is not known, and
    not counted. All of a machine are one finding.

    ## Why is this bad
    The attempts at the end never happen: the execution times out first, and what `Catch` was to
    do about the failure is not done either. A retrier without a sensible end repeats a failure
    that does not pass, fills the history of the execution, and costs a state transition each time.
    """

    id = "SFN503"
    name = "endless-retry"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error",
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all retriers of a machine, or what could not be counted."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        found = [handlers_of(state, "Retry") for state in workflow.states]
        found = [one for one in found if one.elements or one.doubt]
        reasons = unread_states(workflow)
        if not found and not reasons:
            return None
        budget = budget_of(subject, workflow)
        excesses: list[_Excess] = []
        for handler in _retriers(found):
            what = _judged(handler, budget, context.config.maximum_attempts)
            if isinstance(what, _Excess):
                excesses.append(what)
            elif what:
                reasons.append(f"{handler.label}: {what}")
        if excesses:
            return [_violation(subject, workflow, excesses)]
        reasons += [one.doubt for one in found if one.doubt]
        if budget.doubt:
            reasons.append(f"the timeout of the state machine: {budget.doubt}")
        return not_evaluated(subject, reasons)


class _Excess(Struct, frozen=True):
    """A retrier that goes too far: the field to be changed, and what is wrong with it."""

    handler: Handler
    what: str
    suggestion: str


def _retriers(found: list[Handlers]) -> Iterator[Handler]:
    for one in found:
        yield from one.elements


def _judged(handler: Handler, budget: Budget, maximum: int) -> _Excess | str:
    """Return how a retrier goes too far, or why that is not known; empty when it does not."""
    fields = {name: _least(handler, name) for name in (*_DEFAULTS, _DELAY)}
    unknown = next((one for one in fields.values() if isinstance(one, str)), None)
    attempts = fields[ATTEMPTS]
    if isinstance(attempts, (int, float)) and attempts > maximum:
        what = f"tries {shown_seconds(attempts)} times, and the configuration allows {maximum}"
        return _Excess(handler, what, f"at most {maximum}")
    if unknown is not None:
        return unknown
    interval, rate, delay = fields["IntervalSeconds"], fields["BackoffRate"], fields[_DELAY]
    numbers = [one for one in (attempts, interval, rate) if isinstance(one, (int, float))]
    if len(numbers) < len(_DEFAULTS):
        return ""
    longest = delay if isinstance(delay, (int, float)) else float("inf")
    waits = total_wait(int(numbers[0]), numbers[1], numbers[2], longest)
    if handler.members.get("JitterStrategy") == "FULL":
        # Each wait is then between nothing and the whole.
        waits /= 2
    if waits <= budget.seconds:
        return ""
    shown = f"{shown_seconds(waits)} seconds in all" if waits < _FOR_EVER else "for ever"
    what = f"waits {shown} between its attempts, but {budget.whose}"
    return _Excess(handler, what, "fewer attempts, or a MaxDelaySeconds that bounds each wait")


def _least(handler: Handler, field: str) -> float | str | None:
    """Return the least that a field can be; a text that says why it is not known."""
    there = present(handler.members, field)
    if there is False:
        return _DEFAULTS.get(field)
    if there is None:
        return f"whether it has {field} is not known"
    numbers: list[float] = []
    for value in alternatives(handler.members[field]):
        if isinstance(value, UNDECIDED):
            return f"{field} {why_unknown(value)}"
        if is_number(value):
            numbers.append(value)
    return min(numbers, default=None)


def _violation(machine: StateMachine, workflow: Workflow, excesses: list[_Excess]) -> Violation:
    first = excesses[0]
    path = (*first.handler.path, ATTEMPTS)
    if present(first.handler.members, ATTEMPTS) is not True:
        path = first.handler.path
    states = list(dict.fromkeys(one.handler.state for one in excesses))
    others = len(excesses) - 1
    more = f"; {others} more {'goes' if others == 1 else 'go'} too far" if others else ""
    return Violation(
        message=f"{capitalized(first.handler.label)} {first.what}{more}",
        resource=machine.address,
        span=workflow.document.locate(path),
        path=path,
        state=states[0].name if len(states) == 1 else None,
        related=tuple(
            RelatedPlace(
                f"{one.handler.label} {one.what}",
                workflow.document.locate(one.handler.path),
                one.handler.state.name,
            )
            for one in excesses
        )
        if len(excesses) > 1
        else (),
        suggestion=first.suggestion,
        subject="retry",
    )
