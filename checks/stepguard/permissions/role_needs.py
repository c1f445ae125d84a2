"""Everything that a role is needed for, by all state machines of a project."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import Plain, Text, Traced, Unknown
from stepguard.permissions.identity import arns_of, expand
from stepguard.permissions.matching import matches_resource
from stepguard.permissions.memory import remembered, remembered_of_deployment
from stepguard.permissions.names import Names
from stepguard.permissions.needs import MachineNeeds, Need, NotChecked, needs_of_machine
from stepguard.structs import Struct, field


class RoleNeeds(Struct):
    """The needs of a role.

    `machines` name it as their execution role. `needs` pairs each need with its machine; those of
    tasks that take the role by `Credentials` are among them. `not_checked` says what is missing
    from them, `unread` why there may be further machines.
    """

    machines: list[StateMachine] = field(default_factory=list)
    needs: list[tuple[StateMachine, Need]] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        """The actions that are needed, or may be."""
        return list(dict.fromkeys(need.action for _, need in self.needs))

    def why_open(self, service: str) -> str | None:
        """Return why more of a service may be needed than is known; `None` if not."""
        if self.unread:
            return self.unread[0]
        for one in self.not_checked:
            if one.service in ("", service):
                return f"state '{one.state}': {one.reason}" if one.state else one.reason
        return None


@remembered
def needs_of_role(role: Role, deployment: Deployment) -> RoleNeeds:
    """Return everything that the state machines of the project need a role for."""
    found = RoleNeeds()
    own = deployment.machines_of(role)
    known = {id(machine) for machine in own}
    order = _order(deployment)
    others = (one for one in _machines_of_any_role(deployment) if id(one) not in known)
    for machine in sorted((*own, *others), key=lambda one: order[id(one)]):
        needs = needs_of_machine(machine, deployment)
        if id(machine) in known:
            found.machines.append(machine)
            found.needs.extend((machine, need) for need in needs.needs)
            found.not_checked.extend(needs.not_checked)
        elif may_be_any_role(machine.role):
            found.unread.append(f"the role of state machine {machine.address} is not known")
        found.needs.extend((machine, need) for need in _taken(role, needs, deployment))
    found.unread.extend(further_machines(deployment))
    return found


@remembered_of_deployment
def _order(deployment: Deployment) -> dict[int, int]:
    return {id(machine): number for number, machine in enumerate(deployment.state_machines)}


@remembered_of_deployment
def machines_of_unknown_role(deployment: Deployment) -> list[StateMachine]:
    """Return the state machines that may have any role of the project."""
    return [one for one in deployment.state_machines if may_be_any_role(one.role)]


def further_machines(deployment: Deployment) -> list[str]:
    """Return why the project may have state machines that were not read; empty if it has none."""
    return [f"there may be another state machine: {deployment.gap}"] if deployment.gap else []


@remembered_of_deployment
def _machines_of_any_role(deployment: Deployment) -> list[StateMachine]:
    """Return those that may concern a role which is not their execution role."""
    return [
        one
        for one in deployment.state_machines
        if may_be_any_role(one.role) or needs_of_machine(one, deployment).task_roles
    ]


def role_of_task(value: Plain, deployment: Deployment) -> Role | None:
    """Return the role of the project that a task's `Credentials` name."""
    for role in deployment.roles:
        if _means(value, role, deployment) is True:
            return role
    return None


def _taken(role: Role, needs: MachineNeeds, deployment: Deployment) -> Iterator[Need]:
    for value, need in needs.task_roles:
        if _means(value, role, deployment) is not False:
            yield need


def _means(value: Plain, role: Role, deployment: Deployment) -> bool | None:
    """Tell whether a value of `Credentials` is the ARN of a role."""
    names = Names(deployment)
    answers = [
        matches_resource(own, given, names, same_place=True)
        for own in arns_of(role, deployment)
        for given in expand(value, deployment)
    ]
    if True in answers:
        return True
    return None if None in answers or not answers else False


def may_be_any_role(value: Traced | None) -> bool:
    """Tell whether nothing is known of the role that a state machine names."""
    content = None if value is None else value.value
    if isinstance(content, Text) and len(content.parts) == 1 and content.holes:
        content = content.holes[0]
    return isinstance(content, Unknown)
