"""What AWS SDK integrations need: the action of an operation, on the resources that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import UNREAD, Plain, Text
from stepguard.deployment.workflow import Task
from stepguard.permissions.actions import Action, ResourceType, find_action
from stepguard.permissions.needs.models import model_of_profile, model_templates
from stepguard.permissions.needs.need import Need, NotChecked
from stepguard.permissions.needs.parameters import Parameter, find_parameter, unknown_value
from stepguard.permissions.needs.templates import GivenAsArn, fill, with_qualifier
from stepguard.permissions.targets import Decided, find_target
from stepguard.structs import Struct

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACES = frozenset({"Partition", "Region", "Account"})
_ENDINGS = ("Arn", "Name", "Id", "Identifier", "Url", "")
_ENDING = re.compile(r"(?:Arn|Name|Id|Identifier|Url|WithoutRevision)$")

_INVOKE = "lambda:InvokeFunction"
_WITH_SUFFIX = "SecretId"
"""The variable whose ARN goes on after the name: with a hyphen and six characters."""

_PARAMETER = "ParameterNameWithoutLeadingSlash"

_CALLS_MODEL = "bedrock:InvokeModel"
_COPIES = ("copyObject", "uploadPartCopy")
_READS_OBJECT = "s3:GetObject"
_OBJECT = "arn:${Partition}:s3:::[[CopySource]]"
_HANDS_ROLE_ON = "iam:PassRole"
_ROLES = ("role",)
_ROLE = "arn:${Partition}:iam::${Account}:role/[[Role]]"
_ANY_ROLE = "arn:*:iam::*:role/*"

_ALIASES: dict[str, tuple[str, ...]] = {
    "ObjectName": ("Key",),
    _PARAMETER: ("Name", "Names[]"),
    _WITH_SUFFIX: ("SecretId",),
    "FunctionName": ("FunctionName",),
    "StateMachineName": ("StateMachineArn",),
    "QueueName": ("QueueUrl",),
    "TopicName": ("TopicArn", "TargetArn"),
}
"""The parameters of operations whose names are not those of the resource's variable."""


class Operation(Struct, frozen=True):
    """An operation of an AWS SDK integration, and the actions that it needs.

    `is_primary` says that the one action is that of the operation itself, so that the call fails
    without it.
    """

    actions: tuple[Action, ...]
    is_primary: bool


def find_operation(service: str, operation: str) -> Operation | str:
    """Return the actions of an operation as a workflow names it, or IAM's prefix of the service.

    The prefix (empty when not even that is known) says of which service needs are missing.
    """
    name = operation[:1].upper() + operation[1:]
    data = load("sdk_operations")
    prefix = str(data["prefixes"].get(service, ""))
    given = data["exceptions"].get(f"{service}:{name}")
    names = given if given is not None else [f"{prefix}:{name}"] if prefix else []
    actions = [action for action in map(find_action, names) if action is not None]
    if not actions or len(actions) < len(names):
        return prefix
    return Operation(tuple(actions), len(actions) == 1)


def needs_of_operation(task: Task, deployment: Deployment) -> Iterator[Need | NotChecked]:
    """Yield what an AWS SDK integration needs, or why that is not known."""
    call = task.integration
    found = find_operation(call.service, call.action)
    if isinstance(found, str):
        yield NotChecked(task.name, f"no IAM action is known for {call.name}", found)
        return
    for action in found.actions:
        resources, is_dynamic = _resources(task, action, deployment)
        yield Need(
            action=action.full_name,
            resources=resources,
            kind="required" if found.is_primary else "conditional",
            part="call",
            states=(task.name,),
            is_dynamic=is_dynamic,
            when="" if found.is_primary else "the call uses this part of the operation",
            sources=("SAR:" + action.service,),
        )
        yield from _passed_roles(task, action, deployment)


def _passed_roles(task: Task, action: Action, deployment: Deployment) -> Iterator[Need]:
    """Yield the need to hand a role on to the service, where the operation takes one."""
    target = find_target(task.parameters, _ROLES, guess=False)
    hands_on = _HANDS_ROLE_ON in load("companion_actions")["dependent"].get(action.full_name, ())
    written = target.decided is Decided.IN_THE_DEFINITION
    if not hands_on and target.decided is Decided.NOT_NAMED:
        return
    roles = [one for one in target.values if isinstance(one, (str, Text, *UNREAD))]
    resources = fill(_ROLE, lambda _: roles, deployment) if written else []
    is_required = bool(resources) and hands_on
    yield Need(
        action=_HANDS_ROLE_ON,
        resources=tuple(dict.fromkeys(resources)) or (_ANY_ROLE,),
        kind="required" if is_required else "conditional",
        part="pass-role",
        states=(task.name,),
        is_dynamic=not resources,
        when="" if is_required else "the call hands on a role",
        sources=("SAR:" + action.service,),
    )


def _resources(
    task: Task, action: Action, deployment: Deployment
) -> tuple[tuple[Plain, ...], bool]:
    """Return the resources that an operation acts on, and whether the target is not certain.

    An operation that names none of its action's resource types acts on what it makes or lists:
    its resource is everything. Where it names several types, one of them may be meant.
    """
    if action.full_name.startswith(_CALLS_MODEL):
        return _of_model(task, deployment)
    if task.integration.action in _COPIES and action.full_name == _READS_OBJECT:
        return _of_copy_source(task, deployment)
    by_type: list[tuple[Plain, ...]] = []
    is_dynamic = False
    whole = {one.variable for one in action.types if _names_all_of(task, one)}
    for kind in action.types:
        found = _parameters(task, kind.variable, kind)
        if not found or not _is_named(task, kind):
            continue
        if kind.variable in whole and not _names_all_of(task, kind):
            # What names a state machine is no map run of it.
            continue
        if any(one.decided == "dynamic" for one in found):
            is_dynamic = True
            continue
        by_type.append(tuple(_filled(task, kind, deployment)))
    resources = tuple(dict.fromkeys(one for filled in by_type for one in filled))
    if is_dynamic or not resources:
        return ("*",), is_dynamic
    if action.full_name == _INVOKE:
        resources = with_qualifier(resources, task.parameters)
    return resources, len(set(by_type)) > 1


def _of_model(task: Task, deployment: Deployment) -> tuple[tuple[Plain, ...], bool]:
    model = find_parameter(task.parameters, "ModelId")[0]
    if model.decided != "written":
        return ("*",), True

    def lookup(name: str) -> list[Plain]:
        return [model.value if name == "ModelId" else model_of_profile(model.value)]

    templates = model_templates(model.value)
    found = [one for template in templates for one in fill(template, lookup, deployment)]
    return tuple(dict.fromkeys(found)), False


def _of_copy_source(task: Task, deployment: Deployment) -> tuple[tuple[Plain, ...], bool]:
    """Return the object that a copy is made of: the bucket's name and the key as one parameter."""
    source = find_parameter(task.parameters, "CopySource")[0]
    if source.decided != "written":
        return ("*",), True
    value = source.value
    written = value.removeprefix("/") if isinstance(value, str) else value
    return tuple(dict.fromkeys(fill(_OBJECT, lambda _: [written], deployment))), False


def _is_named(task: Task, kind: ResourceType) -> bool:
    """Tell whether a call names a resource of a type, and not only what that belongs to."""
    return kind.required or _names_all_of(task, kind)


def _names_all_of(task: Task, kind: ResourceType) -> bool:
    """Tell whether a call has a parameter for every name in the ARN of a type."""
    names = [one for one in _VARIABLE.findall(kind.arn) if one not in _PLACES]
    return all(_parameters(task, one, kind) for one in names)


def _filled(task: Task, kind: ResourceType, deployment: Deployment) -> list[Plain]:
    template = _VARIABLE.sub(
        lambda match: match.group() if match.group(1) in _PLACES else f"[[{match.group(1)}]]",
        kind.arn,
    )

    def lookup(variable: str) -> list[Plain | GivenAsArn]:
        values: list[Plain | GivenAsArn] = []
        for one in _parameters(task, variable, kind):
            if one.decided == "written":
                value = _as_in_arn(variable, one.value)
                values.append(GivenAsArn(value) if one.takes_arn else value)
            elif one.decided == "unknown":
                values.append(unknown_value(variable))
        return values

    return [one for one in fill(template, lookup, deployment) if one is not None]


def _as_in_arn(variable: str, value: Plain) -> Plain:
    """Return a name as the ARN has it: a secret's with the characters that are added to it."""
    if variable == _WITH_SUFFIX and isinstance(value, str) and not value.startswith("arn:"):
        return f"{value}-*"
    if variable == _PARAMETER and isinstance(value, str):
        return value.removeprefix("/")
    return value


def _parameters(task: Task, variable: str, kind: ResourceType) -> list[Parameter]:
    stem = _ENDING.sub("", variable)
    candidates = [*_ALIASES.get(variable, ())]
    candidates += [f"{stem}{ending}" for ending in _ENDINGS if stem]
    if variable == kind.variable:
        camel = "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_ ]", kind.name))
        candidates += [f"{camel}{ending}" for ending in _ENDINGS]
        if task.integration.action.lower().endswith(camel.lower()):
            # `glue:startCrawler` calls the name of the crawler just that: `Name`.
            candidates += [ending for ending in _ENDINGS if ending]
    for name in dict.fromkeys(candidates):
        found = [one for one in find_parameter(task.parameters, name) if one.decided != "absent"]
        if found:
            return found
    return []
