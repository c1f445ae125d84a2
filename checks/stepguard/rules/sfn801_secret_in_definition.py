"""SFN801: secrets that are written in the definition."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import State, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.defects import MAXIMUM_DEFECTS
from stepguard.rules.machines import definition_of
from stepguard.rules.owners import Owners
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.secrets import FoundSecret, secrets_of_machine


class SecretInDefinition(MachineRule):
    """Passwords, keys and tokens that are written in the definition.

    ## What it does
    Reports values of the definition that have the form of a secret of a known service (access
    keys, private keys, tokens, passwords in addresses), and literal values of members that are
    called `Password`, `ApiKey`, `ClientSecret` and the like, of variables with such a `Name`, or of
    the headers `Authorization` and `x-api-key`. Paths, expressions, references and placeholders
    are no secrets. What is found is never printed: a report shows asterisks in its place.

    ## Why is this bad
    Everybody who may read the state machine (`states:DescribeStateMachine`), the template or its
    history can read the secret, and it appears in the history of every execution that passes it
    on. It belongs in Secrets Manager, or in a connection of EventBridge for HTTP tasks; one that
    has been committed has to be replaced.
    """

    id = "SFN801"
    name = "secret-in-definition"
    severity = Severity.CRITICAL
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
        "https://cwe.mitre.org/data/definitions/798.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one violation for each secret, or what could not be searched."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        found = secrets_of_machine(subject, context.deployment)[:MAXIMUM_DEFECTS]
        if found:
            owners = Owners(workflow)
            return [_violation(one, owners.of(one.path), subject, workflow) for one in found]
        return not_evaluated(subject, unread_states(workflow))


def _violation(
    secret: FoundSecret, state: State | None, machine: StateMachine, workflow: Workflow
) -> Violation:
    span = workflow.document.locate(secret.path)
    where = ".".join(str(step) for step in secret.path[len(state.path) :]) if state else ""
    owner = f"'{state.name}'" if state is not None else "The definition"
    what = f"{secret.kind} in {where}" if where else secret.kind
    return Violation(
        message=f"{owner} contains {what}: whoever may read the "
        "state machine or its executions can read it",
        resource=machine.address,
        span=span,
        path=secret.path,
        state=None if state is None else state.name,
        suggestion="a reference to a secret of Secrets Manager, read at run time; replace this one",
        subject=f"{secret.kind} {'.'.join(map(str, secret.path))}",
    )
