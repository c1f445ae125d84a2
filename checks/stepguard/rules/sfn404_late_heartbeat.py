"""SFN404: a heartbeat that is not below the timeout."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.durations import HEARTBEAT, TIMEOUT, Duration, duration_of, shown_seconds
from stepguard.rules.machines import definition_of, names_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states


class LateHeartbeat(MachineRule):
    """Tasks whose heartbeat is not below their timeout.

    ## What it does
    Reports the tasks with a `HeartbeatSeconds` that is equal to their `TimeoutSeconds` or above
    it, all of a machine in one finding. Values that are chosen at run time (`HeartbeatSecondsPath`,
    JSONata expressions) are not compared.

    ## Why is this bad
    `HeartbeatSeconds` has to be smaller than `TimeoutSeconds`. Where it is not, the timeout always
    comes first, so that a worker that has died is noticed no sooner than without a heartbeat.
    """

    id = "SFN404"
    name = "late-heartbeat"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html#task-state-fields",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all tasks of a machine, or what could not be compared."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        pairs = [pair for task in workflow.tasks if (pair := _limits(task)) is not None]
        reasons = unread_states(workflow)
        if not pairs and not reasons:
            return None
        late = [pair for pair in pairs if _is_late(*pair) is True]
        if late:
            return [_violation(subject, workflow, late)]
        undecided = [pair for pair in pairs if _is_late(*pair) is None]
        return not_evaluated(subject, [*reasons, *(_why(*pair) for pair in undecided)])


def _limits(task: Task) -> tuple[Duration, Duration] | None:
    heartbeat = duration_of(task.body, HEARTBEAT, task)
    timeout = duration_of(task.body, TIMEOUT, task)
    return None if heartbeat is None or timeout is None else (heartbeat, timeout)


def _is_late(heartbeat: Duration, timeout: Duration) -> bool | None:
    """Tell whether a heartbeat is certainly late; `None` when it may be."""
    if heartbeat.doubt or timeout.doubt:
        return None
    if not heartbeat.numbers or not timeout.numbers:
        return False
    if heartbeat.least >= timeout.greatest:
        return True
    return None if heartbeat.greatest >= timeout.least else False


def _why(heartbeat: Duration, timeout: Duration) -> str:
    doubtful = heartbeat if heartbeat.doubt or not timeout.doubt else timeout
    return f"{doubtful.label}: {doubtful.doubt or 'depends on a condition'}"


def _violation(
    machine: StateMachine, workflow: Workflow, late: list[tuple[Duration, Duration]]
) -> Violation:
    heartbeat, timeout = late[0]
    states = [beat.state for beat, _ in late if beat.state is not None]
    if len(late) == 1:
        what = (
            f"'{states[0].name}' has a heartbeat of {heartbeat.shown} seconds, and a timeout of "
            f"{timeout.shown}"
        )
    else:
        what = f"{names_of(states)} have a heartbeat that is not below their timeout"
    return Violation(
        message=f"{what}: the timeout comes no later, and a worker that has died is noticed "
        "no sooner",
        resource=machine.address,
        span=workflow.document.locate(heartbeat.path),
        path=heartbeat.path,
        state=states[0].name if len(late) == 1 else None,
        related=tuple(
            RelatedPlace(
                f"{beat.label} is {beat.shown}, the timeout {limit.shown}",
                workflow.document.locate(beat.path),
                None if beat.state is None else beat.state.name,
            )
            for beat, limit in late
        )
        if len(late) > 1
        else (),
        suggestion=f"{shown_seconds(max(timeout.least // 3, 1))}, or any number below the timeout",
        subject="heartbeat",
    )
