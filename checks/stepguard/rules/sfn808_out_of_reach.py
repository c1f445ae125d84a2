"""SFN808: targets in another region, or in another account that does not let them be called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import Piece, Plain, Text, plain
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.machines import definition_of, names_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

_TARGETS = frozenset(
    {
        "Cluster",
        "EventBusName",
        "FunctionName",
        "JobDefinition",
        "JobQueue",
        "QueueUrl",
        "StateMachineArn",
        "TableName",
        "TargetArn",
        "TaskDefinition",
        "TopicArn",
    }
)
"""Parameters that name what is called."""

_WITH_POLICY = frozenset({"dynamodb", "events", "lambda", "sns", "sqs"})
"""Services whose resources have policies of their own, which can let another account in."""

_HOLE = "\0"
_ARN = re.compile(
    r"arn:[^:]*:(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):.+", re.DOTALL
)
_QUEUE = re.compile(
    r"https://(?P<service>sqs)\.(?P<region>[^./]+)\.amazonaws\.com[^/]*/(?P<account>[^/]+)/.+"
)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ACCOUNT = re.compile(r"\d{12}")


class OutOfReach(MachineRule):
    """Tasks whose target is in another region, or in another account that cannot let them in.

    ## What it does
    Compares the regions and accounts of the targets that are written out as ARNs or queue URLs:

    - targets in two regions: a state machine calls in its own region only, so that those of the
      region that fewer targets have are reported;
    - a target in another account than the execution role, without `Credentials` in the task: a
      state machine or an activity has no policy that could let another account in, and is
      reported; a function, queue, topic, table or event bus may have one, which is not seen, and
      the rule is not evaluated.

    All of a machine are one finding for each of the two. The execution role says which account is
    the machine's own; where it does not, and the targets are in several, the rule is not
    evaluated. Targets of which region or account are not known before deployment are not compared.

    ## Why is this bad
    The call fails at the first execution, as the service looks for the resource in the region, or
    in the account, where the workflow runs.
    """

    id = "SFN808"
    name = "out-of-reach"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html#task-types",
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return at most one finding each for regions and accounts, or what is not known."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        targets = [one for task in workflow.tasks for one in _targets(task)]
        reasons = unread_states(workflow)
        if not targets and not reasons:
            return None
        verdict: list[Violation | NotEvaluated] = []
        far = _in_other_regions(targets)
        if far:
            verdict.append(_other_region(subject, workflow, far, targets))
        foreign = [one for one in targets if _is_foreign(one, subject)]
        closed = [one for one in foreign if one.service not in _WITH_POLICY]
        if closed:
            verdict.append(_other_account(subject, workflow, closed))
        if verdict:
            return verdict
        reasons += [
            f"whether account {one.account} lets '{one.task.name}' call its {one.service} resource "
            "is not known"
            for one in foreign
        ]
        reasons += _undecided(targets, subject)
        return not_evaluated(subject, reasons)


class _Target(Struct, frozen=True):
    """What a task calls; region and account are empty where they are not known."""

    task: Task
    path: Path
    service: str
    region: str
    account: str


def _targets(task: Task) -> Iterator[_Target]:
    call = task.integration
    if call.kind in ("lambda-arn", "activity"):
        found = _target(task, (*task.path, "Resource"), task.resource)
        if found is not None:
            yield found
        return
    field = "Arguments" if "Arguments" in task.body else "Parameters"
    path: Path = (*task.path, field)
    members = as_object(task.body.get(field)) or {}
    for name, value in members.items():
        if name in _TARGETS and (found := _target(task, (*path, name), value)) is not None:
            yield found
    entries = members.get("Entries")
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        where = (*path, "Entries", number, "EventBusName")
        found = _target(task, where, (as_object(entry) or {}).get("EventBusName"))
        if found is not None:
            yield found


def _target(task: Task, path: Path, value: Plain) -> _Target | None:
    if isinstance(value, Text):
        value = "".join(one.text if isinstance(one, Piece) else _HOLE for one in value.parts)
    if not isinstance(value, str):
        return None
    match = _ARN.fullmatch(value) or _QUEUE.fullmatch(value)
    if match is None:
        return None
    region, account = match["region"], match["account"]
    return _Target(
        task=task,
        path=path,
        service=match["service"],
        region=region if _REGION.fullmatch(region) else "",
        account=account if _ACCOUNT.fullmatch(account) else "",
    )


def _in_other_regions(targets: list[_Target]) -> list[_Target]:
    """Return the targets outside the region that most have; of two equal ones, the first."""
    regions = Counter(one.region for one in targets if one.region)
    if len(regions) < 2:
        return []
    own = regions.most_common(1)[0][0]
    return [one for one in targets if one.region and one.region != own]


def _is_foreign(target: _Target, machine: StateMachine) -> bool:
    own = _account_of(machine)
    return bool(own and target.account != own and _needs_own_account(target))


def _needs_own_account(target: _Target) -> bool:
    return bool(target.account) and target.task.has("Credentials") is False


def _undecided(targets: list[_Target], machine: StateMachine) -> list[str]:
    """Return why it is not known which targets are in another account, if it is not."""
    accounts = {one.account for one in targets if _needs_own_account(one)}
    if _account_of(machine) or len(accounts) < 2:
        return []
    return [f"which of the accounts {_listed(accounts)} is the machine's own is not known"]


def _account_of(machine: StateMachine) -> str:
    role = None if machine.role is None else plain(machine.role)
    match = _ARN.fullmatch(role) if isinstance(role, str) else None
    return match["account"] if match and _ACCOUNT.fullmatch(match["account"]) else ""


def _other_region(
    machine: StateMachine, workflow: Workflow, far: list[_Target], targets: list[_Target]
) -> Violation:
    others = next(one for one in targets if one.region and one not in far)
    tasks = list(dict.fromkeys(one.task for one in far))
    verb = "calls" if len(tasks) == 1 else "call"
    return Violation(
        message=f"{names_of(tasks)} {verb} {_listed({one.region for one in far})}, and "
        f"'{others.task.name}' {others.region}: Step Functions calls in its own region only",
        resource=machine.address,
        span=workflow.document.locate(far[0].path),
        path=far[0].path,
        state=tasks[0].name if len(tasks) == 1 else None,
        related=(
            *_related(workflow, far, by_region=True),
            RelatedPlace(
                f"'{others.task.name}' calls {others.region}",
                workflow.document.locate(others.path),
            ),
        ),
        suggestion=f"a target in {others.region}, or an event bus that hands on to the other "
        "region",
        subject="region",
    )


def _other_account(machine: StateMachine, workflow: Workflow, closed: list[_Target]) -> Violation:
    tasks = list(dict.fromkeys(one.task for one in closed))
    verb = "calls" if len(tasks) == 1 else "call"
    return Violation(
        message=f"{names_of(tasks)} {verb} account {_listed({one.account for one in closed})} "
        f"with a role of {_account_of(machine)} and without Credentials: no policy can allow that",
        resource=machine.address,
        span=workflow.document.locate(closed[0].path),
        path=closed[0].path,
        state=tasks[0].name if len(tasks) == 1 else None,
        related=_related(workflow, closed, by_region=False) if len(closed) > 1 else (),
        suggestion='"Credentials": { "RoleArn": "…" } with a role of that account',
        subject="account",
    )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _related(
    workflow: Workflow, targets: list[_Target], *, by_region: bool
) -> tuple[RelatedPlace, ...]:
    return tuple(
        RelatedPlace(
            f"'{one.task.name}' calls {one.region if by_region else one.account}",
            workflow.document.locate(one.path),
            one.task.name,
        )
        for one in targets
    )
