"""SFN508: distributed maps that one item can end, or whose results may be too large."""

from __future__ import annotations

from stepguard.deployment.members import as_object
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import State, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.machines import definition_of, member, names_of, place_of, shared_places
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.rules.unfailing import none_fails

_TOLERANCES = (
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)
_WRITER = "ResultWriter"


class FragileDistributedMap(MachineRule):
    """Distributed maps without tolerated failures, or without a result writer.

    ## What it does
    Reports the Map states in `DISTRIBUTED` mode that set none of `ToleratedFailureCount` and
    `ToleratedFailurePercentage`, and those without a `ResultWriter`, all of a machine in one
    finding for each of the two. A tolerance of 0 that is written down is a decision, and counts.
    Where no item can fail, since its states only pass on what is written in them, no tolerance is
    missed.

    ## Why is this bad
    By default the first item that fails ends the whole run, with up to 10,000 other items under
    way. And without a `ResultWriter` all results become the output of the state, which may have
    256 KiB: with more, the run fails at its end with `States.DataLimitExceeded`, and which items
    failed is not written anywhere.
    """

    id = "SFN508"
    name = "fragile-distributed-map"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html#maprun-fail-threshold",
        "https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return at most one finding each for tolerances and writers, or what is not known."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        maps = [state for state in workflow.states if _is_distributed(state)]
        reasons = unread_states(workflow)
        if not maps and not reasons:
            return None
        verdict: list[Violation | NotEvaluated] = []
        strict = [
            state
            for state in maps
            if state.has(*_TOLERANCES) is False and not _is_safe(state, workflow)
        ]
        if strict:
            verdict.append(_no_tolerance(subject, workflow, strict))
        unwritten = [state for state in maps if state.has(_WRITER) is False]
        if unwritten:
            verdict.append(_no_writer(subject, workflow, unwritten))
        if verdict:
            return verdict
        reasons += [
            f"not all fields of '{state.name}' are known"
            for state in maps
            if None in (state.has(*_TOLERANCES), state.has(_WRITER))
        ]
        return not_evaluated(subject, reasons)


def _is_distributed(state: State) -> bool:
    processor = as_object(state.get("ItemProcessor")) or {}
    config = as_object(processor.get("ProcessorConfig")) or {}
    return state.type == "Map" and config.get("Mode") == "DISTRIBUTED"


def _is_safe(state: State, workflow: Workflow) -> bool:
    """Tell whether no item of a map can fail."""
    inner = [one for one in workflow.states if state in one.parents]
    return bool(inner) and none_fails(inner)


def _no_tolerance(machine: StateMachine, workflow: Workflow, states: list[State]) -> Violation:
    verb = "tolerates" if len(states) == 1 else "tolerate"
    return _violation(
        machine,
        workflow,
        states,
        f"{names_of(states)} {verb} no failure: the first item that fails ends the whole run",
        ("ToleratedFailurePercentage", "5"),
    )


def _no_writer(machine: StateMachine, workflow: Workflow, states: list[State]) -> Violation:
    verb = "has" if len(states) == 1 else "have"
    return _violation(
        machine,
        workflow,
        states,
        f"{names_of(states)} {verb} no {_WRITER}: results of more than 256 KiB fail the run at its "
        "end",
        (_WRITER, '{"Resource": "arn:aws:states:::s3:putObject", …}'),
        "; the state's output is then where the results are",
    )


def _violation(
    machine: StateMachine,
    workflow: Workflow,
    states: list[State],
    message: str,
    wanted: tuple[str, str],
    caveat: str = "",
) -> Violation:
    first = states[0]
    beside = workflow.document.locate((*first.path, "Type"), key=True)
    name, value = wanted
    return Violation(
        message=message,
        resource=machine.address,
        span=place_of(workflow, first),
        path=first.path,
        state=first.name if len(states) == 1 else None,
        related=shared_places(workflow, states, f"has no {name}"),
        suggestion=f"{member(beside, name, value)}{caveat}",
        subject=name,
    )
