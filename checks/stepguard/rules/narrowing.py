"""What to write in the place of an action or a resource that is too wide."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import action_matches
from stepguard.deployment.resources import Form, Role
from stepguard.deployment.values import Plain, Reference, Text
from stepguard.permissions.actions import Action, ResourceType
from stepguard.permissions.needs import Need
from stepguard.permissions.notation import write_resource, write_statement
from stepguard.permissions.policy.values import taken_for_names
from stepguard.permissions.role_needs import RoleNeeds, needs_of_role
from stepguard.rules.grants import is_terraform, listed

ACTIONS_IN_SUGGESTION = 3
"""Actions for which a suggestion spells out the resources."""

POLICY_OF_ITS_OWN = (
    "an AWS::IAM::Policy of its own, since one in the role would depend on the machine, which "
    "depends on the role"
)
"""Where to write a statement that refers to the machine of the role itself."""

_STATEMENTS_IN_SUGGESTION = 4
_IN_A_POLICY = ("required", "conditional", "optional")
_KINDS = {
    "activity": "activity",
    "maprun": "map run",
    "rule-on-custom-event-bus": "rule",
    "rule-on-default-event-bus": "rule",
    "statemachine": "state machine",
    "statemachineversion": "version of a state machine",
}
"""Types of resources whose names in IAM's data are no words."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACES = {
    "Partition": ("aws", "${AWS::Partition}"),
    "Region": ("<region>", "${AWS::Region}"),
    "Account": ("<account>", "${AWS::AccountId}"),
}


def waits_for_machine(resources: Sequence[Plain], role: Role, deployment: Deployment) -> bool:
    """Tell whether a policy of a role with resources would wait for a machine of the role.

    CloudFormation refuses that where the policy stands in the role, which the machine waits for.
    """
    own = {machine.address for machine in deployment.machines_of(role)}
    return role.form in (Form.CLOUDFORMATION, Form.SAM) and any(
        isinstance(hole, Reference) and hole.target in own
        for resource in resources
        for hole in _holes(resource)
    )


def _holes(value: Plain) -> list[Plain]:
    return list(value.holes) if isinstance(value, Text) else [value]


def actions_to_write(patterns: Sequence[str], role: Role, deployment: Deployment) -> str:
    """Return the statements to write instead of wildcards: what the workflow needs of them."""
    needs = needs_of_role(role, deployment)
    matched = [
        need
        for _, need in needs.needs
        if need.kind in ("required", "conditional")
        and any(action_matches(one, need.action) for one in patterns)
    ]
    if matched:
        open_reason = _why_open(needs)
        rest = f", and what else it needs ({open_reason})" if open_reason else ""
        resources = [one for need in matched for one in need.resources]
        apart = (
            f"; what refers to the machine in {POLICY_OF_ITS_OWN}"
            if waits_for_machine(resources, role, deployment)
            else ""
        )
        names = _names_to_write(resources)
        return f"Write what the workflow needs: {_statements(matched, role)}{rest}{apart}{names}"
    if needs.machines and not _why_open(needs):
        return (
            "No state of the workflow takes any of these actions itself: leave them out, or write "
            "those that are needed one by one"
        )
    return "Write the actions that the workflow takes one by one"


def what_to_write(actions: Sequence[Action], role: Role, deployment: Deployment) -> str:
    """Return the resources to write for some actions, with the names that the workflow uses."""
    needs = needs_of_role(role, deployment)
    is_read = bool(needs.machines) and not _why_open(needs)
    unused = [one for one in actions if is_read and not _about(one, needs)]
    used = [one for one in actions if one not in unused]
    lines = [
        f"{one.full_name} on {', '.join(_resources(one, needs, role))}"
        for one in used[:ACTIONS_IN_SUGGESTION]
    ]
    further = len(used) - ACTIONS_IN_SUGGESTION
    parts: list[str] = []
    if lines:
        rest = f"; likewise for {further} more" if further > 0 else ""
        named = [one for action in used for need in _about(action, needs) for one in need.resources]
        apart = f", in {POLICY_OF_ITS_OWN}" if waits_for_machine(named, role, deployment) else ""
        parts.append(
            f"Name what the workflow uses: {'; '.join(lines)}{rest}{apart}{_names_to_write(named)}"
        )
    if unused:
        names = listed([one.full_name for one in unused])
        example = _arn(main_type(unused[0]), role)
        parts.append(f"No state takes {names} itself: leave that out, or name it, as in {example}")
    return ". ".join(parts)


def _names_to_write(resources: Sequence[Plain]) -> str:
    """Return what to do about a value in an ARN that may be more than the name it stands for."""
    unknown = list(dict.fromkeys(one.expression for one in taken_for_names(resources)))
    if not unknown:
        return ""
    return f" (where {listed(unknown)} is a URL or an ARN, write the name that it ends with)"


def _why_open(needs: RoleNeeds) -> str:
    """Return why the role may be needed for more than is known; empty when it is not."""
    return needs.why_open("") or next((one.reason for one in needs.not_checked), "")


def _statements(needs: Sequence[Need], role: Role) -> str:
    """Return statements for needs, those on the same resources as one."""
    by_resources: dict[tuple[Plain, ...], dict[str, None]] = {}
    for need in needs:
        by_resources.setdefault(need.resources, {})[need.action] = None
    written = [
        write_statement(list(actions), resources, role.form)
        for resources, actions in by_resources.items()
    ]
    further = len(written) - _STATEMENTS_IN_SUGGESTION
    more = f" and {further} more" if further > 0 else ""
    return ", ".join(written[:_STATEMENTS_IN_SUGGESTION]) + more


def _about(action: Action, needs: RoleNeeds) -> list[Need]:
    return [
        need
        for _, need in needs.needs
        if need.kind in _IN_A_POLICY and action_matches(need.action, action.full_name)
    ]


def _resources(action: Action, needs: RoleNeeds, role: Role) -> list[str]:
    found = [
        write_resource(resource, role.form)
        for need in _about(action, needs)
        if not need.is_dynamic
        for resource in need.resources
        if resource != "*"
    ]
    return list(dict.fromkeys(found)) or [_arn(main_type(action), role)]


def main_type(action: Action) -> ResourceType:
    """Return the type that an action is mostly about; it has at least one."""
    required = [one for one in action.types if one.required]
    named = [one for one in action.types if one.name.lower() in action.name.lower()]
    # Access points are other ways to what the action is about.
    direct = [one for one in action.types if not one.name.startswith("accesspoint")]
    return (required or named or direct or list(action.types))[0]


def kind_of(wanted: ResourceType) -> str:
    """Return how a message names resources of a type."""
    name = wanted.name.lower()
    return _KINDS.get(name) or name.replace("-", " ")


def _arn(wanted: ResourceType, role: Role) -> str:
    """Return an ARN of a type with a name to be filled in."""
    column = 0 if is_terraform(role) else 1
    seen = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal seen
        if match.group(1) in _PLACES:
            return _PLACES[match.group(1)][column]
        seen += 1
        return f"<{match.group(1)}>" if seen == 1 else "*"

    return _VARIABLE.sub(replace, wanted.arn)
