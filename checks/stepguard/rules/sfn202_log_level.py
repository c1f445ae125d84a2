"""SFN202: a log level that leaves out what is wanted."""

from __future__ import annotations

from stepguard.deployment.resources import Form, StateMachine
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.languages import in_language
from stepguard.rules.log_levels import LEVELS, LoggingOff, logging_of
from stepguard.rules.rule import Context, MachineRule, Verdict

_LEFT_OUT = {
    "ERROR": "the failure of a task, a map or a branch is not logged, only that of the whole "
    "execution",
    "ALL": "which states an execution went through is not logged",
}


class LogLevelTooLow(MachineRule):
    """A log level that leaves out events which the project wants to have.

    ## What it does
    Reports a state machine that logs at a level below the wanted one (`log-level`, `ERROR` unless
    configured). The levels are, from the one that logs most: `ALL`, `ERROR`, `FATAL`, `OFF`. That
    nothing is logged at all is left to SFN201 and SFN207.

    ## Why is this bad
    At `FATAL` only the end of a failed execution is logged. Which task failed, with which error
    and after how many attempts, is missing, and so is every failure that a `Catch` has handled.
    """

    id = "SFN202"
    name = "log-level-too-low"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-log-level",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge a machine that logs something."""
        if subject.form is Form.ASL:
            return None
        logging = logging_of(subject)
        if isinstance(logging, LoggingOff):
            return None
        if isinstance(logging, NotEvaluated):
            return [logging]
        wanted = context.config.log_level
        if LEVELS.index(logging.level) >= LEVELS.index(wanted):
            return ()
        return [
            Violation(
                message=f"The log level is {logging.level}, below {wanted}: {_LEFT_OUT[wanted]}",
                resource=subject.address,
                span=logging.span,
                suggestion=in_language(
                    subject, terraform=f'level = "{wanted}"', cloudformation=f"Level: {wanted}"
                ),
                subject="level",
            )
        ]
