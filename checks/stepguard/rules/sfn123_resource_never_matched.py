"""SFN123: an action of Step Functions on resources of a type that it never has."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.patterns import Anything, Symbols, literal
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Resource, StateMachine
from stepguard.deployment.values import Hole, Piece, Reference, Text, Unknown
from stepguard.deployment.workflow import read_workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.actions import Action, ResourceType, find_action
from stepguard.permissions.identity import expand
from stepguard.permissions.notation import Notation, write_resource
from stepguard.rules.distributed_maps import is_distributed
from stepguard.rules.grants import listed, shown, told_apart
from stepguard.rules.links import sole_reference
from stepguard.rules.machines import EXPRESS, possible_types
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.starters import HolderRule, StatesGrant, states_grants

MAXIMUM_COMPARISONS = 20_000
"""Pairs of actions and resources of one statement that are looked at."""

_MACHINE = "stateMachine"
_KIND = {
    "statemachine": _MACHINE,
    "execution": "execution",
    "express": "express",
    "maprun": "mapRun",
    "activity": "activity",
}
_PARTS_OF_MACHINES = (
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
    "aws_sfn_alias",
)
"""Types of resources whose ARN is that of the state machine with something behind it."""

_EXECUTION = "execution"
_REDRIVE = "RedriveExecution"
_AFTER_NAME = {"execution": ":*", "mapRun": "/*:*", "express": ":*:*"}


class ResourceNeverMatched(HolderRule):
    """An action of Step Functions that is allowed on ARNs of a kind that it is never called on.

    ## What it does
    Reports actions such as `states:DescribeExecution` and `states:StopExecution`, which are about
    executions, where all resources of the statement are ARNs of state machines, and the other way
    round. An action that matches one of the statement's resources is fine, and so is one with a
    wildcard. Judges the policies of all roles, users and groups.

    ## Why is this bad
    The ARN of an execution begins with `execution:`, not with `stateMachine:`, and so a statement
    on the state machine allows nothing of it: the call is denied. It shows when an execution has
    to be looked at or stopped, and is then often mended with `*`.
    """

    id = "SFN123"
    name = "resource-never-matched"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge the actions of each statement that allows some of Step Functions."""
        grants = states_grants(subject, context)
        if not grants.known:
            return None
        found: list[Violation | NotEvaluated] = []
        for grant in grants.known:
            found.extend(_judge(grant, context.deployment))
        return [*told_apart(found), *grants.unread]


def _judge(grant: StatesGrant, deployment: Deployment) -> Iterator[Violation | NotEvaluated]:
    resources = grant.statement.resources
    if resources is None or not resources.entries:
        return
    if len(grant.actions) * len(resources.entries) > MAXIMUM_COMPARISONS:
        yield grant.not_evaluated("it has more actions and resources than are compared")
        return
    kinds = [(entry, _kinds_of(entry, deployment)) for entry in resources.entries]
    wrong: dict[str, list[tuple[Entry, Action]]] = {}
    open_reason = ""
    for entry in grant.actions:
        action = find_action(entry.value) if isinstance(entry.value, str) else None
        if action is None or not action.types:
            continue
        answers = [_may_be(kind, action.types) for _, kind in kinds]
        if any(answers):
            continue
        if None in answers or resources.unread:
            unknown = [one for one, kind in kinds if kind is None]
            why = why_unknown(unknown[0].value) if unknown else resources.unread[0]
            open_reason = open_reason or f"its resources: {why}"
            continue
        wrong.setdefault(action.types[0].name, []).append((entry, action))
    if open_reason:
        yield grant.not_evaluated(open_reason, resources.path)
    for found in wrong.values():
        yield _violation(grant, found, [one for one, _ in kinds], deployment)


def _kinds_of(entry: Entry, deployment: Deployment) -> list[str | None] | None:
    """Return how the resources begin that an entry can mean: `stateMachine:`, whole or in part.

    An element is `None` for what can be of any type, and empty for another service's resource.
    `None` in place of the list says that nothing is known.
    """
    reference = sole_reference(entry.value)
    found = [] if reference is None else deployment.find(reference.target)
    if found and all(one.type in _PARTS_OF_MACHINES for one in found):
        return [f"{_MACHINE}:"]
    texts = [one for each in expand(entry.value, deployment) for one in [_sure(each)] if one]
    return None if not texts else [_kind_of(one) for one in texts]


def _sure(symbols: Symbols) -> Symbols | None:
    """Return the symbols of an ARN; `None` where its beginning is not known."""
    return symbols if symbols and isinstance(symbols[0], str) else None


def _kind_of(symbols: Symbols) -> str | None:
    arn = split_arn(_as_text(symbols))
    if arn is None:
        return None
    service = literal(arn.service)
    if service is None or "*" in service or "?" in service:
        return None
    if service != "states":
        return ""
    known: list[str] = []
    for symbol in arn.resource:
        if not isinstance(symbol, str) or symbol in ("*", "?", "$"):
            return None
        known.append(symbol)
        if symbol == ":":
            return "".join(known)
    return None


def _as_text(symbols: Symbols) -> Text:
    parts: list[Piece | Hole] = []
    for one in symbols:
        if isinstance(one, str):
            if parts and isinstance(parts[-1], Piece):
                parts[-1] = Piece(parts[-1].text + one)
            else:
                parts.append(Piece(one))
        else:
            parts.append(Hole(Unknown("") if isinstance(one, Anything) else one))
    return Text(tuple(parts))


def _may_be(kinds: list[str | None] | None, types: tuple[ResourceType, ...]) -> bool | None:
    """Tell whether a resource may be of one of some types; `None` when that is not known."""
    if kinds is None:
        return None
    wanted = [f"{_KIND[one.name]}:" for one in types if one.name in _KIND]
    return len(wanted) < len(types) or any(one is None or one in wanted for one in kinds)


def _arn_of_part(machine: str, kind: str, after: str, notation: Notation) -> Text:
    """Return the ARN of a project's machine's executions, or of what else has its name."""
    name = "name" if notation.is_terraform else "Name"
    parts: list[Piece | Hole] = [Piece("arn")]
    for part in ("AWS::Partition", "states", "AWS::Region", "AWS::AccountId", kind):
        is_pseudo = part.startswith("AWS::")
        parts += [Piece(":"), Hole(Reference(part, "")) if is_pseudo else Piece(part)]
    parts += [Piece(":"), Hole(Reference(machine, name, f"{machine}.{name}")), Piece(after)]
    return Text(tuple(parts))


def _violation(
    grant: StatesGrant,
    wrong: list[tuple[Entry, Action]],
    resources: list[Entry],
    deployment: Deployment,
) -> Violation:
    names = [shown(entry.value) for entry, _ in wrong]
    (first, action), *others = wrong
    kinds = [_KIND[one.name] for one in action.types]
    meant = " or ".join(f"{one}:" for one in kinds)
    given = listed([f'"{shown(one.value)}"' for one in resources])
    verb = "is" if len(names) == 1 else "are"
    notation = grant.notation(deployment)
    if kinds[0] == _EXECUTION and all(_is_of_express(one, deployment) for one in resources):
        suggestion = (
            f"Leave {listed(names)} out: an execution of an EXPRESS workflow can be neither "
            "described nor stopped"
        )
    else:
        written = [_instead(one, action, kinds[0], deployment, notation) for one in resources]
        shown_names = listed(list(dict.fromkeys(written)))
        suggestion = f"A statement of its own with {listed(names)} on {shown_names}"
        suggestion += notation.remark(shown_names)
    return Violation(
        message=f"{grant.allows} {listed(names)} on {given}, which never matches: "
        f"{'it' if len(names) == 1 else 'they'} {verb} about ARNs with {meant} in them, "
        "so that this allows nothing",
        resource=grant.policy.address,
        span=grant.place(first.path),
        path=first.path,
        related=tuple(
            RelatedPlace(f"{shown(one.value)} too", grant.place(one.path)) for one, _ in others
        ),
        suggestion=suggestion,
        subject=" ".join((grant.statement.sid, *sorted(names))),
    )


def _machines_of(entry: Entry, deployment: Deployment) -> list[StateMachine]:
    """Return the state machines of the project that an entry refers to."""
    reference = sole_reference(entry.value)
    found = [] if reference is None else deployment.find(reference.target)
    return [one for one in found if isinstance(one, StateMachine)]


def _is_of_express(entry: Entry, deployment: Deployment) -> bool:
    """Tell whether an entry refers to a state machine that is certainly an EXPRESS one."""
    machines = _machines_of(entry, deployment)
    return bool(machines) and all(possible_types(one) == {EXPRESS} for one in machines)


def _has_map_runs(machine: StateMachine, deployment: Deployment) -> bool:
    if not isinstance(machine.definition, Document):
        return False
    return any(map(is_distributed, read_workflow(machine.definition, deployment).states))


def _instead(
    entry: Entry, action: Action, kind: str, deployment: Deployment, notation: Notation
) -> str:
    """Return the ARN to write in the place of one of another type."""
    after = _AFTER_NAME.get(kind, "")
    reference = sole_reference(entry.value)
    machines = _machines_of(entry, deployment)
    if action.name == _REDRIVE and any(_has_map_runs(one, deployment) for one in machines):
        # What a redriven map run starts again are the executions of its children.
        after = "/*:*"
    if reference is not None and machines:
        return write_resource(_arn_of_part(reference.target, kind, after, notation), notation)
    value = entry.value
    if isinstance(value, str):
        parts = value.split(":")
        is_known = len(parts) > 6 and parts[2] == "states"
        if is_known and parts[5] in _KIND.values():
            return f'"{":".join((*parts[:5], kind, parts[6].partition("/")[0]))}{after}"'
    return f'"arn:aws:states:<region>:<account>:{kind}:<name>{after}"'
