"""SFN401: a Standard workflow whose executions have no timeout."""

from __future__ import annotations

from stepguard.deployment.members import present, why_open
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.durations import TIMEOUT
from stepguard.rules.machines import (
    EXPRESS,
    STANDARD,
    definition_of,
    member,
    names_of,
    place,
    possible_types,
    related_places,
    why_type_open,
)
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.successors import has_circle
from stepguard.rules.task_limits import is_bounded, not_evaluated, unread_states

_WAITING = ("Task", "Wait")
"""The types of states that take time."""

_GIVEN_WAITS = ("SecondsPath", "TimestampPath")
"""The fields of a `Wait` state whose value the execution is given."""


class NoExecutionTimeout(AuthoredMachineRule):
    """A Standard workflow whose executions can run for a year.

    ## What it does
    Reports a state machine of type `STANDARD` whose definition has no `TimeoutSeconds` at its top
    level: medium where an execution can stay open, since a task waits for something that may never
    come (SFN402) or states lead back to an earlier one, low for the rest. An `EXPRESS` workflow
    ends after five minutes in any case, and one without `Task` and `Wait` states has nothing to
    wait for. Where the type is not known, jobs, callbacks, activities and distributed maps in the
    definition decide, which only Standard workflows have; else the rule is not evaluated.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it.

    ## Why is this bad
    Step Functions sets no timeout of its own: an execution that waits for an answer that never
    comes stays open until the service ends it after a year. Nobody is told, whatever it holds
    (locks, reservations, a place among the open executions) stays held, and the work is not done
    and not repeated. A timeout turns that into a failure that alarms and callers see. It is set
    beside the timeouts of tasks (SFN402), which can be caught; this one cannot.
    """

    id = "SFN401"
    name = "no-execution-timeout"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#sfn-stuck-execution",
        "https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge a machine that is or may be of type STANDARD."""
        if possible_types(subject) == {EXPRESS}:
            return None
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        if workflow.body is None:
            return [NotEvaluated(reason="the definition is no object", resource=subject.address)]
        there = present(workflow.body, TIMEOUT)
        if there is True:
            return ()
        if not any(state.type in _WAITING for state in workflow.states):
            return not_evaluated(subject, unread_states(workflow)) or None
        if there is None:
            reason = f"whether there is a timeout is not known: {why_open(workflow.body, TIMEOUT)}"
            return [NotEvaluated(reason=reason, resource=subject.address)]
        if possible_types(subject, workflow) != {STANDARD}:
            return [NotEvaluated(reason=why_type_open(subject), resource=subject.address)]
        return [_violation(subject, workflow)]


def _what_decides(workflow: Workflow) -> str:
    """Return what an execution waits for, in the end."""
    waits = [one for one in workflow.states if one.type == "Wait"]
    is_given = any(name in one.body for one in waits for name in _GIVEN_WAITS)
    parts = ["what it calls"] if workflow.tasks else []
    parts += ["the times that it is given to wait for"] if is_given else []
    return " and to ".join(parts) or "its states"


def _violation(machine: StateMachine, workflow: Workflow) -> Violation:
    waiting = [task for task in workflow.tasks if task.waits and is_bounded(task) is False]
    held = ""
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        held = f"; {names_of(waiting)} {verb} without a timeout, too"
    beside = place(workflow, "StartAt")
    can_stay = bool(waiting) or any(has_circle(scope) for scope in workflow.scopes)
    effect = (
        f"an execution that does not end by itself stays open for a year{held}"
        if can_stay
        else f"how long an execution may take is left to {_what_decides(workflow)}"
    )
    return Violation(
        message=f"The definition has no {TIMEOUT}: {effect}",
        resource=machine.address,
        span=beside,
        path=("StartAt",),
        related=related_places(workflow, waiting, "waits and has no timeout"),
        suggestion=f"{member(beside, TIMEOUT, '3600')} beside StartAt, with the seconds that the "
        "longest sound execution takes, and some to spare",
        subject="timeout",
        severity=Severity.MEDIUM if can_stay else Severity.LOW,
    )
