"""SFN504: States.ALL beside other names, or before other handlers."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import State, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.error_handling import ALL, Handler, all_handlers, doubts_of
from stepguard.rules.machines import definition_of, names_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct


class MisplacedCatchAll(MachineRule):
    """`States.ALL` beside other error names, or before other handlers.

    ## What it does
    Reports retriers and catchers that list `States.ALL` together with other names, and those that
    list it and are not the last of their state, all of a machine in one finding. Names and
    elements that are not known before deployment are not counted.

    ## Why is this bad
    `States.ALL` must stand alone in `ErrorEquals`, and in the last retrier or catcher. It matches
    every error that can be caught but `States.DataLimitExceeded`, so that what was written for a
    particular error behind it is never used: the error is retried in the wrong way, or handled by
    the wrong state.
    """

    id = "SFN504"
    name = "misplaced-catch-all"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
        "https://states-language.net/spec.html#errors",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all handlers of a machine, or why there may be some not seen."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        found = [handlers for _, handlers in all_handlers(workflow)]
        reasons = unread_states(workflow)
        if not found and not reasons:
            return None
        defects = [
            _Defect(handler, what)
            for handlers in found
            for handler in handlers.elements
            if (what := _defect(handler))
        ]
        if defects:
            return [_violation(subject, workflow, defects)]
        return not_evaluated(subject, [*reasons, *doubts_of(found)])


class _Defect(Struct, frozen=True):
    handler: Handler
    what: str


def _defect(handler: Handler) -> str:
    if ALL not in handler.errors:
        return ""
    others = len(handler.errors) - 1
    wrongs = []
    if others:
        wrongs.append("beside other names")
    if handler.followers:
        wrongs.append(f"before {handler.followers} more")
    return " and ".join(wrongs)


def _violation(machine: StateMachine, workflow: Workflow, defects: list[_Defect]) -> Violation:
    first = defects[0].handler
    states: list[State] = list(dict.fromkeys(one.handler.state for one in defects))
    if len(defects) == 1:
        what = f"{ALL} stands {defects[0].what} in {first.label}"
    else:
        what = f"{ALL} is not alone, or not in the last handler, in {names_of(states)}"
    return Violation(
        message=f"{what}: it has to be alone and last, and matches what the others are for",
        resource=machine.address,
        span=workflow.document.locate(first.errors_path),
        path=first.errors_path,
        state=states[0].name if len(states) == 1 else None,
        related=tuple(
            RelatedPlace(
                f"{one.what} in {one.handler.label}",
                workflow.document.locate(one.handler.errors_path),
                one.handler.state.name,
            )
            for one in defects
        )
        if len(defects) > 1
        else (),
        suggestion=f'["{ALL}"] in the last {"retrier" if first.field == "Retry" else "catcher"}, '
        "and the other names in one of their own before it",
        subject="catch-all",
    )
