"""SFN406: tasks and waits that may take longer than the whole execution."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.durations import (
    TIMEOUT,
    WAIT,
    Duration,
    doubts_of_durations,
    durations_of,
    machine_timeout,
    related_durations,
)
from stepguard.rules.machines import definition_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

_FIELDS = {"Task": (TIMEOUT,), "Wait": (WAIT,)}


class TaskOutlivesMachine(MachineRule):
    """Tasks and waits that may take longer than the timeout of the whole execution.

    ## What it does
    Reports the tasks whose `TimeoutSeconds`, and the `Wait` states whose `Seconds`, are above the
    `TimeoutSeconds` of the state machine, all of a machine in one finding. Values that are chosen
    at run time are not compared, and several states are not added up.

    ## Why is this bad
    The timeout of the execution comes first. It ends everything, and neither `Retry` nor `Catch`
    sees it, so that the handler for `States.Timeout` and whatever cleans up never run. A wait that
    is longer than the execution may be never ends.
    """

    id = "SFN406"
    name = "task-outlives-machine"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html#task-state-fields",
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all states of a machine, or what could not be compared."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        whole = machine_timeout(workflow)
        unread = unread_states(workflow)
        durations = list(durations_of(workflow, _FIELDS))
        if whole is None or (not durations and not unread):
            return None
        if whole.doubt:
            return not_evaluated(subject, doubts_of_durations([whole]))
        if not whole.numbers:
            return None
        longer = [one for one in durations if one.numbers and one.least > whole.greatest]
        if longer:
            return [_violation(subject, workflow, longer, whole)]
        maybe = [
            f"{one.label} or that of the state machine depends on a condition"
            for one in durations
            if one.numbers and one.greatest > whole.least
        ]
        return not_evaluated(subject, [*unread, *doubts_of_durations(durations), *maybe])


def _violation(
    machine: StateMachine, workflow: Workflow, longer: list[Duration], whole: Duration
) -> Violation:
    first = longer[0]
    others = len(longer) - 1
    more = f", and so {'is' if others == 1 else 'are'} {others} more" if others else ""
    return Violation(
        message=f"{first.label} is {first.shown}, longer than the {whole.shown} seconds of the "
        f"whole execution{more}: that ends first, and no Catch sees it",
        resource=machine.address,
        span=workflow.document.locate(first.path),
        path=first.path,
        state=first.state.name if first.state is not None and len(longer) == 1 else None,
        related=related_durations(workflow, longer),
        suggestion=f"less than {whole.shown}, or a longer {TIMEOUT} of the state machine",
        subject="longer than the machine",
    )
