"""SFN602: a state machine of whose timeouts nobody hears."""

from __future__ import annotations

from stepguard.deployment.members import present
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Workflow
from stepguard.finding import NotEvaluated, Severity
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.durations import TIMEOUT
from stepguard.rules.machines import EXPRESS, STANDARD, definition_of, possible_types
from stepguard.rules.missing_alarms import Watched, judge_alarms
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.unfailing import cannot_fail

_WITHOUT_TIME = ("Fail", "Parallel", "Pass", "Succeed")
"""Types of states that neither wait, nor call anything, nor lead back."""


class NoTimeoutAlarm(AuthoredMachineRule):
    """A state machine without an alarm on its executions that time out.

    ## What it does
    Reports a state machine of which no alarm of the project watches the metric
    `ExecutionsTimedOut`, and of which no rule of EventBridge passes on the status `TIMED_OUT`
    (for STANDARD workflows). What counts as an alarm, and where this is not evaluated, is as in
    SFN601; the option is `ExecutionsTimedOut` in `alarms-here`. Executions of a STANDARD workflow
    whose definition has no `TimeoutSeconds` do not time out within the year (a task that does
    fails), so that an alarm would never tell anything: SFN401 reports that. Where that is not
    known and there is no alarm, it is not evaluated. An EXPRESS workflow of nothing but
    `Pass`, `Parallel`, `Succeed` and `Fail` states takes no time, and is not judged.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    An execution that times out is none that fails: it does not count as `ExecutionsFailed`, and
    no `Catch` sees it. With an alarm on failures alone, work that hangs is noticed by nobody.
    """

    id = "SFN602"
    name = "no-timeout-alarm"
    severity = Severity.LOW
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge whether somebody hears of executions of a machine that time out."""
        times_out = _times_out(subject, context)
        if times_out is False:
            return None
        wanted = [Watched("ExecutionsTimedOut", "TIMED_OUT")]
        effect = "nobody hears of executions that time out"
        verdict = judge_alarms(subject, wanted, effect, context)
        return [times_out] if verdict and isinstance(times_out, NotEvaluated) else verdict


def _takes_no_time(workflow: Workflow) -> bool:
    """Tell whether a workflow has nothing in it that works, waits or turns back."""
    return bool(workflow.states) and all(one.type in _WITHOUT_TIME for one in workflow.states)


def _times_out(machine: StateMachine, context: Context) -> bool | NotEvaluated:
    """Tell whether executions of a machine can time out, or why that is not known."""
    workflow = definition_of(machine, context)
    if isinstance(workflow, NotEvaluated):
        return possible_types(machine) == {EXPRESS} or workflow
    body = workflow.body
    waits = any(state.type == "Wait" for state in workflow.states)
    if body is not None and not waits and cannot_fail(workflow):
        return False
    types = possible_types(machine, workflow)
    if types == {EXPRESS}:
        return workflow.is_open or not _takes_no_time(workflow)
    has_timeout = None if body is None else present(body, TIMEOUT)
    if has_timeout is None:
        reason = "whether the definition has TimeoutSeconds is not known"
        return NotEvaluated(reason=reason, resource=machine.address, span=machine.span)
    return has_timeout or types != {STANDARD}
