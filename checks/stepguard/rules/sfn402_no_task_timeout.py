"""SFN402: tasks without a timeout."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.distributed_maps import is_in_express_child
from stepguard.rules.durations import TIMEOUT
from stepguard.rules.machines import (
    EXPRESS,
    definition_of,
    member,
    names_of,
    place_of,
    possible_types,
    shared_places,
)
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.task_limits import (
    fitting_seconds,
    is_bounded,
    not_evaluated,
    places_of_waiting,
    undecided_fields,
    unread_states,
    ways_of_waiting,
)

_ENDING_JOBS = ("codebuild", "glue")
"""Services whose jobs all have a limit of their own, which is set where nobody sets it.

AWS CodeBuild User Guide, "Create a build project" (60 minutes); AWS Glue API Reference, "Jobs"
(`Timeout`, 480 or 2,880 minutes, at most 7 days).
"""


class NoTaskTimeout(AuthoredMachineRule):
    """Tasks that have no timeout, so that only the execution's or the service's ends them.

    ## What it does
    Reports the tasks with neither `TimeoutSeconds` nor `TimeoutSecondsPath`, all of a machine in
    at most two findings:

    - medium, for tasks that can wait for ever: jobs (`.sync`), and callbacks
      (`.waitForTaskToken`) and activities without a heartbeat. What they wait for is not Step
      Functions' own, and may never happen;
    - low, for all others. A call that only asks for an answer ends with it, mostly by a limit of
      the service that is called (a Lambda function's own timeout is at most 15 minutes), but the
      default of Step Functions for it is 99,999,999 seconds all the same. In an `EXPRESS` workflow,
      and in an `EXPRESS` child of a distributed map, the five minutes of the execution end it.

    HTTP tasks are left out: Step Functions ends them after 60 seconds. So are callbacks and
    activities with a heartbeat, whose silence ends them.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    A job that hangs or a token that nobody returns blocks the execution until its own timeout, or
    for a year where it has none. And only a task's own timeout can be handled: it raises
    `States.Timeout`, which `Retry` and `Catch` see, whereas the timeout of the execution ends it.
    """

    id = "SFN402"
    name = "no-task-timeout"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#sfn-stuck-execution",
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html#task-state-fields",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return at most one finding of each severity, or why there may be tasks not seen."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        unread = unread_states(workflow)
        if not workflow.tasks and not unread:
            return None
        bare = [task for task in workflow.tasks if is_bounded(task) is False]
        bare = [task for task in bare if not _ends_by_itself(task)]
        waiting = [task for task in bare if task.waits]
        others = [task for task in bare if not task.waits]
        verdict: list[Violation | NotEvaluated] = []
        if waiting:
            verdict.append(_waiting(subject, workflow, waiting))
        if others:
            verdict.append(_others(subject, workflow, others))
        if not verdict:
            fields = undecided_fields(workflow, is_bounded, TIMEOUT)
            verdict.extend(not_evaluated(subject, [*unread, *fields]))
        return verdict


def _ends_by_itself(task: Task) -> bool:
    """Tell whether Step Functions ends a task in minutes without being told to."""
    call = task.integration
    return call.kind == "optimized" and call.service == "http" and not task.waits


def _waiting(machine: StateMachine, workflow: Workflow, tasks: Sequence[Task]) -> Violation:
    if workflow.timeout_seconds is not None:
        bound = "only the timeout of the whole execution ends that, which no Catch sees"
    elif possible_types(machine) == {EXPRESS}:
        bound = "only the five minutes of an EXPRESS execution end that, which no Catch sees"
    elif all(map(_ends_its_jobs, tasks)):
        bound = "that can hold the execution until the service itself ends the job"
    else:
        bound = "that can hold the execution for a year"
    verb = "waits" if len(tasks) == 1 else "wait"
    return Violation(
        message=f"{names_of(tasks)} {verb} for {ways_of_waiting(tasks)} without a timeout: {bound}",
        resource=machine.address,
        span=place_of(workflow, tasks[0]),
        path=tasks[0].path,
        state=tasks[0].name if len(tasks) == 1 else None,
        related=places_of_waiting(workflow, tasks),
        suggestion=_suggestion(machine, workflow, tasks[0]),
        subject="waiting tasks",
        severity=Severity.MEDIUM,
    )


def _others(machine: StateMachine, workflow: Workflow, tasks: Sequence[Task]) -> Violation:
    verb = "has" if len(tasks) == 1 else "have"
    limit = "the timeout of the execution" if workflow.timeout_seconds is not None else ""
    if not limit and possible_types(machine) == {EXPRESS}:
        limit = "the five minutes of an EXPRESS execution"
    if limit:
        effect = f"a call that outlasts {limit} ends it as a whole, and no Catch sees that"
    elif all(map(is_in_express_child, tasks)):
        effect = (
            "a call that outlasts the five minutes of the child execution ends it as a whole, and "
            "no Catch in it sees that"
        )
    elif any(map(is_in_express_child, tasks)):
        effect = "the service that is called, or the end of the child execution, limits a call"
    else:
        effect = "how long a call may take is left to the service that is called"
    return Violation(
        message=f"{names_of(tasks)} {verb} no timeout: {effect}",
        resource=machine.address,
        span=place_of(workflow, tasks[0]),
        path=tasks[0].path,
        state=tasks[0].name if len(tasks) == 1 else None,
        related=shared_places(workflow, tasks, "has no timeout"),
        suggestion=_suggestion(machine, workflow, tasks[0]),
        subject="other tasks",
        severity=Severity.LOW,
    )


def _ends_its_jobs(task: Task) -> bool:
    """Tell whether a task waits for a job of a service that ends each after hours or days."""
    call = task.integration
    return not (call.is_callback or call.is_activity) and call.service in _ENDING_JOBS


def _suggestion(subject: StateMachine, workflow: Workflow, task: Task) -> str:
    beside = workflow.document.locate((*task.path, "Type"), key=True)
    seconds = fitting_seconds(3600 if task.waits else 60, workflow, subject)
    wanted = member(beside, TIMEOUT, str(seconds))
    return f"{wanted} in each state, with the seconds that it may take"
