"""SFN602: a state machine of whose timeouts nobody hears."""

from __future__ import annotations

from stepguard.deployment.members import present
from stepguard.deployment.resources import StateMachine
from stepguard.finding import NotEvaluated, Severity
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.durations import TIMEOUT
from stepguard.rules.machines import EXPRESS, STANDARD, definition_of, possible_types
from stepguard.rules.missing_alarms import Watched, judge_alarms
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.unfailing import cannot_fail


class NoTimeoutAlarm(AuthoredMachineRule):
    """A state machine without an alarm on its executions that time out.

    ## What it does
    Reports a state machine of which no alarm of the project watches the metric
    `ExecutionsTimedOut`, and of which no rule of EventBridge passes on the status `TIMED_OUT`
    (for STANDARD workflows). What counts as an alarm, and where this is not evaluated, is as in
    SFN601; the option is `ExecutionsTimedOut` in `alarms-here`. Executions of a STANDARD workflow
    whose definition has no `TimeoutSeconds` do not time out within the year (a task that does
    fails), so that an alarm would never tell anything: SFN401 reports that. Where the definition
    is not known and there is no alarm, that is not evaluated.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    An execution that times out is none that fails: it does not count as `ExecutionsFailed`, and
    no `Catch` sees it. With an alarm on failures alone, work that hangs is noticed by nobody.
    """

    id = "SFN602"
    name = "no-timeout-alarm"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge whether somebody hears of executions of a machine that time out."""
        if _never_times_out(subject, context):
            return None
        wanted = [Watched("ExecutionsTimedOut", "TIMED_OUT")]
        effect = "nobody hears of executions that time out"
        verdict = judge_alarms(subject, wanted, effect, context)
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated) and possible_types(subject) != {EXPRESS}:
            # Whether executions time out at all stands in the definition.
            return [workflow] if verdict else verdict
        return verdict


def _never_times_out(machine: StateMachine, context: Context) -> bool:
    workflow = definition_of(machine, context)
    if isinstance(workflow, NotEvaluated) or workflow.body is None:
        return False
    is_standard = possible_types(machine, workflow) == {STANDARD}
    if cannot_fail(workflow) and not any(state.type == "Wait" for state in workflow.states):
        return True
    return is_standard and present(workflow.body, TIMEOUT) is False
