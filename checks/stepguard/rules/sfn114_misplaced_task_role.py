"""SFN114: a task's role that stands where Step Functions does not look for it."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.members import UNDECIDED, as_object, is_open, present, why_open
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import State, Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.assumed_roles import judge_assumed_roles
from stepguard.rules.defects import Defect, quoted, surely
from stepguard.rules.machines import definition_of, member
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

ROLE_FIELDS = ("RoleArn", "RoleArn.$")
CREDENTIALS = "Credentials"


class MisplacedTaskRole(MachineRule):
    """A role for a task that is not written in `Credentials`, where it belongs.

    ## What it does
    Reports `RoleArn` as a field of a state, `Credentials` in a state that is no task or inside
    the `Parameters` or `Arguments` of one, and `Credentials` that hold no `RoleArn`, or a path
    under the name of a fixed ARN. A `RoleArn` among the parameters of a service is that
    service's own (SageMaker, EventBridge Scheduler) and fine.

    Where `Credentials` hold a path or an expression, so that the role is chosen while the workflow
    runs, also reports `sts:AssumeRole` on every role in the execution role. That the input of the
    execution chooses it is SFN803's, and `sts:AssumeRole` on every role for a fixed one SFN102's.

    ## Why is this bad
    Step Functions refuses a field that a state does not have, and passes on to the service what
    stands among its parameters. In neither case is the role assumed: once the field is taken out
    to get the deployment through, the task runs with the permissions of the execution role, which
    is then widened to make it work. Where the role is chosen as the workflow runs, the list of
    roles that the execution role may assume is the only thing that limits the choice.
    """

    id = "SFN114"
    name = "misplaced-task-role"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html#task-state-example-credentials",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge the states of a machine that has tasks, or may have some."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        unread = unread_states(workflow)
        assumed = list(judge_assumed_roles(subject, workflow, context))
        defects = [defect for state in workflow.states for defect in _check(state, workflow)]
        if defects:
            return [*(_violation(defect, subject, workflow) for defect in defects), *assumed]
        if not workflow.tasks and not unread:
            return None
        open_fields = [
            f"not all fields of {quoted(task.name)} are known: {why_open(task.body, '')}"
            for task in workflow.tasks
            if is_open(task.body)
        ]
        return [*assumed, *not_evaluated(subject, [*unread, *open_fields])]


def _check(state: State, workflow: Workflow) -> Iterator[Defect]:
    for name in ROLE_FIELDS:
        if present(state.body, name):
            yield Defect(
                message=f"{name} of {quoted(state.name)} stands beside its other fields, where "
                "Step Functions refuses it; the task does not run with that role",
                path=(*state.path, name),
                subject=name,
                state=state,
                suggestion=_in_credentials(state, workflow, name),
            )
    if not present(state.body, CREDENTIALS):
        pass
    elif isinstance(state, Task):
        yield from _check_credentials(state)
    elif isinstance(state.type, str):
        yield Defect(
            message=f"{quoted(state.name)} has {CREDENTIALS}, which only a Task state can have",
            path=(*state.path, CREDENTIALS),
            subject=CREDENTIALS,
            state=state,
            suggestion=f"{CREDENTIALS} in the tasks that need the role",
        )
    if isinstance(state, Task):
        yield from _among_parameters(state, workflow)


def _in_credentials(state: State, workflow: Workflow, name: str) -> str:
    beside = workflow.document.locate((*state.path, "Type"), key=True)
    opening = member(beside, CREDENTIALS, "{ ") + member(None, name, "…") + " }"
    return f"{opening} in the state, beside Resource"


def _check_credentials(task: Task) -> Iterator[Defect]:
    value = task.credentials
    path = (*task.path, CREDENTIALS)
    credentials = as_object(value)
    if credentials is None:
        if surely(value, lambda one: not isinstance(one, str) or task.query_language == "JSONPath"):
            yield _without_role(task, path)
        return
    names = ("RoleArn",) if task.query_language == "JSONata" else ROLE_FIELDS
    if all(present(credentials, name) is False for name in names):
        yield _without_role(task, path)
    elif surely(credentials.get("RoleArn"), lambda one: _is_path(one, task)):
        yield Defect(
            message=f"RoleArn in {CREDENTIALS} of {quoted(task.name)} is a path, but its name says "
            "that it is the ARN itself",
            path=(*path, "RoleArn"),
            subject="path",
            state=task,
            suggestion='"RoleArn.$" as the name of the field',
        )


def _is_path(value: Plain, task: Task) -> bool:
    if task.query_language == "JSONata" or not isinstance(value, str):
        return False
    return value.startswith(("$.", "$$.", "$[", "States."))


def _without_role(task: Task, path: Path) -> Defect:
    return Defect(
        message=f"{CREDENTIALS} of {quoted(task.name)} names no RoleArn; Step Functions refuses it",
        path=path,
        subject="no RoleArn",
        state=task,
        suggestion='"RoleArn" with the ARN of the role that the task assumes',
    )


def _among_parameters(task: Task, workflow: Workflow) -> Iterator[Defect]:
    """Yield `Credentials` with a role that would be passed on to the service."""
    for field in ("Parameters", "Arguments"):
        parameters = as_object(task.body.get(field))
        inner = None if parameters is None else as_object(parameters.get(CREDENTIALS))
        if inner is None or isinstance(task.body.get(field), UNDECIDED):
            continue
        if any(present(inner, name) for name in ROLE_FIELDS):
            name = next(name for name in ROLE_FIELDS if present(inner, name))
            yield Defect(
                message=f"{CREDENTIALS} of {quoted(task.name)} stand inside its {field}: they are "
                "passed to the service, and the task does not run with that role",
                path=(*task.path, field, CREDENTIALS),
                subject=f"{CREDENTIALS} in {field}",
                state=task,
                suggestion=_in_credentials(task, workflow, name),
            )


def _violation(defect: Defect, machine: StateMachine, workflow: Workflow) -> Violation:
    return Violation(
        message=defect.message,
        resource=machine.address,
        span=workflow.document.locate(defect.path, key=True),
        path=defect.path,
        state=None if defect.state is None else defect.state.name,
        suggestion=defect.suggestion,
        subject=defect.subject,
    )
