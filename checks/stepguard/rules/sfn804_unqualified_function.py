"""SFN804: Lambda functions that are called without a version or an alias."""

from __future__ import annotations

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import Hole, Plain, Reference, Text, Unknown, alternatives
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.needs.parameters import ABSENT, Parameter, find_parameter
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.lambda_tasks import (
    FUNCTION_TYPES,
    called_function,
    calls_lambda,
    qualifier_of,
)
from stepguard.rules.links import sole_reference
from stepguard.rules.machines import definition_of, names_of, shared_places
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

_LATEST = "$LATEST"
_WITHOUT_QUALIFIER = frozenset({"arn", "Arn", "function_name", "id", ""})
"""Attributes of a function that name it without a version."""


class UnqualifiedFunction(AuthoredMachineRule):
    """Tasks that call a Lambda function without a version or an alias.

    ## What it does
    Reports the tasks whose Lambda function is named without a version or an alias, or with
    `$LATEST`, all of a machine in one finding. A function that is chosen at run time is not
    looked at; where a name is not known before deployment it may have a qualifier, and the rule is
    not evaluated.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    The task then runs whatever has been deployed last, also in executions that began before: a
    workflow that takes days can call two versions of the same function, and a deployment cannot
    be shifted or taken back. With an alias, both are a matter of moving the alias.
    """

    id = "SFN804"
    name = "unqualified-function"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all tasks of a machine, or what is not known."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        calls = [task for task in workflow.tasks if calls_lambda(task)]
        reasons = unread_states(workflow)
        if not calls and not reasons:
            return None
        answers = [(task, _is_qualified(task, context.deployment)) for task in calls]
        bare = [task for task, is_qualified in answers if is_qualified is False]
        if bare:
            return [_violation(subject, workflow, bare)]
        reasons += [
            f"whether the function of '{task.name}' has a version or an alias is not known"
            for task, is_qualified in answers
            if is_qualified is None
        ]
        return not_evaluated(subject, reasons)


def _is_qualified(task: Task, deployment: Deployment) -> bool | None:
    """Tell whether a call names a version or an alias, or what is called is chosen at run time."""
    qualifier: Parameter = next(iter(find_parameter(task.parameters, "Qualifier")), ABSENT)
    if task.integration.kind != "lambda-arn" and qualifier.decided != "absent":
        return bool(qualifier.value != _LATEST)
    named = called_function(task)
    if named.decided != "written":
        return True if named.decided == "dynamic" else None
    answers = [_has_qualifier(one, deployment) for one in alternatives(named.value)]
    if answers and all(one is False for one in answers):
        return False
    return True if answers and all(answers) else None


def _has_qualifier(value: Plain, deployment: Deployment) -> bool | None:
    qualifier = qualifier_of(value)
    if qualifier is not None:
        return bool(qualifier != _LATEST)
    reference = sole_reference(value)
    if reference is not None:
        return _is_qualified_reference(reference, deployment)
    if isinstance(value, str):
        return False
    if isinstance(value, Text) and value.parts:
        last = value.parts[-1]
        # What is not known may hold the qualifier; the account or the region does not.
        return None if isinstance(last, Hole) and isinstance(last.value, Unknown) else False
    return None


def _is_qualified_reference(reference: Reference, deployment: Deployment) -> bool | None:
    found = deployment.find(reference.target)
    if not found:
        return None
    if found[0].type not in FUNCTION_TYPES:
        return True if "lambda" in found[0].type.lower() else None
    return reference.attribute not in _WITHOUT_QUALIFIER


def _violation(machine: StateMachine, workflow: Workflow, tasks: list[Task]) -> Violation:
    first = tasks[0]
    if first.integration.kind == "lambda-arn":
        path = (*first.path, "Resource")
    else:
        field = "Arguments" if "Arguments" in first.body else "Parameters"
        path = (*first.path, field, "FunctionName")
    verb = "calls" if len(tasks) == 1 else "call"
    return Violation(
        message=f"{names_of(tasks)} {verb} a Lambda function without a version or an alias: what "
        "was deployed last runs, also in executions that began before",
        resource=machine.address,
        span=workflow.document.locate(path),
        path=path,
        state=first.name if len(tasks) == 1 else None,
        related=shared_places(workflow, tasks, "names no version and no alias"),
        suggestion="the ARN of an alias, or the name with :ALIAS behind it",
        subject="qualifier",
    )
