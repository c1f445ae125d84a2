"""SFN505: error names that nothing reports, or that nothing catches."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.states_language import ERROR_NAMES, HTTP_STATUS_ERROR
from stepguard.deployment.workflow import State, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.defects import capitalized, listed, nearest, quoted
from stepguard.rules.error_handling import RUNTIME, Handler, all_handlers, doubts_of
from stepguard.rules.machines import definition_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

_PREFIX = "States."


class ImpossibleErrorName(MachineRule):
    """Retriers and catchers for an error that does not exist, or that nothing catches.

    ## What it does
    Reports names in `ErrorEquals` that begin with `States.` and are none of Step Functions' own,
    and `States.Runtime`, which is neither retried nor caught. All of a machine are one finding.
    Names of `Fail` states of the same definition are let through, and so is whatever begins with
    `States.Http.StatusCode.`. Names without that prefix are a matter of whoever reports the
    error, and are not looked at.

    ## Why is this bad
    Names that begin with `States.` are reserved, and compared with regard to case: a handler with
    a name that does not exist is never used, and the error that it was meant for fails the
    execution. The same is true of `States.Runtime`: what looks handled is not.
    """

    id = "SFN505"
    name = "impossible-error-name"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
        "https://states-language.net/spec.html#appendix-a",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all names of a machine, or why there may be some not seen."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        found = [handlers for _, handlers in all_handlers(workflow)]
        reasons = unread_states(workflow)
        if not found and not reasons:
            return None
        raised = {state.get("Error") for state in workflow.states if _raises_text(state)}
        names = [
            _Name(handler, number, error)
            for handlers in found
            for handler in handlers.elements
            for number, error in _numbered_errors(handler)
            if error not in raised and _is_impossible(error)
        ]
        if names:
            return [_violation(subject, workflow, names)]
        return not_evaluated(subject, [*reasons, *doubts_of(found)])


class _Name(Struct, frozen=True):
    handler: Handler
    number: int
    error: str


def _raises_text(state: State) -> bool:
    return state.type == "Fail" and isinstance(state.get("Error"), str)


def _numbered_errors(handler: Handler) -> list[tuple[int, str]]:
    names = handler.members["ErrorEquals"] if handler.errors else []
    return [(number, one) for number, one in enumerate(names) if isinstance(one, str)]


def _is_impossible(error: str) -> bool:
    if error == RUNTIME:
        return True
    known = error in ERROR_NAMES or error.startswith(HTTP_STATUS_ERROR)
    return error.startswith(_PREFIX) and not known


def _violation(machine: StateMachine, workflow: Workflow, names: list[_Name]) -> Violation:
    first = names[0]
    path = (*first.handler.errors_path, first.number)
    states = list(dict.fromkeys(one.handler.state for one in names))
    errors = sorted({one.error for one in names})
    return Violation(
        message=_message(first, names, errors),
        resource=machine.address,
        span=workflow.document.locate(path),
        path=path,
        state=states[0].name if len(states) == 1 else None,
        related=tuple(
            RelatedPlace(
                f"{one.handler.label} names {quoted(one.error)}",
                workflow.document.locate((*one.handler.errors_path, one.number)),
                one.handler.state.name,
            )
            for one in names
        )
        if len(names) > 1
        else (),
        suggestion=_suggestion(errors),
        subject=" ".join(sorted(errors)),
    )


def _message(first: _Name, names: list[_Name], errors: list[str]) -> str:
    where = capitalized(first.handler.label) if len(names) == 1 else f"{len(names)} places"
    shown = listed(map(quoted, errors[:4]), "and")
    if errors == [RUNTIME]:
        return f"{where} {_verb(names)} {shown}, which nothing retries or catches"
    others = "" if RUNTIME not in errors else f", and {RUNTIME} is never caught"
    return (
        f"{where} {_verb(names)} {shown}: Step Functions reports no such error, and nobody else "
        f"may use names that begin with {_PREFIX}{others}"
    )


def _verb(names: list[_Name]) -> str:
    return "names" if len(names) == 1 else "name"


def _suggestion(errors: list[str]) -> str:
    for error in errors:
        if error != RUNTIME:
            similar = nearest(error, ERROR_NAMES - {RUNTIME})
            return f'"{similar}"' if similar else "the name of an error that is reported"
    return "without it; mend the path or the expression that fails"
