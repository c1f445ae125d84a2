"""SFN801: secrets that are written in the definition."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.defects import MAXIMUM_DEFECTS, quoted
from stepguard.rules.grants import listed
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
            groups: dict[object, list[FoundSecret]] = {}
            for one in found:
                groups.setdefault(_place_of(one, workflow), []).append(one)
            return [_violation(group, owners, subject, workflow) for group in groups.values()]
        return not_evaluated(subject, unread_states(workflow))


def _place_of(secret: FoundSecret, workflow: Workflow) -> object:
    """Return what secrets have in common that are one text of the source, used in many states."""
    span = workflow.document.locate(secret.path)
    place: object = secret.path if span is None else (span.path, span.start, span.end)
    return secret.kind, place


def _violation(
    secrets: Sequence[FoundSecret], owners: Owners, machine: StateMachine, workflow: Workflow
) -> Violation:
    """Return what there is to say of a secret: of one place in the source, and of all its uses."""
    secret = secrets[0]
    span = workflow.document.locate(secret.path)
    first = owners.of(secret.path)
    states = [state for one in secrets if (state := owners.of(one.path)) is not None]
    names = list(dict.fromkeys(quoted(one.name) for one in states))
    state = states[0] if len(names) == 1 else None
    where = ".".join(str(step) for step in secret.path[len(first.path) :]) if first else ""
    owner = listed(names) if names else "The definition"
    verb = "contain" if len(names) > 1 else "contains"
    what = f"{secret.kind} in {where}" if where else secret.kind
    return Violation(
        message=f"{owner} {verb} {what}: whoever may read the "
        "state machine or its executions can read it",
        resource=machine.address,
        span=span,
        path=secret.path,
        state=None if state is None else state.name,
        related=tuple(
            RelatedPlace(f"{quoted(one.name)} contains it", span, one.name)
            for one in (() if state is not None else states)
        ),
        suggestion="a reference to a secret of Secrets Manager, read at run time; replace this one",
        subject=f"{secret.kind} {'.'.join(map(str, secret.path))}",
    )
