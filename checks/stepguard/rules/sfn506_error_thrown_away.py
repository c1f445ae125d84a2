"""SFN506: catchers that lose the error."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import State, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.error_handling import ALL, TASK_FAILED, Handler, doubts_of, handlers_of
from stepguard.rules.machines import definition_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

_PASSING_ON = ("Pass", "Wait")
_MAXIMUM_STEPS = 50
"""States that are followed from a catcher to the end."""


class ErrorThrownAway(MachineRule):
    """Catchers for all errors that lose what happened.

    ## What it does
    Reports catchers for `States.ALL` or `States.TaskFailed` that throw the error away: with
    `"ResultPath": null`, or because they lead, through nothing but `Pass` and `Wait` states, to an
    end of the execution that counts as a success. All of a machine are one finding. A catcher for
    errors that it names may well mean that all is fine, and is not looked at.

    ## Why is this bad
    An execution that ends as a success raises no alarm, and what is not in the input of the next
    state is in no message and no log of it. Whoever looks for the reason has to find the execution
    first, among all that went well.
    """

    id = "SFN506"
    name = "error-thrown-away"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-fallback-states",
        "https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all catchers of a machine, or what is not known."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        found = [handlers_of(state, "Catch") for state in workflow.states]
        found = [one for one in found if one.elements or one.doubt]
        reasons = unread_states(workflow)
        if not found and not reasons:
            return None
        outermost = {state.name: state for state in workflow.states if not state.parents}
        losses = [
            _Loss(handler, how)
            for handlers in found
            for handler in handlers.elements
            if (how := _how_lost(handler, outermost))
        ]
        if losses:
            return [_violation(subject, workflow, losses)]
        return not_evaluated(subject, [*reasons, *doubts_of(found)])


class _Loss(Struct, frozen=True):
    """A catcher that loses the error, and how."""

    handler: Handler
    how: str


def _how_lost(handler: Handler, outermost: dict[str, State]) -> str:
    if not {ALL, TASK_FAILED} & set(handler.errors):
        return ""
    if "ResultPath" in handler.members and handler.members["ResultPath"] is None:
        return "has a ResultPath of null"
    end = "" if handler.state.parents else _successful_end(handler, outermost)
    return f"leads to '{end}', which ends the execution as a success" if end else ""


def _successful_end(handler: Handler, outermost: dict[str, State]) -> str:
    """Return the state with which the execution ends as if nothing had happened; empty if none."""
    current = _named(handler.members.get("Next"), outermost)
    for _ in range(_MAXIMUM_STEPS):
        if current is None:
            return ""
        if current.type == "Succeed":
            return current.name
        if current.type not in _PASSING_ON:
            return ""
        if current.get("End") is True:
            return current.name
        current = _named(current.get("Next"), outermost)
    return ""


def _named(name: object, by_name: dict[str, State]) -> State | None:
    return by_name.get(name) if isinstance(name, str) else None


def _violation(machine: StateMachine, workflow: Workflow, losses: list[_Loss]) -> Violation:
    first = losses[0]
    states = list(dict.fromkeys(one.handler.state for one in losses))
    more = f"; {len(losses) - 1} more" if len(losses) > 1 else ""
    is_null = "ResultPath" in first.how
    return Violation(
        message=f"The error is lost: {first.handler.label} {first.how}{more}",
        resource=machine.address,
        span=workflow.document.locate((*first.handler.path, "ResultPath" if is_null else "Next")),
        path=first.handler.path,
        state=states[0].name if len(states) == 1 else None,
        related=tuple(
            RelatedPlace(
                f"{one.handler.label} {one.how}",
                workflow.document.locate(one.handler.path),
                one.handler.state.name,
            )
            for one in losses
        )
        if len(losses) > 1
        else (),
        suggestion='"$.error"' if is_null else "a state that tells somebody, and a Fail state",
        subject="lost error",
    )
