"""The needs of a state machine, state by state."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.integration import is_unread
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import UNREAD, Text, alternatives
from stepguard.deployment.workflow import Task, may_nest_more, read_workflow
from stepguard.permissions.memory import remembered
from stepguard.permissions.needs.calls import Call
from stepguard.permissions.needs.downstream import needs_downstream
from stepguard.permissions.needs.features import (
    needs_of_activity,
    needs_of_machine_features,
    needs_of_map,
)
from stepguard.permissions.needs.need import MachineNeeds, Need, NotChecked, merged
from stepguard.permissions.needs.operations import needs_of_operation
from stepguard.permissions.needs.own_arn import with_own_arn
from stepguard.permissions.needs.parameters import find_parameter

_INVOKE = "lambda:InvokeFunction"
_ASSUME = "sts:AssumeRole"


@remembered
def needs_of_machine(machine: StateMachine, deployment: Deployment) -> MachineNeeds:
    """Return what a state machine needs, and what of it could not be checked. Never raises.

    Permissions of tasks with `Credentials` are those of the role that the task takes; the
    execution role then needs `sts:AssumeRole` on it.
    """
    found = MachineNeeds()
    needs = list(needs_of_machine_features(machine, deployment))
    if not isinstance(machine.definition, Document):
        reason = f"the definition could not be read: {machine.definition.reason}"
        found.not_checked.append(NotChecked("", reason))
        found.needs = merged(needs)
        return found
    workflow = read_workflow(machine.definition, deployment)
    if workflow.is_open or any(may_nest_more(state) for state in workflow.states):
        found.not_checked.append(NotChecked("", f"not all states of {machine.address} are known"))
    for state in workflow.states:
        state = with_own_arn(state, machine)
        if state.type == "Map":
            needs.extend(needs_of_map(state, machine, deployment))
        if not isinstance(state, Task):
            continue
        own = _needs_of_task(state, machine, deployment, found)
        if state.has("Credentials") is False:
            needs.extend(own)
            continue
        assumed = _assumed(state)
        needs.append(assumed)
        found.task_roles.extend((role, need) for role in assumed.resources for need in own)
    found.needs = merged(needs)
    return found


def _assumed(task: Task) -> Need:
    """Return the need to take the role that a task's `Credentials` name."""
    role = find_parameter(task.credentials, "RoleArn")[0]
    written = alternatives(role.value) if role.decided == "written" else ()
    texts = tuple(one for one in written if isinstance(one, (str, Text, *UNREAD)))
    return Need(
        action=_ASSUME,
        resources=texts or ("*",),
        kind="required" if task.has("Credentials") else "conditional",
        part="call",
        states=(task.name,),
        is_dynamic=not texts,
        when="" if task.has("Credentials") else "the task has Credentials",
        sources=("D26:concepts-access-cross-acct-resources",),
    )


def _needs_of_task(
    task: Task, machine: StateMachine, deployment: Deployment, found: MachineNeeds
) -> list[Need]:
    call = task.integration
    made: Iterable[Need | NotChecked] = ()
    if call.kind == "lambda-arn":
        made = [_invocation(task)]
    elif call.kind == "optimized":
        made = Call(task, machine, deployment).needs()
    elif call.kind == "aws-sdk":
        made = needs_of_operation(task, deployment)
    elif call.kind == "activity":
        made = needs_of_activity(task, deployment)
    elif is_unread(task.resource):
        reason = f"what it calls {why_unknown(task.resource)}"
        made = [NotChecked(task.name, reason)]
    else:
        given = f"Resource {task.resource!r}" if isinstance(task.resource, str) else "its Resource"
        made = [NotChecked(task.name, f"{given} is no integration")]
    needs: list[Need] = []
    for one in made:
        if isinstance(one, Need):
            needs.append(one)
        else:
            found.not_checked.append(one)
    return [*needs, *needs_downstream(task)]


def _invocation(task: Task) -> Need:
    return Need(
        action=_INVOKE,
        resources=(task.resource,),
        kind="required",
        part="call",
        states=(task.name,),
        sources=("D26:connect-lambda",),
    )
