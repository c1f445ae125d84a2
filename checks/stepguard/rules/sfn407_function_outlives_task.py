"""SFN407: Lambda functions that may run for longer than the task waits."""

from __future__ import annotations

from stepguard.deployment.members import UNDECIDED, why_unknown
from stepguard.deployment.resources import Resource, StateMachine
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.defects import quoted
from stepguard.rules.durations import (
    TIMEOUT,
    Duration,
    duration_of,
    is_number,
    shown_seconds,
)
from stepguard.rules.error_handling import TIMEOUT as TIMED_OUT
from stepguard.rules.error_handling import handlers_of
from stepguard.rules.lambda_tasks import called_function, calls_lambda, functions_meant
from stepguard.rules.machines import definition_of, possible_values
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

_ATTRIBUTES = ("timeout", "Timeout")
_DEFAULT_SECONDS = 3


class FunctionOutlivesTask(MachineRule):
    """Tasks that give up before the Lambda function that they call.

    ## What it does
    Reports the tasks with a `TimeoutSeconds` that is below the timeout of the Lambda function they
    call, where that function is in the same project: named by a reference, by its name or its
    ARN, also through an alias. All of a machine are one finding. A function without a timeout
    has Lambda's three seconds. Callbacks are left out, since there the function does not answer.

    ## Why is this bad
    When the task gives up, the function goes on: its work is done although the workflow believes
    that it failed, and what `Retry` starts then runs beside it. The timeout of the task belongs
    above that of the function, so that the function ends first and says how.
    """

    id = "SFN407"
    name = "function-outlives-task"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all tasks of a machine, or what could not be compared."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        calls = [one for task in workflow.tasks for one in _calls(task, context)]
        unread = unread_states(workflow)
        if not calls and not unread:
            return None
        early = [one for one in calls if one.gives_up_first]
        if early:
            return [_violation(subject, workflow, early)]
        return not_evaluated(subject, [*unread, *(one.doubt for one in calls if one.doubt)])


class _Call(Struct, frozen=True):
    """A task with a timeout, and the function of the project that it calls.

    `seconds` is the least timeout that the function can have, `most` the greatest.
    """

    task: Task
    limit: Duration
    function: Resource
    seconds: float = 0
    most: float = 0
    unknown: str = ""

    @property
    def gives_up_first(self) -> bool:
        """Whether the task certainly gives up before the function."""
        return bool(not self.unknown and self.limit.numbers and self.limit.greatest < self.seconds)

    @property
    def doubt(self) -> str:
        """Why the two cannot be compared; empty when they can."""
        if self.unknown:
            return f"the timeout of {self.function.address} {self.unknown}"
        if self.limit.doubt:
            return f"{self.limit.label}: {self.limit.doubt}"
        if self.limit.numbers and self.limit.least < self.most:
            return f"the timeout of {quoted(self.task.name)} or of its function is conditional"
        return ""


def _calls(task: Task, context: Context) -> list[_Call]:
    limit = duration_of(task.body, TIMEOUT, task)
    if limit is None or not calls_lambda(task) or task.integration.is_callback:
        return []
    named = called_function(task)
    if named.decided != "written":
        return []
    found = functions_meant(named.value, context.deployment)
    if len(found) != 1 or len(found[0]) != 1:
        return []
    return [_call(task, limit, found[0][0])]


def _call(task: Task, limit: Duration, function: Resource) -> _Call:
    given = next((one for name in _ATTRIBUTES if (one := function.attributes.get(name))), None)
    if given is None and function.attributes.rest is not None:
        return _Call(task, limit, function, unknown="may be set, and is not known")
    numbers: list[float] = []
    for value in possible_values(given):
        if value is None:
            numbers.append(_DEFAULT_SECONDS)
        elif isinstance(value, UNDECIDED):
            return _Call(task, limit, function, unknown=why_unknown(value))
        elif is_number(value) or _is_written_number(value):
            numbers.append(float(value))
    if not numbers:
        return _Call(task, limit, function, unknown="is no number")
    return _Call(task, limit, function, min(numbers), max(numbers))


def _is_written_number(value: Plain) -> bool:
    # Nine digits are 31 years.
    return isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10


def _violation(machine: StateMachine, workflow: Workflow, early: list[_Call]) -> Violation:
    first = early[0]
    seconds = shown_seconds(first.seconds)
    others = len(early) - 1
    more = f"; so {'does' if others == 1 else 'do'} {others} more" if others else ""
    return Violation(
        message=f"{quoted(first.task.name)} gives up after {first.limit.shown} seconds, and "
        f"{first.function.address} may run for {seconds}: {_consequence(first.task)}{more}",
        resource=machine.address,
        span=workflow.document.locate(first.limit.path),
        path=first.limit.path,
        state=first.task.name if len(early) == 1 else None,
        related=tuple(_related(workflow, early)),
        suggestion=f"more than {seconds}, or a shorter timeout of the function",
        subject="function",
    )


def _consequence(task: Task) -> str:
    """Return what happens when a task gives up before its function."""
    if handlers_of(task, "Retry").match(TIMED_OUT) is False:
        return "the function goes on although the task has failed"
    return "the function goes on, and a retry runs beside it"


def _related(workflow: Workflow, early: list[_Call]) -> list[RelatedPlace]:
    places: list[RelatedPlace] = []
    for one in early:
        if len(early) > 1:
            message = f"{one.limit.label} is {one.limit.shown}"
            place = workflow.document.locate(one.limit.path)
            places.append(RelatedPlace(message, place, one.task.name))
        message = f"{one.function.address} has a timeout of {shown_seconds(one.seconds)} seconds"
        places.append(RelatedPlace(message, one.function.span))
    return places
