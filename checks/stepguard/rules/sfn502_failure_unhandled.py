"""SFN502: tasks whose failure is handled nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.error_handling import (
    ALL,
    HANDLER_FIELDS,
    Handler,
    Handlers,
    beside_input,
    doubts_of,
    enclosing,
    handlers_of,
    tolerates_failures,
)
from stepguard.rules.machines import definition_of, member, names_of, place_of, shared_places
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.successors import reaching
from stepguard.rules.task_limits import (
    not_evaluated,
    places_of_waiting,
    unread_states,
    ways_of_waiting,
)


class FailureUnhandled(AuthoredMachineRule):
    """Tasks whose failure is neither retried nor caught.

    ## What it does
    Reports the tasks for which there is no retrier that tries again and no catcher, whatever the
    errors: none of their own, and none of a Map or Parallel state around them, nor a Map
    that tolerates failures. All of a machine are in at most two findings:

    - medium, for jobs (`.sync`), callbacks (`.waitForTaskToken`) and activities: they take long,
      fail for reasons of their own, and leave something behind; low where they are the first
      thing that an execution does, so that there is nothing to be undone;
    - low, for all others, only where the pedantic rules run: many workflows are right to fail as
      a whole.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    The first error ends the execution. Nothing undoes what the steps before it have done, no
    message is sent, and a failure that would have passed a minute later costs the whole run.
    """

    id = "SFN502"
    name = "failure-unhandled"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
        "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_mitigate_interaction_failure_limit_retries.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return at most one finding of each tier, or why there may be tasks not seen."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        reasons = unread_states(workflow)
        if not workflow.tasks and not reasons:
            return None
        answers = [(task, _is_handled(task)) for task in workflow.tasks]
        bare = [task for task, is_handled in answers if is_handled is False]
        waiting = [task for task in bare if task.waits]
        others = [task for task in bare if not task.waits]
        verdict: list[Violation | NotEvaluated] = []
        if waiting:
            verdict.append(_waiting(subject, workflow, waiting))
        if others:
            verdict.append(_others(subject, workflow, others))
        if not waiting:
            for task, is_handled in answers:
                if is_handled is None:
                    reasons += doubts_of(_handlers(task))
            verdict.extend(not_evaluated(subject, reasons))
        return verdict


def _handlers(task: Task) -> list[Handlers]:
    return [handlers_of(state, name) for state in enclosing(task) for name in HANDLER_FIELDS]


def _is_handled(task: Task) -> bool | None:
    """Tell whether any error of a task is retried or caught; `None` when that is not known."""
    if any(tolerates_failures(parent) for parent in task.parents):
        return True
    found = _handlers(task)
    if any(_does_something(handler) for one in found for handler in one.elements):
        return True
    return None if any(one.doubt for one in found) else False


def _does_something(handler: Handler) -> bool:
    attempts: Plain = handler.members.get("MaxAttempts")
    return handler.field == "Catch" or attempts is None or attempts != 0


def _waiting(machine: StateMachine, workflow: Workflow, tasks: Sequence[Task]) -> Violation:
    verb = "waits" if len(tasks) == 1 else "wait"
    return Violation(
        message=f"{names_of(tasks)} {verb} for {ways_of_waiting(tasks)}, and a failure is neither "
        "retried nor caught: it ends the execution",
        resource=machine.address,
        span=place_of(workflow, tasks[0]),
        path=tasks[0].path,
        state=tasks[0].name if len(tasks) == 1 else None,
        related=places_of_waiting(workflow, tasks),
        suggestion=_suggestion(workflow, tasks[0]),
        subject="waiting tasks",
        severity=Severity.MEDIUM if _follows_work(tasks) else Severity.LOW,
    )


def _follows_work(tasks: Sequence[Task]) -> bool:
    """Tell whether something was done, or goes on, when one of some tasks fails."""
    return any(task.parents or _has_work_before(task) for task in tasks)


def _has_work_before(task: Task) -> bool:
    before = reaching([task.name], task.scope)
    works = ("Task", "Map", "Parallel")
    return any(
        state.name in before and state.type in works
        for state in task.scope.states
        if state is not task
    )


def _others(machine: StateMachine, workflow: Workflow, tasks: Sequence[Task]) -> Violation:
    return Violation(
        message=f"A failure of {names_of(tasks)} is neither retried nor caught: it ends the "
        "execution",
        resource=machine.address,
        span=place_of(workflow, tasks[0]),
        path=tasks[0].path,
        state=tasks[0].name if len(tasks) == 1 else None,
        related=shared_places(workflow, tasks, "handles no failure"),
        suggestion=_suggestion(workflow, tasks[0]),
        subject="other tasks",
        severity=Severity.LOW,
        tier="pedantic",
    )


def _suggestion(workflow: Workflow, task: Task) -> str:
    beside = workflow.document.locate((*task.path, "Type"), key=True)
    catcher = f'[{{"ErrorEquals": ["{ALL}"], {beside_input(task)}"Next": "…"}}]'
    return f"{member(beside, 'Catch', catcher)}, with a state that cleans up or tells somebody"
