"""Execution roles that may assume every role, in workflows that choose the role as they run."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.trust import ASSUME
from stepguard.deployment.members import as_object, present
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Violation
from stepguard.permissions.actions import find_action
from stepguard.permissions.breadth import covered_types
from stepguard.rules.grants import Grant, grants_of, listed, name_of_role, shown
from stepguard.rules.rule import Context
from stepguard.rules.starters import is_bound_by_tag

_JSONATA = "{%"


def judge_assumed_roles(
    machine: StateMachine, workflow: Workflow, context: Context
) -> Iterator[Violation | NotEvaluated]:
    """Yield where the execution role may assume every role though a task chooses which."""
    chosen = [task for task in workflow.tasks if _chooses_role(task)]
    if not chosen:
        return
    for role in context.deployment.roles_of(machine):
        grants = grants_of(role, context)
        for grant in grants.known:
            yield from _judge(grant, chosen, workflow)
        yield from grants.unread


def _chooses_role(task: Task) -> bool:
    credentials = as_object(task.credentials)
    if credentials is None:
        return False
    written = credentials.get("RoleArn")
    is_expression = isinstance(written, str) and written.lstrip().startswith(_JSONATA)
    return present(credentials, "RoleArn.$") is True or is_expression


def _judge(
    grant: Grant, chosen: list[Task], workflow: Workflow
) -> Iterator[Violation | NotEvaluated]:
    actions, resources = grant.statement.actions, grant.statement.resources
    if actions is None or resources is None:
        return
    if not any(_is_assume(one) for one in actions.entries):
        return
    for reason in resources.reasons:
        yield grant.not_evaluated(f"its resources: {reason}", resources.path)
    wide = [one for one in resources.entries if _is_every_role(one)]
    bound = is_bound_by_tag(grant.statement)
    if wide and isinstance(bound, str):
        yield grant.not_evaluated(bound)
    elif wide and not bound:
        yield _violation(grant, wide[0], chosen, workflow)


def _is_assume(action: Entry) -> bool:
    return isinstance(action.value, str) and action.value.lower() == ASSUME.lower()


def _is_every_role(resource: Entry) -> bool:
    action = find_action(ASSUME)
    return action is not None and any(
        one.name == "role" for one in covered_types(resource.value, action)
    )


def _violation(grant: Grant, resource: Entry, chosen: list[Task], workflow: Workflow) -> Violation:
    names = listed([f"'{task.name}'" for task in chosen])
    verb = "chooses its role" if len(chosen) == 1 else "choose their roles"
    return Violation(
        message=f"{grant.label} allows role '{name_of_role(grant.role)}' {ASSUME} on "
        f'"{shown(resource.value)}", and {names} {verb} while the workflow runs: it can be every '
        "role that lets this one in",
        resource=grant.policy.address,
        span=grant.place(resource.path),
        path=resource.path,
        related=tuple(
            RelatedPlace(
                f"'{task.name}' chooses its role here",
                workflow.document.locate((*task.path, "Credentials"), key=True),
            )
            for task in chosen
        ),
        suggestion="The roles that it can be, or what their names begin with: "
        '"arn:aws:iam::*:role/<prefix>-*"',
        subject=f"{grant.statement.sid} {ASSUME}".strip(),
    )
