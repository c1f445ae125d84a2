"""SFN802: HTTP tasks that call an endpoint without encryption."""

from __future__ import annotations

import re

from stepguard.deployment.members import UNDECIDED, as_object
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import Piece, Plain, Text, alternatives
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.needs.parameters import ABSENT, Parameter, find_parameter
from stepguard.rules.machines import definition_of, names_of, shared_places
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

_ENDPOINT = "ApiEndpoint"
_PLAIN = "http://"
_EXPRESSION = re.compile(r"(?:\{%\s*|States\.Format\(\s*)(?:'http://|\"http://)", re.IGNORECASE)
_NAMES = (_ENDPOINT, f"{_ENDPOINT}.$")


class PlainHttp(MachineRule):
    """HTTP tasks whose endpoint is `http://`.

    ## What it does
    Reports the tasks `http:invoke` whose `ApiEndpoint` begins with `http://`, all of a machine in
    one finding. Of endpoints that are made at run time, those are looked at that begin with a text
    (`{% 'http://…' & $host %}`, `States.Format('http://…')`). API Gateway is left out, which has
    encrypted endpoints only.

    ## Why is this bad
    Step Functions calls HTTPS APIs alone, so that the task fails at the first execution. And over
    plain HTTP everybody on the way could read the request, the answer and the credentials that
    the connection adds.
    """

    id = "SFN802"
    name = "plain-http"
    severity = Severity.LOW
    references = ("https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html",)

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all HTTP tasks of a machine, or which endpoint is not known."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        calls = [task for task in workflow.tasks if _is_http(task)]
        reasons = unread_states(workflow)
        if not calls and not reasons:
            return None
        answers = [(task, _begins_expression(task) or _is_plain(_endpoint(task))) for task in calls]
        plain = [task for task, is_plain in answers if is_plain is True]
        if plain:
            return [_violation(subject, workflow, plain)]
        reasons += [
            f"the {_ENDPOINT} of '{task.name}' is not known before deployment"
            for task, is_plain in answers
            if is_plain is None
        ]
        return not_evaluated(subject, reasons)


def _is_http(task: Task) -> bool:
    call = task.integration
    return call.kind == "optimized" and (call.service, call.action) == ("http", "invoke")


def _endpoint(task: Task) -> Parameter:
    return next(iter(find_parameter(task.parameters, _ENDPOINT)), ABSENT)


def _begins_expression(task: Task) -> bool:
    """Tell whether an endpoint is an expression whose first text is that of plain HTTP."""
    members = as_object(task.parameters) or {}
    values = [members.get(name) for name in _NAMES]
    return any(isinstance(one, str) and _EXPRESSION.match(one) for one in values)


def _is_plain(endpoint: Parameter) -> bool | None:
    """Tell whether an endpoint is certainly not encrypted; `None` when it may be that."""
    if endpoint.decided == "unknown":
        return None
    if endpoint.decided != "written":
        return False
    answers = [_begins_plain(one) for one in alternatives(endpoint.value)]
    if answers and all(answers):
        return True
    return None if None in answers or True in answers else False


def _begins_plain(value: Plain) -> bool | None:
    if isinstance(value, Text) and value.parts and isinstance(value.parts[0], Piece):
        value = value.parts[0].text
    if isinstance(value, str):
        return value.lower().startswith(_PLAIN)
    return None if isinstance(value, UNDECIDED) else False


def _violation(machine: StateMachine, workflow: Workflow, tasks: list[Task]) -> Violation:
    first = tasks[0]
    field = "Arguments" if "Arguments" in first.body else "Parameters"
    members = as_object(first.parameters) or {}
    path = (*first.path, field, next((one for one in _NAMES if one in members), _ENDPOINT))
    verb = "calls" if len(tasks) == 1 else "call"
    return Violation(
        message=f"{names_of(tasks)} {verb} an endpoint over plain HTTP: Step Functions calls "
        "HTTPS only, and the request would be readable on its way",
        resource=machine.address,
        span=workflow.document.locate(path),
        path=path,
        state=first.name if len(tasks) == 1 else None,
        related=shared_places(workflow, tasks, "calls over plain HTTP"),
        suggestion="https://…",
        subject="http",
    )
