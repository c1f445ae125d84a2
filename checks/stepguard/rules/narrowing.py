"""What to write in the place of an action or a resource that is too wide."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import islice

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols, action_matches, symbols_of
from stepguard.deployment.iam.statements import Statement
from stepguard.deployment.resources import Form, Role
from stepguard.deployment.values import Plain
from stepguard.permissions.actions import (
    Action,
    ResourceType,
    find_action,
    matching_actions,
    number_of_actions,
)
from stepguard.permissions.companions import Companions
from stepguard.permissions.identity import expand
from stepguard.permissions.matching import matches_resource
from stepguard.permissions.memory import remembered
from stepguard.permissions.names import Names
from stepguard.permissions.needs import Need
from stepguard.permissions.notation import (
    Notation,
    join_statements,
    write_actions,
    write_resource,
    write_statement,
)
from stepguard.permissions.policy.values import EVERYTHING, taken_for_names
from stepguard.permissions.references import by_reference
from stepguard.permissions.role_needs import RoleNeeds, needs_of_role
from stepguard.rules.circles import place_outside_circle
from stepguard.rules.grants import Grant, listed
from stepguard.rules.once import once
from stepguard.rules.role_users import other_users_of
from stepguard.rules.shared_policies import also_for

ACTIONS_IN_SUGGESTION = 3
"""Actions for which a suggestion spells out the resources."""

MAXIMUM_TYPES = 6
"""An action with more types of resources than that is about no one of them."""

MAXIMUM_COMPARISONS = 200_000
"""Comparisons of wildcards with actions, for messages and suggestions about one deployment."""

_STATEMENTS_IN_SUGGESTION = 4
_GIVEN = "Id"
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

_OTHER_WAYS = re.compile(r"^accesspoint|-on-custom-event-bus$")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACES = {
    "Partition": ("aws", "${AWS::Partition}"),
    "Region": ("<region>", "${AWS::Region}"),
    "Account": ("<account>", "${AWS::AccountId}"),
}


def actions_to_write(patterns: Sequence[str], grant: Grant, deployment: Deployment) -> str:
    """Return the statements to write instead of wildcards: what the workflow needs of them."""
    needs = needs_of_role(grant.role, deployment)
    possible = [need for _, need in needs.needs if need.kind in ("required", "conditional")]
    actions = _matched_by(patterns, {need.action for need in possible}, deployment)
    if actions is None:
        return f"Write the actions that are needed one by one{_others(grant, deployment)}"
    taken = [need for need in possible if need.action in actions]
    matched = [one for one in taken if _may_be_about(grant.statement, one, deployment)]
    others = _others(grant, deployment)
    if matched:
        open_reason = _why_open(needs)
        rest = f", and what else it needs ({open_reason})" if open_reason else ""
        targets = [_targets(need, grant, deployment) for need in matched]
        resources = list(dict.fromkeys(one for each in targets for one in each))
        outside = place_outside_circle(resources, grant.policy.address, deployment)
        apart = f"; what refers to the machine in {outside}" if outside else ""
        names = _names_to_write(resources)
        place = _instead_of_template(grant)
        if not place and _are_on_its_resources(matched, grant, deployment):
            named = list(dict.fromkeys(need.action for need in matched))
            written = write_actions(named, grant.notation(deployment))
            on = "on these resources, in place of the wildcard"
            return f"Write what the workflow needs {on}: {written}{rest}{others}"
        written = _statements(matched, targets, grant.notation(deployment))
        return f"Write what the workflow needs: {written}{rest}{others}{apart}{names}{place}"
    if needs.machines and not _why_open(needs):
        where = " on these resources" if taken else ""
        return (
            f"No state of the workflow takes any of these actions itself{where}: leave them out, "
            f"or write those that are needed one by one{others}"
        )
    what = "that the workflow takes" if needs.machines else "that are needed"
    return f"Write the actions {what} one by one{others}"


def _matched_by(
    patterns: Sequence[str], actions: Collection[str], deployment: Deployment
) -> set[str] | None:
    """Return the actions that one of some patterns matches; `None` where that is too much work."""
    if not _room(deployment).take(len(patterns) * len(actions)):
        return None
    return {one for one in actions if any(action_matches(pattern, one) for pattern in patterns)}


class _Room:
    """What of one deployment may still be compared for messages and suggestions."""

    def __init__(self) -> None:
        self._left = MAXIMUM_COMPARISONS
        self.expanded: dict[str, tuple[Action, ...]] = {}

    def take(self, comparisons: int) -> bool:
        """Take so many comparisons; tell whether there were enough."""
        self._left -= comparisons
        return self._left >= 0


@once
def _room(_deployment: Deployment) -> _Room:
    return _Room()


def expanded(pattern: str, deployment: Deployment) -> tuple[Action, ...]:
    """Return the actions that a wildcard stands for; none where that is not known, or too much."""
    room = _room(deployment)
    if pattern not in room.expanded:
        is_possible = room.take(number_of_actions(pattern))
        room.expanded[pattern] = matching_actions(pattern) if is_possible else ()
    return room.expanded[pattern]


def what_to_write(actions: Sequence[Action], grant: Grant, deployment: Deployment) -> str:
    """Return the resources to write for some actions, with the names that the workflow uses."""
    notation = grant.notation(deployment)
    needs = needs_of_role(grant.role, deployment)
    unused = [one for one in actions if is_taken_by_none(one, grant.role, deployment)]
    used = [one for one in actions if one not in unused]
    lines = [
        f"{one.full_name} on {_on_what(one, needs, grant, deployment)}"
        for one in used[:ACTIONS_IN_SUGGESTION]
    ]
    further = len(used) - ACTIONS_IN_SUGGESTION
    parts: list[str] = []
    if lines:
        rest = f"; likewise for {further} more" if further > 0 else ""
        named = [
            one
            for action in used
            for need in _about(action, needs)
            for one in _targets(need, grant, deployment)
        ]
        outside = place_outside_circle(named, grant.policy.address, deployment)
        apart = f", in {outside}" if outside else ""
        written = "; ".join(lines)
        remarks = f"{notation.remark(written)}{_names_to_write(named)}"
        what = "what the workflow uses" if needs.machines else "the resources that are meant"
        parts.append(f"Name {what}: {written}{rest}{apart}{remarks}")
    if unused:
        names = listed([one.full_name for one in unused])
        example = _arn(_types_to_name(unused[0])[0], notation)
        parts.append(f"No state takes {names} itself: leave that out, or name it, as in {example}")
    return f"{'. '.join(parts)}{also_for(grant, deployment)}{_instead_of_template(grant)}"


def is_taken_by_none(action: Action, role: Role, deployment: Deployment) -> bool:
    """Tell whether it is known that no state machine of a role takes an action, in any way."""
    needs = needs_of_role(role, deployment)
    if not needs.machines or _why_open(needs) or _about(action, needs):
        return False
    return not _companions(role, deployment).may_include(action.full_name)


@remembered
def _companions(role: Role, deployment: Deployment) -> Companions:
    return Companions(needs_of_role(role, deployment).actions)


def _instead_of_template(grant: Grant) -> str:
    """Return that a policy template of SAM, which takes a name, is no place for a statement."""
    span = grant.document.span
    name = "" if span is None or grant.role.form is not Form.SAM else span.text
    is_template = name in load("sam_policy_templates")["templates"]
    return f" (a statement in place of the policy template {name})" if is_template else ""


def _others(grant: Grant, deployment: Deployment) -> str:
    """Return that something else runs with the role, which needs what no state does."""
    users = [one.resource for one in other_users_of(grant.role, deployment)]
    names = listed([f"'{one.label or one.address}'" for one in users])
    needed = f", and what {names} may need, running with the same role" if users else ""
    return f"{needed}{also_for(grant, deployment)}"


def _may_be_about(statement: Statement, need: Need, deployment: Deployment) -> bool:
    """Tell whether a statement may be there for a need, by the resources that it names."""
    if statement.resources is None or statement.resources.unread:
        return True
    names = Names(deployment)
    written = [one.value for one in statement.resources.entries]
    if need.is_dynamic:
        written = [one for one in written if _may_be_of(need.action, one, deployment)]
        return bool(written)
    patterns = [pattern for one in written for pattern in expand(one, deployment)]
    wanted = [text for one in need.resources for text in expand(one, deployment)]
    if not patterns or not wanted:
        return True
    return any(
        matches_resource(pattern, text, names, same_place=True) is not False
        for pattern in patterns
        for text in wanted
    )


def _may_be_of(action: str, resource: Plain, deployment: Deployment) -> bool:
    """Tell whether a resource may be of a type that an action is about: an object, or a bucket."""
    known = find_action(action)
    texts = expand(resource, deployment)
    if resource == EVERYTHING or known is None or not known.types or not texts:
        return True
    names = Names(deployment)
    patterns = [symbols_of(_VARIABLE.sub("*", one.arn)) or () for one in known.types]
    return any(
        matches_resource(pattern, text, names, same_place=True) is not False
        for pattern in patterns
        for text in texts
    )


def _targets(need: Need, grant: Grant, deployment: Deployment) -> tuple[Plain, ...]:
    """Return the resources to write for a need.

    Where the workflow chooses the target while it runs, what the statement is limited to already.
    """
    if need.is_dynamic:
        given = () if grant.statement.resources is None else grant.statement.resources.entries
        limits = tuple(one.value for one in given if _may_be_of(need.action, one.value, deployment))
        if limits and EVERYTHING not in limits:
            return limits
    address = grant.policy.address
    return tuple(by_reference(one, address, deployment) for one in need.resources)


def _are_on_its_resources(needs: Sequence[Need], grant: Grant, deployment: Deployment) -> bool:
    """Tell whether each action is needed on all that the statement names, and on nothing else."""
    resources = grant.statement.resources
    if resources is None or resources.unread:
        return False
    values = [one.value for one in resources.entries]
    written = {symbols_of(one) for one in values}
    by_action: dict[str, set[Symbols | None]] = {}
    for need in needs:
        targets = need.resources
        if need.is_dynamic:
            targets = tuple(one for one in values if _may_be_of(need.action, one, deployment))
        by_action.setdefault(need.action, set()).update(map(symbols_of, targets))
    return EVERYTHING not in values and all(one == written for one in by_action.values())


def _names_to_write(resources: Sequence[Plain]) -> str:
    """Return what to do about a value in an ARN that may be more than the name it stands for."""
    unknown = list(dict.fromkeys(one.expression for one in taken_for_names(resources)))
    if not unknown:
        return ""
    return f" (where {listed(unknown)} is a URL or an ARN, write the name that it ends with)"


def _why_open(needs: RoleNeeds) -> str:
    """Return why the role may be needed for more than is known; empty when it is not."""
    return needs.why_open("") or next((one.reason for one in needs.not_checked), "")


def _statements(
    needs: Sequence[Need], targets: Sequence[tuple[Plain, ...]], notation: Notation
) -> str:
    """Return statements for needs and the resources to write for each, equal ones in one."""
    by_resources: dict[tuple[Plain, ...], dict[str, None]] = {}
    for need, resources in zip(needs, targets, strict=True):
        by_resources.setdefault(resources, {})[need.action] = None
    written = [
        write_statement(list(actions), resources, notation)
        for resources, actions in islice(by_resources.items(), _STATEMENTS_IN_SUGGESTION)
    ]
    further = len(by_resources) - _STATEMENTS_IN_SUGGESTION
    more = f" and {further} more" if further > 0 else ""
    shown = join_statements(written, notation)
    return f"{shown}{more}{notation.remark(shown)}"


def _about(action: Action, needs: RoleNeeds) -> list[Need]:
    return [
        need
        for _, need in needs.needs
        if need.kind in _IN_A_POLICY and action_matches(need.action, action.full_name)
    ]


def _on_what(action: Action, needs: RoleNeeds, grant: Grant, deployment: Deployment) -> str:
    """Return the resources to write for an action that goes with those of the workflow."""
    if len(action.types) > MAXIMUM_TYPES and not _about(action, needs):
        return "what the workflow makes"
    return ", ".join(_resources(action, needs, grant, deployment))


def _resources(action: Action, needs: RoleNeeds, grant: Grant, deployment: Deployment) -> list[str]:
    notation = grant.notation(deployment)
    found = [
        write_resource(resource, notation)
        for need in _about(action, needs)
        if not need.is_dynamic
        for resource in _targets(need, grant, deployment)
        if resource != EVERYTHING
    ]
    return list(dict.fromkeys(found)) or [_arn(one, notation) for one in _types_to_name(action)]


def _types_to_name(action: Action) -> list[ResourceType]:
    """Return the types of which an action is to be allowed on named resources.

    Left out is what the action makes and the service gives an id, where there is another one.
    """
    required = [one for one in action.types if one.required]
    named = [one for one in required if not one.variable.endswith(_GIVEN)]
    types = named or required
    return types if len(required) > 1 else [main_type(action)]


def main_type(action: Action) -> ResourceType:
    """Return the type that an action is mostly about; it has at least one."""
    required = [one for one in action.types if one.required]
    named = [one for one in action.types if one.name.lower() in action.name.lower()]
    # Access points are other ways to what the action is about, and most rules are on the bus that
    # every account has.
    direct = [one for one in action.types if not _OTHER_WAYS.search(one.name)]
    return (required or named or direct or list(action.types))[0]


def kind_of(wanted: ResourceType) -> str:
    """Return how a message names resources of a type."""
    name = wanted.name.lower()
    return _KINDS.get(name) or name.replace("-", " ")


def _arn(wanted: ResourceType, notation: Notation) -> str:
    """Return an ARN of a type with a name to be filled in."""
    column = 0 if notation.is_terraform else 1
    seen = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal seen
        if match.group(1) in _PLACES:
            return _PLACES[match.group(1)][column]
        seen += 1
        return f"<{match.group(1)}>" if seen == 1 else "*"

    return _VARIABLE.sub(replace, wanted.arn)
