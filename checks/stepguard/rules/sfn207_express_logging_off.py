"""SFN207: an Express workflow that logs nothing."""

from __future__ import annotations

from stepguard.deployment.resources import Form, StateMachine
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.log_levels import LoggingOff, how_to_log, logging_of
from stepguard.rules.machines import EXPRESS, possible_types
from stepguard.rules.rule import Context, MachineRule, Verdict


class LoggingOffExpress(MachineRule):
    """An Express workflow whose executions leave no trace, because they are not logged.

    ## What it does
    Reports a state machine of type `EXPRESS` without a logging configuration, with the level
    `OFF` or no level (which means `OFF`), or with a level but no log group, which Step Functions
    refuses. A type that is not known is left to SFN201.

    ## Why is this bad
    Step Functions keeps no history of an Express execution: CloudWatch Logs is the only place
    where one can see that it ran, with what it failed, and on what. Without logs a failure that
    no caller waits for is lost, and neither an incident nor an audit can be answered.
    """

    id = "SFN207"
    name = "express-logging-off"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/stepfunctions-controls.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge a machine that is certainly of type EXPRESS."""
        if subject.form is Form.ASL or possible_types(subject) != {EXPRESS}:
            return None
        logging = logging_of(subject)
        if isinstance(logging, NotEvaluated):
            return [logging]
        if not isinstance(logging, LoggingOff):
            return ()
        return [
            Violation(
                message=f"The Express state machine {logging.reason}: its executions leave no "
                "history anywhere",
                resource=subject.address,
                span=logging.span,
                suggestion=how_to_log(subject, context.config.log_level),
                subject="logging",
            )
        ]
