"""SFN405: timeouts beyond what the service, or the project, allows."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import State, Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.durations import (
    EXPRESS_SECONDS,
    HEARTBEAT,
    TIMEOUT,
    WAIT,
    YEAR_SECONDS,
    Duration,
    doubts_of_durations,
    durations_of,
    machine_timeout,
    related_durations,
    shown_seconds,
)
from stepguard.rules.machines import (
    EXPRESS,
    STANDARD,
    definition_of,
    possible_types,
    why_type_open,
)
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

_FIELDS = {"Task": (TIMEOUT, HEARTBEAT), "Wait": (WAIT,)}

_LIMITS_OF_CALLS = {("http", "invoke"): 60, ("bedrockagentcore", "invokeHarness"): 900}
"""Seconds after which Step Functions ends calls of its own accord (Developer Guide,
`service-quotas` and `connect-bedrockagentcore`)."""


class TimeoutOutOfReach(MachineRule):
    """Timeouts and waits beyond what Step Functions, or the configuration, allows.

    ## What it does
    Reports `TimeoutSeconds` and `HeartbeatSeconds` that can never be reached, and waits that can
    never end, because something ends sooner:

    - an execution of an `EXPRESS` workflow: after 300 seconds;
    - an execution of a `STANDARD` workflow: after a year;
    - an HTTP task: after 60 seconds; a call of Bedrock AgentCore: after 900.

    Where the option `maximum-timeout-seconds` is set, timeouts above it are reported as well. All
    of a machine that exceed the same limit are one finding. Values that are chosen at run time
    are not looked at.

    ## Why is this bad
    A timeout that is never reached is none: the execution ends by the limit of the service, with
    another error than the one that was handled, or with one that nothing can handle. Whoever
    reads the definition believes that it may run for longer than it can.
    """

    id = "SFN405"
    name = "timeout-out-of-reach"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return at most one finding for each limit, or what could not be compared."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        durations = list(durations_of(workflow, _FIELDS))
        whole = machine_timeout(workflow)
        if whole is not None:
            durations.insert(0, whole)
        unread = unread_states(workflow)
        if not durations and not unread:
            return None
        left = durations
        verdict: list[Violation | NotEvaluated] = []
        for limit, why, concerned in _limits(subject, workflow, durations, context):
            here = {id(one) for one in concerned}
            above = [one for one in left if id(one) in here and _is_above(one, limit)]
            taken = {id(one) for one in above}
            left = [one for one in left if id(one) not in taken]
            if above:
                verdict.append(_violation(subject, workflow, above, limit, why))
        if verdict:
            return verdict
        reasons = [*unread, *doubts_of_durations(durations)]
        types = possible_types(subject, workflow)
        if len(types) > 1 and any(_is_above(one, EXPRESS_SECONDS) for one in left):
            reasons.append(why_type_open(subject))
        return not_evaluated(subject, reasons)


def _limits(
    machine: StateMachine, workflow: Workflow, durations: list[Duration], context: Context
) -> Iterable[tuple[float, str, list[Duration]]]:
    """Yield each limit, what it is in words, and what it concerns; the narrowest first."""
    for (service, action), seconds in _LIMITS_OF_CALLS.items():
        calls = [one for one in durations if _calls(one.state, service, action)]
        what = "an HTTP task" if service == "http" else f"a call of {service}:{action}"
        yield seconds, f"{what} ends after {seconds} seconds", calls
    types = possible_types(machine, workflow)
    if types == {EXPRESS}:
        why = f"an {EXPRESS} workflow ends after {EXPRESS_SECONDS} seconds"
        yield EXPRESS_SECONDS, why, durations
    yield YEAR_SECONDS, f"a {STANDARD} workflow ends after a year", durations
    wanted = context.config.maximum_timeout_seconds
    why = f"the configuration allows {wanted} seconds"
    yield wanted, why, [one for one in durations if one.field == TIMEOUT]


def _calls(state: State | None, service: str, action: str) -> bool:
    if not isinstance(state, Task):
        return False
    call = state.integration
    is_it = call.kind == "optimized" and (call.service, call.action) == (service, action)
    return is_it and not state.waits


def _is_above(duration: Duration, limit: float) -> bool:
    return not duration.doubt and bool(duration.numbers) and duration.least > limit


def _violation(
    machine: StateMachine, workflow: Workflow, above: list[Duration], limit: float, why: str
) -> Violation:
    first = above[0]
    others = len(above) - 1
    more = f"; {others} more {'is' if others == 1 else 'are'} above that, too" if others else ""
    return Violation(
        message=f"{first.label} is {first.shown}, but {why}{more}",
        resource=machine.address,
        span=workflow.document.locate(first.path),
        path=first.path,
        state=first.state.name if first.state is not None and len(above) == 1 else None,
        related=related_durations(workflow, above),
        suggestion=f"at most {shown_seconds(limit)}",
        subject=f"limit {shown_seconds(limit)}",
    )
