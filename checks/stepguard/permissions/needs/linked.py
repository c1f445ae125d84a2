"""What a call needs because of the resources of the project that it names."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Plain, plain
from stepguard.deployment.workflow import Task
from stepguard.permissions.needs.call_targets import TASK_DEFINITION, CallTargets, distinct
from stepguard.permissions.needs.need import Kind
from stepguard.permissions.needs.parameters import find_parameter
from stepguard.permissions.needs.templates import fill

ROLE_TEMPLATE = "arn:${Partition}:iam::${Account}:role/[[%s]]"
"""The ARN of a role, with the name of a parameter to be put in."""

_KEY_TEMPLATE = "arn:${Partition}:kms:${Region}:${Account}:key/[[Key]]"
_OWN_ALIAS = "alias/aws/"
_TASK_ROLES = (("execution_role_arn", "ExecutionRoleArn"), ("task_role_arn", "TaskRoleArn"))
_OVERRIDES = ("Overrides.ExecutionRoleArn", "Overrides.TaskRoleArn")


def keys_of_targets(
    name: str, targets: CallTargets, deployment: Deployment
) -> Iterator[tuple[Kind, tuple[Plain, ...]]]:
    """Yield the customer's keys of the queues or topics that a call names, and how needed each is.

    `name` is what stands for them in documented ARNs. One that is not of the project may have a
    key, one of it has what its block says.
    """
    for parameter in targets.parameters(name):
        if parameter.decided == "absent":
            continue
        target = targets.resource(parameter)
        key = None if target is None else _given(target, "kms_master_key_id", "KmsMasterKeyId")
        if target is not None and (key is None or str(key).startswith(_OWN_ALIAS)):
            continue
        kind: Kind = "conditional" if key is None else "required"
        yield kind, _keys(key, deployment)


def _keys(key: Plain, deployment: Deployment) -> tuple[Plain, ...]:
    is_alias = isinstance(key, str) and key.startswith("alias/")
    value = "*" if key is None or is_alias else key
    return tuple(fill(_KEY_TEMPLATE, lambda _: [value], deployment))


def roles_of_container(
    task: Task, targets: CallTargets, deployment: Deployment
) -> tuple[tuple[Plain, ...], bool]:
    """Return the roles that an ECS task is given, and whether these are certainly all."""
    roles: list[Plain] = []
    is_known = True
    for parameter in targets.parameters(TASK_DEFINITION):
        definition = targets.resource(parameter)
        if definition is None:
            is_known = False
            continue
        given = [_given(definition, *names) for names in _TASK_ROLES]
        roles.extend(role for role in given if role is not None)
    for path in _OVERRIDES:
        found = find_parameter(task.parameters, path)[0]
        if found.decided == "written":
            roles.append(found.value)
        elif found.decided != "absent":
            is_known = False
    return distinct(fill(ROLE_TEMPLATE % "Role", lambda _: roles, deployment)), is_known


def _given(resource: Resource, *names: str) -> Plain:
    for name in names:
        value = resource.attributes.get(name)
        if value is not None and value.value is not None:
            return plain(value)
    return None
