"""The roles of a project that state machines use, and the least that each has to be allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import Plain, Traced, plain, render
from stepguard.permissions.identity import arn_reference
from stepguard.permissions.needs import Need, NotChecked, needs_of_machine
from stepguard.permissions.policy.limits import Limits
from stepguard.permissions.policy.model import (
    NotPrintable,
    PolicyStatement,
    RolePolicy,
    document_value,
)
from stepguard.permissions.policy.notes import (
    notes_on_machines,
    notes_on_needs,
    notes_on_order,
    notes_on_role,
    notes_on_statements,
    shown,
)
from stepguard.permissions.policy.statements import statements_for, with_sids
from stepguard.permissions.policy.trust import trust_in_roles, trust_in_step_functions
from stepguard.permissions.policy.values import Writing
from stepguard.permissions.role_needs import role_of_task
from stepguard.structs import Struct, field

_TOLD = ("required", "conditional")
"""How much a role elsewhere has to need something for it to be told."""


def least_privilege(
    deployment: Deployment, address: str | None = None
) -> list[RolePolicy | NotPrintable]:
    """Return for each role that state machines use what it has to be allowed.

    With `address`, only for the roles that the state machine there uses; what other machines need
    of these roles is in their policies all the same. A role of which nothing can be derived is
    `NotPrintable`.
    """
    return [
        one.policy()
        for one in _used_roles(deployment)
        if address is None or any(machine.address == address for machine in one.all_machines)
    ]


class _UsedRole(Struct):
    """A role, and what it is used for.

    `machines` have it as execution role. `taken` are the machines whose tasks take it by
    `Credentials`, with the value that their execution role is named by.
    """

    deployment: Deployment
    role: Role | None
    name: str
    machines: list[StateMachine] = field(default_factory=list)
    taken: list[tuple[StateMachine, Plain]] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def all_machines(self) -> list[StateMachine]:
        """Every machine that uses the role."""
        others = [one for one, _ in self.taken]
        return list({id(one): one for one in (*self.machines, *others)}.values())

    def policy(self) -> RolePolicy | NotPrintable:
        """Return what the role has to be allowed."""
        machines = self.all_machines
        unread = [one for one in machines if not isinstance(one.definition, Document)]
        if len(unread) == len(machines):
            (reason, *_) = notes_on_machines(unread, ())
            return NotPrintable(self.name or f"the role of {machines[0].address}", reason)
        writing = Writing(machines, self.deployment)
        limits = Limits(self.role, self.deployment)
        needs = [limits.limited(need) for need in self.needs]
        permissions = statements_for(needs, writing)
        size = len(json.dumps(render(document_value(permissions)), separators=(",", ":")))
        circular = list(writing.circular)
        notes = (
            *notes_on_machines(machines, self.not_checked),
            *notes_on_role(self.role, self.name),
            *notes_on_needs(needs, writing),
            *notes_on_order(self.role, machines, needs),
            *self.notes,
            *notes_on_statements(permissions, size, circular),
        )
        return RolePolicy(
            deployment=self.deployment,
            role=self.role,
            name=self.name,
            machines=tuple(machines),
            permissions=permissions,
            trust=with_sids(self._trust(writing)),
            notes=tuple(dict.fromkeys(notes)),
        )

    def _trust(self, writing: Writing) -> Iterator[PolicyStatement]:
        if self.machines:
            yield trust_in_step_functions()
        if self.taken:
            roles = [value for _, value in self.taken]
            yield trust_in_roles(roles, [one for one, _ in self.taken], writing)


def _used_roles(deployment: Deployment) -> list[_UsedRole]:
    found: dict[object, _UsedRole] = {}

    def used(role: Role | None, machine: StateMachine) -> _UsedRole:
        name = _name_of_value(machine) if role is None else role.address
        key: object = (name or machine.address) if role is None else id(role)
        return found.setdefault(key, _UsedRole(deployment, role, name))

    for machine in deployment.state_machines:
        needs = needs_of_machine(machine, deployment)
        roles: list[Role | None] = [*deployment.roles_of(machine)] or [None]
        for role in roles:
            one = used(role, machine)
            one.machines.append(machine)
            one.needs.extend(needs.needs)
            one.not_checked.extend(needs.not_checked)
        for value, need in needs.task_roles:
            role = role_of_task(value, deployment)
            if role is None and need.kind not in _TOLD:
                continue
            if role is None:
                taken = shown(Writing([machine], deployment).value(value))
                note = (
                    f"{need.by} takes the role {taken}, which is not part of the project: "
                    f"that one needs {need.action}"
                )
                for own in roles:
                    used(own, machine).notes[note] = None
                continue
            one = used(role, machine)
            one.taken.extend((machine, _arn_of(own, machine)) for own in roles)
            one.needs.append(need)
    return list(found.values())


def _name_of_value(machine: StateMachine) -> str:
    """Return what a machine says of a role that is not part of the project; empty for nothing."""
    if machine.role is None:
        return ""
    return "(sensitive)" if machine.role.sensitive else str(render(plain(machine.role)))


def _arn_of(role: Role | None, machine: StateMachine) -> Plain:
    own = None if role is None else arn_reference(role)
    if own is not None:
        return own
    given: Traced | None = machine.role
    return "*" if given is None or given.sensitive else plain(given)
