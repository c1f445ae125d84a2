"""SFN201: a Standard workflow that logs nothing."""

from __future__ import annotations

from stepguard.deployment.resources import Form, StateMachine
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.log_levels import LoggingOff, how_to_log, logging_of
from stepguard.rules.machines import EXPRESS, STANDARD, possible_types
from stepguard.rules.rule import Context, Verdict


class LoggingOffStandard(AuthoredMachineRule):
    """A Standard workflow whose executions are not logged to CloudWatch Logs.

    ## What it does
    Reports a state machine of type `STANDARD` without a logging configuration, with the level
    `OFF` or no level (which means `OFF`), or with a level but no log group, which Step Functions
    refuses. An `EXPRESS` workflow has no other history at all and is left to SFN207. Where the
    type is not known, logging that is off is reported here. A bare definition does not say
    whether it will be logged, so it is not judged.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    Step Functions keeps the history of an execution for 90 days, readable one execution at a
    time. Without logs nobody can search over executions, raise an alarm on an error in them, or
    see what happened in an incident that is noticed late.
    """

    id = "SFN201"
    name = "logging-off"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/stepfunctions-controls.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge a machine that is or may be of type STANDARD."""
        if subject.form is Form.ASL:
            return None
        types = possible_types(subject)
        if types == {EXPRESS}:
            return None
        logging = logging_of(subject)
        if isinstance(logging, NotEvaluated):
            return [logging]
        if not isinstance(logging, LoggingOff):
            return ()
        effect = (
            "what its executions did is gone after 90 days, and cannot be searched before"
            if types == {STANDARD}
            else "what its executions did cannot be searched"
        )
        return [
            Violation(
                message=f"The state machine {logging.reason}: {effect}",
                resource=subject.address,
                span=logging.span,
                suggestion=how_to_log(subject, context.config.log_level),
                subject="logging",
            )
        ]
