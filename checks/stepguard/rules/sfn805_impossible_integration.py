"""SFN805: integrations that do not exist, and patterns that they do not have."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.data import load
from stepguard.deployment.integration import Integration, is_unread
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import State, Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.defects import nearest
from stepguard.rules.distributed_maps import is_distributed, is_in_express_child
from stepguard.rules.machines import EXPRESS, definition_of, names_of, possible_types
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

_WITHOUT_PREFIX = frozenset(
    {
        "applicationcostprofiler",
        "elasticinference",
        "finspacedata",
        "iotevents",
        "ioteventsdata",
        "iotthingsgraph",
        "opsworkscm",
        "privatenetworks",
        "sagemakerruntimehttp2",
        "sso",
    }
)
"""Services of the SDK that have no actions in IAM's data, and so are not in the table."""

_DISPUTED = frozenset({"batch", "eks", "glue"})
"""Services whose callback one page of the Developer Guide has and another has not."""

_SUFFIX_OF_SYNC = ".sync"


class ImpossibleIntegration(MachineRule):
    """Calls of integrations that do not exist, or in a pattern that they do not have.

    ## What it does
    Reports the tasks whose `Resource` is

    - an integration that Step Functions does not have (`arn:aws:states:::dynamodb:query`), or one
      of an AWS SDK service under the name that IAM has for it (`aws-sdk:logs`);
    - an integration with a pattern that it does not have: `.sync` for what is no job, `.sync` on
      any `aws-sdk`, an ending that does not exist. Callbacks of Batch, EKS and Glue, about which
      AWS's own pages disagree, are reported as low;
    - `.sync`, `.waitForTaskToken` or an activity in an `EXPRESS` workflow, or in the child
      workflows of a Distributed Map that are `EXPRESS`. A Distributed Map in one is reported too.

    Tasks that share an integration are one finding. Whether the API of an AWS SDK integration
    exists is not looked at, since these come faster than tables.

    ## Why is this bad
    Step Functions refuses the definition, and the deployment fails.
    """

    id = "SFN805"
    name = "impossible-integration"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for each impossible integration, or what could not be read."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        reasons = unread_states(workflow)
        if not workflow.tasks and not reasons:
            return None
        found: dict[_Problem, list[State]] = {}
        for state, problem in _problems(subject, workflow):
            found.setdefault(problem, []).append(state)
        if found:
            return [_violation(subject, workflow, *item) for item in found.items()]
        return not_evaluated(subject, [*reasons, *_unread_calls(workflow)])


class _Problem(Struct, frozen=True):
    """What is wrong with an integration: a clause, and what to write instead."""

    name: str
    what: str
    suggestion: str
    severity: Severity = Severity.MEDIUM


def _problems(machine: StateMachine, workflow: Workflow) -> Iterator[tuple[State, _Problem]]:
    is_express = possible_types(machine, workflow) == {EXPRESS}
    for state in workflow.states:
        problem = _of_call(state.integration) if isinstance(state, Task) else None
        if problem is None and (is_express or is_in_express_child(state)):
            problem = _in_express(state)
        if problem is not None:
            yield state, problem


def _of_call(call: Integration) -> _Problem | None:
    if call.kind == "aws-sdk":
        return _of_sdk(call)
    return _of_optimized(call) if call.kind == "optimized" else None


def _of_sdk(call: Integration) -> _Problem | None:
    without = f"arn:aws:states:::aws-sdk:{call.service}:{call.action}"
    if call.is_job:
        return _Problem(
            call.name,
            f"{call.name} does not exist: AWS SDK integrations cannot wait for a job",
            f'"{without}", and a loop that asks until the job has ended',
        )
    if call.suffix:
        return _Problem(call.name, f"{call.name} has an ending that does not exist", f'"{without}"')
    prefixes: dict[str, str] = load("sdk_operations")["prefixes"]
    service = call.service.lower()
    if service in prefixes or service in _WITHOUT_PREFIX:
        return None
    meant = sorted(name for name, prefix in prefixes.items() if prefix == service)
    if not meant:
        return None
    return _Problem(
        call.name,
        f"{call.name} does not exist: the SDK has no service '{call.service}'",
        " or ".join(f'"arn:aws:states:::aws-sdk:{one}:{call.action}"' for one in meant[:3]),
    )


def _of_optimized(call: Integration) -> _Problem | None:
    table: dict[str, dict[str, object]] = load("integrations")["integrations"]
    own = f"{call.service}:{call.action}"
    patterns = table.get(own)
    if patterns is None:
        return _Problem(
            call.name,
            f"{call.name} does not exist: Step Functions has no such optimized integration",
            _replacement(call, table),
        )
    if call.suffix:
        return _Problem(
            call.name,
            f"{call.name} has an ending that does not exist",
            f'"arn:aws:states:::{own}", with .sync or .waitForTaskToken where it has that',
        )
    if call.pattern in patterns:
        return None
    what = "wait for a job" if call.is_job else "wait for a task token"
    is_disputed = call.is_callback and call.service in _DISPUTED
    return _Problem(
        call.name,
        f"{call.name} does not exist: {own} cannot {what}"
        + (", by the table of integrations" if is_disputed else ""),
        f'"arn:aws:states:::{own}"'
        + (f' or "arn:aws:states:::{own}.sync"' if "SYNC" in patterns else ""),
        Severity.LOW if is_disputed else Severity.MEDIUM,
    )


def _replacement(call: Integration, table: dict[str, dict[str, object]]) -> str:
    services = (name.split(":") for name in table)
    similar = nearest(
        call.action, [action for service, action in services if service == call.service]
    )
    if similar is not None:
        return f'"arn:aws:states:::{call.service}:{similar}"'
    if call.service in load("sdk_operations")["prefixes"]:
        return f'"arn:aws:states:::aws-sdk:{call.service}:{call.action}"'
    return '"arn:aws:states:::aws-sdk:SERVICE:ACTION"'


def _in_express(state: State) -> _Problem | None:
    if isinstance(state, Task) and state.waits:
        call = state.integration
        has_ending = call.kind in ("optimized", "aws-sdk")
        without = call.name.partition(".")[0]
        return _Problem(
            call.name,
            f"{call.name} does not exist in an {EXPRESS} workflow, where nothing can be waited for",
            f'"arn:aws:states:::{without}", or a STANDARD workflow'
            if has_ending
            else "a STANDARD workflow",
        )
    if is_distributed(state):
        return _Problem(
            "distributed map",
            f"a Distributed Map does not exist in an {EXPRESS} workflow",
            '"INLINE", or a STANDARD workflow',
        )
    return None


def _unread_calls(workflow: Workflow) -> list[str]:
    return [
        f"what '{task.name}' calls is not known: its Resource {why_unknown(task.resource)}"
        for task in workflow.tasks
        if task.integration.kind == "unknown" and is_unread(task.resource)
    ]


def _violation(
    machine: StateMachine, workflow: Workflow, problem: _Problem, states: list[State]
) -> Violation:
    first = states[0]
    field = "Resource" if isinstance(first, Task) else "ItemProcessor"
    path = (*first.path, field)
    return Violation(
        message=f"{names_of(states)}: {problem.what}",
        resource=machine.address,
        span=workflow.document.locate(path, key=field != "Resource"),
        path=path,
        state=first.name if len(states) == 1 else None,
        related=tuple(
            RelatedPlace(
                f"'{one.name}' calls {problem.name}",
                workflow.document.locate((*one.path, field)),
                one.name,
            )
            for one in states
        )
        if len(states) > 1
        else (),
        suggestion=problem.suggestion,
        subject=problem.what,
        severity=problem.severity,
    )
