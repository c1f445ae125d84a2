"""SFN603: a state machine of whose aborted or throttled executions nobody hears."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.finding import Severity
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.machines import EXPRESS, possible_types
from stepguard.rules.missing_alarms import Watched, judge_alarms
from stepguard.rules.rule import Context, Verdict


class NoAbortAlarm(AuthoredMachineRule):
    """A state machine without an alarm on aborted executions, or on throttled ones.

    ## What it does
    Reports a state machine of which no alarm of the project watches `ExecutionsAborted` (or no
    rule of EventBridge the status `ABORTED`), or none watches `ExecutionThrottled`. What counts
    as an alarm, and where this is not evaluated, is as in SFN601; both metrics are options in
    `alarms-here`. An `EXPRESS` workflow can be neither stopped nor throttled state by state, and is
    not judged.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    Somebody who stops executions, by mistake or on purpose, leaves work half done. Throttling
    delays the states of an execution, and tells that a quota of the account is used up, before
    timeouts do.
    """

    id = "SFN603"
    name = "no-abort-alarm"
    severity = Severity.LOW
    tier = "pedantic"
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html",
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge whether somebody hears of aborted and throttled executions of a machine."""
        if possible_types(subject) == {EXPRESS}:
            return None
        wanted = [Watched("ExecutionsAborted", "ABORTED"), Watched("ExecutionThrottled")]
        effect = "nobody hears of executions that are stopped or held up"
        return judge_alarms(subject, wanted, effect, context)
