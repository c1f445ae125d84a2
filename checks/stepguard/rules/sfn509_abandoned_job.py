"""SFN509: what a workflow has started and leaves running when a step fails."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.members import UNDECIDED, as_object
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import alternatives
from stepguard.deployment.workflow import State, Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.error_handling import HANDLING_TYPES, beside_input, handlers_of
from stepguard.rules.machines import definition_of, names_of, place_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.successors import next_names, reached_from, reaching
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

_ENDS = {
    "elasticmapreduce:createCluster": "elasticmapreduce:terminateCluster",
    "eks:createCluster": "eks:deleteCluster",
    "eks:createNodegroup": "eks:deleteNodegroup",
    "eks:createFargateProfile": "eks:deleteFargateProfile",
    "emr-serverless:createApplication": "emr-serverless:deleteApplication",
    "emr-serverless:startApplication": "emr-serverless:stopApplication",
}
"""What lives on after the job that starts it, and the call that ends it."""

_ENDING = ("TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW")
"""What a step may say that EMR is to do when it fails."""

_MAXIMUM_STARTS = 50
"""Tasks of one definition of which is followed what they start."""


class AbandonedJob(MachineRule):
    """A cluster or an application that nothing stops when a later step fails.

    ## What it does
    Looks at what is started by one task and stopped by a later one of the same branch: clusters of
    EMR and EKS, node groups, Fargate profiles, applications of EMR Serverless. Reports it when a
    task between the two can fail without that a catcher leads to the task that stops it. What no
    task of the workflow stops is meant to stay, and is not looked at. Neither is a step with the
    `ActionOnFailure` with which EMR itself ends the cluster, nor a virtual cluster of EMR on EKS,
    which is a name for a namespace and costs nothing.

    ## Why is this bad
    When the step in between fails, the execution ends and the cluster stays, with all that it
    costs, until somebody notices the bill.
    """

    id = "SFN509"
    name = "abandoned-job"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for each task whose result may be left, or what is not known."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        openers = [task for task in workflow.tasks if _name(task) in _ENDS]
        starts = [one for task in openers[:_MAXIMUM_STARTS] for one in _starts(task)]
        reasons = unread_states(workflow)
        if len(openers) > _MAXIMUM_STARTS:
            reasons.append(f"only {_MAXIMUM_STARTS} tasks that start something are followed")
        if not starts and not reasons:
            return None
        left = [(start, exits) for start in starts if (exits := list(_exits(start)))]
        reasons += [why for start in starts for why in _doubts(start)]
        if left:
            return [_violation(subject, workflow, *one) for one in left]
        return not_evaluated(subject, reasons)


class _Start(Struct, frozen=True):
    """A task that starts something, the tasks that stop it, and what lies between."""

    task: Task
    stops: tuple[State, ...]
    between: tuple[State, ...]


def _starts(task: Task) -> Iterator[_Start]:
    end = _ENDS.get(_name(task))
    if end is None:
        return
    after = reached_from(list(next_names(task, with_catch=False)), task.scope)
    stops = tuple(state for state in after.values() if _name(state) == end)
    if stops:
        names = frozenset(state.name for state in stops)
        between = reached_from(
            list(next_names(task, with_catch=False)), task.scope, stop=names
        ).values()
        yield _Start(task, stops, tuple(one for one in between if one.name not in names))


def _name(state: State) -> str:
    if not isinstance(state, Task) or state.integration.kind != "optimized":
        return ""
    return f"{state.integration.service}:{state.integration.action}"


def _exits(start: _Start) -> Iterator[State]:
    """Yield the states in between whose failure does not lead to the task that stops it."""
    yield from (state for state in _uncaught(start) if _ends_cluster(state) is False)


def _doubts(start: _Start) -> Iterator[str]:
    """Yield why it is not known whether what is started is left."""
    for state in _uncaught(start):
        if _ends_cluster(state) is None:
            yield f"the ActionOnFailure of '{state.name}' is not known"


def _uncaught(start: _Start) -> Iterator[State]:
    safe = reaching([state.name for state in start.stops], start.task.scope)
    for state in start.between:
        if state.type in HANDLING_TYPES and not _leads_there(state, safe):
            yield state


def _ends_cluster(state: State) -> bool | None:
    """Tell whether EMR ends the cluster itself when a step fails; `None` if that is not known."""
    if _name(state) != "elasticmapreduce:addStep" or not isinstance(state, Task):
        return False
    value = state.parameters
    for name in ("Step", "ActionOnFailure"):
        members = as_object(value)
        if members is None and isinstance(value, UNDECIDED):
            return None
        value = (members or {}).get(name)
    actions = alternatives(value)
    if any(isinstance(one, UNDECIDED) for one in actions):
        return None
    found = {one in _ENDING for one in actions}
    return found.pop() if len(found) == 1 else None


def _leads_there(state: State, safe: frozenset[str]) -> bool:
    """Tell whether a catcher may lead to one of some states; what is not known may."""
    catch = handlers_of(state, "Catch")
    targets = [one.members.get("Next") for one in catch.elements]
    return bool(catch.doubt) or any(not isinstance(one, str) or one in safe for one in targets)


def _violation(
    machine: StateMachine, workflow: Workflow, start: _Start, exits: list[State]
) -> Violation:
    verb = "fails" if len(exits) == 1 else "fail"
    stop = start.stops[0]
    return Violation(
        message=f"What '{start.task.name}' starts is left running when {names_of(exits)} {verb}: "
        f"no Catch leads to '{stop.name}'",
        resource=machine.address,
        span=place_of(workflow, exits[0]),
        path=exits[0].path,
        state=exits[0].name if len(exits) == 1 else None,
        related=(
            RelatedPlace(f"'{start.task.name}' starts it", place_of(workflow, start.task)),
            RelatedPlace(f"'{stop.name}' stops it", place_of(workflow, stop)),
        ),
        suggestion=f'a Catch for States.ALL with {beside_input(exits[0])}"Next": "{stop.name}"',
        subject=start.task.name,
    )
