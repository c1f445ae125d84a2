"""SFN206: a state machine that is not traced."""

from __future__ import annotations

from stepguard.deployment.resources import Form, StateMachine, Unread
from stepguard.deployment.source import Span
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.languages import block_in_language, dynamic_block
from stepguard.rules.machines import is_undecided, possible_values, why_undecided
from stepguard.rules.role_comments import TRACING, role_needs
from stepguard.rules.rule import Context, Verdict


class TracingOff(AuthoredMachineRule):
    """A state machine whose executions are not traced with X-Ray.

    ## What it does
    Reports a state machine without a tracing configuration, or with tracing switched off. A bare
    definition does not say whether it will be traced, so it is not judged.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    A trace shows one request on its way through the workflow and the services that it calls, and
    where its time goes. With tracing switched off, Step Functions sends one only where whoever
    starts the execution passes a trace on, and nothing of what a schedule, an event or a person
    starts. Tracing costs money for each execution, and needs permissions for the role.
    """

    id = "SFN206"
    name = "tracing-off"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html",
    )

    def judge(
        self,
        subject: StateMachine,
        context: Context,  # noqa: ARG002 - every rule is given it
    ) -> Verdict:
        """Judge the tracing of a machine."""
        tracing = subject.tracing
        if subject.form is Form.ASL:
            return None
        if isinstance(tracing, Unread):
            return [_not_evaluated(subject, tracing.reason, tracing.span)]
        values = possible_values(tracing)
        span = None if tracing is None else tracing.span
        answers = {str(one).lower() == "true" for one in values}
        if any(is_undecided(one) for one in values) or len(answers) > 1:
            return [_not_evaluated(subject, f"tracing {why_undecided(tracing)}", span)]
        if answers == {True}:
            return ()
        needs = role_needs(TRACING, '"*"')
        how = "is not traced" if tracing is None else "has tracing switched off"
        return [
            Violation(
                message=f"The state machine {how}: an execution that no traced request starts "
                "leaves no trace in X-Ray",
                resource=subject.address,
                span=span or dynamic_block(subject, "tracing_configuration") or subject.span,
                suggestion=block_in_language(
                    subject,
                    "tracing_configuration",
                    terraform=f"tracing_configuration {{\n  enabled = true\n}}\n{needs}",
                    cloudformation=f"TracingConfiguration:\n  Enabled: true\n{needs}",
                    sam=f"Tracing:\n  Enabled: true\n{needs}",
                ),
                subject="tracing",
            )
        ]


def _not_evaluated(machine: StateMachine, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=machine.address, span=span or machine.span)
