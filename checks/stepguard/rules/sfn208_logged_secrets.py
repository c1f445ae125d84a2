"""SFN208: secrets or task tokens that are written to the logs of executions."""

from __future__ import annotations

from stepguard.deployment.members import UNDECIDED, as_object, why_unknown
from stepguard.deployment.resources import Form, Logging, StateMachine
from stepguard.deployment.workflow import Task
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.languages import in_language
from stepguard.rules.log_levels import LoggingOff, LogLevel, logging_of
from stepguard.rules.machines import (
    definition_of,
    is_undecided,
    names_of,
    place_of,
    possible_values,
    related_places,
    why_undecided,
)
from stepguard.rules.rule import Context, MachineRule, Verdict

_EVERYTHING = "ALL"

_SECRETS = frozenset(
    {
        "codeartifact:getauthorizationtoken",
        "cognitoidentity:getcredentialsforidentity",
        "cognitoidentity:getopenidtoken",
        "cognitoidentityprovider:admininitiateauth",
        "cognitoidentityprovider:initiateauth",
        "ecr:getauthorizationtoken",
        "iam:createaccesskey",
        "iam:createservicespecificcredential",
        "kms:decrypt",
        "kms:generatedatakey",
        "kms:generatedatakeypair",
        "redshift:getclustercredentials",
        "secretsmanager:batchgetsecretvalue",
        "secretsmanager:getrandompassword",
        "secretsmanager:getsecretvalue",
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:getfederationtoken",
        "sts:getsessiontoken",
    }
)
"""Calls of the AWS SDK integration that answer with a secret, in lower case."""

_PARAMETERS = frozenset({"ssm:getparameter", "ssm:getparameters", "ssm:getparametersbypath"})
"""Calls that answer with a secret when `WithDecryption` is true."""


class LoggedSecrets(MachineRule):
    """Execution data in the logs of a workflow that fetches secrets or hands out task tokens.

    ## What it does
    Reports a state machine that logs at the level `ALL` with `IncludeExecutionData`, and has a
    task that asks AWS for a secret (a secret of Secrets Manager, a decrypted parameter, a key in
    plain text, credentials of a role, …) or one that waits for a task token. At the other levels
    the data of tasks that succeed are not logged. Secrets that a function returns, or that are
    part of the input, are not seen.

    ## Why is this bad
    The events of every task are logged with its input and output: the secret lies in CloudWatch
    Logs in plain text, for everybody who may read logs and for as long as they are kept. With a
    task token, somebody who may call `SendTaskSuccess` can finish a task that he has no part in.
    """

    id = "SFN208"
    name = "logged-secrets"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-log-level",
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_LoggingConfiguration.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge whether what a machine logs holds secrets."""
        logging = subject.logging
        if subject.form is Form.ASL or not isinstance(logging, Logging):
            return None
        level = logging_of(subject)
        if isinstance(level, LoggingOff):
            return None
        included = _is_included(logging)
        if included is False or (isinstance(level, LogLevel) and level.level != _EVERYTHING):
            return ()
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        found = [task for task in workflow.tasks if _handles_secrets(task)]
        if not found:
            return [_of_unread(subject, task) for task in _unread(workflow.tasks)[:1]]
        if isinstance(level, NotEvaluated):
            return [level]
        value = logging.include_execution_data
        if included is None:
            reason = f"whether execution data are logged {why_undecided(value)}"
            return [NotEvaluated(reason=reason, resource=subject.address, span=logging.span)]
        span = logging.span if value is None else value.span or logging.span
        states = f"State{'s' * (len(found) > 1)} {names_of(found)}"
        verb = "handle" if len(found) > 1 else "handles"
        return [
            Violation(
                message=f"{states} {verb} {_what(found)}, and execution data are logged: "
                "whoever may read the logs can read that",
                resource=subject.address,
                span=span or place_of(workflow, found[0]),
                related=related_places(workflow, found, "handles it"),
                suggestion=in_language(
                    subject,
                    terraform="include_execution_data = false",
                    cloudformation="IncludeExecutionData: false",
                ),
                subject="execution data",
            )
        ]


def _is_included(logging: Logging) -> bool | None:
    values = possible_values(logging.include_execution_data)
    if any(is_undecided(one) for one in values):
        return None
    answers = {str(one).lower() == "true" for one in values}
    return answers.pop() if len(answers) == 1 else None


def _handles_secrets(task: Task) -> bool:
    return task.integration.is_callback or _fetches_secret(task)


def _fetches_secret(task: Task) -> bool:
    call = task.integration
    if call.kind != "aws-sdk":
        return False
    name = f"{call.service}:{call.action}".lower()
    if name in _PARAMETERS:
        passed = as_object(task.parameters) or {}
        return str(passed.get("WithDecryption")).lower() == "true"
    return name in _SECRETS


def _what(tasks: list[Task]) -> str:
    kinds = []
    if any(map(_fetches_secret, tasks)):
        kinds.append("secrets")
    if any(task.integration.is_callback for task in tasks):
        kinds.append("task tokens")
    return " and ".join(kinds)


def _unread(tasks: list[Task]) -> list[Task]:
    """Return the tasks of which it is not known what they call."""
    return [
        task
        for task in tasks
        if task.integration.kind == "unknown" and isinstance(task.resource, UNDECIDED)
    ]


def _of_unread(machine: StateMachine, task: Task) -> NotEvaluated:
    reason = f"what state '{task.name}' calls: {why_unknown(task.resource)}"
    return NotEvaluated(reason=reason, resource=machine.address, span=machine.span)
