"""SFN403: callbacks and activities without a heartbeat."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.integration import is_unread
from stepguard.deployment.members import present, why_unknown
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.durations import HEARTBEAT, TIMEOUT
from stepguard.rules.machines import definition_of, member, names_of, place_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import (
    fitting_seconds,
    not_evaluated,
    places_of_waiting,
    undecided_fields,
    unread_states,
    ways_of_waiting,
)

_SECONDS = 300
"""The heartbeat that is suggested where the execution may last longer."""


class NoHeartbeat(MachineRule):
    """Callbacks and activities that need give no sign of life.

    ## What it does
    Reports the tasks that wait for a token (`.waitForTaskToken`) or for an activity's worker and
    have neither `HeartbeatSeconds` nor `HeartbeatSecondsPath`, all of a machine in at most two
    findings: medium for activities with no timeout, neither their own nor the state machine's, low
    for the rest. A callback without a timeout is of medium severity in SFN402 already, and who
    answers it is often a person or another service, which can give no sign of life.

    ## Why is this bad
    A worker that has died looks like one that works. With a heartbeat the task fails as soon as
    the worker has been silent for that long, and can be tried again; without one it waits until
    its timeout, and without that for up to a year. Where a person answers, or a service that calls
    no `SendTaskHeartbeat`, the timeout has to do, and a heartbeat would end sound executions.
    """

    id = "SFN403"
    name = "no-heartbeat"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token",
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#sfn-stuck-execution",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return at most one finding of each severity, or why there may be tasks not seen."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        concerned = [task for task in workflow.tasks if _needs_heartbeat(task)]
        reasons = [*unread_states(workflow), *_unread_calls(workflow)]
        if not concerned and not reasons:
            return None
        silent = [task for task in concerned if task.has_heartbeat is False]
        bare = [task for task in silent if task.has_timeout is False]
        limited = [task for task in silent if task.has_timeout is not False]
        verdict: list[Violation | NotEvaluated] = []
        if bare:
            verdict.append(_without_timeout(subject, workflow, bare))
        if limited:
            noticed = "only its timeout tells"
            one = _violation(subject, workflow, limited, noticed, Severity.LOW, "with timeout")
            verdict.append(one)
        if not verdict:
            fields = undecided_fields(
                workflow, lambda task: not _needs_heartbeat(task) or task.has_heartbeat, HEARTBEAT
            )
            verdict.extend(not_evaluated(subject, [*reasons, *fields]))
        return verdict


def _needs_heartbeat(task: Task) -> bool:
    return task.integration.is_callback or task.integration.is_activity


def _unread_calls(workflow: Workflow) -> list[str]:
    return [
        f"whether '{task.name}' waits for an answer is not known: its Resource "
        f"{why_unknown(task.resource)}"
        for task in workflow.tasks
        if task.integration.kind == "unknown"
        and is_unread(task.resource)
        and task.has_heartbeat is not True
    ]


def _without_timeout(machine: StateMachine, workflow: Workflow, tasks: Sequence[Task]) -> Violation:
    is_bounded = present(workflow.body or {}, TIMEOUT) is True
    noticed = "only the timeout of the whole execution tells" if is_bounded else "nothing tells"
    is_grave = not is_bounded and any(task.integration.is_activity for task in tasks)
    severity = Severity.MEDIUM if is_grave else Severity.LOW
    return _violation(machine, workflow, tasks, noticed, severity, "without timeout")


def _violation(
    machine: StateMachine,
    workflow: Workflow,
    tasks: Sequence[Task],
    noticed: str,
    severity: Severity,
    subject: str,
) -> Violation:
    verb = "waits" if len(tasks) == 1 else "wait"
    beside = workflow.document.locate((*tasks[0].path, "Type"), key=True)
    seconds = fitting_seconds(_SECONDS, workflow, machine)
    return Violation(
        message=f"{names_of(tasks)} {verb} for {ways_of_waiting(tasks)} without a heartbeat: "
        f"when whoever should answer is gone, {noticed}",
        resource=machine.address,
        span=place_of(workflow, tasks[0]),
        path=tasks[0].path,
        state=tasks[0].name if len(tasks) == 1 else None,
        related=places_of_waiting(workflow, tasks),
        suggestion=f"{member(beside, HEARTBEAT, str(seconds))}, below the timeout, where a program "
        "answers, and SendTaskHeartbeat in it; where a person or a service does, a timeout alone",
        subject=subject,
        severity=severity,
    )
