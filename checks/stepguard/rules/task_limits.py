"""What the rules on timeouts and heartbeats share: what tasks wait for, and what is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stepguard.deployment.members import why_open
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace
from stepguard.rules.budgets import budget_of
from stepguard.rules.defects import listed
from stepguard.rules.machines import place_of


def waiting_for(task: Task) -> str:
    """Return what a task waits for."""
    call = task.integration
    if call.is_callback:
        return "a task token"
    return "an activity's worker" if call.is_activity else "a job"


def is_bounded(task: Task) -> bool | None:
    """Tell whether a task ends after a time of its own, or of silence; `None` if not known.

    A job has no heartbeat.
    """
    call = task.integration
    can_be_silent = call.is_callback or call.is_activity
    answers = [task.has_timeout, task.has_heartbeat if can_be_silent else False]
    if True in answers:
        return True
    return None if None in answers else False


def fitting_seconds(wanted: int, workflow: Workflow, machine: StateMachine) -> int:
    """Return a number of seconds to suggest, below those after which the execution ends."""
    least = budget_of(machine, workflow).least
    return wanted if wanted < least or least < 2 else int(least) // 2


def ways_of_waiting(tasks: Iterable[Task]) -> str:
    """Return what some tasks wait for, each kind once."""
    return listed(dict.fromkeys(waiting_for(task) for task in tasks), "and")


def places_of_waiting(workflow: Workflow, tasks: Sequence[Task]) -> tuple[RelatedPlace, ...]:
    """Return one related place for each of several tasks, which says what it waits for."""
    if len(tasks) == 1:
        return ()
    return tuple(
        RelatedPlace(
            f"'{task.name}' waits for {waiting_for(task)}", place_of(workflow, task), task.name
        )
        for task in tasks
    )


def unread_states(workflow: Workflow) -> list[str]:
    """Return why there may be tasks that were not read; empty when there are none."""
    return list(workflow.unread_states)


def undecided_fields(
    workflow: Workflow, has_it: Callable[[Task], bool | None], field: str
) -> list[str]:
    """Return why it is not known of some tasks whether they have a field."""
    return [
        f"whether '{task.name}' has a {field} is not known: {why_open(task.body, field)}"
        for task in workflow.tasks
        if has_it(task) is None
    ]


def not_evaluated(machine: StateMachine, reasons: Sequence[str]) -> list[NotEvaluated]:
    """Return one verdict for all reasons why a rule could not be decided; none without any."""
    different = list(dict.fromkeys(reasons))
    if not different:
        return []
    further = f" (and {len(different) - 1} more)" if len(different) > 1 else ""
    return [NotEvaluated(reason=f"{different[0]}{further}", resource=machine.address)]
