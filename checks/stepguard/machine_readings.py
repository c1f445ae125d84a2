"""How much of every state machine and of its role was read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.members import why_unknown
from stepguard.deployment.memory import remembered
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import Unknown, plain, render, unknowns
from stepguard.deployment.workflow import Workflow, read_workflow
from stepguard.graph_readings import read_graph
from stepguard.guard import describe_defect
from stepguard.place import Place
from stepguard.report import DefinitionState, MachineReading, PermissionReading
from stepguard.rules.machines import possible_types
from stepguard.secrets import secrets_of_machine
from stepguard.workflow_graph import WorkflowGraph

RoleRead = Literal["full", "partial", "none"]


def read_machines(deployment: Deployment) -> list[MachineReading]:
    """Return one reading for each state machine; its alternatives count as one machine."""
    by_address: dict[str, list[StateMachine]] = {}
    for machine in deployment.state_machines:
        by_address.setdefault(machine.address, []).append(machine)
    return [_reading(variants, deployment) for variants in by_address.values()]


def _reading(variants: Sequence[StateMachine], deployment: Deployment) -> MachineReading:
    machine = variants[0]
    workflows = [
        read_workflow(one.definition, deployment)
        for one in variants
        if isinstance(one.definition, Document)
    ]
    state, reason = _definition(variants, workflows)
    role, role_read, role_reason = _role(variants, deployment)
    kinds = {
        kind
        for one in variants
        for kind in possible_types(one, workflows[0] if workflows else None)
    }
    languages = {workflow.query_language for workflow in workflows}
    return MachineReading(
        address=machine.address,
        label=machine.label,
        root=deployment.root,
        place=Place.of(machine.span, deployment.root),
        kind=kinds.pop() if len(kinds) == 1 else "unknown",
        definition=state,
        reason=reason,
        query_language=languages.pop() if len(languages) == 1 else None,
        states=max((len(workflow.states) for workflow in workflows), default=0),
        tasks=max((len(workflow.tasks) for workflow in workflows), default=0),
        role=role,
        role_read=role_read,
        role_reason=role_reason,
        has_secrets=any(secrets_of_machine(one, deployment) for one in variants),
        permissions=partial(_permissions, variants, deployment),
        graph=partial(_graph, workflows),
    )


def _graph(workflows: Sequence[Workflow]) -> WorkflowGraph:
    # The alternative that says most is drawn.
    return max(map(read_graph, workflows), key=lambda one: len(one.states), default=WorkflowGraph())


def _permissions(variants: Sequence[StateMachine], deployment: Deployment) -> PermissionReading:
    # Imported here: most reports do not show it.
    from stepguard.permission_readings import read_permissions

    try:
        return read_permissions(variants, deployment)
    except Exception as error:
        message = describe_defect(error, "the reading of permissions")
        return PermissionReading(not_checked=(message,))


def _definition(
    variants: Sequence[StateMachine], workflows: Sequence[Workflow]
) -> tuple[DefinitionState, str]:
    """Return how far the definition is known, over all alternatives, and why no further."""
    unread = [one.definition.reason for one in variants if not isinstance(one.definition, Document)]
    states = {workflow.definition_state for workflow in workflows}
    if unread:
        states.add("unresolved")
    if states == {"resolved"}:
        return "resolved", ""
    reasons = list(unread)
    for workflow in workflows:
        if workflow.body is None:
            reasons.append("the document is no object")
        reasons.extend(_why(one) for one in unknowns(workflow.document.value))
    return "unresolved" if states == {"unresolved"} else "partial", _joined(reasons)


def _why(value: Unknown) -> str:
    """Return the reason with the name of what is not known."""
    if not value.reason:
        return why_unknown(value)
    if not value.expression or value.expression in value.reason:
        return value.reason
    return f"{value.expression}: {value.reason}"


def _role(variants: Sequence[StateMachine], deployment: Deployment) -> tuple[str, RoleRead, str]:
    """Return the role's address, how much of its policies was read, and why no more."""
    roles = {role.address: role for one in variants for role in deployment.roles_of(one)}
    if not roles:
        given = next((one.role for one in variants if one.role is not None), None)
        if given is None:
            return "", "none", "the source does not say which role the machine has"
        shown = "(sensitive)" if given.sensitive else str(render(plain(given)))
        return shown, "none", "the role is not part of the project"
    read = [_read_of_role(role, deployment) for role in roles.values()]
    states = {state for state, _ in read}
    reasons = list(dict.fromkeys(reason for _, reasons in read for reason in reasons))
    address = ", ".join(roles)
    if states == {"full"}:
        return address, "full", ""
    if states == {"none"}:
        return address, "none", _joined(reasons)
    return address, "partial", _joined(reasons)


# Many machines may have one role.
@remembered
def _read_of_role(role: Role, deployment: Deployment) -> tuple[RoleRead, tuple[str, ...]]:
    """Return how much of a role's policies was read, and why no more."""
    policies = deployment.policies_of(role)
    reasons = [one.reason for one in policies.unread]
    for policy in policies.documents:
        if not isinstance(policy.document, Document):
            reasons.append(policy.document.reason)
        else:
            reasons.extend(_why(one) for one in unknowns(policy.document.value))
    return policies.state, tuple(dict.fromkeys(filter(None, reasons)))


def _joined(reasons: Sequence[str]) -> str:
    """Return the first of several reasons, and how many there are besides."""
    different = list(dict.fromkeys(reason for reason in reasons if reason))
    if len(different) <= 1:
        return "".join(different)
    return f"{different[0]} (and {len(different) - 1} more)"
