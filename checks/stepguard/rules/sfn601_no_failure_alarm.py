"""SFN601: a state machine whose failures nobody hears of."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Workflow
from stepguard.finding import Severity
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.machines import definition_of
from stepguard.rules.missing_alarms import Watched, judge_alarms
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.unfailing import cannot_fail


class NoFailureAlarm(AuthoredMachineRule):
    """A state machine without an alarm on its failed executions.

    ## What it does
    Reports a state machine of which no alarm of the project watches the metric
    `ExecutionsFailed`, be it by itself, in metric maths, or in a query over all machines. A rule
    of EventBridge on "Step Functions Execution Status Change" with the status `FAILED` and a
    target counts too, for STANDARD workflows: those of type EXPRESS emit no such events. An alarm
    that cannot work, or lacks the dimension of a machine, is left to SFN604.

    Not evaluated are a reusable Terraform module, whose caller may set the alarm, a project with
    modules that could not be read, and an alarm of which it is not known whether it is about the
    machine. Where alarms are set in another project, take `ExecutionsFailed` out of
    `alarms-here`.

    A machine that cannot fail, since its states only pass on what is written in them, is not
    judged. Left out is the machine with which the CDK's provider framework waits for a custom
    resource: nobody but the CDK writes it.

    ## Why is this bad
    An execution that fails does so in silence: it is listed among the others, and nobody is told.
    What it was to do stays undone until somebody misses it.
    """

    id = "SFN601"
    name = "no-failure-alarm"
    severity = Severity.LOW
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge whether somebody hears of failed executions of a machine."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, Workflow) and cannot_fail(workflow):
            return None
        wanted = [Watched("ExecutionsFailed", "FAILED")]
        return judge_alarms(subject, wanted, "nobody hears of executions that fail", context)
