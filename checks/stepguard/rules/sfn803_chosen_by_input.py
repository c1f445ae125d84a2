"""SFN803: targets, roles and queries that whoever starts an execution chooses."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.input_paths import Confidence, InputFlow, bare_expression, input_reference
from stepguard.rules.machines import definition_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct, replace

_TARGETS = {
    "FunctionName": "the function that is called",
    "StateMachineArn": "the state machine that is started",
    "QueueUrl": "the queue that gets the message",
    "TopicArn": "the topic that gets the message",
    "TargetArn": "the topic that gets the message",
    "ApiEndpoint": "the endpoint that is called",
    "TaskDefinition": "the container that runs",
    "DocumentName": "the document that runs",
    "RoleArn": "the role that is used",
    "ExecutionRoleArn": "the role that is used",
    "ServiceRole": "the role that is used",
    "JobFlowRole": "the role that is used",
    "TaskRoleArn": "the role that is used",
}
"""Parameters that name what a call acts on or as, and what is chosen with them."""

_TEXTS = {
    "QueryString": "the query that runs",
    "Sql": "the statement that runs",
    "Sqls": "the statement that runs",
    "Statement": "the statement that runs",
    "Command": "the command that runs",
    "Commands": "the command that runs",
    "commands": "the command that runs",
    "EntryPoint": "the command that runs",
}
"""Parameters that are run as they are, so that a part of them is enough."""

_QUERYING = frozenset(
    {
        "athena",
        "rdsdata",
        "redshiftdata",
        "dynamodb",
        "timestreamquery",
        "ecs",
        "batch",
        "ssm",
        "emr",
        "elasticmapreduce",
        "eks",
    }
)
"""Services whose parameters of these names are queries and commands."""

_MAXIMUM_DEPTH = 8
_MAXIMUM_FOLLOWED = 100
"""Values of one definition that are followed back to the start."""


class ChosenByInput(MachineRule):
    """Targets, roles and queries that the input of the execution chooses.

    ## What it does
    Reports tasks whose target (function, state machine, queue, topic, endpoint, container), role
    (also in `Credentials`), query or command is taken from the input of the execution: from
    `$$.Execution.Input`, which is certain, or from a path that no state before the task writes,
    which the message calls likely. A `Choice` before the task that compares the same path with a
    text pins it, and nothing is reported. Values that come from a map's items or from the result
    of an earlier state are not looked at. All of a machine are one finding.

    ## Why is this bad
    Whoever may start an execution then decides what the execution role does, or what the service
    that is called runs: with another function, another role or another query than was meant. The
    permission to start a workflow becomes the permission to use everything that its role may use.
    """

    id = "SFN803"
    name = "chosen-by-input"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html",
        "https://cwe.mitre.org/data/definitions/441.html",
        "https://cwe.mitre.org/data/definitions/89.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all tasks of a machine, or what could not be followed."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        reasons = unread_states(workflow)
        if not workflow.tasks and not reasons:
            return None
        candidates = [one for task in workflow.tasks for one in _candidates(task)]
        flow = InputFlow()
        choices = [
            replace(one, confidence=confidence)
            for one in candidates[:_MAXIMUM_FOLLOWED]
            if (confidence := flow.confidence_of(one.reference, one.task)) is not None
        ]
        if choices:
            return [_violation(subject, workflow, choices)]
        if len(candidates) > _MAXIMUM_FOLLOWED:
            reasons.append(f"only {_MAXIMUM_FOLLOWED} values chosen at run time are followed")
        return not_evaluated(subject, reasons)


class _Choice(Struct, frozen=True):
    """A parameter that the input of the execution chooses.

    `is_text` says that it is a query or a command, `is_part` that the input is a part of that.
    """

    task: Task
    path: Path
    reference: str
    what: str
    is_text: bool = False
    is_part: bool = False
    confidence: Confidence = "likely"

    @property
    def happening(self) -> str:
        """What the reference does: it is a part of a text that is run, or all that is chosen."""
        verb = "becomes part of" if self.is_part else "chooses"
        return f"{self.reference} {verb} {self.what}"


def _candidates(task: Task) -> Iterator[_Choice]:
    for path, name, value in _parameters(task):
        what = _TARGETS.get(name)
        is_text = what is None and task.integration.service in _QUERYING
        what = _TEXTS.get(name) if is_text else what
        reference = None if what is None else input_reference(value, anywhere=is_text)
        if what is not None and reference is not None:
            is_part = is_text and bare_expression(str(value)) != reference
            yield _Choice(task, path, reference, what, is_text, is_part)


def _parameters(task: Task) -> Iterator[tuple[Path, str, Plain]]:
    """Yield the parameters of a call, inner ones too: path, name, and value."""
    field = "Arguments" if "Arguments" in task.body else "Parameters"
    stack: list[tuple[Path, Plain]] = [((*task.path, field), task.body.get(field))]
    stack.append(((*task.path, "Credentials"), task.credentials))
    while stack:
        path, value = stack.pop(0)
        if len(path) - len(task.path) > _MAXIMUM_DEPTH:
            continue
        members = as_object(value)
        if members is not None:
            for name, member in members.items():
                inner = (*path, str(name))
                yield inner, _bare(str(name)), member
                stack.append((inner, member))
        elif isinstance(value, list):
            for number, element in enumerate(value):
                name = path[-1] if isinstance(path[-1], str) else ""
                yield (*path, number), _bare(name), element
                stack.append(((*path, number), element))


def _bare(name: str) -> str:
    return name.removesuffix(".$")


def _violation(machine: StateMachine, workflow: Workflow, choices: list[_Choice]) -> Violation:
    first = choices[0]
    states = list(dict.fromkeys(one.task for one in choices))
    more = f"; {len(choices) - 1} more" if len(choices) > 1 else ""
    how = "" if first.confidence == "certain" else " (likely: no state before writes it)"
    return Violation(
        message=f"'{first.task.name}': {first.happening}{how}: whoever starts an execution decides "
        f"what {'is run' if first.is_text else 'the execution role does'}{more}",
        resource=machine.address,
        span=workflow.document.locate(first.path),
        path=first.path,
        state=states[0].name if len(states) == 1 else None,
        related=tuple(
            RelatedPlace(
                f"'{one.task.name}': {one.happening} ({one.confidence})",
                workflow.document.locate(one.path),
                one.task.name,
            )
            for one in choices
        )
        if len(choices) > 1
        else (),
        suggestion="a fixed value, or a Choice that lets only known values through",
        subject=" ".join(sorted({f"{one.task.name}.{one.path[-1]}" for one in choices})),
    )
