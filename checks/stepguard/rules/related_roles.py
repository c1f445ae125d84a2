"""The roles that have to do with Step Functions: what workflows run with, and what calls them."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam import is_step_functions_role
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import read_workflow
from stepguard.permissions.managed import name_of_managed, statements_of_managed
from stepguard.permissions.role_needs import role_of_task
from stepguard.rules.grants import Grants, grants_of
from stepguard.rules.once import once
from stepguard.rules.rule import Context, Rule
from stepguard.rules.starters import STATES


class RelatedRoleRule(Rule[Role]):
    """A rule that judges every role that has to do with Step Functions.

    These are the roles of Step Functions, those that tasks assume by their `Credentials`, and
    those of starters: roles that are allowed an action of Step Functions by name, or all of them
    by a policy of AWS.
    """

    def subjects(self, context: Context) -> Iterable[Role]:
        """Yield the roles of Step Functions, of tasks and of starters."""
        deployment = context.deployment
        tasks = _task_roles(deployment)
        for role in deployment.roles:
            is_own = is_step_functions_role(role, deployment) or id(role) in tasks
            if is_own or _is_starter(grants_of(role, context)) or _has_all(role, deployment):
                yield role


@once
def _task_roles(deployment: Deployment) -> frozenset[int]:
    found: set[int] = set()
    seen: set[Plain] = set()
    for machine in deployment.state_machines:
        if not isinstance(machine.definition, Document):
            continue
        for task in read_workflow(machine.definition, deployment).tasks:
            value = (as_object(task.credentials) or {}).get("RoleArn")
            if value is None or isinstance(value, (dict, list)) or value in seen:
                continue
            seen.add(value)
            role = role_of_task(value, deployment)
            if role is not None:
                found.add(id(role))
    return frozenset(found)


def _is_starter(grants: Grants) -> bool:
    return any(
        isinstance(entry.value, str) and entry.value.lower().startswith(STATES)
        for grant in grants.known
        if grant.statement.actions is not None
        for entry in grant.statement.actions.entries
    )


def _has_all(role: Role, deployment: Deployment) -> bool:
    """Tell whether a policy of AWS allows a role everything of Step Functions."""
    names = map(name_of_managed, deployment.policies_of(role).managed)
    return any(
        entry.value == f"{STATES}*"
        for name in names
        for statement in (statements_of_managed(name) or () if name is not None else ())
        if statement.actions is not None and not statement.conditions.unread
        for entry in statement.actions.entries
    )
