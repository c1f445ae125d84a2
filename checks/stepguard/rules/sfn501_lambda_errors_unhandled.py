"""SFN501: Lambda tasks that a short failure of the service ends."""

from __future__ import annotations

import json

from stepguard.deployment.integration import is_unread
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.budgets import budget_of
from stepguard.rules.durations import total_wait
from stepguard.rules.error_handling import (
    HANDLER_FIELDS,
    doubts_of,
    enclosing,
    handlers_of,
    tolerates_failures,
)
from stepguard.rules.lambda_tasks import calls_lambda
from stepguard.rules.machines import definition_of, member, names_of, place_of, shared_places
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

SERVICE_ERRORS = ("Lambda.ServiceException", "Lambda.SdkClientException")
"""What Lambda answers with when it is the service that fails (Developer Guide,
`sfn-best-practices`)."""

_RETRIED = ("Lambda.ClientExecutionTimeoutException", "Lambda.AWSLambdaException")
"""What the same page retries besides."""

_INTERVAL, _ATTEMPTS, _RATE = 2, 6, 2
"""How that page retries: seconds before the second attempt, further ones, growth of the waits."""


class LambdaErrorsUnhandled(AuthoredMachineRule):
    """Lambda tasks for which a short failure of Lambda itself is handled nowhere.

    ## What it does
    Reports the tasks that call a Lambda function and for which `Lambda.ServiceException` or
    `Lambda.SdkClientException` is neither retried nor caught: not by the task, nor by a Map or
    Parallel state around it. `States.ALL` and `States.TaskFailed` match both, and a Map state that
    tolerates failures counts, too. All of a machine are one finding.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    Lambda is a distributed service, and answers with one of these errors now and then although
    nothing is wrong with the function. The call succeeds when it is made again. Without a handler
    the whole execution fails, with everything that it had done before.
    """

    id = "SFN501"
    name = "lambda-errors-unhandled"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception",
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all tasks of a machine, or why there may be some not seen."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        calls = [task for task in workflow.tasks if calls_lambda(task)]
        reasons = [*unread_states(workflow), *_unread_calls(workflow)]
        if not calls and not reasons:
            return None
        answers = [(task, _is_handled(task)) for task in calls]
        bare = [task for task, is_handled in answers if is_handled is False]
        if bare:
            return [_violation(subject, workflow, bare)]
        for task, is_handled in answers:
            if is_handled is None:
                reasons += _doubts(task)
        return not_evaluated(subject, reasons)


def _is_handled(task: Task) -> bool | None:
    """Tell whether both errors are handled; `None` when that is not known."""
    if any(tolerates_failures(parent) for parent in task.parents):
        return True
    found = [handlers_of(state, name) for state in enclosing(task) for name in HANDLER_FIELDS]
    answers = [_any([handlers.match(error) for handlers in found]) for error in SERVICE_ERRORS]
    if False in answers:
        return False
    return None if None in answers else True


def _any(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _doubts(task: Task) -> list[str]:
    return doubts_of(
        handlers_of(state, name) for state in enclosing(task) for name in HANDLER_FIELDS
    )


def _unread_calls(workflow: Workflow) -> list[str]:
    return [
        f"what '{task.name}' calls is not known: its Resource {why_unknown(task.resource)}"
        for task in workflow.tasks
        if task.integration.kind == "unknown"
        and is_unread(task.resource)
        and _is_handled(task) is not True
    ]


def _retrier(seconds: float) -> dict[str, Plain]:
    """Return a retrier whose waits end before an execution does, which lasts so many seconds."""
    fitting = (
        attempts
        for attempts in range(_ATTEMPTS, 1, -1)
        if total_wait(attempts, _INTERVAL, _RATE, seconds) < seconds
    )
    return {
        "ErrorEquals": [*SERVICE_ERRORS, *_RETRIED],
        "IntervalSeconds": _INTERVAL,
        "MaxAttempts": next(fitting, 1),
        "BackoffRate": _RATE,
    }


def _violation(machine: StateMachine, workflow: Workflow, tasks: list[Task]) -> Violation:
    verb = "calls" if len(tasks) == 1 else "call"
    beside = workflow.document.locate((*tasks[0].path, "Type"), key=True)
    has_retry = tasks[0].has("Retry") is True
    one = json.dumps(_retrier(budget_of(machine, workflow).least))
    suggestion = f"in Retry: {one}" if has_retry else member(beside, "Retry", f"[{one}]")
    return Violation(
        message=f"{names_of(tasks)} {verb} Lambda, and a failure of the service itself "
        f"({' or '.join(SERVICE_ERRORS)}) is neither retried nor caught: it ends the execution",
        resource=machine.address,
        span=place_of(workflow, tasks[0]),
        path=tasks[0].path,
        state=tasks[0].name if len(tasks) == 1 else None,
        related=shared_places(workflow, tasks, "retries and catches no failure of Lambda"),
        suggestion=suggestion,
        subject="lambda",
    )
