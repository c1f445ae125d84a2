"""SFN121: a caller that may start, stop or change every state machine there is."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.documents import Path
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.patterns import has_wildcard
from stepguard.deployment.resources import Resource
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.actions import Action, find_action, matching_actions
from stepguard.permissions.breadth import covered_types
from stepguard.permissions.identity import arn_reference
from stepguard.permissions.notation import write_resource
from stepguard.rules.circles import place_outside_circle
from stepguard.rules.grants import listed, shown, told_apart
from stepguard.rules.privilege_paths import escalations_of
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.starters import (
    StarterRule,
    StatesGrant,
    is_bound_by_tag,
    roles_with,
    states_grants,
)
from stepguard.structs import Struct, field, replace

MAXIMUM_COMPARISONS = 20_000
"""Pairs of actions and resources of one statement that are looked at."""

_ANY_MACHINE = "arn:aws:states:<region>:<account>:stateMachine:<name>"
_ANY_EXECUTION = "arn:aws:states:<region>:<account>:execution:<name>:*"
_ANY_RUN = "arn:aws:states:<region>:<account>:mapRun:<name>/*:*"
_EVERY_ACTION = "states:*"
_TYPES = frozenset({"statemachine", "execution", "maprun"})
_WRITING = "Write"
_NOT_YET_THERE = "states:CreateStateMachine"


class StartAnyMachine(StarterRule):
    """A caller of Step Functions that may start, stop or change every state machine there is.

    ## What it does
    Judges the policies of roles that are not roles of Step Functions, and those of users and
    groups. Reports actions that start, stop, redrive, change or delete (`states:StartExecution`,
    `states:StopExecution`, `states:UpdateStateMachine`) on `*`, `stateMachine:*` or
    `execution:*`. Actions that IAM allows on no resource in particular, such as
    `states:SendTaskSuccess`, may stand on `*`; those that read are not judged, and neither is
    `states:CreateStateMachine`. A condition on a tag of the resource counts as a name. An action
    by which a role can get itself more permissions is left to SFN107.

    ## Why is this bad
    A workflow does its work with the permissions of its own role. Whoever can start every state
    machine of the account can make use of all those roles, with input of their choice; whoever
    can change every one can write what is done with them. A function that starts one workflow
    needs that one's ARN.
    """

    id = "SFN121"
    name = "start-any-machine"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge the resources of each statement that allows actions of Step Functions."""
        grants = states_grants(subject, context)
        if not grants.known:
            return None
        found: list[Violation | NotEvaluated] = []
        leading = _leading_to_more(subject, context)
        for grant in grants.known:
            left = [one for one in grant.actions if (id(grant.document), one.path) not in leading]
            found.extend(_judge(replace(grant, actions=tuple(left)), context))
        return [*told_apart(found), *grants.unread]


class Wide(Struct):
    """What of a statement is allowed on everything: resources as written, and the actions."""

    resources: dict[str, Entry] = field(default_factory=dict)
    actions: dict[str, list[Action]] = field(default_factory=dict)


def wide_part_of(grant: StatesGrant) -> Wide:
    """Return what of a statement starts, stops or changes on every machine."""
    wide = Wide()
    resources = grant.statement.resources
    entries = () if resources is None else resources.entries
    if len(entries) * len(grant.actions) > MAXIMUM_COMPARISONS:
        entries = entries[: MAXIMUM_COMPARISONS // len(grant.actions)]
    for written in grant.actions:
        for action in _changing(written):
            for resource in entries:
                if covered_types(resource.value, action):
                    wide.resources.setdefault(shown(resource.value), resource)
                    meant = wide.actions.setdefault(shown(written.value), [])
                    if action not in meant:
                        meant.append(action)
    return wide


def _changing(entry: Entry) -> list[Action]:
    """Return the actions of an entry that start, stop or change machines or their executions."""
    written = entry.value
    if not isinstance(written, str) or written.lower() == _EVERY_ACTION:
        return []
    named = find_action(written)
    matched = matching_actions(written) if has_wildcard(written) else (named,)
    return [
        one
        for one in matched
        if one is not None
        and one.access_level == _WRITING
        and one.full_name != _NOT_YET_THERE
        and _TYPES.intersection(each.name for each in one.types)
    ]


def _leading_to_more(holder: Resource, context: Context) -> frozenset[tuple[int, Path]]:
    """Return the actions that SFN107 reports of the roles with a policy: document and place."""
    return frozenset(
        (id(way.lead.grant.document), way.lead.entry.path)
        for role in roles_with(holder, context)
        for way in escalations_of(role, context.deployment).known
    )


def _judge(grant: StatesGrant, context: Context) -> list[Violation | NotEvaluated]:
    resources = grant.statement.resources
    found: list[Violation | NotEvaluated] = []
    if resources is None:
        return found
    wide = wide_part_of(grant)
    bound = is_bound_by_tag(grant.statement)
    if bound is True:
        return found
    if wide.resources and isinstance(bound, str):
        return [grant.not_evaluated(bound)]
    if wide.resources:
        return [_violation(grant, wide, context)]
    if any(_changing(one) for one in grant.actions):
        found.extend(
            grant.not_evaluated(f"its resources: {reason}", resources.path)
            for reason in resources.reasons
        )
    return found


def _violation(grant: StatesGrant, wide: Wide, context: Context) -> Violation:
    first, *others = wide.resources.values()
    actions = list(wide.actions)
    patterns = [f'"{one}"' for one in wide.resources]
    return Violation(
        message=f"{grant.allows} {listed(actions)} on {listed(patterns)}: on every state "
        "machine, and so on whatever their roles may do",
        resource=grant.policy.address,
        span=grant.place(first.path),
        path=first.path,
        related=tuple(
            RelatedPlace(f'"{shown(one.value)}" too', grant.place(one.path)) for one in others
        ),
        suggestion=_what_to_write(grant, wide, context.deployment),
        subject=" ".join((grant.statement.sid, *sorted(actions), *sorted(wide.resources))),
    )


def _what_to_write(grant: StatesGrant, wide: Wide, deployment: Deployment) -> str:
    """Return the resources to name: the project's machine where it has one."""
    notation = grant.notation(deployment)
    kinds = {one.types[0].name for each in wide.actions.values() for one in each}
    machines = {one.address: one for one in deployment.state_machines}
    written: list[str] = []
    outside = ""
    if "statemachine" in kinds:
        arns = [arn_reference(one) for one in machines.values()] if len(machines) == 1 else []
        named = [one for one in arns if one is not None]
        written += [write_resource(one, notation) for one in named]
        written = written or [write_resource(_ANY_MACHINE, notation)]
        outside = place_outside_circle(named, grant.policy.address, deployment)
    if kinds - {"statemachine"}:
        written.append(
            write_resource(_ANY_EXECUTION if "execution" in kinds else _ANY_RUN, notation)
        )
    actions = listed(list(wide.actions))
    names = " and ".join(written)
    remark = notation.remark(names)
    if outside:
        return f"Name the state machines that are meant, as in {names}{remark}, in {outside}"
    if len(_entries(grant)) > len(wide.actions):
        # The rest of the statement may be allowed on nothing but `*`.
        place = f"{actions} in a statement of its own, on the state machines that are meant"
        return f"{place}, as in {names}{remark}"
    return f"Name the state machines that are meant, as in {names}{remark}"


def _entries(grant: StatesGrant) -> Sequence[Entry]:
    actions = grant.statement.actions
    return () if actions is None else actions.entries
